package pair

import (
	"math"
	"strconv"
	"strings"
)

// figure returns a measurement to as many digits as make sense, without a unit
// unless it is one of time.
func figure(value float64, unit string) string {
	switch {
	case math.IsNaN(value):
		return "?"
	case strings.HasPrefix(unit, "×") && value < 0.1:
		return strconv.FormatFloat(value, 'f', 4, 64)
	case strings.HasPrefix(unit, "×"):
		return strconv.FormatFloat(value, 'f', 3, 64)
	}
	unit, _, _ = strings.Cut(unit, " ")
	if unit != "ns" {
		unit = ""
	}
	return scaled(value, unit, func(v float64) string {
		decimals := 2
		for limit := 9.995; decimals > 0 && math.Abs(v) >= limit; limit *= 10 {
			decimals--
		}
		if v == math.Trunc(v) && unit == "" {
			decimals = 0
		}
		return strconv.FormatFloat(v, 'f', decimals, 64)
	})
}

// limit returns a bound just as it was given, with its unit.
func limit(value float64, unit string) string {
	return scaled(value, unit, func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) })
}

// scaled writes a number by the power of a thousand that suits it, for which
// times have units of their own.
func scaled(value float64, unit string, number func(float64) string) string {
	powers := [...]string{"", "k", "M", "G"}
	rest, isTime := strings.CutPrefix(unit, "ns")
	if isTime {
		powers = [...]string{" ns", " µs", " ms", " s"}
	}
	i := 0
	for i < len(powers)-1 && math.Abs(value) >= 999.5 { // which three digits would make 1000
		value /= 1000
		i++
	}
	if rest != "" && !isTime && !strings.HasPrefix(unit, "×") {
		rest = " " + rest
	}
	return number(value) + powers[i] + rest
}
