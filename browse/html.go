package browse

import (
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
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
const markupVersion = "1"

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
	p.raw(`<main id="list">`)
	p.bar()
	switch {
	case l.truncated:
		p.raw(`<p class="warn" role="alert">There is more below this folder than may be looked at. What you see is not all that there may be.</p>`)
	case len(l.names.entries) > len(l.rows) && l.offset >= len(l.names.entries):
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

func (p *appender) text(s string) { p.dst = appendText(p.dst, s) }

// query appends a link's destination: the same listing but for one value.
func (p *appender) query(name, value string) { p.dst = appendMarkup(p.dst, p.with(name, value)) }

func (p *appender) head(nonce string) {
	p.raw(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
		`<meta name="color-scheme" content="light dark"><title>`)
	p.text(p.path)
	p.raw("</title>\n<style nonce=\"", nonce, `">`, pageCSS, "</style>\n<body class=\"", p.layout.String(), `">`, sprite,
		"\n", `<a class="skip" href="#list">Skip to the list</a>`)
}

// header appends where this is. Its links are relative: the server need not know
// below which path it is reached.
func (p *appender) header() {
	elements := []string{}
	if p.path != "/" {
		elements = strings.Split(strings.Trim(p.path, "/"), "/")
	}
	p.raw("\n<header><nav aria-label=\"Folders above\"><ol>")
	scope := strings.TrimSuffix(strings.TrimSuffix(string(p.h.cfg.Path), "*"), "/")
	for i := range len(elements) + 1 {
		name := "Home"
		if i > 0 {
			name = elements[i-1]
		}
		p.raw("<li>")
		up := len(elements) - i
		above := "/" + strings.Join(elements[:i], "/")
		switch {
		case up == 0:
			p.raw(`<span aria-current="page">`)
			p.text(name)
			p.raw("</span>")
		case above != scope && !strings.HasPrefix(above+"/", scope+"/"):
			p.text(name) // it is not listed
		default:
			p.raw(`<a href="`, strings.Repeat("../", up), `">`)
			p.text(name)
			p.raw("</a>")
		}
	}
	p.raw("</ol></nav>\n<h1>")
	if p.find != "" {
		p.raw("Search for “")
		p.text(p.find)
		p.raw("”")
	} else if p.path == "/" {
		p.raw("Home")
	} else {
		p.text(path.Base(p.path))
	}
	p.raw("</h1>\n<p class=\"sum\">")
	n := p.names
	files := len(n.entries) - n.folders
	if n.folders > 0 {
		p.count(n.folders, "folder", "folders")
		if files > 0 {
			p.raw(", ")
		}
	}
	if files > 0 || n.folders == 0 {
		p.count(files, "file", "files")
	}
	if p.find != "" {
		p.raw(" found · <a href=\"./\">back to the folder</a>")
	}
	if p.limit > 0 && len(n.entries) > p.limit {
		p.raw(" · ", grouped(min(p.offset+1, len(n.entries))), " to ", grouped(min(p.offset+p.limit, len(n.entries))), " shown")
	}
	p.raw("</p></header>\n")
}

func (p *appender) count(n int, one, many string) {
	if n != 1 {
		one = many
	}
	p.raw(grouped(n), " ", one)
}

// bar appends what can be done with the list.
func (p *appender) bar() {
	label, hint := "Filter this folder", "Filter"
	if p.h.cfg.Search.Time > 0 {
		label, hint = "Filter this folder; Enter searches the folders below, too", "Filter, or Enter to search"
	}
	p.raw("\n<div class=\"bar\"><form role=\"search\"><input type=\"search\" name=\"q\" maxlength=\"255\" aria-label=\"", label, `" placeholder="`, hint, `" value="`)
	p.dst = appendMarkup(p.dst, p.find)
	p.raw(`">`)
	for _, name := range [...]string{"sort", "order", "layout", "limit"} {
		if p.given.Has(name) {
			p.raw(`<input type="hidden" name="`, name, `" value="`)
			p.dst = appendMarkup(p.dst, p.given.Get(name))
			p.raw(`">`)
		}
	}
	p.raw(`</form><nav class="seg" aria-label="Layout">`)
	for i, name := range [...]string{"List", "Grid", "Compact"} {
		p.raw(`<a href="`)
		p.query("layout", layoutNames[i])
		p.raw(`"`)
		if int(p.layout) == i {
			p.raw(` aria-current="true"`)
		}
		p.raw(`>`, name, "</a>")
	}
	p.raw("</nav>")
	if archives := p.h.cfg.Archives; len(archives) > 0 && p.find == "" {
		p.raw(`<nav class="seg" aria-label="Download this folder">`)
		for _, a := range archives {
			p.raw(`<a href="?archive=`)
			p.dst = appendMarkup(p.dst, a.format)
			p.raw(`" download aria-label="Download as `)
			p.dst = appendMarkup(p.dst, a.format)
			p.raw(`">`)
			p.dst = appendMarkup(p.dst, a.format)
			p.raw("</a>")
		}
		p.raw("</nav>")
	}
	p.raw("</div><p role=\"status\" class=\"status\"></p>\n")
}

// paging appends the links to other pages.
func (p *appender) paging() {
	pages := p.pages()
	if len(pages) == 0 {
		return
	}
	names := map[string]string{"first": "First", "prev": "Previous", "next": "Next", "last": "Last"}
	p.raw("\n<nav class=\"pages\" aria-label=\"Pages\"><span>Page ", grouped(p.offset/p.limit+1), " of ",
		grouped((len(p.names.entries)+p.limit-1)/p.limit), `</span><span class="seg">`)
	for _, page := range pages {
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
	p.raw("\n<section class=\"box readme\" aria-labelledby=\"readme\"><h2 id=\"readme\">")
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
