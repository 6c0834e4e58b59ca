package script_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/probe"
	"github.com/shallot-http/shallot/middleware/probe/script"
)

// A layout is a struct as C lays it out on the machines that have probes: each field
// at a multiple of its alignment, which is that of its size.
type layout struct {
	size   uintptr
	fields []string // "name offset size"
}

var (
	cStruct = regexp.MustCompile(`^struct (\w+) \{ (.*) \};$`)
	cField  = regexp.MustCompile(`^(.*?)\s*(\*?)(\w+)$`)
)

// layouts reads a header as a compiler of C does.
func layouts(t *testing.T, header string) map[string]layout {
	t.Helper()
	sizes := map[string]uintptr{"unsigned long long": 8, "long long": 8}
	out := map[string]layout{}
	for line := range strings.Lines(header) {
		whole := cStruct.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		require.NotNil(t, whole, line)
		var l layout
		for decl := range strings.SplitSeq(strings.TrimSuffix(whole[2], ";"), "; ") {
			field := cField.FindStringSubmatch(decl)
			require.NotNil(t, field, decl)
			size := sizes[field[1]]
			if field[2] == "*" {
				size = 8
			}
			require.NotZero(t, size, "the type of %q", decl)
			l.size = (l.size + 7) &^ 7
			l.fields = append(l.fields, fmt.Sprintf("%s %d %d", field[3], l.size, size))
			l.size += size
		}
		l.size = (l.size + 7) &^ 7
		require.NotContains(t, out, whole[1])
		sizes["struct "+whole[1]], out[whole[1]] = l.size, l
	}
	return out
}

// TestHeader compares the header with the records of Go, whose offsets are the same
// on all machines of 64 bits.
func TestHeader(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("there are no probes on machines of 32 bits: offsets are not verified")
	}
	c := layouts(t, script.Header())
	for name, record := range map[string]reflect.Type{
		"shallot_request": reflect.TypeFor[probe.Request](), "shallot_upstream": reflect.TypeFor[probe.Upstream](),
	} {
		want := layout{size: record.Size()}
		for f := range record.Fields() {
			want.fields = append(want.fields, fmt.Sprintf("%s %d %d", strings.ToLower(f.Name), f.Offset, f.Type.Size()))
		}
		require.Equal(t, want, c[name], name)
	}
	require.Equal(t, layout{unsafe.Sizeof(""), []string{"p 0 8", "n 8 8"}}, c["shallot_str"])
	require.EqualValues(t, probe.RequestSize, c["shallot_request"].size)
	require.EqualValues(t, probe.UpstreamSize, c["shallot_upstream"].size)
}

// TestHeaderOnlyGrows holds what scripts were written for: fields may come to the
// end of a record, and none may change its name, place or size.
func TestHeaderOnlyGrows(t *testing.T) {
	c := layouts(t, script.Header())
	for name, was := range map[string][]string{
		"shallot_str": {"p 0 8", "n 8 8"},
		"shallot_request": {
			"id 0 8", "size 8 8", "method 16 16", "host 32 16", "uri 48 16", "remote 64 16",
			"proto 80 16", "aborted 96 8",
		},
		"shallot_upstream": {"id 0 8", "size 8 8", "addr 16 16", "attempt 32 8"},
	} {
		require.GreaterOrEqual(t, len(c[name].fields), len(was), name)
		require.Equal(t, was, c[name].fields[:len(was)], name)
	}
}
