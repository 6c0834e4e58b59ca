package script

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/shallot-http/shallot/middleware/probe"
)

// Header returns the records of package probe in C. Its types are those that bpftrace
// knows without other headers.
func Header() string {
	var b strings.Builder
	fmt.Fprintf(&b, "struct %s_str { char *p; unsigned long long n; };\n", probe.Provider)
	for _, t := range []reflect.Type{reflect.TypeFor[probe.Request](), reflect.TypeFor[probe.Upstream]()} {
		fmt.Fprintf(&b, "struct %s {", cName(t.Name()))
		for f := range t.Fields() {
			fmt.Fprintf(&b, " %s %s;", cType(f.Type), strings.ToLower(f.Name))
		}
		b.WriteString(" };\n")
	}
	return b.String()
}

func cName(name string) string { return probe.Provider + "_" + strings.ToLower(name) }

func cType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "struct " + cName("str")
	case reflect.Uint64:
		return "unsigned long long"
	default:
		return "long long"
	}
}
