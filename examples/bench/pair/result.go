package pair

import "slices"

// A Result is what came of a row.
type Result struct {
	Row
	Meter    Meter
	Ours     Figures
	Theirs   *Figures // nil if there is none
	Ratio    Estimate // of ours to the peer's
	Extra    Estimate // of ours less the peer's
	Verdicts []Verdict

	SizeRatio float64 // of what ours makes to what the peer does; zero where that does not matter

	Skipped string // why nothing was measured, through no fault of ours
	Failed  string // why nothing was measured, or not to the end
}

// Figures are the medians of one side, for one operation.
type Figures struct {
	Cost   Estimate // in the unit of the meter
	Allocs float64  // NaN if they are not known
	Bytes  float64  // allocated, likewise
}

// OK reports whether r kept its bounds, but for gaps that are known. A row that was
// skipped has not broken any.
func (r Result) OK() bool { return r.Failed == "" && !r.missed() }

// missed reports whether some bound was not kept, and that is news.
func (r Result) missed() bool {
	return slices.ContainsFunc(r.Verdicts, func(v Verdict) bool { return !v.OK && !v.Known })
}

func (r Result) gap() bool {
	return slices.ContainsFunc(r.Verdicts, func(v Verdict) bool { return !v.OK && v.Known })
}

// Status returns "ok", "MISSED", "gap", "skipped" or "FAILED"; "" where nothing is
// bounded. A gap is a miss that is known.
func (r Result) Status() string {
	switch {
	case r.Failed != "":
		return "FAILED"
	case r.Skipped != "":
		return "skipped"
	case r.missed():
		return "MISSED"
	case r.gap():
		return "gap"
	case len(r.Verdicts) == 0:
		return ""
	}
	return "ok"
}
