package browse

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// title appends what the tab is called, which has to be told from others by its
// beginning.
func (p *appender) title() {
	if p.find != "" {
		p.raw("Search for “")
		p.plain(p.find)
		p.raw("” – ")
	}
	p.plain(p.name())
	if p.limit > 0 && len(p.names.entries) > p.limit && !p.pastEnd() {
		number, last := p.pageNumber()
		p.raw(" – page ", grouped(number), " of ", grouped(last))
	}
}

// name returns what the folder is called on a page.
func (p *appender) name() string {
	if p.path == "/" {
		return "Home"
	}
	return path.Base(p.path)
}

// header appends where this is. Its links are relative: the server need not know
// below which path it is reached.
func (p *appender) header() {
	p.raw("\n<header>")
	if p.path != "/" || p.find != "" { // the name alone says as much
		p.crumbs()
	}
	p.raw(`<h1 id="folder">`)
	if p.find != "" {
		p.raw("Search for “")
		p.text(p.find)
		p.raw("”")
	} else {
		p.text(p.name())
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
	if p.limit > 0 && len(n.entries) > p.limit && !p.pastEnd() {
		p.raw(" · ", grouped(p.offset+1), " to ", grouped(min(p.offset+p.limit, len(n.entries))), " shown")
	}
	p.raw("</p></header>\n")
}

// crumbs appends links to the folders above.
func (p *appender) crumbs() {
	elements := []string{}
	if p.path != "/" {
		elements = strings.Split(strings.Trim(p.path, "/"), "/")
	}
	p.raw("<nav aria-label=\"Folders above\"><ol>")
	above := &http.Request{URL: new(url.URL)}
	for i := range len(elements) + 1 {
		name := "Home"
		if i > 0 {
			name = elements[i-1]
		}
		p.raw("<li>")
		up := len(elements) - i
		above.URL.Path = "/" + strings.Join(elements[:i], "/") + "/"
		switch {
		case up == 0:
			p.raw(`<span aria-current="page">`)
			p.text(name)
			p.raw("</span>")
		case !p.h.isListed(above):
			p.text(name)
		default:
			p.raw(`<a href="`, strings.Repeat("../", up), `">`)
			p.text(name)
			p.raw("</a>")
		}
	}
	p.raw("</ol></nav>\n")
}

func (p *appender) count(n int, one, many string) {
	if n != 1 {
		one = many
	}
	p.raw(grouped(n), " ", one)
}

// bar appends what can be done with the list.
func (p *appender) bar() {
	label, hint, more := "Filter this folder", "Filter", ""
	if p.h.cfg.Search.Time > 0 {
		label, hint, more = "Filter this folder; Enter searches the folders below, too", "Filter, or Enter to search", "; Enter searches all below"
	} else if len(p.names.entries) > len(p.rows) {
		more = "; Enter searches all pages"
	}
	p.raw("\n<div class=\"bar\"><form role=\"search\"><input type=\"search\" name=\"q\" maxlength=\"255\" enterkeyhint=\"search\" aria-keyshortcuts=\"/\" aria-label=\"", label, `" placeholder="`, hint, `" value="`)
	p.dst = appendMarkup(p.dst, p.find)
	p.raw(`">`)
	for _, name := range [...]string{"sort", "order", "layout", "limit"} {
		if p.given.Has(name) {
			p.raw(`<input type="hidden" name="`, name, `" value="`)
			p.dst = appendMarkup(p.dst, p.given.Get(name))
			p.raw(`">`)
		}
	}
	p.raw(`</form><div class="tools"><nav class="seg" aria-label="Layout">`)
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
		p.raw(`<nav class="seg" aria-label="Download this folder"><span aria-hidden="true">↓<span> Download</span></span>`)
		for _, a := range archives {
			p.raw(`<a href="?archive=`)
			p.dst = appendMarkup(p.dst, a.format)
			p.raw(`" aria-label="Download as `)
			p.dst = appendMarkup(p.dst, a.format)
			p.raw(`">`)
			p.dst = appendMarkup(p.dst, a.format)
			p.raw("</a>")
		}
		p.raw("</nav>")
	}
	p.raw("</div></div><p role=\"status\" class=\"status\" data-more=\"", more, "\"></p>\n")
}
