package condition_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

func TestHolds(t *testing.T) {
	for _, tt := range []struct {
		name, a, op, b string
		want           bool
	}{
		{"is", "{path}", "is", "/a b", true},
		{"is, but for case", "{path}", "is", "/A b", false},
		{"is what a client says", "{>X-A}", "is", "{?a}", true},
		{"not", "{path}", "not", "/a", true},
		{"not, but it is", "{path}", "not", "/a b", false},
		{"not_is", "{path}", "not_is", "/a", true},
		{"is empty", "{>X-None}", "is", "", true},
		{"has", "{path}", "has", "a ", true},
		{"has not", "{path}", "has", "c", false},
		{"not_has", "{path}", "not_has", "c", true},
		{"starts_with", "{path}", "starts_with", "/a", true},
		{"starts_with, but later", "{path}", "starts_with", "a", false},
		{"not_starts_with", "{path}", "not_starts_with", "/b", true},
		{"ends_with", "{path}", "ends_with", "b", true},
		{"not_ends_with", "{path}", "not_ends_with", "b", false},
		{"match", "{path}", "match", "^/[a-z] b$", true},
		{"not_match", "{path}", "not_match", "^[a-z]", true},
		{"a pattern has no placeholders", "{path}", "match", "^{path}$", false},
		{"braces of a pattern count", "{method}", "match", "^[A-Z]{3}$", true},
		{"what a client sends is not expanded again", "{>X-Braces}", "is", "GET", false},
		{"what a client sends is no pattern", "{path}", "has", "{>X-Pattern}", false},
		{"both sides are plain text", "GET", "is", "{method}", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/a%20b?a=1", nil)
			r.Header.Set("X-A", "1")
			r.Header.Set("X-Braces", "{method}")
			r.Header.Set("X-Pattern", ".*")
			c, err := condition.Parse(tt.a, tt.op, tt.b)
			require.NoError(t, err)
			for range 2 { // for rooms are used again
				require.Equal(t, tt.want, c.Holds(&placeholder.Values{Request: r}))
			}
		})
	}
}

func TestSet(t *testing.T) {
	parse := func(b string) condition.Condition {
		c, err := condition.Parse("{method}", "is", b)
		require.NoError(t, err)
		return c
	}
	yes, no := parse("GET"), parse("POST")
	for _, tt := range []struct {
		name     string
		all, any bool
		of       []condition.Condition
	}{
		{"none", true, true, nil},
		{"one that holds", true, true, []condition.Condition{yes}},
		{"one that does not", false, false, []condition.Condition{no}},
		{"one of each", false, true, []condition.Condition{no, yes}},
		{"one of each, the other way round", false, true, []condition.Condition{yes, no}},
		{"two that hold", true, true, []condition.Condition{yes, yes}},
		{"two that do not", false, false, []condition.Condition{no, no}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := placeholder.Values{Request: httptest.NewRequest("GET", "/", nil)}
			require.Equal(t, tt.all, (&condition.Set{Conditions: tt.of}).Holds(&v))
			require.Equal(t, tt.any, (&condition.Set{Conditions: tt.of, Any: true}).Holds(&v))
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ name, op, b, want string }{
		{"an operator mistyped", "start_with", "", `unknown operator "start_with" (did you mean "starts_with"?)`},
		{"no operator", "==", "", `unknown operator "==" (it is one of is, not, has, starts_with, ends_with, match, or one of these with not_ in front)`},
		{"not twice", "not_not", "", `unknown operator "not_not" (it is one of is, not, has, starts_with, ends_with, match, or one of these with not_ in front)`},
		{"a bad pattern", "match", "(", "error parsing regexp: missing closing ): `(`"},
		{"a pattern that would grow", "match", "((a{100}){100}){100}", "error parsing regexp: invalid repeat count: `{100}`"},
		{"an empty pattern", "not_match", "", "a pattern is empty"},
		{"a pattern that is too long", "match", strings.Repeat("a", 4097), "a pattern of 4097 bytes is too long: 4096 are allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := condition.Parse("{path}", tt.op, tt.b)
			require.EqualError(t, err, tt.want)
		})
	}
	_, err := condition.Parse("{path}", "match", strings.Repeat("a", 1024))
	require.NoError(t, err)
}

// TestOperators checks that what is listed is what is understood.
func TestOperators(t *testing.T) {
	for _, op := range condition.Operators() {
		_, err := condition.Parse("a", op, "b")
		require.NoError(t, err)
	}
}

// FuzzParse checks that an operator and its negation never agree.
func FuzzParse(f *testing.F) {
	for _, op := range condition.Operators() {
		f.Add("{path}", op, "b{", "/a")
	}
	f.Fuzz(func(t *testing.T, a, op, b, path string) {
		c, err := condition.Parse(a, op, b)
		if err != nil {
			return
		}
		opposite, ok := strings.CutPrefix(op, "not_")
		switch {
		case op == "not":
			opposite = "is"
		case !ok:
			opposite = "not_" + op
		}
		other, err := condition.Parse(a, opposite, b)
		require.NoError(t, err)
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		v := placeholder.Values{Request: r}
		require.NotEqual(t, c.Holds(&v), other.Holds(&v))
	})
}

func BenchmarkHolds(b *testing.B) {
	for _, op := range []string{"is", "match"} {
		b.Run(op, func(b *testing.B) {
			c, err := condition.Parse("{path}", op, "/other")
			require.NoError(b, err)
			v := placeholder.Values{Request: httptest.NewRequest("GET", "/path", nil)}
			b.ReportAllocs()
			for b.Loop() {
				c.Holds(&v)
			}
		})
	}
}
