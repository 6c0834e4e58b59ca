# make test   what CI runs: builds, vets, tests, fuzzes a little
# make bench  every speed claim, against its peers
# make soak   the long runs
# make deps   what each package brings into a program that imports it

SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := test

GO       ?= go
FUZZTIME ?= 5s
MODULES  := . $(patsubst %/go.mod,%,$(wildcard examples/*/go.mod))
PLATFORMS := linux/amd64 darwin/arm64 windows/amd64 android/arm64

# The real programs that tests start, by Debian package. Each test starts its
# own on a free port or socket and stops it again:
#   strace   watches that sendfile(2) survives a chain   middleware/sendfile_linux_test.go
#   nginx    is what servers are compared with           examples/bench
#   haproxy  is what proxies are compared with           examples/bench
#   brotli   decodes what our encoder makes              gzip/brotli_test.go
#   zstd     decodes what has a dictionary               gzip/brotli_test.go
#   chromium fetches with dictionaries                   examples/e2e
#   php8.2-fpm  answers by FastCGI                       fastcgi
#   git      is what git deploys with, and from          git
#   git-lfs  keeps large files, if it is asked to        git/files_test.go
#   openssh-server  lets git in                          git/transport_test.go
#   bpftrace counts what probes tell                     middleware/probe/usdt
#   gdb, linux-perf  read their arguments                middleware/probe/usdt
#   binutils strips programs that have probes            middleware/probe/usdt
PACKAGES := strace nginx haproxy brotli zstd chromium php8.2-fpm git git-lfs openssh-server bpftrace gdb linux-perf binutils

.PHONY: test
test: tools build vet format race examples fuzz

# Without root, or another system's packages, tests that lack their program are
# skipped, and say so; with CI=true they fail.
.PHONY: tools
tools:
	@missing=; for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing+=" $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then echo "not installed:$$missing" >&2; exit 0; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	{ apt-get install -y -qq $$missing || { apt-get update -qq && apt-get install -y -qq $$missing; }; } >/dev/null

# A program cannot be linked for android/arm without cgo; all else can be built.
.PHONY: build
build:
	@for m in $(MODULES); do (cd $$m && $(GO) build -o /dev/null ./...); done
	@GOOS=android GOARCH=arm $(GO) build $$($(GO) list -f '{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}}{{end}}' ./...)

.PHONY: vet
vet:
	@for p in $(PLATFORMS); do echo "vet $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./...; done
	@for m in $(MODULES); do (cd $$m && $(GO) vet ./...); done
	@$(GO) vet -tags soak ./...

.PHONY: format
format:
	@out=$$(gofmt -l .); [ -z "$$out" ] || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	@for m in $(MODULES); do (cd $$m && out=$$($(GO) fix -diff ./... 2>&1) && [ -z "$$out" ] || { echo "$$m: go fix would change:"; echo "$$out"; exit 1; }); done
	@for m in $(MODULES); do (cd $$m && $(GO) mod tidy -diff); done

.PHONY: race
race:
	$(GO) test -race -shuffle=on -timeout 15m ./...

# The nested modules' own tests; those of ./examples/... start each program.
.PHONY: examples
examples:
	@for m in $(filter-out .,$(MODULES)); do echo "test $$m"; (cd $$m && $(GO) test -race -shuffle=on ./...); done

.PHONY: fuzz
fuzz:
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench:
	$(GO) -C examples/bench run .

.PHONY: soak
soak:
	$(GO) test -race -tags soak -run Soak -count=1 -timeout 60m ./...
	.ci/fuzz 30s

.PHONY: deps
deps:
	@.ci/deps
