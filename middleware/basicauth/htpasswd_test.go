package basicauth_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
)

func TestOpen(t *testing.T) {
	const kinds = ", which is not taken: only bcrypt (htpasswd -B) and argon2id are"
	for _, tt := range []struct{ name, text, want string }{
		{"comments, blank lines and comments behind a hash", "# a\r\n\r\n \nada:" + lovelace + ":Ada, Countess\r\ngrace:" + hopper, ""},
		{"nobody", "", ""},
		{"apr1, which htpasswd writes unless told otherwise", "ada:$apr1$x$y\n", `line 1: user "ada": a hash of the kind apr1 (MD5)` + kinds},
		{"SHA-1", "\nada:{SHA}x\n", `line 2: user "ada": a hash of the kind SHA-1` + kinds},
		{"clear text", "ada:lovelace", `line 1: user "ada": not a hash by bcrypt (htpasswd -B) or argon2id`},
		{"no hash", "ada", `line 1: no user:hash`},
		{"no user", ":" + lovelace, `line 1: a user without a name`},
		{"a user twice", "ada:" + lovelace + "\nada:" + hopper, `line 2: user "ada" is there twice`},
		{"a control character", "a\tb:" + lovelace, `line 1: the name of a user cannot have control characters`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "users")
			require.NoError(t, os.WriteFile(name, []byte(tt.text), 0o600))
			_, err := basicauth.Open(name)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, "htpasswd: "+name+": "+tt.want)
		})
	}
	_, err := basicauth.Open(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	dir := t.TempDir()
	_, err = basicauth.Open(dir)
	require.EqualError(t, err, "htpasswd: open "+dir+": it is not a regular file")
}

// TestReload changes a file under a handler that uses it.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "users")
		write := func(text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o600)) }
		write("ada:" + lovelace)
		users, err := basicauth.Open(name)
		require.NoError(t, err)
		h := basicauth.NewHandler(middleware.Status(200), basicauth.Config{Rules: []basicauth.Rule{
			{File: users, Paths: []middleware.Path{"/all"}},
			{File: users, User: "grace", Paths: []middleware.Path{"/grace"}},
		}})
		var log strings.Builder
		edge := middleware.Edge{Log: slog.New(slog.NewTextHandler(&log, nil))}.Handler(h)
		try := func(path, user, password string) int {
			w := httptest.NewRecorder()
			edge.ServeHTTP(w, request(path, user, password))
			return w.Code
		}
		require.Equal(t, 200, try("/all", "ada", "lovelace"))
		require.Equal(t, 401, try("/all", "grace", "hopper"))

		write("ada:" + lovelace + "\ngrace:" + hopper)
		require.Equal(t, 401, try("/grace", "grace", "hopper"), "not looked at again yet")
		time.Sleep(time.Second)
		require.Equal(t, 200, try("/grace", "grace", "hopper"))
		require.Equal(t, 200, try("/all", "grace", "hopper"))
		require.Equal(t, 401, try("/grace", "ada", "lovelace"), "the file has her, but the rule is for another")

		write("ada:" + hopper)
		time.Sleep(time.Second)
		require.Equal(t, 401, try("/all", "ada", "lovelace"), "remembered, but no longer right")
		require.Equal(t, 200, try("/all", "ada", "hopper"))
		require.Equal(t, 401, try("/all", "grace", "hopper"), "remembered, but gone")
		require.Equal(t, 401, try("/grace", "grace", "hopper"))

		require.Empty(t, log.String())
		for _, broken := range []string{"ada:" + hopper[:20], "ada:" + hopper[:20]} {
			write(broken)
			time.Sleep(time.Second)
			require.Equal(t, 200, try("/all", "ada", "hopper"), "as long as the file cannot be understood")
		}
		require.NoError(t, os.Remove(name))
		for range 3 {
			time.Sleep(time.Second)
			require.Equal(t, 200, try("/all", "ada", "hopper"), "as long as it is not there")
		}
		require.Equal(t, 1, strings.Count(log.String(), "cut short or mistyped"), "once")
		require.Equal(t, 2, strings.Count(log.String(), `msg="users are as they were"`), log.String())

		write("")
		time.Sleep(time.Second)
		require.Equal(t, 401, try("/all", "ada", "hopper"))
		require.Equal(t, 401, try("/all", "nobody", ""))
	})
}

// TestReloadOfTheSameTime changes a file so soon that its time and size are as before,
// which coarse clocks of file systems make of two changes.
func TestReloadOfTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "users")
		write := func(text string) {
			require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
			now := time.Now()
			require.NoError(t, os.Chtimes(name, now, now.Truncate(2*time.Second)))
		}
		write("ada:" + lovelace)
		users, err := basicauth.Open(name)
		require.NoError(t, err)
		h := basicauth.NewHandler(middleware.Status(200), basicauth.Config{Rules: []basicauth.Rule{{File: users}}})
		write("ada:" + hopper)
		time.Sleep(time.Second)
		status, err := h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", "hopper"))
		require.NoError(t, err)
		require.Equal(t, 200, status)
	})
}

// TestReloadKeepsWhatIsRemembered checks that a change to one line does not have
// the passwords of the others worked out again.
func TestReloadKeepsWhatIsRemembered(t *testing.T) {
	for _, keeps := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "users")
			require.NoError(t, os.WriteFile(name, []byte("ada:"+lovelace), 0o600))
			users, err := basicauth.Open(name)
			require.NoError(t, err)
			gate := basicauth.NewGate(1, time.Nanosecond)
			h := basicauth.NewHandler(middleware.Status(200), basicauth.Config{Rules: []basicauth.Rule{{File: users}}, Gate: gate})
			busy := guarded(newSlow(), gate)
			try := func() int {
				status, _ := h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", "lovelace"))
				return status
			}
			require.Equal(t, 200, try())
			changed := "ada:" + lovelace + "\ngrace:" + hopper
			if !keeps {
				changed = "ada:" + hopper
			}
			require.NoError(t, os.WriteFile(name, []byte(changed), 0o600))
			time.Sleep(time.Second)

			done := make(chan struct{})
			go func() {
				defer close(done)
				busy.ServeHTTP(httptest.NewRecorder(), request("/", "ada", "y"))
			}()
			synctest.Wait()
			if keeps {
				require.Equal(t, 200, try())
			} else {
				require.Equal(t, 503, try(), "it has to be worked out")
			}
			<-done
		})
	}
}

// FuzzHtpasswd checks that a file is either refused or means what its lines say.
func FuzzHtpasswd(f *testing.F) {
	text, err := os.ReadFile("testdata/htpasswd")
	require.NoError(f, err)
	f.Add(string(text))
	f.Add("a:" + lovelace + ":b\r\n#:\n\n\xff:" + hopper)
	f.Fuzz(func(t *testing.T, text string) {
		users, err := basicauth.ParseHtpasswd(text)
		if err != nil {
			require.Regexp(t, `^line [0-9]+: `, err.Error())
			return
		}
		for user, hash := range users {
			require.NotEmpty(t, user)
			require.NotContains(t, user, ":")
			require.Contains(t, text, user+":"+hash)
			_, err := basicauth.Parse(hash)
			require.NoError(t, err)
		}
	})
}
