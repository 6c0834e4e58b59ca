package markdown

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v4"
)

// mostFront is the size in bytes of the longest front matter.
const mostFront = 64 << 10

// splitFront returns what a text begins with about itself, and the rest of it. The
// first is nil if there is nothing.
func splitFront(text []byte) (front map[string]any, body []byte, err error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	line, rest := cutLine(text)
	switch {
	case string(line) == "---":
		front, body, err = decodeFront("YAML", text, rest, fromYAML, "---", "...")
	case string(line) == "+++":
		front, body, err = decodeFront("TOML", text, rest, fromTOML, "+++")
	case len(line) > 0 && line[0] == '{' && beginsObject(text):
		return fromJSON(text)
	default:
		return nil, text, nil
	}
	return front, body, err
}

// cutLine returns the first line, without what ends it and without blanks at its
// end, and what follows.
func cutLine(text []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(text, []byte("\n"))
	return bytes.TrimRight(line, " \t\r"), rest
}

// decodeFront decodes what stands before one of the lines that end it. Without such a
// line all of it is text, which a line of dashes may begin, too.
func decodeFront(format string, text, rest []byte, decode func([]byte) (map[string]any, error), ends ...string) (map[string]any, []byte, error) {
	for left := rest; len(left) > 0; {
		var line []byte
		before := len(rest) - len(left)
		line, left = cutLine(left)
		for _, end := range ends {
			if string(line) != end {
				continue
			}
			if before > mostFront {
				return nil, nil, errTooLong
			}
			front := map[string]any{}
			if len(bytes.TrimSpace(rest[:before])) > 0 {
				var err error
				if front, err = decode(rest[:before]); err != nil {
					return nil, nil, fmt.Errorf("front matter: %s: %w", format, err)
				}
			}
			return front, left, nil
		}
	}
	return nil, text, nil
}

var errTooLong = fmt.Errorf("front matter: there is more than %d bytes of it", mostFront)

func fromYAML(text []byte) (map[string]any, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithPlugin(plain{}))
	if err != nil {
		return nil, err
	}
	var all yaml.Node
	if err := loader.Load(&all); errors.Is(err, io.EOF) { // there are but comments
		return map[string]any{}, nil
	} else if err != nil {
		return nil, err
	}
	if err := checkKeys(&all); err != nil {
		return nil, err
	}
	var front any
	if err := all.Load(&front, yaml.WithPlugin(plain{}), yaml.WithUniqueKeys(false)); err != nil {
		return nil, err
	}
	m, ok := front.(map[string]any)
	if !ok {
		return nil, errors.New("it is no mapping of keys to values")
	}
	return m, nil
}

// checkKeys reports a key that is there twice. Asked for that, the loader compares all
// with all, and has an error for every two that are the same: gigabytes of them for some
// kilobytes.
func checkKeys(n *yaml.Node) error {
	type key struct {
		kind  yaml.Kind
		value string
	}
	seen := map[key]bool{}
	for i, child := range n.Content {
		if err := checkKeys(child); err != nil {
			return err
		}
		if n.Kind != yaml.MappingNode || i%2 > 0 {
			continue
		}
		k := key{child.Kind, child.Value}
		if seen[k] {
			return fmt.Errorf("line %d: the key %q is there already", child.Line, child.Value)
		}
		seen[k] = true
	}
	return nil
}

// plain are the limits of YAML: a few lines of aliases of aliases can stand for
// gigabytes, and so can none that is needed here.
type plain struct{}

const deepest = 32

func (plain) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > deepest {
		return fmt.Errorf("there is more than %d in one another", deepest)
	}
	return nil
}

func (plain) CheckAlias(aliases, _ int) error {
	if aliases > 0 {
		return errors.New("aliases are not allowed")
	}
	return nil
}

func fromTOML(text []byte) (front map[string]any, err error) {
	return front, toml.Unmarshal(text, &front)
}

// beginsObject reports whether a text that begins with a brace can be JSON.
func beginsObject(text []byte) bool {
	inside := bytes.TrimLeft(text[1:], " \t\r\n")
	return len(inside) > 0 && (inside[0] == '"' || inside[0] == '}')
}

func fromJSON(text []byte) (front map[string]any, body []byte, err error) {
	// Cut off, it is an error to the decoder, that does not look how long it is.
	d := json.NewDecoder(bytes.NewReader(text[:min(len(text), mostFront)]))
	if err := d.Decode(&front); err != nil {
		if len(text) > mostFront && d.InputOffset() == 0 {
			return nil, nil, errTooLong
		}
		return nil, nil, fmt.Errorf("front matter: JSON: %w", err)
	}
	return front, text[d.InputOffset():], nil
}
