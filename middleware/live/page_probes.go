package live

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/probe"
	"github.com/shallot-http/shallot/middleware/probe/script"
)

type probeView struct {
	Name     string   `json:"name"`
	Doc      string   `json:"doc"`
	Args     []string `json:"args"`
	Attached int      `json:"attached"` // tracers; negative is not to be known here
}

// probes shows what a tracer can attach to, and whether one is.
func (p *pages) probes(q url.Values) (any, error) {
	if err := noMore(q); err != nil {
		return nil, err
	}
	all := []probeView{}
	for _, info := range probe.List() {
		v := probeView{info.Name, info.Doc, nil, info.Attached}
		for _, a := range info.Args {
			v.Args = append(v.Args, a.Name+" "+a.Type)
		}
		all = append(all, v)
	}
	return all, nil
}

// scripts returns the names of those that there are for this system.
func scripts() []string {
	if !probe.Supported {
		return nil
	}
	return script.Names()
}

// scriptOf returns what hands out the script of bpftrace that is called name, with
// its ending, if there is one.
func scriptOf(name string) (page, bool) {
	base, ok := strings.CutSuffix(name, ".bt")
	return page{serve: (*pages).script}, ok && slices.Contains(scripts(), base)
}

// script hands out a script that looks at this very process: as a program, or as what
// its first line says.
func (p *pages) script(w http.ResponseWriter, r *http.Request) (int, error) {
	name := path.Base(r.URL.Path)
	text, _ := script.Text(strings.TrimSuffix(name, ".bt"))
	w.Header().Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", name))
	return send(w, "text/plain", fmt.Appendf(nil, "#!/usr/bin/env -S bpftrace -p %d\n%s", os.Getpid(), text))
}
