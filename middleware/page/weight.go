package page

import (
	"html/template"
	"strings"
)

// Lists of lists share what is in them, so that a few turns of a loop make one that
// would never end to be printed. So it is known of every list how much it is as text.

const (
	deepest = 100 // lists in one another
	usual   = 16  // bytes of a value that is no text
)

// weigh returns an error if values are more than most bytes as text, about, or too
// deep.
func weigh(most int64, values ...any) error {
	if weight(values, most, deepest) > most {
		return tooMuch(most)
	}
	return nil
}

// weight returns how many bytes v is as text, about, or any number beyond most.
func weight(v any, most int64, depth int) (n int64) {
	if depth == 0 {
		return most + 1
	}
	switch v := v.(type) {
	case string:
		return int64(len(v))
	case template.HTML:
		return int64(len(v))
	case []string:
		for _, s := range v {
			n += int64(len(s)) + 1
		}
	case []any:
		for _, e := range v {
			if n += weight(e, most-n, depth-1) + 1; n > most {
				break
			}
		}
	case map[string]any:
		for name, e := range v {
			if n += int64(len(name)) + weight(e, most-n, depth-1) + 2; n > most {
				break
			}
		}
	default:
		return usual
	}
	return n
}

// mostFormatted is how many times as long as may be a result of printf is guessed to be
// at worst, before it is made.
const mostFormatted = 16

// formatted returns how many bytes fmt.Sprintf returns at most, about: any verb may be
// for all arguments, and as wide as any number says.
func formatted(format string, args []any, most int64) int64 {
	width := int64(0)
	for _, digits := range strings.FieldsFunc(format, func(c rune) bool { return c < '0' || c > '9' }) {
		width = max(width, widest(digits))
	}
	if strings.Contains(format, "*") {
		width = widestOfAll
	}
	verbs := int64(strings.Count(format, "%"))
	return int64(len(format)) + verbs*(width+weight(args, most, deepest))
}

// widestOfAll is what package fmt takes for a width or precision at most.
const widestOfAll = 1_000_000

func widest(digits string) int64 {
	if len(digits) > 6 {
		return widestOfAll
	}
	n := int64(0)
	for _, c := range digits {
		n = 10*n + int64(c-'0')
	}
	return n
}
