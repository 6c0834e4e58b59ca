package caddyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// FromJSON returns the Caddyfile that is meant by JSON of the form that [ToJSON]
// describes. Numbers and booleans may be words, too. Words get quotes, of whatever
// kind can hold them, if they need them. A placeholder is one in the Caddyfile, and
// a line called import is an import.
func FromJSON(data []byte) ([]byte, error) {
	var sites []struct {
		Keys []string
		Body [][]any
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&sites); err != nil {
		return nil, jsonError(data, d, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("JSON:%s: there is more after its end", placeInJSON(data, d.InputOffset()-1))
	}
	var f fromJSON
	for i, site := range sites {
		if i > 0 {
			f.out = append(f.out, '\n')
		}
		f.at = append(f.at[:0], fmt.Sprintf("site %d", i+1))
		if err := f.keys(site.Keys); err != nil {
			return nil, err
		}
		if err := f.block(site.Body); err != nil {
			return nil, err
		}
		f.out = append(f.out, '\n')
	}
	return f.out, nil
}

// jsonError gives an error of package json its place, as near as is known.
func jsonError(data []byte, d *json.Decoder, err error) error {
	at := d.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset - 1
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at, err = e.Offset-1, fmt.Errorf("unexpected %s", e.Value)
	}
	if err == io.ErrUnexpectedEOF {
		at = int64(len(data))
	}
	return fmt.Errorf("JSON:%s: %w", placeInJSON(data, at), err)
}

func placeInJSON(data []byte, offset int64) string {
	before := data[:max(0, min(int(offset), len(data)))]
	return fmt.Sprintf("%d:%d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

type fromJSON struct {
	out   []byte
	plain bool     // the last word
	at    []string // where in the JSON: the site, the line in it, the line in that …
}

func (f *fromJSON) fail(format string, args ...any) error {
	return fmt.Errorf("JSON: %s: %w", strings.Join(f.at, ", "), fmt.Errorf(format, args...))
}

func (f *fromJSON) keys(keys []string) error {
	if len(keys) == 0 {
		return f.fail("it has no keys")
	}
	for i, key := range keys {
		if i > 0 && f.plain { // after quotes there can be no comma
			f.out = append(f.out, ',')
		}
		if i > 0 {
			f.out = append(f.out, ' ')
		}
		// In quotes, one that consists of letters cannot be taken for a directive.
		plain := strings.ContainsAny(key, ".:/{") && !strings.Contains(key, ",") && !defines(key)
		if err := f.word(key, plain || key == "localhost"); err != nil {
			return err
		}
	}
	return nil
}

func (f *fromJSON) block(lines [][]any) error {
	depth := len(f.at)
	if limit := (Limits{}).complete().BlockDepth; depth > limit {
		return f.fail("blocks are more than %d deep", limit)
	}
	f.out = append(f.out, " {"...)
	f.at = append(f.at, "")
	for i, line := range lines {
		f.newline(depth)
		f.at[depth] = fmt.Sprintf("line %d", i+1)
		if err := f.line(line); err != nil {
			return err
		}
	}
	f.at = f.at[:depth]
	f.newline(depth - 1)
	f.out = append(f.out, '}')
	return nil
}

func (f *fromJSON) newline(depth int) {
	f.out = append(f.out, '\n')
	for range depth {
		f.out = append(f.out, '\t')
	}
}

func (f *fromJSON) line(line []any) error {
	if len(line) == 0 {
		return f.fail("it has no words")
	}
	for i, element := range line {
		var text string
		switch v := element.(type) {
		case string:
			text = v
		case json.Number:
			text = v.String()
		case bool:
			text = fmt.Sprint(v)
		case []any:
			if i == 0 || i < len(line)-1 {
				return f.fail("a block is the last element of a line, and not the first")
			}
			lines, err := f.linesOf(v)
			if err != nil {
				return err
			}
			return f.block(lines)
		default:
			return f.fail("%v is neither a word nor a block", v)
		}
		if i > 0 {
			f.out = append(f.out, ' ')
		}
		if err := f.word(text, i > 0 || !defines(text)); err != nil {
			return err
		}
	}
	return nil
}

func (f *fromJSON) linesOf(block []any) ([][]any, error) {
	lines := make([][]any, len(block))
	for i, element := range block {
		line, ok := element.([]any)
		if !ok {
			return nil, f.fail("a block consists of lines, which are lists, but %v is not", element)
		}
		lines[i] = line
	}
	return lines, nil
}

// word writes a word, which may be plain or has to be in quotes.
func (f *fromJSON) word(text string, plain bool) error {
	written, ok := quote(text, plain)
	if !ok {
		return f.fail("the word %q cannot be written in a Caddyfile", clip(text))
	}
	f.out, f.plain = append(f.out, written...), written == text
	return nil
}
