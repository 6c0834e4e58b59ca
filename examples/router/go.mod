module github.com/shallot-http/shallot/examples/router

go 1.26

replace github.com/shallot-http/shallot => ../..
