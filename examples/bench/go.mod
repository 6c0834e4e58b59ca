module github.com/shallot-http/shallot/examples/bench

go 1.26.0

replace github.com/shallot-http/shallot => ../..

require (
	github.com/CAFxX/httpcompression v0.0.8
	github.com/NYTimes/gziphandler v1.1.1
	github.com/andybalholm/brotli v1.2.8
	github.com/coredns/caddy v1.1.4
	github.com/felixge/httpsnoop v1.1.0
	github.com/go-chi/chi/v5 v5.5.0
	github.com/gorilla/handlers v1.5.2
	github.com/klauspost/compress v1.20.3
	github.com/shallot-http/shallot v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
	github.com/vulcand/oxy/v2 v2.0.3
	golang.org/x/net v0.60.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/DeRuina/timberjack v1.4.9 // indirect
	github.com/coder/websocket v1.8.15 // indirect
	github.com/mattn/go-shellwords v1.0.16 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	github.com/yuin/goldmark v1.8.7 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)
