package upstream

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// A Status is what a group is doing. Its numbers are taken one after the other
// while requests go on.
type Status struct {
	Upstreams []TargetStatus `json:"upstreams"`
	Sources   []SourceStatus `json:"sources,omitempty"`
	Queue     QueueStatus    `json:"queue"`
	Retries   RetryStatus    `json:"retries"`
}

// A TargetStatus is what is known of a target.
type TargetStatus struct {
	Target string `json:"target"`
	Host   string `json:"host,omitempty"` // what it is called, if not by its address
	Tier   int    `json:"tier"`
	Weight int    `json:"weight"`

	// State is the first of these that is true:
	//
	//	left        it is in no source any more, but has requests under way
	//	down        active checks failed
	//	ejected     requests failed, until Until
	//	open        so is the circuit, until Until
	//	half open   a few requests decide
	//	full        no further request may be sent
	//	slow start  it does not have its full share yet
	//	up
	State string `json:"state"`

	// Fit is whether requests are sent there, if it is not full.
	Fit   bool      `json:"fit"`
	Until time.Time `json:"until,omitzero"`

	Active   int           `json:"active"`   // requests under way
	Requests uint64        `json:"requests"` // those that are over
	Failures uint64        `json:"failures"` // of these
	Latency  time.Duration `json:"latency"`  // see Upstream.Latency; in nanoseconds

	Checked    time.Time `json:"checked,omitzero"` // last by an active check
	CheckError string    `json:"check_error,omitempty"`
	LastError  string    `json:"last_error,omitempty"` // of a request
}

// A SourceStatus is what a source said last.
type SourceStatus struct {
	Source  string    `json:"source"`
	Targets int       `json:"targets"`
	At      time.Time `json:"at,omitzero"`     // when it knew
	Error   string    `json:"error,omitempty"` // why it does not know now
}

// A QueueStatus is how many requests wait, of how many that may.
type QueueStatus struct {
	Waiting int `json:"waiting"`
	Max     int `json:"max"`
}

// A RetryStatus is what there was in the last ten seconds, and how many retries
// were not allowed since the beginning. An Allowed of -1 is any number.
type RetryStatus struct {
	Requests int    `json:"requests"`
	Retries  int    `json:"retries"`
	Allowed  int    `json:"allowed"`
	Denied   uint64 `json:"denied"`
}

// Name returns the group's name, see Config.
func (g *Group) Name() string { return g.config.Name }

// Status returns what the group is doing: its upstreams in the order they were
// given in, and then those that have left with requests under way.
func (g *Group) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep()
	s := Status{
		Upstreams: []TargetStatus{},
		Queue:     QueueStatus{int(g.queue.waiting.Load()), int(g.queue.max)},
		Retries:   g.budget.status(g.now()),
	}
	for _, u := range g.order {
		s.Upstreams = append(s.Upstreams, g.statusOf(u))
	}
	present := len(s.Upstreams)
	for _, left := range g.known {
		if !left.present {
			s.Upstreams = append(s.Upstreams, g.statusOf(left.handle))
		}
	}
	slices.SortFunc(s.Upstreams[present:], func(a, b TargetStatus) int { return cmp.Compare(a.Target, b.Target) })
	for i := range g.feeds {
		f := &g.feeds[i]
		s.Sources = append(s.Sources, SourceStatus{f.name(), len(f.targets), f.at, text(f.err)})
	}
	return s
}

func (g *Group) statusOf(u *Upstream) TargetStatus {
	s := TargetStatus{
		Target: u.String(), Host: u.Host, Tier: u.Tier, Weight: u.Weight,
		Fit:    u.fit(),
		Active: u.Active(), Requests: u.done.Load(), Failures: u.failed.Load(), Latency: u.Latency(),
		Checked: u.lastCheck, CheckError: text(u.checkError), LastError: text(u.lastError),
	}
	switch {
	case !u.present:
		s.State = "left"
	case u.down:
		s.State = "down"
	case u.ejected:
		s.State, s.Until = "ejected", u.until
	case u.circuit == open:
		s.State, s.Until = "open", u.openUntil
	case u.circuit == half:
		s.State = "half open"
	case u.full():
		s.State = "full"
	case g.share(u.state) < 1:
		s.State = "slow start"
	default:
		s.State = "up"
	}
	return s
}

func (b *budget) status(now int64) RetryStatus {
	s := RetryStatus{b.requests.sum(now), b.retries.sum(now), -1, b.denied.Load()}
	if b.Percent >= 0 {
		s.Allowed = b.allowed(now)
	}
	return s
}

// ServeStatus answers with the Status as JSON. It is to be shown to operators only:
// addresses and errors are in it.
func (g *Group) ServeStatus(w http.ResponseWriter, r *http.Request) (int, error) {
	return ServeStatus(w, r, g.Status())
}

// ServeStatus answers with a status as JSON: a [Status], or one with more in it.
func ServeStatus(w http.ResponseWriter, r *http.Request, status any) (int, error) {
	if !middleware.Reads(r) {
		return middleware.MethodNotAllowed(w, http.MethodGet, http.MethodHead)
	}
	body, err := json.MarshalIndent(status, "", "\t")
	if err != nil {
		return http.StatusInternalServerError, err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(append(body, '\n'))
	return 0, err
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
