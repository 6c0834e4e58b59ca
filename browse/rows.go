package browse

import (
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/static"
)

// table appends the rows as a table, in which most of a page is. Tags that HTML
// does not need are left out.
func (p *appender) table() {
	p.raw("\n<div class=\"box\" id=\"list\" tabindex=\"-1\"><table class=\"ls\" aria-labelledby=\"folder\"><thead><tr>")
	for _, c := range columns {
		p.raw(`<th scope="col"`)
		if p.sortedBy(c.sort) {
			p.raw(` aria-sort="`, orders[p.order].name, `"`)
		}
		p.raw(">")
		p.sortLink(c.sort, c.name, "")
	}
	p.raw("\n<tbody>\n")
	if p.up {
		p.raw("<tr class=\"up\"><th scope=\"row\" colspan=\"3\"><a href=\"../\"><svg aria-hidden=\"true\"><use href=\"#u\"/></svg>Parent folder</a>\n")
	}
	for i := range p.rows {
		r := &p.rows[i]
		p.dst = append(p.dst, `<tr><th scope="row"><a href="`...)
		p.dst = appendURL(p.dst, r.entry)
		p.dst = append(p.dst, `"><svg aria-hidden="true"><use href="#`...)
		p.dst = append(p.dst, icon(r)...)
		p.dst = append(p.dst, `"/></svg>`...)
		p.label(r)
		p.dst = append(p.dst, "</a><td>"...)
		p.size(r)
		p.dst = append(p.dst, "<td>"...)
		if !r.modified.IsZero() {
			p.dst = append(p.dst, `<time datetime="`...)
			start := len(p.dst)
			p.dst = appendTime(p.dst, r.modified)
			p.dst = append(p.dst, `">`...)
			p.dst = append(p.dst, p.dst[start:start+len("2006-01-02")]...)
			p.dst = append(p.dst, ' ')
			p.dst = append(p.dst, p.dst[start+len("2006-01-02T"):start+len("2006-01-02T15:04")]...)
			p.dst = append(p.dst, "</time>"...)
		}
		p.dst = append(p.dst, '\n')
	}
	p.raw("</table>")
	p.nothing()
	p.raw("</div>\n")
}

// columns are what rows can be sorted by on a page.
var columns = [...]struct {
	sort Sort
	name string
}{{SortNameDirFirst, "Name"}, {SortSize, "Size"}, {SortTime, "Modified"}}

// orders are how people, with a screen or without, are told of an [Order].
var orders = [...]struct{ mark, name string }{Ascending: {" ↑", "ascending"}, Descending: {" ↓", "descending"}}

// sortedBy reports whether a column is the one that the rows are sorted by.
func (p *appender) sortedBy(column Sort) bool {
	return p.sort == column || column == SortNameDirFirst && p.sort == SortName
}

// sortLink appends a link to the list as sorted by a column: the other way round if
// it is the one already.
func (p *appender) sortLink(by Sort, name, attributes string) {
	order, mark := Ascending, ""
	switch {
	case p.sortedBy(by):
		by, mark = p.sort, orders[p.order].mark
		if p.order == Ascending {
			order = Descending
		}
	case by != SortNameDirFirst:
		order = Descending // large and new things are what is looked for
	}
	q := p.alter("order", order.String())
	q.Set("sort", by.String())
	q.Del("offset")
	p.raw(`<a href="`)
	p.dst = appendMarkup(p.dst, "?"+q.Encode())
	p.raw(`"`, attributes, `>`, name)
	if by == SortTime && p.layout != LayoutGrid {
		p.raw(`<span class="utc"> (UTC)</span>`) // until a script has made it local
	}
	if mark != "" {
		p.raw(`<span aria-hidden="true">`, mark, "</span>")
	}
	p.raw("</a>")
}

// longName is how many bytes of a name are sure to be seen on a tile.
const longName = 40

