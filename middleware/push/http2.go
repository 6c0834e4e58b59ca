package push

import (
	"cmp"
	"net/http"
	"slices"
)

// A pusher pushes resources with the push of HTTP/2.
type pusher struct {
	request *http.Request
	to      http.Pusher // nil if there is none
	rule    *rule       // that asked for it first; nil if the client takes none
	pushed  []string
}

// find looks for what can push, among w and the writers underneath.
func (p *pusher) find(w http.ResponseWriter, asked *rule) {
	for p.to == nil {
		if to, ok := w.(http.Pusher); ok {
			p.to, p.rule = to, asked
			return
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = wrapper.Unwrap()
	}
}

// push pushes a resource, if the client accepts that.
func (p *pusher) push(url string, asked *rule) {
	if p.to == nil || slices.Contains(p.pushed, url) {
		return
	}
	header := asked.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	for _, name := range [...]string{"Accept-Encoding", "Accept-Language", "Cache-Control", "User-Agent"} {
		if values := p.request.Header[name]; values != nil && header[name] == nil {
			header[name] = slices.Clone(values)
		}
	}
	if err := p.to.Push(url, &http.PushOptions{Method: cmp.Or(asked.Method, http.MethodGet), Header: header}); err != nil {
		p.to, p.rule = nil, nil // the client does not accept it, or this is a push itself
		return
	}
	p.pushed = append(p.pushed, url)
}

// pushLinks pushes what a response names to be loaded.
func (p *pusher) pushLinks(fields []string) {
	for _, field := range fields {
		for _, l := range parseLinks(field) {
			if l.preload && !l.nopush && isOurs(l.url) && p.rule != nil {
				p.push(l.url, p.rule)
			}
		}
	}
}
