package placeholder

import (
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// Values is what a Template is filled in with. Only Request is required.
type Values struct {
	Request *http.Request

	// Writer is what the request is answered by. It leads to what layers noted, to
	// the URL that the client sent and to the header of the response.
	Writer http.ResponseWriter

	Trusted []netip.Prefix // proxies to be believed, see middleware.ClientIP
	Client  netip.Addr     // for {remote}; the zero Addr is middleware.ClientIP's

	Status  int       // of the response; zero if that is not known yet, nor what follows
	Size    int64     // bytes of its body
	Aborted bool      // whether it was cut off
	Start   time.Time // when the request came; zero if nobody looked
	Now     time.Time // zero is time.Now()

	// Lookup, unless it is nil, is asked first for the value of any name.
	Lookup func(name string) (value string, ok bool)
}

func (v *Values) lookUp(name string) (value string, ok bool) {
	if v.Lookup == nil {
		return "", false
	}
	return v.Lookup(name)
}

func (v *Values) append(dst []byte, o *op) ([]byte, form) {
	r := v.Request
	switch o.source {
	case fromRequestField:
		if o.arg == "Host" { // which net/http keeps elsewhere
			return append(dst, r.Host...), text
		}
		return appendList(dst, r.Header[o.arg]), text
	case fromResponseField:
		if v.Writer != nil {
			dst = appendList(dst, v.Writer.Header()[o.arg])
		}
		return dst, text
	case fromCookie:
		if c, err := r.Cookie(o.arg); err == nil {
			dst = append(dst, c.Value...)
		}
		return dst, text
	case fromArgument:
		return append(dst, r.URL.Query().Get(o.arg)...), text
	case fromMethod:
		return append(dst, r.Method...), text
	case fromProto:
		return append(dst, r.Proto...), text
	case fromRequest:
		return appendRequest(dst, r), text
	case fromNote:
		return v.appendNote(dst, o), text
	case fromHost, fromHostOnly, fromLabel, fromServerPort:
		return appendHost(dst, r, o), text
	case fromPath, fromQuery, fromURI, fromFragment, fromDir, fromFile:
		return v.appendURL(dst, o)
	case fromScheme, fromRemote, fromPort:
		return v.appendPeer(dst, o), ours
	case fromStatus, fromSize, fromLatency, fromLatencyMS:
		return v.appendResponse(dst, o), ours
	case fromWhen, fromWhenISO, fromWhenISOLocal, fromWhenUnix, fromWhenUnixMS:
		return v.appendWhen(dst, o), ours
	}
	return v.appendTLS(dst, o)
}

func appendList(dst []byte, values []string) []byte {
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, value...)
	}
	return dst
}

// appendRequest appends the header of r, except for secrets.
func appendRequest(dst []byte, r *http.Request) []byte {
	shown := *r
	shown.Header = r.Header.Clone()
	for _, secret := range [...]string{"Authorization", "Cookie", "Proxy-Authorization"} {
		if shown.Header[secret] != nil {
			shown.Header[secret] = []string{"REDACTED"}
		}
	}
	dump, err := httputil.DumpRequest(&shown, false)
	if err != nil {
		return dst
	}
	return append(dst, dump...)
}

func (v *Values) appendNote(dst []byte, o *op) []byte {
	if o.name == middleware.NoteAborted && v.Aborted {
		return append(dst, "true"...)
	}
	name, inMS := strings.CutSuffix(o.name, "_ms")
	note := middleware.NoteValue(v.Writer, name)
	switch {
	case note.Equal(slog.Value{}):
		return dst
	case note.Kind() != slog.KindDuration:
		return append(dst, note.String()...)
	case inMS:
		return strconv.AppendInt(dst, note.Duration().Milliseconds(), 10)
	}
	return append(dst, note.Duration().Round(time.Microsecond).String()...)
}

func appendHost(dst []byte, r *http.Request, o *op) []byte {
	host, port := cutPort(r.Host)
	switch {
	case o.source == fromHost:
		return append(dst, r.Host...)
	case o.source == fromHostOnly:
		return append(dst, host...)
	case o.source == fromLabel:
		for n := o.n; n > 1 && host != ""; n-- {
			_, host, _ = strings.Cut(host, ".")
		}
		host, _, _ = strings.Cut(host, ".")
		return append(dst, host...)
	case port != "":
		return append(dst, port...)
	case r.TLS != nil:
		return append(dst, "443"...)
	}
	return append(dst, "80"...)
}

