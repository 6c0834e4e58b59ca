package standard_test

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

// TestIndexFilesBeforeListings serves the sample that lists folders, with each of
// the files that stand for one, in the order of Caddy 0.7.1.
func TestIndexFilesBeforeListings(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("Caddyfile", []byte("localhost:0 {\n\tbrowse\n}"), 0o600))
	addr, stop := serve(t, "Caddyfile")
	_, body := request{host: "localhost", path: "/?format=text"}.send(t, addr)
	require.Empty(t, body)
	for _, name := range []string{"default.htm", "default.html", "index.htm", "index.html"} {
		require.NoError(t, os.WriteFile(name, []byte(name), 0o600))
		status, body := request{host: "localhost", path: "/"}.send(t, addr)
		require.Equal(t, 200, status)
		require.Equal(t, name, body)
	}
	stop()
}

// TestArchivesOfListings downloads a folder in the format that takes another
// package's coding.
func TestArchivesOfListings(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("dir", 0o700))
	require.NoError(t, os.WriteFile("dir/file.txt", []byte("text"), 0o600))
	require.NoError(t, os.WriteFile("Caddyfile", []byte("localhost:0 {\n\tgzip\n\tbrowse {\n\t\tarchives tar.zst zip\n\t}\n}"), 0o600))
	addr, stop := serve(t, "Caddyfile")
	resp := request{host: "localhost", path: "/dir/?archive=tar.zst"}.do(t, addr)
	defer resp.Body.Close()
	require.Equal(t, "application/zstd", resp.Header.Get("Content-Type"))
	require.Equal(t, "attachment; filename=dir.tar.zst", resp.Header.Get("Content-Disposition"))
	require.Equal(t, []string{"dir/file.txt"}, tarZstd(t, resp.Body))
	stop()
}

// tarZstd returns the names in a tar.zst.
func tarZstd(t *testing.T, r io.Reader) (names []string) {
	t.Helper()
	d, err := zstd.NewReader(r)
	require.NoError(t, err)
	defer d.Close()
	for tr := tar.NewReader(d); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return names
		}
		require.NoError(t, err)
		names = append(names, h.Name)
	}
}

// TestReadmeOfListings serves the listings that the README shows.
func TestReadmeOfListings(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	_, sample, ok := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "```\nfiles.example {")
	require.True(t, ok)
	sample, _, _ = strings.Cut(sample, "```")
	t.Chdir(t.TempDir())
	for _, name := range []string{"files/a.part", "files/incoming/b.part", "files/incoming/b.txt", "files/app/index.html", "files/app/c.part"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	require.NoError(t, os.WriteFile("Caddyfile", []byte("localhost:0 {"+strings.Replace(sample, "/srv/files", "files", 1)), 0o600))
	addr, stop := serve(t, "Caddyfile")
	for path, want := range map[string]string{
		"/?format=text":             "./app/\n./incoming/\n./a.part\n",
		"/?format=text&q=part":      "./a.part\n",
		"/incoming/?format=text":    "./b.txt\n",
		"/incoming/?archive=tar.gz": "404 Not Found\n",
	} {
		_, body := request{host: "localhost", path: path}.send(t, addr)
		require.Equal(t, want, body, path)
	}
	stop()
}

// TestListingsElsewhere has those who know other servers find the name here.
func TestListingsElsewhere(t *testing.T) {
	for src, want := range map[string]string{
		"file_server browse": `Caddyfile:2:2: unknown directive "file_server" (here it is called "browse")`,
		"file_server":        `Caddyfile:2:2: unknown directive "file_server" (here it is called "static", and done without a line)`,
		"@api path /api":     `Caddyfile:2:2: unknown directive "@api": there are no matchers; most directives take a path, and some have if`,
		"handle /api":        `Caddyfile:2:2: unknown directive "handle": there are no blocks for paths; most directives take a path, and the address of a site may have one`,
		"root * /srv":        `Caddyfile:2:9: root: unexpected "/srv" (* is a matcher in Caddy 2; there are none)`,
		"templates * .html":  `Caddyfile:2:12: templates: "*" is not a path: a path begins with /, which alone is every path`,
		"autoindex on":       `Caddyfile:2:2: unknown directive "autoindex" (here it is called "browse")`,
	} {
		_, err := caddyfile.Load("Caddyfile", caddyfile.Config{
			Vocabulary: standard.Vocabulary(),
			Parse:      caddyfile.ParseConfig{FS: fstest.MapFS{"Caddyfile": {Data: []byte("localhost {\n\t" + src + "\n}")}}},
		})
		require.ErrorContains(t, err, want)
	}
}
