package pair

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
)

// An Environment is what figures depend on besides the code that is measured.
type Environment struct {
	Go         string    `json:"go"`
	OS         string    `json:"os"`
	Arch       string    `json:"arch"`
	Kernel     string    `json:"kernel,omitempty"`
	CPU        string    `json:"cpu,omitempty"` // its model
	Cores      int       `json:"cores"`
	GOMAXPROCS int       `json:"gomaxprocs"`
	GOGC       string    `json:"gogc"`
	Load       string    `json:"load,omitempty"` // average of the last 1, 5 and 15 minutes
	Modules    []Version `json:"modules"`        // what this program is made of
	Programs   []Version `json:"programs,omitempty"`
}

// A Version is that of a module or a program.
type Version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// environmentOf describes where rows are about to be measured.
func environmentOf(rows []Row) Environment {
	e := Environment{
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0), GOGC: gogc(),
		Programs: programsOf(rows),
	}
	e.Kernel, e.CPU, e.Load = machine()
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, m := range build.Deps {
			if m.Replace == nil { // which is what is compared with all the others
				e.Modules = append(e.Modules, Version{m.Path, m.Version})
			}
		}
	}
	return e
}

func gogc() string {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	if percent := int64(sample[0].Value.Uint64()); percent >= 0 {
		return strconv.FormatInt(percent, 10)
	}
	return "off"
}
