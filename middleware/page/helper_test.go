package page_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// files are those of a site: texts by their names.
type files map[string]string

func (f files) config() static.Config {
	fsys := fstest.MapFS{}
	for name, text := range f {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return static.Config{FS: fsys}
}

// execute returns what the page called page.html makes of r.
func execute(c page.Config, r *http.Request, asText bool) (string, error) {
	v := page.NewEngine(c).Visit(httptest.NewRecorder(), r)
	v.Text = asText
	t, err := v.Load("page.html")
	if err != nil {
		return "", err
	}
	text, err := v.Execute(t, nil)
	return string(text), err
}

// executed returns what is made of the text of a page.
func executed(t *testing.T, text string, asText bool) string {
	t.Helper()
	got, err := execute(page.Config{Files: files{"page.html": text}.config()}, httptest.NewRequest("GET", "/page.html", nil), asText)
	require.NoError(t, err)
	return got
}
