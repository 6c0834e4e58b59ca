package caddyfile_test

import (
	"fmt"
	"testing/fstest"

	"github.com/shallot-http/shallot/caddyfile"
)

// A Caddyfile and what it imports, without any meaning given to it yet.
func ExampleParse() {
	f, err := caddyfile.Parse("Caddyfile", []byte(`
		(common) {
			log {args[0]}.log
			gzip
		}
		example.com, www.example.com {
			import common example
			proxy /api {$BACKEND:localhost:9000} { policy random }
		}
		import sites/*
	`), caddyfile.ParseConfig{
		FS: fstest.MapFS{"sites/blog": {Data: []byte("blog.example.com {\n\tbrowse\n}")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, site := range f.Sites {
		for _, a := range site.Addrs {
			fmt.Println(a.Host, "at", a.Pos)
		}
		for _, line := range site.Lines {
			fmt.Printf("\t%s has %d arguments\n", line.Name(), len(line.Words)-1)
		}
	}
	// Output:
	// example.com at Caddyfile:6:3
	// www.example.com at Caddyfile:6:16
	// 	log has 1 arguments
	// 	gzip has 0 arguments
	// 	proxy has 2 arguments
	// blog.example.com at sites/blog:1:1
	// 	browse has 0 arguments
}

// All mistakes are reported, each with its place.
func ExampleParse_errors() {
	_, err := caddyfile.Parse("Caddyfile", []byte(`example.com:808080{
	log "access.log
}
`), caddyfile.ParseConfig{})
	fmt.Println(err)
	// Output:
	// Caddyfile:1:1: "example.com:808080" is not the address of a site: "808080" is not a port, which is a number up to 65535
	// 	example.com:808080{
	// 	^
	// Caddyfile:1:19: a space is missing before {
	// 	example.com:808080{
	// 	                  ^
	// Caddyfile:2:6: this quote is never closed
	// 	log "access.log
	// 	    ^
}
