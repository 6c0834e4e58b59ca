package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzhttp"
	kgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// gzipRows are about responses that are encoded, and those that need not be.
func gzipRows() []pair.Row {
	return slices.Concat(passRows(), defaultRows(), brotliRows(), sameRows(), codingRows(), floorRows(), wireRows(), cacheRows(),
		corpusRows(), dictionaryRows(), readerRows(), exchangeRows())
}

// passRows are about responses that are left as they are.
func passRows() (rows []pair.Row) {
	html, jpeg, br := []string{"text/html; charset=utf-8"}, []string{"image/jpeg"}, []string{"br"}
	write := func(contentType []string, size int) http.HandlerFunc {
		body := make([]byte, size)
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = contentType
			w.Write(body)
		}
	}
	page := write(html, 100_000)
	for _, pass := range []struct {
		name     string
		size     int
		accepted string
		h        http.HandlerFunc
	}{
		{"too small", 1000, browsers, write(html, 1000)},
		{"of a dense type", 100_000, browsers, write(jpeg, 100_000)},
		{"nothing accepted", 100_000, "", page},
		{"encoded by the handler", 100_000, browsers, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Encoding"] = br
			page(w, r)
		}},
	} {
		r := accepting(pass.accepted)
		if pass.accepted == "" {
			r.Header.Del("Accept-Encoding")
		}
		ratio, gap := pair.MaxRatio(0.3), ""
		switch pass.name {
		case "nothing accepted":
			ratio, gap = ratio.Until(0.45), "gzhttp does little there but add to Vary; so do we, and have a look at the type first"
		case "encoded by the handler":
			ratio, gap = ratio.Until(0.4), "there are two fields more to look at, one of them in the request"
		}
		rows = append(rows, pair.Row{
			// In a chain there is a Recorder, so that this is what the layer adds to it.
			Name: "gzip pass/" + pass.name + ", in a chain", Peer: "gzhttp", Gap: gap,
			Bounds: []pair.Bound{ratio, pair.MaxAllocs(0), pair.MaxBytes(0)},
			Setup: func(t pair.TB) (o, theirs pair.Op) {
				w := newSink()
				rec := middleware.Record(w)
				h := gzip.NewHandler(middleware.FromHTTP(pass.h), gzip.Config{})
				return pair.Op{Do: func() {
					w.reset()
					if _, err := h.ServeHTTP(rec, r); err != nil || w.size != int64(pass.size) {
						t.Fatalf("%d bytes, %v", w.size, err)
					}
				}}, serve(t, gzhttp.GzipHandler(pass.h), r, int64(pass.size))
			},
		}, pair.Row{
			Name: "gzip pass/" + pass.name, Peer: "gzhttp",
			Bounds: []pair.Bound{pair.MaxRatio(1), pair.MaxAllocs(1)},
			Setup: func(t pair.TB) (o, theirs pair.Op) {
				return serve(t, ours(gzip.Config{})(pass.h), r, int64(pass.size)), serve(t, gzhttp.GzipHandler(pass.h), r, int64(pass.size))
			},
		})
	}
	return rows
}

// defaultRows are about browsers and what everybody does by default.
func defaultRows() (rows []pair.Row) {
	for _, peer := range peers() {
		bounds, pairs, gap := []pair.Bound{pair.MaxRatio(1)}, 10, "" // which is far away
		if peer.name == "gzhttp" {
			bounds, pairs, gap = noMore(), 0, sameCodec
		}
		for _, p := range payloads() {
			rows = append(rows, pair.Row{Name: "gzip/" + p.name, Peer: peer.name, Pairs: pairs, Gap: gap, Bounds: bounds, Setup: versus(peer.encoder, gzip.Config{}, p, browsers)})
		}
	}
	return rows
}

// noMore bounds what is the same codec but for a checksum, by default.
func noMore() []pair.Bound { return []pair.Bound{pair.MaxRatio(1).Until(1.01), pair.MaxSizeRatio(1)} }

const sameCodec = "it is the same codec, and differs by less than this can be measured to"

// versus sets up a row of two encoders that do the same.
func versus(peer encoder, c gzip.Config, p payload, codings string) func(pair.TB) (o, theirs pair.Op) {
	return func(t pair.TB) (o, theirs pair.Op) {
		return encodes(t, ours(c), p, accepting(codings)), encodes(t, peer, p, accepting(codings))
	}
}

