package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"
)

// marshal returns v as JSON. What does not print is escaped in it: some of it would be
// commands to a terminal on which the answer is read (U+009B), or turn it around (U+202E).
func marshal(v any, indent string) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	hides := func(c rune) bool { return c > '~' && !unicode.IsPrint(c) } // the rest is escaped already
	text := out.Bytes()
	if !bytes.ContainsFunc(text, hides) {
		return text, nil
	}
	var escaped []byte
	for _, c := range string(text) {
		if !hides(c) {
			escaped = append(escaped, string(c)...)
			continue
		}
		for _, unit := range utf16.Encode([]rune{c}) {
			escaped = fmt.Appendf(escaped, `\u%04x`, unit)
		}
	}
	return escaped, nil
}
