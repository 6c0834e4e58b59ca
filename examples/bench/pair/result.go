package pair

// A Result is what came of a row.
type Result struct {
	Row
	Meter    Meter
	Ours     Figures
	Theirs   *Figures // nil if there is none
	Ratio    Estimate // of ours to the peer's
	Extra    Estimate // of ours less the peer's
	Verdicts []Verdict

	Skipped string // why nothing was measured, through no fault of ours
	Failed  string // why nothing was measured, or not to the end
}

// Figures are the medians of one side, for one operation.
type Figures struct {
	Cost   Estimate // in the unit of the meter
	Allocs float64  // NaN if they are not known
	Bytes  float64  // allocated, likewise
}

// OK reports whether r kept its bounds. A row that was skipped has not broken any.
func (r Result) OK() bool {
	for _, v := range r.Verdicts {
		if !v.OK {
			return false
		}
	}
	return r.Failed == ""
}

// Status returns "ok", "MISSED", "skipped" or "FAILED"; "" where nothing is bounded.
func (r Result) Status() string {
	switch {
	case r.Failed != "":
		return "FAILED"
	case r.Skipped != "":
		return "skipped"
	case !r.OK():
		return "MISSED"
	case len(r.Verdicts) == 0:
		return ""
	}
	return "ok"
}
