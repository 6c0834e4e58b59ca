// Command generate writes the functions of package probe: their assembly, their
// declarations, and empty ones in Go, from what probe.List says. Its argument is
// the folder to write to.
//
//	go generate ./middleware/probe
package main
