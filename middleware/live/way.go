package live

import "time"

const maxLayers = 16

// A way is how long a request was in which layers. Nobody but the goroutine that
// serves the request looks at it, so that when it is over another may have it: to
// clear that much memory would take longer than all else.
type way struct {
	over   uint16           // layers that it is in, and for which there was no room
	n      uint8            // how many layers it has been in
	in     uint8            // which it is in, counted from 1; 0 is none
	parent [maxLayers]uint8 // the one around it, likewise
	name   [maxLayers]uint8
	took   [maxLayers]uint32 // microseconds
}

// enter reports whether there is room for what is known of a layer.
func (y *way) enter(name uint8) bool {
	if y.n == maxLayers {
		y.over++
		return false
	}
	y.name[y.n], y.parent[y.n], y.took[y.n] = name, y.in, 0
	y.n++
	y.in = y.n
	return true
}

// exit returns the layer around the one that has been left, or 0, unless there is
// nothing known of that.
func (y *way) exit(took time.Duration) (name uint8, ok bool) {
	switch {
	case y.over > 0:
		y.over--
		return 0, false
	case y.in == 0:
		return 0, false // it was in that layer before anybody watched
	}
	y.took[y.in-1] = uint32(took / time.Microsecond)
	if y.in = y.parent[y.in-1]; y.in == 0 {
		return 0, true
	}
	return y.name[y.in-1], true
}

// layers returns how long f was in which.
func (f *flight) layers() []LayerTime {
	if f.way == nil {
		return nil
	}
	all := make([]LayerTime, f.way.n)
	for i := range all {
		l := &all[i]
		l.Layer = f.site.recorder.names.name(f.way.name[i])
		l.Duration = time.Duration(f.way.took[i]) * time.Microsecond
		if p := f.way.parent[i]; p > 0 {
			l.Depth = all[p-1].Depth + 1
		}
	}
	return all
}
