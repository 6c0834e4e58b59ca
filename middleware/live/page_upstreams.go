package live

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/shallot-http/shallot/middleware/upstream"
)

type upstreamsView struct {
	Groups   []groupView    `json:"groups"`
	Attempts []attemptsView `json:"attempts"`
}

type groupView struct {
	Name string `json:"name"`
	upstream.Status
}

type attemptsView struct {
	Addr      string    `json:"addr"`
	Failed    uint64    `json:"failed"`
	Retries   uint64    `json:"retries"`
	Connect   quantiles `json:"connect"`
	FirstByte quantiles `json:"first_byte"`
	Total     quantiles `json:"total"`
}

// upstreams shows what is known of the servers behind this one. Those that have left
// their group are there as long as they have requests under way: caddy#7277.
func (p *pages) upstreams(q url.Values) (any, error) {
	if err := noMore(q); err != nil {
		return nil, err
	}
	v := upstreamsView{[]groupView{}, []attemptsView{}}
	for _, g := range p.Upstreams() {
		status := g.Status()
		if !p.Sensitive {
			for i := range status.Upstreams {
				u := &status.Upstreams[i]
				u.CheckError, u.LastError = withoutQueries(u.CheckError), withoutQueries(u.LastError)
			}
		}
		v.Groups = append(v.Groups, groupView{g.Name(), status})
	}
	slices.SortStableFunc(v.Groups, func(a, b groupView) int { return cmp.Compare(a.Name, b.Name) })
	for _, u := range p.Recorder.Upstreams() {
		v.Attempts = append(v.Attempts, attemptsView{
			u.Addr, u.Failed, u.Retries, quantilesOf(&u.Connect), quantilesOf(&u.FirstByte), quantilesOf(&u.Total),
		})
	}
	return v, nil
}
