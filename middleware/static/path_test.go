package static_test

import (
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestPath asks for files by names of all kinds. The wanted result is a status,
// or the body of a 200, or the Location of a 301.
func TestPath(t *testing.T) {
	files := map[string]string{
		"index.html":       "home",
		"file.txt":         "file",
		"a b.txt":          "blank",
		"100%.txt":         "percent",
		"q?x.txt":          "question",
		"semi;colon.txt":   "semicolon",
		"plus+sign.txt":    "plus",
		"ümläut.txt":       "umlaut",
		"dir/index.html":   "dir",
		"dir/file.txt":     "dir file",
		"dir/sub/file.txt": "sub file",
		"dir/...":          "three dots",
		"empty.txt":        "",
		".well-known/x":    "known",
		".other":           "other",
		".git/config":      "git",
		"dir/.env":         "env",
		"dir/.env.local":   "env",
		".htpasswd":        "ht",
		"bare/file.txt":    "bare",
	}
	if runtime.GOOS != "windows" {
		files[`back\slash.txt`] = "backslash"
		files["colon:name.txt"] = "colon"
		files["new\nline.txt"] = "newline"
		files["\xff.txt"] = "not UTF-8"
		files["GIT~1/config"] = "tilde"
		files["dot."] = "dot"
	}
	if runtime.GOOS == "darwin" {
		delete(files, "\xff.txt")
	}
	if runtime.GOOS == "windows" {
		for _, name := range []string{"q?x.txt", "dir/..."} {
			delete(files, name)
		}
	}
	s := serve(t, static.Config{Root: pinned(t, folder(t, files))})

	for _, tt := range []struct{ name, path, want string }{
		{"a file", "/file.txt", "file"},
		{"an empty file", "/empty.txt", ""},
		{"the index page of the root", "/", "home"},
		{"the index page of a folder", "/dir/", "dir"},
		{"an index page by its name", "/dir/index.html", "dir"},
		{"a file in a folder", "/dir/sub/file.txt", "sub file"},
		{"nothing", "/nothing", "404"},
		{"nothing in a folder", "/dir/nothing", "404"},
		{"nothing in nothing", "/nothing/at/all", "404"},
		{"something in a file", "/file.txt/x", "404"},
		{"a folder without a slash", "/dir", "→ /dir/"},
		{"a folder without a slash, and a query", "/dir?a=b&c=%2F", "→ /dir/?a=b&c=%2F"},
		{"a folder without an index page", "/bare/", "404"},
		{"a folder with neither", "/bare", "→ /bare/"},
		{"a file with a slash", "/file.txt/", "→ /file.txt"},
		{"a file with a slash, and a query", "/file.txt/?a", "→ /file.txt?a"},
		{"another case", "/FILE.txt", "404"},

		{"a blank", "/a%20b.txt", "blank"},
		{"a percent sign", "/100%25.txt", "percent"},
		{"a question mark", "/q%3Fx.txt", "question"},
		{"a semicolon", "/semi;colon.txt", "semicolon"},
		{"a semicolon, encoded", "/semi%3bcolon.txt", "semicolon"},
		{"a path parameter is a part of the name", "/file.txt;x=1", "404"},
		{"a plus sign", "/plus+sign.txt", "plus"},
		{"a plus sign is no blank", "/a+b.txt", "404"},
		{"more than ASCII", "/%C3%BCml%C3%A4ut.txt", "umlaut"},
		{"a letter, encoded", "/%66ile.txt", "file"},
		{"a name of dots", "/dir/...", "three dots"},

		{"dots", "/dir/../file.txt", "file"},
		{"a dot", "/./file.txt", "file"},
		{"a dot at the end", "/dir/.", "→ /dir/"},
		{"two dots at the end", "/dir/sub/..", "→ /dir/"},
		{"dots up to the root", "/dir/..", "home"},
		{"dots beyond the root", "/../secret.txt", "404"},
		{"many dots beyond the root", "/../../../../../../../../etc/passwd", "404"},
		{"dots beyond the root and back", "/../root/file.txt", "404"},
		{"dots and nothing", "/nothing/../file.txt", "file"},
		{"dots, encoded", "/%2e%2e/secret.txt", "404"},
		{"a slash, encoded", "/dir%2ffile.txt", "dir file"},
		{"a slash and dots, encoded", "/..%2fsecret.txt", "404"},
		{"a slash and dots, encoded the other way", "/%2f..%2fsecret.txt", "404"},
		{"everything encoded", "/%2e%2e%2fsecret.txt", "404"},
		{"encoded twice", "/%252e%252e%252fsecret.txt", "404"},
		{"half encoded twice", "/.%252e/secret.txt", "404"},
		{"encoded in too many bytes", "/%c0%ae%c0%ae/secret.txt", "404"},
		{"encoded as other systems did", "/%u002e%u002e/secret.txt", "400"},
		{"a dot and a parameter", "/..;/secret.txt", "404"},
		{"doubled slashes", "//dir//file.txt", "dir file"},
		{"a host", "//example.com/file.txt", "404"},
		{"dots after a host", "//example.com/../file.txt", "file"},
		{"an absolute path", "/%2fetc/passwd", "404"},
		{"an absolute URL", "http://example.com/file.txt", "file"},
		{"an absolute URL without a path", "http://example.com", "home"},

		{"NUL", "/file.txt%00", "400"},
		{"NUL and an extension", "/file.txt%00.png", "400"},
		{"NUL in a folder", "/%00/file.txt", "400"},
		{"a broken escape", "/%zz", "400"},
		{"half an escape", "/file.txt%2", "400"},
		{"a control character", "/file.txt%01", "404"},
		{"a newline", "/file.txt%0a", "404"},
		{"a name that is too long", "/" + strings.Repeat("x", 300), "404"},
		{"a path that is too long", "/" + strings.Repeat("x/", 4000), "404"},
		{"a path that is too deep", "/" + strings.Repeat("./x/../", 300) + "file.txt", "file"},

		{"a well-known name", "/.well-known/x", "known"},
		{"another dotfile", "/.other", "other"},
		{"a file of git", "/.git/config", "404"},
		{"a file of git, in capitals", "/.GIT/config", "404"},
		{"the folder of git", "/.git/", "404"},
		{"the folder of git, without a slash", "/.git", "404"},
		{"by way of git", "/.git/../file.txt", "file"},
		{"an environment", "/dir/.env", "404"},
		{"an environment, with a suffix", "/dir/.env.local", "404"},
		{"passwords", "/.htpasswd", "404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && (tt.want == "question" || tt.want == "three dots" || tt.name == "another case") {
				t.Skip("not a name on Windows, or the same one")
			}
			if runtime.GOOS == "darwin" && tt.name == "another case" {
				t.Skip("the same name")
			}
			require.Equal(t, tt.want, result(s.get(tt.path)))
		})
	}

	if runtime.GOOS == "windows" {
		return
	}
	for _, tt := range []struct{ name, path, want string }{
		{"a backslash is a byte", "/back%5cslash.txt", "backslash"},
		{"a backslash separates nothing", "/dir%5cfile.txt", "404"},
		{"a backslash and dots", "/..%5csecret.txt", "404"},
		{"a bare backslash", `/..\secret.txt`, "404"},
		{"a colon", "/colon:name.txt", "colon"},
		{"a short name", "/GIT~1/config", "tilde"},
		{"a dot at the end of a name", "/dot.", "dot"},
		{"a stream", "/file.txt::$DATA", "404"},
		{"a newline in a name", "/new%0aline.txt", "newline"},
		{"a device of Windows", "/NUL", "404"},
		{"a dot too many", "/file.txt.", "404"},
		{"a blank too many", "/file.txt%20", "404"},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, result(s.get(tt.path))) })
	}
}

