package pair

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// List prints rows and their bounds.
func List(w io.Writer, rows []Row) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer columns.Flush()
	for _, row := range rows {
		fmt.Fprintf(columns, "%v\t%s\n", row, join(row.Bounds))
	}
}

func join[T fmt.Stringer](list []T) string {
	var texts []string
	for _, each := range list {
		texts = append(texts, each.String())
	}
	return strings.Join(texts, ", ")
}

// Table returns a Report for people to read.
func Table(w io.Writer) Report { return &table{w: w} }

type table struct {
	w      io.Writer
	name   int // width of the longest
	rows   int
	missed []string // and what failed
	gaps   []string
}

func (t *table) Start(env Environment, m Method, rows []Row) {
	t.about("Go", "%s %s/%s, GOMAXPROCS %d, GOGC %s", env.Go, env.OS, env.Arch, env.GOMAXPROCS, env.GOGC)
	machine := []string{env.CPU, fmt.Sprintf("%d cores", env.Cores), env.Kernel}
	if env.Load != "" {
		machine = append(machine, "load "+env.Load)
	}
	t.about("machine", "%s", strings.TrimPrefix(strings.Join(machine, ", "), ", "))
	for _, v := range env.Modules {
		t.about("module", "%s %s", v.Name, v.Version)
	}
	for _, v := range env.Programs {
		t.about("program", "%s: %s", v.Name, v.Version)
	}
	t.about("method", "medians of %d pairs of batches of %v; in brackets, where they are with a confidence of 95 %%", m.Pairs, m.Batch)

	for _, row := range rows {
		t.name = max(t.name, utf8.RuneCountInString(row.String()))
	}
	fmt.Fprintf(t.w, "\n%-*s"+sideFormat+sideFormat+"   ratio%23s bounds\n", t.name, "",
		"ours", "allocs", "B", "peer", "allocs", "B", "")
}

func (t *table) about(what, format string, args ...any) {
	fmt.Fprintf(t.w, "%-8s %s\n", what, fmt.Sprintf(format, args...))
}

const sideFormat = " %9s %6s %6s"

// Row prints the beginning of a line, so that it can be seen what takes so long.
func (t *table) Row(row Row) { fmt.Fprintf(t.w, "%-*s", t.name, row) }

func (t *table) Result(r Result) {
	t.rows++
	switch {
	case !r.OK():
		t.missed = append(t.missed, r.String())
	case r.Status() == "gap":
		t.gaps = append(t.gaps, r.String()+": "+r.Gap)
	}
	if why := r.Failed + r.Skipped; why != "" {
		fmt.Fprintf(t.w, " %s: %s\n", r.Status(), why)
		return
	}
	fmt.Fprintf(t.w, sideFormat, r.side(&r.Ours)...)
	fmt.Fprintf(t.w, sideFormat, r.side(r.Theirs)...)
	end := join(r.Verdicts)
	if r.SizeRatio > 0 && !slices.ContainsFunc(r.Verdicts, func(v Verdict) bool { return v.Unit == ofSize }) {
		end += ", size " + figure(r.SizeRatio, "×")
	}
	if r.Meter.Name != CPU().Name {
		end += ", by " + r.Meter.Name
	}
	end = strings.TrimPrefix(end, ", ")
	fmt.Fprintf(t.w, " %-24s %-6s %s\n", r.estimate(), r.Status(), end)
}

// side returns the columns of one side.
func (r Result) side(f *Figures) []any {
	if f == nil {
		return []any{"", "", ""}
	}
	return []any{figure(f.Cost.Median, r.Meter.Unit), figure(f.Allocs, ""), figure(f.Bytes, "")}
}

// estimate returns the column of what it all comes to, in which absolute figures
// have but their interval.
func (r Result) estimate() string {
	if r.Theirs == nil {
		of := func(v float64) string { return figure(v, r.Meter.Unit) }
		return fmt.Sprintf("%7s [%s, %s]", "", of(r.Ours.Cost.Low), of(r.Ours.Cost.High))
	}
	return fmt.Sprintf("%7.3f [%.3f, %.3f]", r.Ratio.Median, r.Ratio.Low, r.Ratio.High)
}

func (t *table) End() {
	fmt.Fprintf(t.w, "\n%d rows, %d missed or failed\n", t.rows, len(t.missed))
	for _, name := range t.missed {
		fmt.Fprintln(t.w, "  "+name)
	}
	if len(t.gaps) > 0 {
		fmt.Fprintf(t.w, "%d with a gap that is known\n", len(t.gaps))
	}
	for _, gap := range t.gaps {
		fmt.Fprintln(t.w, "  "+gap)
	}
}
