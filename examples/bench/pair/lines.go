package pair

import (
	"encoding/json"
	"io"
	"math"
)

// Lines returns a Report for programs to read: lines of JSON, the first of which
// is the environment and all others are results. Times are in nanoseconds.
func Lines(w io.Writer) Report { return lines{json.NewEncoder(w)} }

type lines struct{ to *json.Encoder }

type environmentLine struct {
	Environment
	Method
}

type resultLine struct {
	Name   string      `json:"name"`
	Peer   string      `json:"peer,omitempty"`
	Status string      `json:"status,omitempty"` // ok, MISSED, gap, skipped or FAILED
	Why    string      `json:"why,omitempty"`
	Meter  string      `json:"meter,omitempty"`
	Unit   string      `json:"unit,omitempty"` // of cost and extra
	Ours   *sideLine   `json:"ours,omitempty"`
	Theirs *sideLine   `json:"theirs,omitempty"`
	Ratio  *Estimate   `json:"ratio,omitempty"`
	Extra  *Estimate   `json:"extra,omitempty"`
	Size   float64     `json:"size_ratio,omitempty"`
	Bounds []boundLine `json:"bounds,omitempty"`
}

type sideLine struct {
	Cost   Estimate `json:"cost"`
	Allocs *float64 `json:"allocs,omitempty"`
	Bytes  *float64 `json:"bytes,omitempty"`
}

type boundLine struct {
	Max   float64  `json:"max"`
	Unit  string   `json:"unit"`
	Value *float64 `json:"value"`
	OK    bool     `json:"ok"`
}

func (l lines) Start(env Environment, m Method, _ []Row) {
	l.to.Encode(environmentLine{env, m})
}

func (l lines) Row(Row) {}

func (l lines) Result(r Result) {
	line := resultLine{Name: r.Name, Peer: r.Peer, Status: r.Status(), Why: r.Skipped + r.Failed}
	if line.Why == "" {
		if r.gap() {
			line.Why = r.Gap
		}
		line.Meter, line.Unit, line.Ours, line.Theirs = r.Meter.Name, r.Meter.Unit, lineOf(&r.Ours), lineOf(r.Theirs)
		if r.Theirs != nil {
			line.Ratio, line.Extra, line.Size = &r.Ratio, &r.Extra, r.SizeRatio
		}
	}
	for _, v := range r.Verdicts {
		line.Bounds = append(line.Bounds, boundLine{v.Max, v.Unit, known(v.Value.Median), v.OK})
	}
	l.to.Encode(line)
}

func (l lines) End() {}

func lineOf(f *Figures) *sideLine {
	if f == nil {
		return nil
	}
	return &sideLine{f.Cost, known(f.Allocs), known(f.Bytes)}
}

// known returns nil for NaN, which JSON does not have.
func known(value float64) *float64 {
	if math.IsNaN(value) {
		return nil
	}
	return &value
}
