package standard_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
)

// TestFastCGISample runs the sample with PHP, by its preset and in its long form,
// but for the ports.
func TestFastCGISample(t *testing.T) {
	fpm := fastcgitest.Run(t, fastcgitest.Config{Network: "tcp"})
	var answers []string
	for _, text := range []string{
		"localhost:2015\nfastcgi / 127.0.0.1:9000 php\nlog ./2015.log",
		"localhost:2015\nfastcgi / 127.0.0.1:9000 {\n\text .php\n\tsplit .php\n\tindex index.php\n}\nlog ./2015.log",
	} {
		dir := t.TempDir()
		t.Chdir(dir)
		require.NoError(t, os.WriteFile("index.php", []byte("<?php\necho 'Hello World';\n"), 0o644))
		require.NoError(t, os.WriteFile("env.php", []byte(`<?php foreach ($_SERVER as $k => $v) if ($k[0] != "a" && !is_array($v) && !str_contains($k, "TIME")) echo "$k=$v\n";`), 0o644))
		require.NoError(t, os.WriteFile("style.css", []byte("p {}"), 0o644))
		text = strings.NewReplacer("localhost:2015", "127.0.0.1:0", "127.0.0.1:9000", fpm.Target.Addr).Replace(text)
		require.NoError(t, os.WriteFile("Caddyfile", []byte(text), 0o600))
		addr, stop := serve(t, "Caddyfile")
		var all strings.Builder
		for _, r := range []request{
			{"127.0.0.1", "/", 200, "Hello World"},
			{"127.0.0.1", "/index.php", 200, "Hello World"},
			{"127.0.0.1", "/no/such/page?a=b", 200, "Hello World"},
			{"127.0.0.1", "/style.css", 200, "p {}"},
			{"127.0.0.1", "/env.php/x", 200, ""},
			{"127.0.0.1", "/Index.PHP", 0, ""},
			{"127.0.0.1", "/Caddyfile", 404, "404 Not Found\n"},
		} {
			status, body := r.send(t, addr)
			if r.status != 0 {
				require.Equal(t, r.status, status, r.path)
			}
			if r.body != "" {
				require.Equal(t, r.body, body, r.path)
			}
			require.NotContains(t, body, "<?php")
			all.WriteString(body)
		}
		require.Contains(t, all.String(), "REMOTE_ADDR=127.0.0.1\n")
		require.Contains(t, all.String(), "SERVER_NAME=127.0.0.1\n", "whatever the client says")
		stop()
		log, err := os.ReadFile("2015.log")
		require.NoError(t, err)
		require.Contains(t, string(log), `"GET /no/such/page?a=b HTTP/1.1" 200 11`)
		resolved, err := filepath.EvalSymlinks(dir)
		require.NoError(t, err)
		same := regexp.MustCompile(`(PORT|HTTP_HOST)=.*`).ReplaceAllString(all.String(), "")
		answers = append(answers, strings.ReplaceAll(same, resolved, ""))
	}
	require.Equal(t, sorted(answers[0]), sorted(answers[1]), "the preset is the same as its long form")
}

// sorted puts lines in order, as fields have none.
func sorted(text string) []string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return lines
}

// TestSourcesAreHidden checks that no other layer shows what is to be run.
func TestSourcesAreHidden(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("d", 0o755))
	require.NoError(t, os.Mkdir("app", 0o755))
	for _, name := range []string{"d/page.php", "d/page.php.gz", "d/page.txt", "app/x.php"} {
		require.NoError(t, os.WriteFile(name, []byte("source"), 0o644))
	}
	require.NoError(t, os.WriteFile("Caddyfile", []byte("127.0.0.1:0\nfastcgi / 127.0.0.1:1 php {\n\texcept /d\n}\nbrowse\nlog stdout"), 0o600))
	addr, stop := serve(t, "Caddyfile")
	defer stop()
	for _, path := range []string{"/d/page.php", "/d/page.PHP", "/d/page.php/", "/d/page.php.", "/d/page.php.gz"} {
		status, _ := request{host: "127.0.0.1", path: path}.send(t, addr)
		require.Equal(t, http.StatusNotFound, status, path)
	}
	_, body := request{host: "127.0.0.1", path: "/d/?format=text"}.send(t, addr)
	require.Equal(t, "./page.txt\n", body)
}
