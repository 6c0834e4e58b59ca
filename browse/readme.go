package browse

import (
	"fmt"
	"html/template"
	"io"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware/static"
)

// A readme is the text that says what a folder is about.
type readme struct {
	name string
	text string
	html template.HTML // of the text, if there is one
	made string        // by which another text of the name is told
}

// version is for the entity tag.
func (r *readme) version() string {
	if r == nil {
		return ""
	}
	return r.name + " " + r.made
}

// longestReadme is the size of the largest file that is shown: all of it is in
// every page.
const longestReadme = 256 << 10

// findReadme returns the README of a folder; nil if there is none that can be
// shown.
func (h *Handler) findReadme(tree static.Tree, n *names, dir string) *readme {
	names := [...]string{"readme.md", "readme.markdown", "readme.txt", "readme"}
	best := len(names)
	found := ""
	for _, e := range n.entries {
		if e.folder || len(e.name) > len(names[1]) {
			continue
		}
		for i, name := range names[:best] {
			if strings.EqualFold(e.name, name) {
				best, found = i, e.name
				break
			}
		}
	}
	if found == "" {
		return nil
	}
	file, info, err := tree.Open(path.Join(dir, found))
	if err != nil {
		return nil
	}
	defer file.Close()
	if !info.Mode().IsRegular() || info.Size() > longestReadme || h.unlisted(dir, found, info) {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(file, longestReadme))
	if err != nil {
		return nil
	}
	r := &readme{name: found, text: strings.ToValidUTF8(string(text), "\ufffd"), made: fmt.Sprint(info.ModTime().UnixNano(), info.Size())}
	if h.cfg.Markdown != nil && best < 2 {
		if html, err := h.cfg.Markdown(text); err == nil {
			r.html = html
		}
	}
	return r
}
