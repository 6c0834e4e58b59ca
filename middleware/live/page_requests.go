package live

import (
	"fmt"
	"net/url"
	"strconv"
)

// The number of requests that a page shows unless it is told otherwise.
const shownRequests = 200

type requestsView struct {
	Total    int        `json:"total"` // of those that match
	Requests []*Request `json:"requests"`
}

// requests shows what is in flight, the oldest first.
func (p *pages) requests(q url.Values) (any, error) {
	limit := shownRequests
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("limit: %q is not a number from 1 on", s)
		}
		limit = n
	}
	f, err := ParseFilter(q, "limit")
	if err != nil {
		return nil, err
	}
	found, total := p.Recorder.InFlight(f, limit)
	v := requestsView{total, []*Request{}}
	for i := range found {
		v.Requests = append(v.Requests, p.shown(&found[i]))
	}
	return v, nil
}

// slow shows the last slow requests, by how long they took.
func (p *pages) slow(q url.Values) (any, error) {
	f, err := ParseFilter(q)
	if err != nil {
		return nil, err
	}
	all := p.Recorder.Slow(f)
	for i := range all {
		all[i].Requests = p.shownAll(all[i].Requests)
	}
	return all, nil
}

type errorsView struct {
	Total    uint64     `json:"total"` // whatever the filter
	Requests []*Request `json:"requests"`
}

// errors shows the last requests that failed.
func (p *pages) errors(q url.Values) (any, error) {
	f, err := ParseFilter(q)
	if err != nil {
		return nil, err
	}
	last, total := p.Recorder.Errors(f)
	return errorsView{total, p.shownAll(last)}, nil
}

func (p *pages) shownAll(requests []*Request) []*Request {
	seen := make([]*Request, len(requests))
	for i, r := range requests {
		seen[i] = p.shown(r)
	}
	return seen
}
