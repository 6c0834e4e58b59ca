// Package e2e has a real browser use what this module serves. It is a module of its
// own, so that nobody else needs what it takes to drive one.
//
//	go test ./...
//
// The browser is Chromium, in Debian's package of that name. Without it the tests
// are skipped or, with CI=true, fail.
package e2e
