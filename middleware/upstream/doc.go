// Package upstream chooses among several servers that do the same work, and knows
// which of them are fit to do it. It is what a reverse proxy and a FastCGI client
// share; it speaks neither protocol and opens no connections but for health checks.
//
//	targets, err := upstream.Parse("app-1:8001-8005", "app-2:8001")
//	...
//	group, err := upstream.Open(ctx, upstream.Config{Targets: targets})
//	...
//	defer group.Close()
//
// For each attempt of a request:
//
//	pick, err := group.Pick(ctx, r, tried)
//	if err != nil {
//		return 503, err
//	}
//	result := exchange(pick.Upstream)
//	pick.Done(result)
//
// A Pick does not lock, allocate or start a goroutine: the targets that are fit
// are an immutable snapshot, which is made anew whenever one of them comes, goes,
// fails or recovers.
//
// # Targets
//
// Targets are given ([Parse]), or come from a [Source] and may change while
// requests are under way: [DNS] looks up addresses, [SRV] services as Consul and
// Kubernetes announce them. The standard library does not tell how long an answer
// may be kept, so both ask again at an interval of their own. When a lookup fails,
// what the last one said stands; when the name is known not to exist, there are no
// targets. What was picked may be used until it is Done, also if it has left. A given
// target whose host is a name is one target, however many addresses it has: whoever
// dials it looks them up.
//
// A Target has a weight, which is its share of requests relative to others, and a
// tier: targets of a higher tier are backups, used only if none of the lower tiers
// can take the request, be it that they are unfit, tried or full.
//
// # Policies
//
//	policy            picks                                          0.7.1   Caddyfile
//	PowerOfTwo()      the less loaded of two at random (default)             p2c
//	RandomChoose(n)   the least loaded of n at random                        random_choose
//	LeastConn()       the least loaded of all                        yes     least_conn
//	Random()          any, by weight                                 yes     random
//	RoundRobin()      in turn, by weight, never in bursts            yes     round_robin
//	First()           the first that is fit                                  first
//	Hash{Key: …}      the same for the same key (rendezvous)                 ip_hash, uri_hash …
//	LeastTime()       the shortest expected answer of all                    least_time
//	PeakEWMA()        the shortest expected answer of two at random          ewma
//	NewSticky(…)      that of the client's cookie, which is signed           cookie
//
// Load is the number of requests under way, divided by the weight. Anything with a
// Select method is a policy, too: see [Policy].
//
// # Health
//
// Four things keep a target from being picked, and [Group.Status] tells which:
//
//   - down: an active check ([Active]) failed Fall times in a row. It is up again
//     after Rise that succeed. A target that was never checked is up; its first check
//     decides.
//   - ejected: requests failed ([Passive], on unless switched off). It is out for
//     Eject, and the next time for longer. No more than MaxPercent of a tier are ever
//     out while this could be helped, so one target alone is never ejected. A request
//     that all others have failed is tried there still, and if that succeeds the
//     target is back.
//   - open: too many of its last results were failures ([Breaker], off by default).
//     After a while it is half open, and Trials requests decide.
//   - full: as many requests are under way as MaxConns allows. If that is so of all,
//     requests wait in order of arrival, up to Queue of them, for up to QueueTimeout.
//
// A target that comes back, or joins, gets its full share only after SlowStart.
//
// # Errors
//
// Pick fails with [ErrNone] if no target is fit, [ErrTried] if all that are fit
// have been tried, [ErrFull] if the queue is, [ErrQueueTimeout], [ErrClosed], or the
// error of ctx. All but the last are status 503 to middleware.StatusOf.
//
// [Group.AllowRetry] keeps retries to a fifth of the requests ([Budget]), lest they
// finish off what is left of a group in trouble.
package upstream
