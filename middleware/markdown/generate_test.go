package markdown_test

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/markdown"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// A place is a site in a folder.
type place struct {
	t   *testing.T
	dir string
	markdown.Config
}

// newPlace returns a site of texts by their names, all of an hour ago.
func newPlace(t *testing.T, texts map[string]string) *place {
	p := &place{t: t, dir: t.TempDir()}
	for name, text := range texts {
		p.write(name, text, time.Hour)
	}
	root := middleware.NewRoot(p.dir)
	t.Cleanup(func() { root.Close() })
	p.Config = markdown.Config{Pages: page.Config{Files: static.Config{Root: root}}, Generated: "gen"}
	return p
}

func (p *place) write(name, text string, ago time.Duration) {
	p.t.Helper()
	file := filepath.Join(p.dir, filepath.FromSlash(name))
	require.NoError(p.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(p.t, os.WriteFile(file, []byte(text), 0o644))
	require.NoError(p.t, os.Chtimes(file, time.Time{}, time.Now().Add(-ago)))
}

// files returns the contents of what is in the folder of pages.
func (p *place) files() map[string]string {
	p.t.Helper()
	found := map[string]string{}
	require.NoError(p.t, filepath.WalkDir(filepath.Join(p.dir, "gen"), func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(filepath.Join(p.dir, "gen"), file)
		require.NoError(p.t, err)
		if name = filepath.ToSlash(name); !strings.HasPrefix(name, ".") {
			text, err := os.ReadFile(file)
			require.NoError(p.t, err)
			found[name] = string(text)
		}
		return nil
	}))
	return found
}

func (p *place) get(path string) string {
	p.t.Helper()
	w := httptest.NewRecorder()
	_, err := markdown.NewHandler(fell, p.Config).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	require.NoError(p.t, err)
	return w.Body.String()
}

// TestGenerate writes the pages of a site where Caddy 0.7.1 had them.
func TestGenerate(t *testing.T) {
	p := newPlace(t, map[string]string{"a.md": "a", "index.md": "root", "dir/b.markdown": "b", "dir/index.md": "dir", "dir/c.txt": "", ".git/x.md": "x", "t": "{{.markdown}}{{.URI}}"})
	p.Template = "t"
	require.NoError(t, markdown.Generate(t.Context(), p.Config))
	require.Equal(t, map[string]string{
		"a/index.html": "<p>a</p>\n/a.md", "index.html": "<p>root</p>\n/index.md", "dir/b/index.html": "<p>b</p>\n/dir/b.markdown", "dir/index.html": "<p>dir</p>\n/dir/index.md",
	}, p.files())
	require.NoError(t, markdown.Generate(t.Context(), p.Config), "again")
	require.Len(t, p.files(), 4)

	require.Equal(t, "<p>a</p>\n/a.md", p.get("/a.md?q"), "that is generated")
	p.write("a.md", "new", time.Minute)
	require.Equal(t, "<p>new</p>\n/a.md?q", p.get("/a.md?q"), "that is not")
	require.NoError(t, markdown.Generate(t.Context(), p.Config))
	require.Equal(t, "<p>new</p>\n/a.md", p.get("/a.md?q"))
	p.write("t", "{{.markdown}}{{.URI}}!", time.Second)
	require.Equal(t, "<p>new</p>\n/a.md?q!", p.get("/a.md?q"), "the template is newer")
	p.write("a.md", "older", 2*time.Hour)
	require.Equal(t, "<p>older</p>\n/a.md?q!", p.get("/a.md?q"))
}

// TestGenerateDeletesNothing cures the folder that Caddy 0.7.1 deleted at its start:
// what somebody has put there, or changed, stays.
func TestGenerateDeletesNothing(t *testing.T) {
	p := newPlace(t, map[string]string{
		"a.md": "a", "b.md": "b", "c.md": "c", "d.md": "d", "gen/own.html": "own", "gen/own/deep/file": "own", "gen/d/index.html": "own", "t": "{{.markdown}}",
	})
	p.Template = "t"
	err := markdown.Generate(t.Context(), p.Config)
	require.EqualError(t, err, "d.md: d/index.html is none of what has been generated, and stays")
	require.Equal(t, map[string]string{
		"own.html": "own", "own/deep/file": "own", "d/index.html": "own", "a/index.html": "<p>a</p>\n", "b/index.html": "<p>b</p>\n", "c/index.html": "<p>c</p>\n",
	}, p.files())

	p.write("gen/a/index.html", "edited", 0)
	p.write("gen/b/index.html", "edited", 0)
	p.write("gen/c/new.html", "own", 0)
	for _, name := range []string{"a.md", "c.md", "d.md"} {
		require.NoError(t, os.Remove(filepath.Join(p.dir, name)))
	}
	err = markdown.Generate(t.Context(), p.Config)
	require.EqualError(t, err, "b.md: b/index.html is none of what has been generated, and stays")
	require.Equal(t, map[string]string{
		"own.html": "own", "own/deep/file": "own", "d/index.html": "own", "a/index.html": "edited", "b/index.html": "edited", "c/new.html": "own",
	}, p.files(), "the page of c.md, which was nobody's, is gone")
	require.Equal(t, "<p>b</p>\n", p.get("/b.md"), "what was edited is not of what there is")
}

