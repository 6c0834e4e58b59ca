package command

import (
	"bytes"
	"log/slog"
	"strings"
	"unicode"
)

// What is kept and logged of what a command prints.
const (
	longestLine = 4 << 10 // as much as is taken for one line
	mostLines   = 10_000  // of a command; one that never stops would fill the disk with its log
	longestTail = 2 << 10
)

// An Output logs each line that a command prints, up to 10,000 of them, and keeps
// the end of it. The zero Output only does the latter. Like any writer it is for
// one goroutine at a time, which is what [exec.Cmd] sees to.
type Output struct {
	Log *slog.Logger

	tail  []byte
	rest  []byte
	lines int
}

// Write takes what was printed.
func (o *Output) Write(p []byte) (int, error) {
	o.tail = append(o.tail, p...)
	if excess := len(o.tail) - longestTail; excess > 0 {
		o.tail = append(o.tail[:0], o.tail[excess:]...)
	}
	if o.Log == nil {
		return len(p), nil
	}
	o.rest = append(o.rest, p...)
	for {
		i := bytes.IndexByte(o.rest, '\n')
		if i < 0 && len(o.rest) < longestLine {
			return len(p), nil
		}
		if i < 0 || i > longestLine {
			i = longestLine - 1
		}
		o.print(o.rest[:i+1])
		o.rest = o.rest[i+1:]
	}
}

// Flush logs what has no end of line.
func (o *Output) Flush() {
	o.print(o.rest)
	o.rest = nil
}

func (o *Output) print(line []byte) {
	if o.lines > mostLines {
		return
	}
	text := printable(string(line))
	if text == "" {
		return
	}
	if o.lines++; o.lines > mostLines {
		o.Log.Warn("command says more than is logged", "lines", mostLines)
		return
	}
	o.Log.Info("command says", "output", text)
}

// String returns the last five lines as one, without what could confuse a
// terminal.
func (o *Output) String() string {
	var lines []string
	for line := range strings.Lines(string(o.tail)) {
		if line = printable(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}

// printable returns a line as it may be logged.
func printable(line string) string {
	line = strings.ToValidUTF8(line, "\uFFFD")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c == '\t' {
			return ' '
		}
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, line))
}