// grid appends the rows as tiles.
func (p *appender) grid() {
	p.raw(`<nav class="sorts" aria-label="Sort"><span aria-hidden="true">Sort by</span>`)
	for _, c := range columns {
		attributes := ""
		if p.sortedBy(c.sort) {
			attributes = ` aria-current="true" aria-label="` + c.name + ", " + orders[p.order].name + `"`
		}
		p.sortLink(c.sort, c.name, attributes)
	}
	p.raw("</nav>\n<ul class=\"tiles\" id=\"list\" tabindex=\"-1\" aria-labelledby=\"folder\">\n")
	if p.up {
		p.raw("<li class=\"up\"><a href=\"../\"><svg aria-hidden=\"true\"><use href=\"#u\"/></svg><span>Parent folder</span></a>\n")
	}
	for i := range p.rows {
		r := &p.rows[i]
		kind := icon(r)
		p.raw(`<li><a href="`)
		p.dst = appendURL(p.dst, r.entry)
		p.raw(`">`)
		if most := p.h.cfg.Thumbnails; kind == "i" && most > 0 && r.size <= most {
			p.raw(`<img src="`)
			p.dst = appendURL(p.dst, r.entry)
			p.raw(`" alt="" loading="lazy" decoding="async">`)
		} else {
			p.raw(`<svg aria-hidden="true"><use href="#`, kind, `"/></svg>`)
		}
		p.raw("<span")
		if len(r.name) > longName {
			p.raw(` title="`)
			p.plain(r.name)
			p.raw(`"`)
		}
		p.raw(">")
		p.label(r)
		p.raw("</span>")
		if !r.folder {
			p.raw("<small>")
			p.size(r)
			p.raw("</small>")
		}
		p.raw("</a>\n")
	}
	p.raw("</ul>")
	p.nothing()
}

// nothing says so if there is nothing.
func (p *appender) nothing() {
	switch {
	case len(p.rows) > 0:
	case p.find != "":
		p.raw(`<p class="empty">Nothing here has a name like that.</p>`)
	case len(p.names.entries) == 0:
		p.raw(`<p class="empty">This folder is empty.</p>`)
	}
}

// label appends the name of a row.
func (p *appender) label(r *row) {
	p.text(r.name)
	if !r.link {
		return
	}
	if r.target == "" {
		p.raw(" <i>link</i>")
		return
	}
	p.raw(" <i>link to ")
	p.text(r.target)
	p.raw("</i>")
}

func (p *appender) size(r *row) {
	if !r.folder {
		p.dst = appendSize(p.dst, r.size, p.h.cfg.SI)
	}
}

// appendSize appends a number of bytes with three digits or so.
func appendSize(dst []byte, n int64, si bool) []byte {
	unit, names := int64(1024), [...]string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	if si {
		unit, names = 1000, [...]string{"kB", "MB", "GB", "TB", "PB", "EB"}
	}
	if n < unit {
		return append(strconv.AppendInt(dst, n, 10), " B"...)
	}
	value, i := float64(n)/float64(unit), 0
	// What would be shown as 1000 or more is one of the next unit.
	for ; value >= 999.5 && i < len(names)-1; i++ {
		value /= float64(unit)
	}
	digits := 0
	if value < 9.95 {
		digits = 1
	}
	dst = strconv.AppendFloat(dst, value, 'f', digits, 64)
	return append(append(dst, ' '), names[i]...)
}

// icon returns the name of a symbol in the sprite.
func icon(r *row) string {
	if r.folder {
		return "d"
	}
	t, _, _ := strings.Cut(static.TypeOf(r.name), ";")
	kind, sub, _ := strings.Cut(t, "/")
	switch kind {
	case "image":
		return "i"
	case "video":
		return "v"
	case "audio":
		return "a"
	case "text":
		switch sub {
		case "plain", "markdown", "csv", "tab-separated-values":
			return "t"
		}
		return "c"
	}
	switch sub {
	case "json", "wasm", "javascript", "xhtml+xml", "yaml", "toml":
		return "c"
	case "pdf", "postscript", "epub+zip":
		return "p"
	case "zip", "gzip", "zstd", "x-bzip2", "x-xz", "x-tar", "x-7z-compressed", "vnd.rar", "java-archive",
		"vnd.debian.binary-package", "x-iso9660-image", "x-apple-diskimage":
		return "z"
	}
	return "f"
}
