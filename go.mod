module github.com/shallot-http/shallot

go 1.26.0

require github.com/stretchr/testify v1.12.1

require github.com/andybalholm/brotli v1.2.8

require (
	github.com/mattn/go-shellwords v1.0.16
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/yuin/goldmark v1.8.7
	go.yaml.in/yaml/v4 v4.0.0
)

require github.com/coder/websocket v1.8.15

require (
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

require (
	golang.org/x/crypto v0.58.0
	golang.org/x/sys v0.49.0 // indirect
)

require (
	github.com/DeRuina/timberjack v1.4.9
	github.com/klauspost/compress v1.20.3
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
