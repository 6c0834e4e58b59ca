package live

import (
	"strings"
	"time"
)

// A Request is what is known of a request that is under way, or over.
type Request struct {
	ID     uint64 `json:"id"`
	Site   string `json:"site"`
	Method string `json:"method"`
	Host   string `json:"host"`   // asked for
	URI    string `json:"uri"`    // as sent, with the query
	Remote string `json:"remote"` // the peer, with its port

	Start    time.Time     `json:"start"`
	Duration time.Duration `json:"duration"`           // so far; nanoseconds in JSON
	Bytes    int64         `json:"bytes"`              // of body that were written, so far
	Status   int           `json:"status,omitempty"`   // 0 while it is under way; 101 if the connection was handed over
	Aborted  bool          `json:"aborted,omitempty"`  // the response was cut off
	Hijacked bool          `json:"hijacked,omitempty"` // the connection was handed over

	Layer    string `json:"layer,omitempty"`    // the one it is in, or that its error came from
	Upstream string `json:"upstream,omitempty"` // the one asked last
	Attempts int    `json:"attempts,omitempty"` // how often one was asked
	Error    string `json:"error,omitempty"`    // why it failed

	// Layers are those it was in, the outermost first; the first 16 of them.
	Layers []LayerTime `json:"layers,omitempty"`
}

// A LayerTime is how long a request was in a layer.
type LayerTime struct {
	Layer    string        `json:"layer"`
	Depth    int           `json:"depth"`    // 0 is the outermost
	Duration time.Duration `json:"duration"` // in it, and in those further in; to a microsecond, in nanoseconds in JSON
}

// kept returns r for those that are kept: no client decides how much memory they
// take.
func (r Request) kept() *Request {
	for _, s := range [...]*string{&r.Method, &r.Host, &r.URI, &r.Remote, &r.Error} {
		*s = clip(*s)
	}
	return &r
}

// clip returns a copy of what is short of s, that does not hold on to more.
func clip(s string) string { return strings.Clone(short(s)) }

// short returns at most 2 KiB of s, and a sign that there was more.
func short(s string) string {
	const most = 2 << 10
	if len(s) > most+len("…") {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
