// Package e2e has a real browser use what this module serves, and a real ACME server
// issue its certificates. It is a module of its own, so that nobody else needs what
// that takes.
//
//	go test ./...
//
// The browser is Chromium, in Debian's package of that name. Without it its tests
// are skipped or, with CI=true, fail. The ACME server is pebble, the one of Let's
// Encrypt for tests, which runs within the test and calls out to nobody.
package e2e
