package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// A payload is what a handler responds with: a body of some type.
type payload struct {
	name        string
	contentType []string
	pieces      [][]byte // as they are written
	size        int64
}

func (p payload) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = p.contentType
	for _, piece := range p.pieces {
		w.Write(piece)
	}
}

func (p payload) text() string {
	var b strings.Builder
	for _, piece := range p.pieces {
		b.Write(piece)
	}
	return b.String()
}

// newPayload returns a body that is written at once.
func newPayload(name, contentType, body string) payload {
	return payload{name, []string{contentType}, [][]byte{[]byte(body)}, int64(len(body))}
}

// streamed returns p written 32 KiB at a time, as io.Copy does.
func (p payload) streamed() payload {
	body := []byte(p.text())
	p.pieces = nil
	for len(body) > 0 {
		n := min(len(body), 32<<10)
		p.pieces = append(p.pieces, body[:n:n])
		body = body[n:]
	}
	return p
}

// payloads are four bodies of sizes that are common.
func payloads() []payload {
	return []payload{
		newPayload("1 KiB of JSON", "application/json", records(1<<10)),
		newPayload("10 KiB of JSON", "application/json", records(10<<10)),
		newPayload("100 KiB of HTML", "text/html; charset=utf-8", article(100<<10)),
		newPayload("1 MiB of JSON", "application/json", records(1<<20)).streamed(),
	}
}

// records returns n bytes of JSON, or some more: rows of a table.
func records(n int) string {
	r := rand.New(rand.NewPCG(3, 14))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var b strings.Builder
	b.WriteString(`{"records":[`)
	for id := 1000; b.Len() < n-2; id++ {
		if id > 1000 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"uuid":"%08x-%04x","name":"%s %s","email":"%s%d@example.%s","active":%t,"balance":%.2f,`+
			`"created":"2026-%02d-%02dT%02d:%02d:%02dZ","note":"%s","tags":["%s","%s"]}`,
			id, r.Uint32(), r.Uint32()>>16, pick(names...), pick(names...), pick("info", "me", "mail", "user"), r.IntN(10_000),
			pick("com", "net", "org"), r.IntN(4) > 0, r.Float64()*1000, 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60),
			sentence(r), pick(words...), pick(words...))
	}
	b.WriteString(`]}`)
	return b.String()
}

// article returns n bytes of HTML, or some more: prose, links, and the markup that
// goes with it.
func article(n int) string {
	r := rand.New(rand.NewPCG(2, 71))
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Article</title>\n" +
		"<link rel=\"stylesheet\" href=\"/static/css/site.css\">\n</head>\n<body>\n")
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "<section class=\"section\" id=\"s%d\">\n  <h2 class=\"section__title\">%s</h2>\n", i, sentence(r))
		for range 2 + r.IntN(4) {
			b.WriteString("  <p>")
			for range 2 + r.IntN(5) {
				fmt.Fprintf(&b, "%s. ", sentence(r))
			}
			fmt.Fprintf(&b, "<a class=\"link link--more\" href=\"/articles/%d/%s-%s\">%s</a></p>\n",
				r.IntN(100_000), words[r.IntN(len(words))], words[r.IntN(len(words))], words[r.IntN(len(words))])
		}
		b.WriteString("</section>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}

// sentence returns some words, of which the first are the most frequent.
func sentence(r *rand.Rand) string {
	var text []string
	for range 4 + r.IntN(10) {
		text = append(text, words[int(r.Float64()*r.Float64()*float64(len(words)))])
	}
	return strings.ToUpper(text[0][:1]) + strings.Join(text, " ")[1:]
}

var (
	names = strings.Fields("Ada Alan Barbara Claude Donald Edsger Frances Grace Hedy John Katherine Ken Leslie Margaret Niklaus " +
		"Radia Robin Shafi Tony Vint Hopper Turing Liskov Shannon Knuth Dijkstra Allen Lamarr Backus Johnson Thompson Lamport")
	words = strings.Fields("the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which " +
		"one you were all her she there would their we him been has when who will no more if out so up said what its about than into them " +
		"can only other time new some could these two may first then do any like my now over such our man me even most made after also did " +
		"many off before must well back through years much where your way down should because long each just state people those too mr how " +
		"little good world make very year still see own work men day get here old between both life being under three never know same last " +
		"another while us might great go come since against right came take used himself few house use place during high without again home " +
		"around small however found mrs part school thought went say general once upon public course fact though water less night hand " +
		"enough far better head system set told nothing power until need government need country problem second face group important service " +
		"children present national possible always development program information interest business members company community experience " +
		"particular knowledge education increase conditions position attention century necessary material understanding production movement")
)
