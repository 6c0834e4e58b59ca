//go:build soak

package standard_test

import "testing"

// TestSoakReload is TestReloadUnderLoad for longer: no request fails, no WebSocket of
// a site that stays as it is ends, and neither goroutines nor sockets are left.
func TestSoakReload(t *testing.T) { reloadUnderLoad(t, 500) }