// brotliRows are about clients that know brotli, but not zstd.
func brotliRows() (rows []pair.Row) {
	const codings = "gzip, deflate, br"
	for _, peer := range peers()[:2] {
		for _, p := range payloads()[2:] {
			var bounds []pair.Bound
			if peer.name == "httpcompression" {
				bounds = []pair.Bound{pair.MaxRatio(0.35), pair.MaxSizeRatio(1.06)}
			} else {
				bounds = []pair.Bound{pair.MaxSizeRatio(1)} // for more time than gzip takes
			}
			rows = append(rows, pair.Row{Name: "gzip br/" + p.name, Peer: peer.name, Pairs: 10, Bounds: bounds, Setup: versus(peer.encoder, gzip.Config{}, p, codings)})
		}
	}
	return rows
}

// sameRows are about the same codecs at the same levels, so that there is little
// but the plumbing to differ in.
func sameRows() (rows []pair.Row) {
	for _, coding := range []gzip.Coding{gzip.Gzip(5), gzip.Zstd(1)} {
		for _, p := range payloads() {
			bounds := []pair.Bound{pair.MaxUpperRatio(1.03), pair.MaxSizeRatio(1)}
			if p.size < 64<<10 {
				bounds = append(bounds, pair.MaxAllocs(3.5)) // two for Content-Length, one for Wrap, and some to fill pools again
			}
			rows = append(rows, pair.Row{
				Name: fmt.Sprintf("gzip same codec/%s as %s", p.name, coding.Name()), Peer: "gzhttp", Bounds: bounds,
				Setup: versus(klauspost(coding.Name()), gzip.Config{Codings: []gzip.Coding{coding}}, p, coding.Name()),
			})
		}
	}
	return rows
}

// codingRows claim nothing but tell how the codings compare that documents speak of,
// at the levels that they have by default.
func codingRows() (rows []pair.Row) {
	only := func(c gzip.Coding) encoder { return ours(gzip.Config{Codings: []gzip.Coding{c}}) }
	for _, of := range []struct {
		coding gzip.Coding
		peer   string
		than   encoder
	}{
		{gzip.Zstd(0), "gzip", only(gzip.Gzip(0))},
		{gzip.Brotli(0), "gzip", only(gzip.Gzip(0))},
		{gzip.Gzip(0), "NYTimes' gziphandler, by compress/gzip", peers()[3].encoder},
	} {
		for _, p := range payloads() {
			name := of.coding.Name()
			rows = append(rows, pair.Row{
				Name: fmt.Sprintf("gzip coding/%s as %s", p.name, name), Peer: of.peer, Pairs: 10,
				Setup: func(t pair.TB) (o, theirs pair.Op) {
					return encodes(t, only(of.coding), p, accepting(name)), encodes(t, of.than, p, accepting("gzip"))
				},
			})
		}
	}
	return rows
}

// plumbing is why short bodies are not as cheap as they might be.
const plumbing = "a response takes most of a microsecond to be held, thought about and given its header, however short it is"

// floorRows are about what it takes to encode at all, in a handler that does it by
// hand and asks nobody.
func floorRows() (rows []pair.Row) {
	for _, coding := range []gzip.Coding{gzip.Gzip(5), gzip.Zstd(1), gzip.Brotli(0)} {
		for _, p := range payloads()[1:] {
			most, gap := pair.MaxRatio(1.01).Until(1.02), sameCodec
			if p.size < 100<<10 {
				most, gap = pair.MaxRatio(1.03).Until(1.06), plumbing
			}
			rows = append(rows, pair.Row{
				Name: fmt.Sprintf("gzip overhead/%s as %s", p.name, coding.Name()), Peer: "the codec alone", Gap: gap,
				Bounds: []pair.Bound{most},
				Setup: func(t pair.TB) (o, floor pair.Op) {
					r := accepting(coding.Name())
					return encodes(t, ours(gzip.Config{Codings: []gzip.Coding{coding}}), p, r), encodes(t, alone(coding), p, r)
				},
			})
		}
	}
	return rows
}

