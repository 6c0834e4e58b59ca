//go:build soak

package git_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestSoakNothingIsMixed is TestNothingIsMixed at full size.
func TestSoakNothingIsMixed(t *testing.T) { nothingIsMixed(t, 20, 1500, "") }

// TestSoakNothingIsMixedInPHP is the same with pages of PHP.
func TestSoakNothingIsMixedInPHP(t *testing.T) {
	fpm := fastcgitest.Run(t, fastcgitest.Config{Children: 8})
	nothingIsMixed(t, 20, 1500, "fastcgi / unix:"+fpm.Target.Addr+" php")
}

// TestSoakKilled kills syncs of one state over and over, wherever they are.
func TestSoakKilled(t *testing.T) {
	middlewaretest.Program(t, "sh")
	dir := t.TempDir()
	o := newOrigin(t, dir)
	o.push(map[string]string{"index.html": "old"})
	state := filepath.Join(dir, "state")
	synced(t, o.open(t, git.RepoConfig{State: state, Then: then, Keep: 1}))
	for n := range 30 {
		hash := o.push(map[string]string{"index.html": "new", "n": fmt.Sprint(n)})
		for kills := 0; kills < 8 && attempt(t, state, o.bare, 0, time.Duration(1+rand.IntN(300))*time.Millisecond); {
			kills++
		}
		requireConverges(t, o, state, hash)
	}
}
