package caddyfile_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// A grammarCase is a Caddyfile as Caddy 2 has them, and what it consists of: as it
// is written, and once imports and placeholders have been put in.
type grammarCase struct{ name, src, written, expanded, err string }

// grammar returns the cases in testdata/grammar.
func grammar(t *testing.T) (cases []grammarCase) {
	files, err := filepath.Glob("testdata/grammar/*.txt")
	require.NoError(t, err)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		part := new(string)
		for line := range strings.Lines(strings.ReplaceAll(string(text), "\r\n", "\n")) {
			title, ok := strings.CutPrefix(line, "== ")
			if !ok {
				*part += line
				continue
			}
			switch title {
			case "written\n":
				part = &cases[len(cases)-1].written
			case "expanded\n":
				part = &cases[len(cases)-1].expanded
			case "error\n":
				part = &cases[len(cases)-1].err
			default:
				cases = append(cases, grammarCase{name: strings.TrimSpace(title)})
				part = &cases[len(cases)-1].src
			}
		}
	}
	for i, c := range cases {
		if c.expanded == "" {
			cases[i].expanded = c.written
		}
	}
	return cases
}

// TestGrammar checks that all that Caddy 2 can say has its place in a File.
func TestGrammar(t *testing.T) {
	cases := grammar(t)
	require.Greater(t, len(cases), 60)
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			c := caddyfile.ParseConfig{Env: environment, Unexpanded: true}
			written, err := parseFilesWith(tt.src, c)
			if tt.err != "" {
				require.ErrorContains(t, err, strings.TrimSpace(tt.err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, strings.TrimSpace(tt.written), showFile(written))
			checkTreeJSON(t, written)

			src := splitFiles(tt.src)["Caddyfile"].Data
			formatted, err := caddyfile.Format(src)
			require.NoError(t, err)
			checkFormat(t, string(src), string(formatted))
			if _, err := caddyfile.ToJSON(written); err == nil {
				checkJSON(t, written, c)
			}
			if len(written.Sites)+len(written.Imports) == 0 {
				return
			}

			expanded, err := parseFilesWith(tt.src, caddyfile.ParseConfig{Env: environment})
			require.NoError(t, err)
			require.Equal(t, strings.TrimSpace(tt.expanded), showFile(expanded))
			checkTreeJSON(t, expanded)
		})
	}
}

// checkTreeJSON checks that the JSON of f has as many words as f, and each as it is.
func checkTreeJSON(t *testing.T, f *caddyfile.File) {
	t.Helper()
	text, err := json.Marshal(f)
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, json.Unmarshal(text, &tree))
	require.Equal(t, showFile(f), showTree(tree))
}
