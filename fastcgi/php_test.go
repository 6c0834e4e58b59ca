package fastcgi_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
)

func TestPHPQuick(t *testing.T) {
	for _, n := range []string{"unix", "tcp"} {
		f := fastcgitest.Run(t, fastcgitest.Config{Network: n})
		script := filepath.Join(t.TempDir(), "a.php")
		require.NoError(t, os.WriteFile(script, []byte(`<?php echo "hello ", strlen(file_get_contents("php://input")); error_log("oops");`), 0o600))
		c := fastcgi.NewClient(fastcgi.ClientConfig{})
		defer c.Close()
		for range 3 {
			var p fastcgi.Params
			p.Add("REQUEST_METHOD", "POST")
			p.Add("SCRIPT_FILENAME", script)
			r, err := c.Do(t.Context(), f.Target, &fastcgi.Request{Params: &p, Body: strings.NewReader(strings.Repeat("x", 200000)), ContentLength: 200000})
			require.NoError(t, err)
			b, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			t.Log(r.Status, r.Header, string(b))
			r.Body.Close()
		}
	}
}