// result says in a word what a response amounts to.
func result(resp response) string {
	switch resp.StatusCode {
	case 200:
		return resp.body
	case 301:
		return "→ " + resp.Header.Get("Location")
	}
	return resp.Status[:3]
}

// TestWhatIsNoFileIsUpToTheNext has every kind of what is not served reach the
// next handler, so that nobody can tell one from the other.
func TestWhatIsNoFileIsUpToTheNext(t *testing.T) {
	root := pinned(t, folder(t, map[string]string{".git/config": "", "bare/x": "", "hidden.txt": ""}))
	hide := func(name string, _ fs.FileInfo) bool { return name == "hidden.txt" }
	s := serveHandler(t, static.New(static.Config{Root: root, Hide: hide})(middleware.Status(418)))
	for _, path := range []string{"/nothing", "/", "/bare/", "/bare", "/.git/config", "/.git/nothing", "/hidden.txt", "/x/y/z", "*"} {
		require.Equal(t, 418, s.get(path).StatusCode, path)
		require.Equal(t, 418, s.do("POST "+path).StatusCode, path)
	}
}

func TestPlainOnWindows(t *testing.T) {
	for _, name := range []string{
		"file.txt", "dir/file.txt", "a~b", "a~", "~1toolongforashortname.html", "COMPUTER", "COM", "COM10", "CON1", "NULL.txt",
		"auxiliary", "lpt", "LPTX", ".gitignore", "a b", "...x",
	} {
		require.True(t, static.PlainOnWindows(name), name)
	}
	for _, name := range []string{
		`a\b`, `..\x`, `\`, "a:b", "file.txt::$DATA", "file.txt:stream", "C:", "C:/x", ".git::$INDEX_ALLOCATION/config",
		"GIT~1", "GIT~1/config", "web~2.con", "x/PROGRA~1/y", "file.txt.", "file.txt ", "file.txt. ", "file.txt .", "dir./file.txt", "dir /x",
		"NUL", "nul", "NUL.txt", "nul.tar.gz", "dir/CON", "aux.html", "PRN", "CONIN$", "conout$", "COM1", "com1.txt", "COM¹", "LPT9", "lpt0.x", "CON .txt",
		"...",
	} {
		require.False(t, static.PlainOnWindows(name), name)
	}
}