// alone returns an encoder that does nothing but encode.
func alone(coding gzip.Coding) encoder {
	var pool sync.Pool
	switch coding.Name() {
	case "gzip":
		pool.New = func() any { return must(kgzip.NewWriterLevel(nil, 5)) }
	case "zstd":
		pool.New = func() any {
			return must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
				zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(128<<10), zstd.WithEncoderCRC(false)))
		}
	default:
		pool.New = func() any { return coding.NewEncoder() } // there is no other
	}
	header := []string{coding.Name()}
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			e := pool.Get().(interface {
				io.WriteCloser
				Reset(io.Writer)
			})
			e.Reset(w)
			w.Header()["Content-Encoding"] = header
			h.ServeHTTP(into{w, e}, r)
			e.Close()
			pool.Put(e)
		})
	}
}

// Into is a ResponseWriter whose body goes somewhere else.
type into struct {
	http.ResponseWriter
	body io.Writer
}

func (i into) Write(p []byte) (int, error) { return i.body.Write(p) }

// wireRows are about what reaches a client: whether it is in one piece matters to
// both of them.
func wireRows() (rows []pair.Row) {
	gz := klauspost("gzip")
	for _, p := range payloads()[1:3] {
		rows = append(rows, pair.Row{
			Name: "gzip/" + p.name + " over loopback", Peer: "gzhttp",
			Gap:    "both send the same bytes, at 10 KiB in one write, and much of the time is TCP's and net/http's",
			Bounds: []pair.Bound{pair.MaxRatio(0.95).Until(1.01)},
			Setup: func(t pair.TB) (o, theirs pair.Op) {
				r := accepting(browsers)
				return encodesOverLoopback(t, ours(gzip.Config{}), p, r), encodesOverLoopback(t, peers()[0].encoder, p, r)
			},
		}, pair.Row{
			Name: "gzip same codec/" + p.name + " as gzip over loopback", Peer: "gzhttp",
			Setup: func(t pair.TB) (o, theirs pair.Op) {
				r := accepting("gzip")
				return encodesOverLoopback(t, ours(gzip.Config{Codings: []gzip.Coding{gzip.Gzip(5)}}), p, r), encodesOverLoopback(t, gz, p, r)
			},
		})
	}
	return rows
}

// cacheRows are about bodies that have been encoded before, and those that have
// not.
func cacheRows() []pair.Row {
	page := payloads()[2]
	cached := func() gzip.Config { return gzip.Config{Cache: gzip.NewCache(16 << 20)} }
	return []pair.Row{{
		Name: "gzip cache/100 KiB of HTML again", Peer: "gzhttp",
		Bounds: []pair.Bound{pair.MaxRatio(0.03).Until(0.035)},
		Gap:    "half of it is to hold the body and to compare it, at the speed of memory, and zstd is fast, too",
		Setup:  versus(peers()[0].encoder, cached(), page, browsers),
	}, {
		Name: "gzip cache/100 KiB of HTML again, as gzip", Peer: "gzhttp",
		Bounds: []pair.Bound{pair.MaxRatio(0.03)},
		Setup:  versus(peers()[0].encoder, cached(), page, "gzip"),
	}, {
		Name: "gzip cache/100 KiB of HTML, always new", Peer: "no cache",
		Gap:    "to hash and to remember what never comes again is a part of a fast coding's time",
		Bounds: []pair.Bound{pair.MaxRatio(1.02).Until(1.05)},
		Setup: func(t pair.TB) (o, without pair.Op) {
			of := func(c gzip.Config) pair.Op {
				body := []byte(page.text())
				n := uint64(0)
				h := ours(c)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					n++
					binary.LittleEndian.PutUint64(body, n)
					w.Header()["Content-Type"] = page.contentType
					w.Write(body)
				}))
				w, r := newSink(), accepting(browsers)
				return pair.Op{Do: func() {
					w.reset()
					h.ServeHTTP(w, r)
					if cmp.Or(w.status, http.StatusOK) != http.StatusOK || w.size == 0 || w.size > page.size/2 {
						t.Fatalf("status %d, %d bytes", w.status, w.size)
					}
				}}
			}
			return of(cached()), of(gzip.Config{Buffer: 512 << 10})
		},
	}}
}
