// Package properties reads what a block of a Caddyfile says of upstreams, for the
// directives that send requests on to several, proxy and fastcgi: to the user it is one
// language, of which two copies would become dialects.
//
//	policy            NAME [ARG]
//	fail_timeout      DURATION
//	max_fails         N
//	max_conns         N
//	queue             N [DURATION]
//	slow_start        DURATION
//	try_duration      DURATION
//	try_interval      DURATION
//	health_check      PATH [INTERVAL]
//	health_check_interval|health_check_timeout  DURATION
//	health_check_contains  TEXT
//	health_check_rise|health_check_fall         N
//	except            PATH...
//	status            PATH NETWORK...
//
// What is not given is as [upstream.Config] has it, but for the policy, which is the
// directive's own. The PATHs of except are relative to the one that the directive is
// for, unless they lie below it.
//
// # Policies
//
//	random            any
//	least_conn        the one with the fewest requests under way
//	round_robin       in turn
//	first             the first that is fit
//	p2c               the less loaded of two at random
//	least_time        the one with the shortest expected answer
//	ewma              that of two at random
//	random_choose N   the least loaded of N at random
//	ip_hash           the same for the same client
//	uri_hash          the same for the same path and query
//	header NAME       the same for the same value of a field
//	query NAME        the same for the same value of an argument of the query
//	cookie NAME [SECRET]  the one that the client has a cookie of, which is given to it
//
// The client of ip_hash, which may be called client_ip_hash, is the peer. Where that is
// one of the site's trusted proxies, it is whom they say that they ask for: see
// [middleware.ClientIP]. So nobody else chooses an upstream by what a request says, and
// the clients of a trusted proxy are not all sent to one.
//
// The cookie leads to the same upstream for as long as this configuration is served, or
// with a SECRET of at least 16 bytes for good, and at every server that has it.
//
// # Limits
//
// With fail_timeout or max_fails failures are counted as in Caddy 0.7.1, which may take
// out all upstreams: max_fails of them, or else one, within fail_timeout take an
// upstream out for as long. Without fail_timeout the times are, and without both all is,
// as [upstream.Passive] says. A max_fails or fail_timeout of 0 is never.
//
// With max_conns requests under way at each upstream, N may wait in the queue, for up to
// the DURATION, or 30 seconds. One that all upstreams have failed, or for which none is
// fit, is tried again for try_duration, at every try_interval, or 250 milliseconds.
//
// # The page of status
//
// At the PATH, clients of the NETWORKs get [upstream.Status] as JSON; to all others it
// does not exist. A client is again the peer, or whom trusted proxies ask for. A request
// that says that it came by a proxy, when its peer is not a trusted one, is nobody's.
package properties
