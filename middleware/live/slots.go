package live

import (
	"sync"
	"sync/atomic"
)

// Slots hold what is under way: a place for each number, found without a search and
// shared by numbers 4,096 apart. Whoever finds it taken, by a request that takes
// long, goes to the map.
type slots struct {
	places [4096]atomic.Pointer[flight]
	others sync.Map // of *flight, by number
}

// place returns where the request with a number goes. Neighbours are on different
// lines of the CPU's cache.
func (s *slots) place(id uint64) *atomic.Pointer[flight] {
	return &s.places[(id*8+id>>9)%uint64(len(s.places))]
}

func (s *slots) put(f *flight) {
	if !s.place(f.id).CompareAndSwap(nil, f) {
		s.others.Store(f.id, f)
	}
}

func (s *slots) remove(f *flight) {
	if !s.place(f.id).CompareAndSwap(f, nil) {
		s.others.Delete(f.id)
	}
}

// all returns what is under way, in no order.
func (s *slots) all() []*flight {
	found := make([]*flight, 0, 64)
	for i := range s.places {
		if f := s.places[i].Load(); f != nil {
			found = append(found, f)
		}
	}
	s.others.Range(func(_, f any) bool {
		found = append(found, f.(*flight))
		return true
	})
	return found
}
