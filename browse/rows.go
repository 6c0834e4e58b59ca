package browse

import (
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/static"
)

// table appends the rows as a table, in which most of a page is. Tags that HTML
// does not need are left out.
func (p *appender) table() {
	p.raw("\n<div class=\"box\"><table><thead><tr>")
	for _, c := range [...]struct {
		sort Sort
		name string
	}{{SortNameDirFirst, "Name"}, {SortSize, "Size"}, {SortTime, "Modified"}} {
		p.column(c.sort, c.name)
	}
	p.raw("\n<tbody>\n")
	if p.up {
		p.raw("<tr class=\"up\"><th scope=\"row\"><a href=\"../\"><svg aria-hidden=\"true\"><use href=\"#u\"/></svg>Parent folder</a><td><td>\n")
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

// column appends the head of a column, by which its rows can be sorted.
func (p *appender) column(by Sort, name string) {
	current := p.sort == by || by == SortNameDirFirst && p.sort == SortName
	order, mark := Ascending, ""
	p.raw(`<th scope="col"`)
	if current {
		by, mark = p.sort, " ↑"
		state := "ascending"
		if p.order == Descending {
			mark, state = " ↓", "descending"
		} else {
			order = Descending
		}
		p.raw(` aria-sort="`, state, `"`)
	} else if by != SortNameDirFirst {
		order = Descending // large and new things are what is looked for
	}
	q := p.alter("order", order.String())
	q.Set("sort", by.String())
	q.Del("offset")
	p.raw(`><a href="`)
	p.dst = appendMarkup(p.dst, "?"+q.Encode())
	p.raw(`">`, name)
	if mark != "" {
		p.raw(`<span aria-hidden="true">`, mark, "</span>")
	}
	p.raw("</a>")
}

// grid appends the rows as tiles.
func (p *appender) grid() {
	p.raw("\n<ul class=\"tiles\">\n")
	if p.up {
		p.raw("<li class=\"up\"><a href=\"../\"><svg aria-hidden=\"true\"><use href=\"#u\"/></svg><span>Parent folder</span></a>\n")
	}
	for i := range p.rows {
		r := &p.rows[i]
		kind := icon(r)
		p.raw(`<li><a href="`)
		p.dst = appendURL(p.dst, r.entry)
		p.raw(`">`)
		if kind == "i" && r.size <= p.h.cfg.Thumbnails {
			p.raw(`<img src="`)
			p.dst = appendURL(p.dst, r.entry)
			p.raw(`" alt="" loading="lazy" decoding="async">`)
		} else {
			p.raw(`<svg aria-hidden="true"><use href="#`, kind, `"/></svg>`)
		}
		p.raw("<span>")
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
		p.raw("<i>link</i>")
		return
	}
	p.raw("<i>link to ")
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
