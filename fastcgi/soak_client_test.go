//go:build soak

package fastcgi_test

import "testing"

// TestSoakNothingForeign is TestNothingForeign for 100,000 requests.
func TestSoakNothingForeign(t *testing.T) { nothingForeign(t, 100_000) }

// TestSoakPHPNothingForeign is the same with processes of PHP.
func TestSoakPHPNothingForeign(t *testing.T) { phpNothingForeign(t, 100_000) }
