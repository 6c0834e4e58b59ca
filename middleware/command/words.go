package command

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-shellwords"

	"github.com/shallot-http/shallot/middleware/directive"
)

// Split cuts a line into words as a shell would, by quotes and backslashes, but
// does nothing else a shell would do. What asks for more is an error.
func Split(line string) ([]string, error) {
	switch {
	case strings.ContainsRune(line, 0):
		return nil, errors.New("there is a NUL in it")
	case !utf8.ValidString(line): // which would become another word
		return nil, errors.New("it is not in UTF-8")
	}
	p := shellwords.NewParser()
	p.ParseComment = true
	words, err := p.Parse(line)
	switch {
	case err != nil:
		return nil, errors.New("it has a quote or a parenthesis that does not match")
	case p.Position >= 0:
		return nil, errors.New("; & | < and > are for a shell, and there is none: have a line for each command, or a script")
	case len(words) == 0 || words[0] == "":
		return nil, errors.New("there is no program in it")
	}
	return words, nil
}

// FromLine returns the program and arguments that words of a line are, if they may
// be run, and reports what is wrong with them.
func FromLine(line *directive.Line, words []directive.Word) (args []string, ok bool) {
	if len(words) == 0 || !line.MayRun(words[0]) {
		return nil, false
	}
	for _, w := range words {
		if !w.Quoted && slices.Contains([]string{"&&", "||", "|", ">", ">>", "<", "&"}, w.Text) {
			line.Errorf(w, "%q is for a shell, and there is none: have a line for each command, or a script; in quotes it is taken as it is", w.Text)
			return nil, false
		}
		args = append(args, w.Text)
	}
	if err := (Command{Args: args}).Check(); err != nil {
		line.Errorf(words[0], "%w", err)
		return nil, false
	}
	lookFor(line, words[0], args[0])
	return args, true
}

// lookFor warns of a program that is not there, which may yet come. One that is named
// from where it is run, such as what git has yet to fetch, is not looked for.
func lookFor(line *directive.Line, at directive.Word, program string) {
	if filepath.Base(program) != program && !filepath.IsAbs(program) {
		return
	}
	if _, err := exec.LookPath(program); err != nil {
		line.Warnf(at, "%q is taken for the command, and is no program", program)
	}
}

// FromWord is FromLine for a command that is one word, which is [Split] if it has
// blanks.
func FromWord(line *directive.Line, word directive.Word) (args []string, ok bool) {
	if !strings.ContainsAny(word.Text, " \t\r\n") {
		return FromLine(line, []directive.Word{word})
	}
	if !line.MayRun(word) {
		return nil, false
	}
	args, err := Split(word.Text)
	if err != nil {
		line.Errorf(word, "%q: %w", word.Text, err)
		return nil, false
	}
	lookFor(line, word, args[0])
	return args, true
}

// background cuts the & off the end of a line that has one.
func background(words []directive.Word) ([]directive.Word, bool) {
	if n := len(words); n > 1 && words[n-1].Text == "&" && !words[n-1].Quoted {
		return words[:n-1], true
	}
	return words, false
}
