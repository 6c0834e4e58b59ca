package browse_test

import (
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// unlist returns what unlists files of a name.
func unlist(name string) func(string, fs.FileInfo) bool {
	return func(file string, _ fs.FileInfo) bool { return path.Base(file) == name }
}

// TestJoined checks that a folder is listed, searched and packed by the rule that
// is the closest to it, in whatever order the rules are.
func TestJoined(t *testing.T) {
	c := in(t, folder(t, map[string]string{
		"LICENSE": "", "src/LICENSE": "", "src/main.go": "", "src/deep/LICENSE": "", "src/own/LICENSE": "", "src/own/.dot": "", "srcs/LICENSE": "",
	}))
	wide, src, own := c, c, c
	wide.Search.Time, wide.Archives = 1e9, []browse.Archive{browse.Tar()}
	src.Path, src.Unlist, src.Page = "/src", unlist("LICENSE"), 7
	own.Path, own.ShowDotfiles = "/src/own/", true
	configs := []browse.Config{wide, src, own}
	for range 2 {
		slices.Reverse(configs)
		s := serveHandler(t, middleware.Chain(browse.Join(configs...), static.New(c.Files))(middleware.Status(404)))
		require.Equal(t, []string{"src", "srcs", "LICENSE"}, s.names("/"))
		require.Equal(t, []string{"deep", "own", "main.go"}, s.names("/src/"))
		require.Empty(t, s.names("/src/deep/"))
		require.Equal(t, 7, s.json("/src/deep/").Limit)
		require.Equal(t, []string{".dot", "LICENSE"}, s.names("/src/own/"))
		require.Equal(t, []string{"LICENSE", "src/own/LICENSE", "srcs/LICENSE"}, s.names("/?q=licen"))
		require.Equal(t, []string{"src/own/.dot"}, s.names("/?q=.dot"))
		require.Empty(t, s.names("/src/?q=licen"), "there is no search there")
		require.Equal(t,
			[]string{"files/LICENSE", "files/src/", "files/src/deep/", "files/src/main.go", "files/src/own/", "files/src/own/.dot", "files/src/own/LICENSE", "files/srcs/", "files/srcs/LICENSE"},
			slices.Sorted(slices.Values(tarNames(t, s.get("/?archive=tar").body))))
		require.Equal(t, 404, s.get("/src/?archive=tar").StatusCode)
		require.Contains(t, s.get("/src/").body, `href="../"`, "the folder above is listed by another rule")
	}
}

// TestJoinedWithStar checks that /a* comes after /a.
func TestJoinedWithStar(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a/x": "", "ab/x": ""}))
	star, plain := c, c
	star.Path, star.Page = "/a*", 2
	plain.Path, plain.Page = "/a", 1
	s := serveHandler(t, browse.Join(star, plain)(middleware.Status(404)))
	require.Equal(t, 1, s.json("/a/").Limit)
	require.Equal(t, 2, s.json("/ab/").Limit)
	require.Equal(t, 404, s.get("/").StatusCode)
}

// TestCrumbs checks that those folders above are links that are listed, by whatever
// rule, and no others.
func TestCrumbs(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a/b/c/x": "", "ab/b/x": ""}))
	crumb := regexp.MustCompile(`<li>(?:<a href="([./]*)">)?`)
	for _, tt := range []struct {
		name   string
		paths  []middleware.Path
		folder string
		want   []string // where they lead; "" is nowhere, as does the last
	}{
		{"all of a site", []middleware.Path{"/"}, "/a/b/c/", []string{"../../../", "../../", "../", ""}},
		{"a part", []middleware.Path{"/a/b"}, "/a/b/c/", []string{"", "", "../", ""}},
		{"a part that ends in a slash", []middleware.Path{"/a/b/"}, "/a/b/c/", []string{"", "", "../", ""}},
		{"a part that ends in a star", []middleware.Path{"/a*"}, "/ab/b/", []string{"", "../", ""}},
		{"below another rule", []middleware.Path{"/a/b", "/"}, "/a/b/c/", []string{"../../../", "../../", "../", ""}},
		{"below another rule, with a gap", []middleware.Path{"/a/b/c", "/a"}, "/a/b/c/", []string{"", "../../", "../", ""}},
		{"next to another rule", []middleware.Path{"/a/b/c", "/ab"}, "/a/b/c/", []string{"", "", "", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var configs []browse.Config
			for _, path := range tt.paths {
				c.Path = path
				configs = append(configs, c)
			}
			s := serveHandler(t, browse.Join(configs...)(middleware.Status(404)))
			var got []string
			_, crumbs, _ := strings.Cut(s.get(tt.folder, "Accept: text/html").body, "Folders above")
			crumbs, _, _ = strings.Cut(crumbs, "</ol>")
			for _, m := range crumb.FindAllStringSubmatch(crumbs, -1) {
				got = append(got, m[1])
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// TestJoinOfNothing passes everything on.
func TestJoinOfNothing(t *testing.T) {
	require.Equal(t, 418, serveHandler(t, browse.Join()(middleware.Status(418))).get("/").StatusCode)
}

// TestUnlistedForWhatItIs checks that Unlist is asked with the info, too, whatever
// is asked for.
func TestUnlistedForWhatItIs(t *testing.T) {
	c := in(t, folder(t, map[string]string{"large.txt": "12345", "small.txt": "1", "sub/large.txt": "12345", "private/x.txt": ""}))
	c.Unlist = func(name string, info fs.FileInfo) bool {
		return info != nil && (info.Size() == 5 && !info.IsDir() || info.IsDir() && name == "private")
	}
	c.Search.Time, c.Archives = 1e9, []browse.Archive{browse.Tar()}
	s := serve(t, c)
	require.Equal(t, []string{"sub", "small.txt"}, s.names("/"))
	require.Equal(t, []string{"small.txt"}, s.names("/?q=txt"))
	require.Equal(t, []string{"files/small.txt", "files/sub/"}, slices.Sorted(slices.Values(tarNames(t, s.get("/?archive=tar").body))))
	write(t, filepath.Join(c.Files.Root.Dir, "README"), "12345")
	c.Readme = true
	require.NotContains(t, serve(t, c).get("/", "Accept: text/html").body, "12345")
	write(t, filepath.Join(c.Files.Root.Dir, "README"), "1")
	require.Contains(t, serve(t, c).get("/", "Accept: text/html").body, "<pre>1</pre>")
	require.NoError(t, os.Remove(filepath.Join(c.Files.Root.Dir, "README")))
	c.ArchiveBytes = 1
	require.Equal(t, 200, serve(t, c).get("/?archive=tar").StatusCode, "what is not packed does not count")
}

// TestIndexPagesStopWalks checks that what is in a folder with an index page is
// neither found nor packed: its listing is not to be seen.
func TestIndexPagesStopWalks(t *testing.T) {
	c := in(t, folder(t, map[string]string{
		"a.txt": "", "app/index.html": "", "app/a.txt": "", "app/deep/a.txt": "", "home/start.html": "", "home/a.txt": "", "own/index.html/": "", "own/a.txt": "",
	}))
	c.Search.Time, c.Archives = 1e9, []browse.Archive{browse.Tar()}
	s := serve(t, c)
	require.Equal(t, []string{"a.txt", "home/a.txt", "own/a.txt"}, s.names("/?q=a.txt"))
	require.Equal(t, []string{"app"}, s.names("/?q=app"), "that there is such a folder is to be seen")
	require.Equal(t,
		[]string{"files/a.txt", "files/app/", "files/home/", "files/home/a.txt", "files/home/start.html", "files/own/", "files/own/a.txt", "files/own/index.html/"},
		slices.Sorted(slices.Values(tarNames(t, s.get("/?archive=tar").body))))
	c.Files.Index = []string{"start.html"}
	require.Equal(t, []string{"a.txt", "app/a.txt", "app/deep/a.txt", "own/a.txt"}, serve(t, c).names("/?q=a.txt"))
}

// TestOtherMethods checks that routes behind a listing get what it has no answer
// to.
func TestOtherMethods(t *testing.T) {
	c := in(t, folder(t, map[string]string{"src/a.txt": ""}))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /src/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) })
	mux.HandleFunc("GET /src/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) })
	s := serveHandler(t, middleware.Chain(browse.New(c), static.New(c.Files))(middleware.FromHTTP(mux)))
	require.Equal(t, 201, s.do("POST /src/").StatusCode)
	require.Equal(t, 201, s.do("POST /src/a/b").StatusCode)
	require.Equal(t, 200, s.get("/src/").StatusCode, "a folder comes before a route")
	resp := s.do("PUT /src/")
	require.Equal(t, 405, resp.StatusCode)
	require.Equal(t, "GET, HEAD, POST", resp.Header.Get("Allow"), "the mux knows better")

	scoped := middleware.When(middleware.Path("/files/").Match, browse.New(c), static.New(c.Files))
	s = serveHandler(t, scoped(middleware.FromHTTP(mux)))
	require.Equal(t, 202, s.get("/src/").StatusCode)
}
