package markdown

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// execute returns the page that the template of a document makes of it.
func (s *site) execute(v *page.Visit, d *document, dir string) ([]byte, error) {
	if d.plain {
		return d.page, nil
	}
	file, err := s.templateOf(v.Tree, d)
	if err != nil {
		return nil, err
	}
	v.Text = s.cfg.Text
	t, err := v.Load(file)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the template %q: %w", file, err)
	}
	if err != nil {
		return nil, err
	}
	v.Data = func(c *page.Context) any { return s.dot(c, d, &folder{s, v.Tree, dir}) }
	return v.Execute(t, nil)
}

// templateOf returns the file of the template of a document.
func (s *site) templateOf(tree static.Tree, d *document) (string, error) {
	if d.template == "" {
		return s.cfg.Template, nil
	}
	if file, ok := s.cfg.Templates[d.template]; ok {
		return file, nil
	}
	if s.cfg.TemplateDir != "" && !strings.ContainsAny(d.template, `/\`) {
		pattern := strings.TrimPrefix(s.cfg.TemplateDir, "/")
		for _, name := range []string{d.template, d.template + path.Ext(pattern)} {
			file := path.Join(path.Dir(pattern), name)
			if ok, _ := path.Match(pattern, file); !ok {
				continue
			}
			if info, err := tree.Stat(file); err == nil && !info.IsDir() {
				return file, nil
			}
		}
	}
	return "", fmt.Errorf("%s: there is no template %q", d.name, d.template)
}