// TestGenerateWithMistakes generates what it can, and removes nothing for what it
// cannot read.
func TestGenerateWithMistakes(t *testing.T) {
	p := newPlace(t, map[string]string{"a.md": "a", "b.md": "b", "dir/a.md": "x"})
	require.NoError(t, markdown.Generate(t.Context(), p.Config))
	before := p.files()
	p.write("b.md", "---\n[\n---\n", time.Minute)
	p.write("a.markdown", "other", time.Minute)
	require.NoError(t, os.RemoveAll(filepath.Join(p.dir, "dir")))
	err := markdown.Generate(t.Context(), p.Config)
	require.ErrorContains(t, err, "b.md: b.md: front matter: YAML")
	require.ErrorContains(t, err, "a/index.html is that of another file already")
	require.Equal(t, before["b/index.html"], p.files()["b/index.html"])
	require.NotContains(t, p.files(), "dir/a/index.html", "nobody has asked for that any more")

	require.Contains(t, p.files()["a/index.html"], "<p>other</p>")
	p.write("b.md", "b", time.Minute)
	require.NoError(t, os.Remove(filepath.Join(p.dir, "a.markdown")))
	require.NoError(t, markdown.Generate(t.Context(), p.Config))
	require.Equal(t, before["a/index.html"], p.files()["a/index.html"])

	require.NoError(t, os.Remove(filepath.Join(p.dir, "a.md")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, markdown.Generate(ctx, p.Config), context.Canceled)
	require.Contains(t, p.files(), "a/index.html", "it was not found out what there is")
}

// TestGenerateAfterCrash knows a page that was written, or not, before there was time
// to say so.
func TestGenerateAfterCrash(t *testing.T) {
	p := newPlace(t, map[string]string{"a.md": "a"})
	require.NoError(t, markdown.Generate(t.Context(), p.Config))
	one := p.files()["a/index.html"]
	p.write("a.md", "two", time.Minute)
	require.NoError(t, markdown.Generate(t.Context(), p.Config))
	two := p.files()["a/index.html"]
	require.NotEqual(t, one, two)
	for _, left := range []string{one, two} {
		// The manifest has both as long as one takes the place of the other.
		p.write("gen/.htgenerated.json", `{"a/index.html": ["`+hash(one)+`", "`+hash(two)+`"]}`, 0)
		p.write("gen/a/index.html", left, 0)
		require.NoError(t, markdown.Generate(t.Context(), p.Config))
		require.Equal(t, two, p.files()["a/index.html"])
	}
}

// TestGenerateStaysInside writes to no place outside of the root, or of what it was
// given.
func TestGenerateStaysInside(t *testing.T) {
	p := newPlace(t, map[string]string{"a.md": "a"})
	for _, dir := range []string{"..", "../x", "/tmp", ".", "a/../../x"} {
		p.Generated = dir
		require.ErrorContains(t, markdown.Generate(t.Context(), p.Config), "is not the name of a folder below the root")
	}
	require.ErrorContains(t, markdown.Generate(t.Context(), markdown.Config{Generated: "gen"}), "there is no folder to generate in")

	outside := t.TempDir()
	middlewaretest.Symlink(t, outside, filepath.Join(p.dir, "link"))
	p.Generated = "link"
	require.Error(t, markdown.Generate(t.Context(), p.Config))
	p.Generated = "gen"
	require.NoError(t, os.MkdirAll(filepath.Join(p.dir, "gen"), 0o755))
	require.NoError(t, os.Symlink(outside, filepath.Join(p.dir, "gen", "a")))
	require.Error(t, markdown.Generate(t.Context(), p.Config))
	there, err := os.ReadDir(outside)
	require.NoError(t, err)
	require.Empty(t, there)
}

// TestGenerateWholePages leaves no part of a page where it cannot write.
func TestGenerateWholePages(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder that may not be written to is another thing on Windows")
	}
	p := newPlace(t, map[string]string{"a.md": "a"})
	require.NoError(t, markdown.Generate(t.Context(), p.Config))
	before := p.files()
	p.write("a.md", "b", time.Minute)
	require.NoError(t, os.Chmod(filepath.Join(p.dir, "gen", "a"), 0o555))
	middlewaretest.Unprivileged(t, func() {
		require.ErrorIs(t, markdown.Generate(t.Context(), p.Config), fs.ErrPermission)
	})
	require.Equal(t, before, p.files())
	require.NoError(t, os.Chmod(filepath.Join(p.dir, "gen", "a"), 0o755))
}
