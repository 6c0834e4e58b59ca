package accesslog_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
)

// A sent is what a client had a hand in.
type sent struct {
	Method, URI, Proto, Host, Referer, Agent, User string
	Remote                                         netip.Addr
	Status                                         int
	Size                                           int64
}

func (s sent) request() *http.Request {
	return &http.Request{
		Method: s.Method, RequestURI: s.URI, URL: &url.URL{Path: "/"}, Proto: s.Proto, Host: s.Host,
		RemoteAddr: netip.AddrPortFrom(s.Remote, 4321).String(),
		Header:     http.Header{"Referer": {s.Referer}, "User-Agent": {s.Agent}},
	}
}

func (s sent) serve(t testing.TB, mw middleware.Middleware) {
	t.Helper()
	mw(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		if s.User != "" {
			middleware.Note(w, slog.String(middleware.NoteUser, s.User))
		}
		w.WriteHeader(s.Status)
		w.Write(make([]byte, s.Size))
		return 0, nil
	})).ServeHTTP(httptest.NewRecorder(), s.request())
}

var clf = regexp.MustCompile(`^(\S+) - (\S+) \[[^\]]+\] "(\S+) ([^"]*) (\S+)" (\d{3}) (\d+) "([^"]*)" "([^"]*)"\n$`)

// parseLine reads a line of accesslog.Combined, of which Host is no part.
func parseLine(t testing.TB, line string) sent {
	t.Helper()
	m := clf.FindStringSubmatch(line)
	if m == nil || strings.Count(line, "\n") != 1 || !utf8.ValidString(line) {
		t.Fatalf("not one line of text, in the format: %q", line)
	}
	value := func(s string) string {
		if s == "-" {
			return ""
		}
		return unescape(t, s)
	}
	status, err := strconv.Atoi(m[6])
	require.NoError(t, err)
	size, err := strconv.ParseInt(m[7], 10, 64)
	require.NoError(t, err)
	return sent{
		Remote: netip.MustParseAddr(m[1]), User: value(m[2]),
		Method: value(m[3]), URI: value(m[4]), Proto: value(m[5]),
		Status: status, Size: size, Referer: value(m[8]), Agent: value(m[9]),
	}
}

// parseRecord reads a record of JSON.
func parseRecord(t testing.TB, line string) sent {
	t.Helper()
	require.Equal(t, 1, strings.Count(line, "\n"))
	var v struct {
		sent
		Agent string `json:"user_agent"`
	}
	require.NoError(t, json.Unmarshal([]byte(line), &v))
	s := v.sent
	s.Agent = v.Agent
	for _, value := range []*string{&s.Method, &s.URI, &s.Proto, &s.Host, &s.Referer, &s.Agent, &s.User} {
		*value = unescape(t, *value)
	}
	return s
}

// unescape undoes \xHH.
func unescape(t testing.TB, s string) string {
	t.Helper()
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, `\`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if len(after) < 3 || after[0] != 'x' {
			t.Fatalf("a backslash on its own in %.80q", s)
		}
		c, err := strconv.ParseUint(after[1:3], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteByte(byte(c))
		s = after[3:]
	}
}

// requireParses checks that a line and a record say of s what it is.
func requireParses(t testing.TB, s sent) {
	t.Helper()
	var line, record bytes.Buffer
	s.serve(t, accesslog.New(accesslog.Config{Output: &line, Format: combined}))
	s.serve(t, accesslog.New(accesslog.Config{Logger: slog.New(slog.NewJSONHandler(&record, nil))}))
	// Only what differs is worth require's time: there is much of this.
	if got := parseRecord(t, record.String()); got != s {
		require.Equal(t, s, got)
	}
	s.Host = ""
	if got := parseLine(t, line.String()); got != s {
		require.Equal(t, s, got)
	}
}

var combined = accesslog.Compile("{combined}")

var plain = sent{
	Method: "GET", URI: "/", Proto: "HTTP/1.1", Host: "example.com", Remote: netip.MustParseAddr("192.0.2.1"), Status: 200,
}

// TestInjection sends what makes others' logs lie.
func TestInjection(t *testing.T) {
	for _, value := range []string{
		"-", "--", `"`, `\`, `\"`, `\x22`, `\\x22`, `" 200 5 "-" "`, "a b", " ", "  a  ",
		"a\n10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] \"GET /forged HTTP/1.1\" 200 5",
		"a\r\nb", "a\vb", "a\fb", "a\x00b", "\t", "\x7f", "\x1b[2J\x1b[H", "\x1b]0;title\a",
		"\u0085", "\u009b2J", "\u2028", "\u2029", "\u202egnp.exe", "\u200b", "\ufeff", "\U000e0041",
		"\xff", "\xc3", "\xc3(", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf", "\ufffd",
		"{>Cookie}", "{method}", "%0a%0d", "%s%n", "${jndi:ldap://evil}", "<script>", "é世界", "\U0001f9c5",
		`{"status":200}`, `","status":200,"x":"`, "]", "[01/Jan/2026]",
		strings.Repeat(`"\`+"\n\xff", 2_000),
	} {
		s := plain
		s.URI, s.Host, s.Referer, s.Agent, s.User = "/"+value, value, value, value, value
		requireParses(t, s)
	}
}

// TestTenThousandParse makes up requests from a fixed seed.
func TestTenThousandParse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	value := func() string {
		var b []byte
		for range random.IntN(20) {
			switch random.IntN(6) {
			case 0:
				b = append(b, byte(random.IntN(256)))
			case 1:
				b = utf8.AppendRune(b, rune(random.IntN(utf8.MaxRune)))
			case 2:
				b = append(b, pick(`"`, `\`, `\x`, `\x2`, `" `, "-", " ", "\n", "{uri}", "]")...)
			default:
				b = append(b, byte(' '+random.IntN(95)))
			}
		}
		return string(b)
	}
	for range 10_000 {
		addr := [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: byte(random.IntN(256))}
		s := sent{
			Method: pick("GET", "POST", "PRI", "X-!#$%&'*+.^_`|~9"), Proto: pick("HTTP/1.0", "HTTP/1.1", "HTTP/2.0"),
			URI: "/" + value(), Host: value(), Referer: value(), Agent: value(), User: value(),
			Remote: netip.AddrFrom16(addr), Status: 200 + random.IntN(400), Size: int64(random.IntN(100)),
		}
		if random.IntN(2) == 0 {
			s.Remote = netip.AddrFrom4([4]byte(addr[12:]))
		}
		if s.Status == http.StatusNoContent || s.Status == http.StatusNotModified {
			s.Size = 0
		}
		requireParses(t, s)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("/", "a \"b\"", "-", "ada")
	f.Add("/\xff", "\\x22", "\n", "a b")
	f.Fuzz(func(t *testing.T, uri, agent, referer, user string) {
		s := plain
		s.URI, s.Host, s.Agent, s.Referer, s.User = "/"+uri, agent, agent, referer, user
		requireParses(t, s)
	})
}