// cutPort cuts host:port in two. The brackets of an IPv6 address stay, so that
// the host can be put into a URL.
func cutPort(hostport string) (host, port string) {
	i := strings.LastIndexByte(hostport, ':')
	if i < 0 || strings.IndexByte(hostport[i:], ']') >= 0 {
		return hostport, ""
	}
	return hostport[:i], hostport[i+1:]
}

func (v *Values) appendURL(dst []byte, o *op) ([]byte, form) {
	r, u, sink := v.Request, v.Request.URL, o.sink
	if !o.current {
		u = middleware.OriginalURL(v.Writer, r)
	}
	if o.escaped {
		sink = Plain
	}
	start, form := len(dst), text
	switch o.source {
	case fromPath:
		if sink == Path { // which may tell %2F from a slash
			dst, form = append(dst, u.EscapedPath()...), uri
		} else {
			dst = append(dst, u.Path...)
		}
	case fromQuery:
		dst, form = append(dst, u.RawQuery...), query
	case fromURI:
		if sink == Log && u == r.URL && r.RequestURI != "" {
			dst = append(dst, r.RequestURI...) // to the letter, even if it is a URL of another host
		} else {
			dst, form = appendURI(dst, u), uri
		}
	case fromFragment:
		dst = append(dst, u.Fragment...)
	case fromDir:
		dir, _ := path.Split(u.Path)
		dst = append(dst, dir...)
	case fromFile:
		_, file := path.Split(u.Path)
		dst = append(dst, file...)
	}
	if o.escaped {
		return escapePercent(dst, start, true, inArgument), escaped
	}
	return dst, form
}

// appendURI appends u.RequestURI() without making a string of it first.
func appendURI(dst []byte, u *url.URL) []byte {
	if u.Opaque != "" {
		return append(dst, u.RequestURI()...)
	}
	start := len(dst)
	dst = append(dst, u.EscapedPath()...)
	if len(dst) == start {
		dst = append(dst, '/')
	}
	if u.ForceQuery || u.RawQuery != "" {
		dst = append(append(dst, '?'), u.RawQuery...)
	}
	return dst
}

func (v *Values) appendPeer(dst []byte, o *op) []byte {
	r := v.Request
	switch o.source {
	case fromPort:
		if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			dst = strconv.AppendUint(dst, uint64(peer.Port()), 10)
		}
		return dst
	case fromRemote:
		client := v.Client
		if !client.IsValid() {
			client = middleware.ClientIP(r, v.Trusted)
		}
		if client.IsValid() {
			dst = client.AppendTo(dst)
		}
		return dst
	}
	if r.TLS != nil {
		return append(dst, "https"...)
	}
	return append(dst, "http"...)
}

func (v *Values) appendResponse(dst []byte, o *op) []byte {
	if v.Status == 0 {
		return dst
	}
	switch o.source {
	case fromStatus:
		return strconv.AppendInt(dst, int64(v.Status), 10)
	case fromSize:
		return strconv.AppendInt(dst, v.Size, 10)
	}
	if v.Start.IsZero() {
		return dst
	}
	latency := v.now().Sub(v.Start)
	if o.source == fromLatencyMS {
		return strconv.AppendInt(dst, latency.Milliseconds(), 10)
	}
	return append(dst, latency.Round(time.Microsecond).String()...)
}

func (v *Values) appendWhen(dst []byte, o *op) []byte {
	now := v.now()
	switch o.source {
	case fromWhenISO:
		return now.UTC().AppendFormat(dst, "2006-01-02T15:04:05Z")
	case fromWhenISOLocal:
		return now.AppendFormat(dst, "2006-01-02T15:04:05")
	case fromWhenUnix:
		return strconv.AppendInt(dst, now.Unix(), 10)
	case fromWhenUnixMS:
		return strconv.AppendInt(dst, now.UnixMilli(), 10)
	}
	return now.AppendFormat(dst, "02/Jan/2006:15:04:05 -0700")
}

func (v *Values) now() time.Time {
	if v.Now.IsZero() {
		return time.Now()
	}
	return v.Now
}
