package upstream

import (
	"cmp"
	"math/rand/v2"
	"time"
)

// Config says what a group consists of and how it is treated. It needs Targets or
// Sources; all else has a default.
type Config struct {
	Name string // for those who are shown the Status; any will do

	Targets []Target // those that never change
	Sources []Source // what finds others

	// Policy selects among the targets that are fit. Nil is PowerOfTwo().
	Policy Policy

	Active  Active  // checks made at an interval; none without a Checker
	Passive Passive // what failed requests lead to
	Breaker Breaker // off unless it has a Ratio

	// SlowStart is how long a target that joins or recovers takes to its full share,
	// which grows from a twentieth. 0 is no time at all.
	SlowStart time.Duration

	// MaxConns is how many requests may be under way at each target. 0 is any number.
	MaxConns int

	// Queue is how many requests may wait when all targets are full, and QueueTimeout
	// for how long. 0 is that none may, and 30 seconds.
	Queue        int
	QueueTimeout time.Duration

	Retries Budget

	// Observe is called when a target joins, leaves, fails or recovers, and when a
	// source does, by several goroutines at once and not necessarily in order. It must
	// not call Close. Nil is LogTo(slog.Default()).
	Observe func(Event)

	// Rand returns random numbers, to several goroutines at once, for tests to
	// foresee. Nil is rand.Uint64.
	Rand func() uint64
}

// Passive says what failed requests lead to. The zero Passive ejects a target for
// ten seconds at first if three requests failed within ten seconds, and at least
// half of those in between.
type Passive struct {
	// MaxFails is after how many failures a target is ejected. 0 is 3. Negative is
	// never. After it has returned, one is enough until a request succeeds.
	MaxFails int

	// Window is the time within which they must fail. 0 is 10 seconds.
	Window time.Duration

	// Ratio is what part of the requests from the first to the last of them must have
	// failed. 0 is a half, lest a few of thousands suffice; negative is any, as in
	// Caddy 0.7.1.
	Ratio float64

	// Eject is how long a target is out the first time. It is twice as long the second
	// time, three times the third, up to MaxEject; for each Eject that it stayed in,
	// one time is forgotten. 0 is 10 seconds, and 5 minutes.
	Eject, MaxEject time.Duration

	// MaxPercent is how much of a tier may be out, for whatever reason, after an
	// ejection. 0 is 50: of three targets one, of one none. 100 is all of it, as in
	// Caddy 0.7.1.
	MaxPercent int

	// Statuses of responses that are failures, as is any Result with an Err.
	Statuses []int

	// Latency from which on a response is a failure. 0 is none.
	Latency time.Duration
}

// A Breaker takes out a target at which too much fails, however many others are
// out. The zero Breaker never does.
type Breaker struct {
	Ratio   float64       // of failures, above 0 and up to 1; 0 is never
	Results int           // how many are looked at, of the last; 0 is 50
	Open    time.Duration // how long it is out; 0 is 10 seconds
	Trials  int           // how many requests must then succeed, and may be under way; 0 is 1
}

// A Budget limits retries in the last ten seconds.
type Budget struct {
	Percent int // of the requests in that time; 0 is 20, negative is without limit
	Min     int // which are always allowed; 0 is 3, negative is none
}

// filled returns c with its defaults.
func (c Config) filled() Config {
	if c.Policy == nil {
		c.Policy = PowerOfTwo()
	}
	if c.Observe == nil {
		c.Observe = LogTo(nil)
	}
	if c.Rand == nil {
		c.Rand = rand.Uint64
	}
	c.MaxConns, c.Queue = max(c.MaxConns, 0), max(c.Queue, 0)
	c.QueueTimeout = positive(c.QueueTimeout, 30*time.Second)

	a := &c.Active
	a.Interval = positive(a.Interval, 30*time.Second)
	a.Timeout = positive(a.Timeout, 5*time.Second)
	a.Rise, a.Fall = positive(a.Rise, 1), positive(a.Fall, 3)

	p := &c.Passive
	p.MaxFails = cmp.Or(p.MaxFails, 3)
	p.Window = positive(p.Window, 10*time.Second)
	p.Ratio = cmp.Or(p.Ratio, 0.5)
	p.Eject = positive(p.Eject, 10*time.Second)
	p.MaxEject = max(positive(p.MaxEject, 5*time.Minute), p.Eject)
	p.MaxPercent = positive(p.MaxPercent, 50)

	b := &c.Breaker
	b.Results = positive(b.Results, 50)
	b.Open = positive(b.Open, 10*time.Second)
	b.Trials = positive(b.Trials, 1)

	c.Retries.Percent = cmp.Or(c.Retries.Percent, 20)
	c.Retries.Min = max(cmp.Or(c.Retries.Min, 3), 0)
	return c
}

// positive returns n, or what is the default if that makes no sense.
func positive[N int | time.Duration](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}
