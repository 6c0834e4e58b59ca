package browse

import (
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// The parts of every page. They are small, and in the page itself: what has to be
// fetched once more arrives later, and needs a path that no file has.
var (
	pageCSS = asset("page.css")
	pageJS  = asset("page.js")
	sprite  = asset("sprite.svg")

	assetsVersion = func() string {
		sum := sha256.Sum256([]byte(pageCSS + pageJS + sprite + markupVersion))
		return hex.EncodeToString(sum[:8])
	}()
)

// markupVersion changes with what the rest of a page is like.
const markupVersion = "2"

func asset(name string) string {
	text, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it was there when this was compiled
	}
	return strings.TrimSpace(string(text))
}

// html appends the page, and sets the fields that it needs.
func (l *listing) html(w http.ResponseWriter, dst []byte) ([]byte, error) {
	nonce := rand.Text()
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'")
	w.Header().Set("Referrer-Policy", "same-origin")
	if t := l.h.cfg.Template; t != nil {
		return t.execute(w, dst, l, nonce)
	}
	p := appender{dst, l}
	p.head(nonce)
	p.header()
	p.raw("<main>")
	p.bar()
	switch {
	case l.truncated:
		p.raw(`<p class="warn" role="alert">There is more below this folder than may be looked at. What you see is not all that there may be.</p>`)
	case p.pastEnd():
		p.raw(`<p class="warn" role="alert">The list ends before this page.</p>`)
	}
	if l.layout == LayoutGrid {
		p.grid()
	} else {
		p.table()
	}
	p.paging()
	p.readme(l.readme)
	p.raw("</main>\n<script nonce=\"", nonce, `">`, pageJS, "</script>\n")
	return p.dst, nil
}

// pastEnd reports whether a page is asked for that would begin after the last entry.
func (l *listing) pastEnd() bool {
	return len(l.names.entries) > 0 && l.offset >= len(l.names.entries)
}

// pageNumber returns which page this is, of which there is a limit, and how many
// there are.
func (l *listing) pageNumber() (number, last int) {
	return l.offset/l.limit + 1, max((len(l.names.entries)+l.limit-1)/l.limit, 1)
}

// An appender renders a page.
type appender struct {
	dst []byte
	*listing
}

func (p *appender) raw(parts ...string) {
	for _, s := range parts {
		p.dst = append(p.dst, s...)
	}
}

// text appends a name, or what may be one.
func (p *appender) text(s string) { p.dst = appendText(p.dst, s) }

// plain is text for where no element can be.
func (p *appender) plain(s string) {
	p.raw(marks.Replace(string(appendText(nil, s))))
}

// marks takes away the elements that appendText adds. A name can have none.
var marks = strings.NewReplacer("<b>", "", "</b>", "")

// query appends a link's destination: the same listing but for one value.
func (p *appender) query(name, value string) { p.dst = appendMarkup(p.dst, p.with(name, value)) }

func (p *appender) head(nonce string) {
	p.raw(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
		`<meta name="color-scheme" content="light dark"><title>`)
	p.title()
	p.raw("</title>\n<style nonce=\"", nonce, `">`, pageCSS, "</style>\n<body class=\"", p.layout.String(), `">`, sprite,
		"\n", `<a class="skip" href="#list">Skip to the list</a>`)
}

// paging appends the links to other pages.
func (p *appender) paging() {
	pages := p.pages()
	if len(pages) == 0 {
		return
	}
	names := map[string]string{"first": "First", "prev": "Previous", "next": "Next", "last": "Last"}
	number, last := p.pageNumber()
	if p.pastEnd() {
		delete(names, "prev") // it is the last one
		p.raw("\n<nav class=\"pages\" aria-label=\"Pages\"><span>")
		p.count(last, "page", "pages")
	} else {
		p.raw("\n<nav class=\"pages\" aria-label=\"Pages\"><span>Page ", grouped(number), " of ", grouped(last))
	}
	p.raw(`</span><span class="seg">`)
	for _, page := range pages {
		if names[page.rel] == "" {
			continue
		}
		p.raw(`<a rel="`, page.rel, `" href="`)
		p.query("offset", strconv.Itoa(page.offset))
		p.raw(`">`, names[page.rel], "</a>")
	}
	p.raw("</span></nav>\n")
}

func (p *appender) readme(r *readme) {
	if r == nil {
		return
	}
	class := "box readme"
	if r.html == "" {
		class += " plain"
	}
	p.raw("\n<section class=\"", class, "\" aria-labelledby=\"readme\"><h2 id=\"readme\">")
	p.text(r.name)
	p.raw("</h2>")
	if r.html != "" {
		p.raw(string(r.html))
	} else {
		p.raw("<pre>")
		p.dst = appendMarkup(p.dst, r.text)
		p.raw("</pre>")
	}
	p.raw("</section>\n")
}

// grouped returns a number with commas between its thousands.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	var parts []string
	for len(digits) > 3 {
		parts = append(parts, digits[len(digits)-3:])
		digits = digits[:len(digits)-3]
	}
	parts = append(parts, digits)
	slices.Reverse(parts)
	return strings.Join(parts, ",")
}
