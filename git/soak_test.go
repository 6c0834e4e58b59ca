//go:build soak

package git_test

import (
	"testing"

	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
)

// TestSoakNothingIsMixed is TestNothingIsMixed at full size.
func TestSoakNothingIsMixed(t *testing.T) { nothingIsMixed(t, 20, 1500, "") }

// TestSoakNothingIsMixedInPHP is the same with pages of PHP.
func TestSoakNothingIsMixedInPHP(t *testing.T) {
	fpm := fastcgitest.Run(t, fastcgitest.Config{Children: 8})
	nothingIsMixed(t, 20, 1500, "fastcgi / unix:"+fpm.Target.Addr+" php")
}
