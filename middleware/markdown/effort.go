package markdown

import (
	"bytes"
	"errors"
	"fmt"
)

// To render a text cannot be interrupted, so that it is looked at first what it may
// take. Some of what nobody writes takes a time that grows with the square of its
// length: 64 KiB of nothing but quotes in quotes take seconds.
const (
	mostText    = 1 << 20 // bytes of a text
	mostHTML    = 8 << 20 // bytes of what is made of it
	mostMarkers = 100     // quotes and lists in one another that begin on a line
	mostTargets = 200     // links in a piece of text without blanks
	mostCells   = 200_000 // of tables, whose rows are as long as their heads, whatever is in them
)

// tooHard returns an error if a text would take too long.
func tooHard(source []byte) error {
	if len(source) > mostText {
		return fmt.Errorf("there is more than %d bytes of it", mostText)
	}
	var cells, columns, rows int // the last two since the last line that is empty
	for line := range bytes.Lines(source) {
		if len(bytes.TrimSpace(line)) == 0 {
			cells, columns, rows = cells+columns*rows, 0, 0
		}
		columns, rows = max(columns, columnsOf(line)), rows+1
		if cells+columns*rows > mostCells {
			return errors.New("there are too many cells in its tables")
		}
		if markers(line) > mostMarkers {
			return errors.New("there are too many quotes and lists in one another")
		}
		for piece := range bytes.FieldsSeq(line) {
			if bytes.Count(piece, []byte("](")) > mostTargets {
				return errors.New("there are too many links in one piece")
			}
		}
	}
	return nil
}

// columnsOf returns how many columns a table has that this line may say there are.
func columnsOf(line []byte) int {
	if bytes.IndexByte(line, '-') < 0 || len(bytes.Trim(line, "|:- \t\r\n>+*.)0123456789")) > 0 {
		return 0
	}
	return bytes.Count(line, []byte("|"))
}

// markers returns how many quotes and lists may begin on a line.
func markers(line []byte) (n int) {
	for i, c := range line {
		switch c {
		case '>':
			n++
		case '-', '+', '*', '.', ')':
			if i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t') {
				n++
			}
		case ' ', '\t', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		default:
			return n
		}
	}
	return n
}
