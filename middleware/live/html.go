package live

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed html
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"time":    shortTime,
	"size":    shortSize,
	"kind":    kindOf,
	"cause":   causeOf,
	"clock":   func(t time.Time) string { return t.Format("15:04:05.000") },
	"chart":   chart,
	"percent": func(d, of time.Duration) float64 { return 100 * min(float64(d)/float64(max(of, 1)), 1) },
	"scripts": scripts,
	"visible": visible,
	"under": func(all []Range, i int) time.Duration { // that of the range above
		if i == 0 {
			return 0
		}
		return all[i-1].From
	},
	"nbsp": func(n int) []struct{} { return make([]struct{}, n) },
}).ParseFS(files, "html/*.html"))

// tabs are the pages that others lead to.
var tabs = [...]string{"", "requests", "slow", "errors", "latency", "upstreams", "log", "trace", "probes"}

type tab struct {
	Name, Title string
	Current     bool
}

// render returns the HTML of a page.
func render(name, title string, refresh int, data any) ([]byte, error) {
	v := struct {
		Title   string
		Tabs    []tab
		Refresh int
		Data    any
	}{title, nil, refresh, data}
	for _, t := range tabs {
		p, _ := pageOf(t)
		v.Tabs = append(v.Tabs, tab{t, p.title, t == name})
	}
	if name == "" {
		name = "overview"
	}
	var out bytes.Buffer
	err := templates.ExecuteTemplate(&out, name+".html", v)
	return out.Bytes(), err
}

// refreshOf returns after how many seconds a browser is to ask for the page again: 0
// is not to.
func refreshOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("refresh"))
	if err != nil || n < 1 || n > 3600 {
		return 0
	}
	return n
}

func (p *pages) style(w http.ResponseWriter, _ *http.Request) (int, error) {
	css, err := files.ReadFile("html/style.css")
	if err != nil {
		return http.StatusInternalServerError, err
	}
	return send(w, "text/css", css)
}

// visible returns s with what is not to be seen, or changes the order of what is, as
// Go has it in a string: a client may send any byte but a space.
func visible(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
		return s
	}
	var out strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			out.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			out.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return out.String()
}

// shortTime returns d to three digits, and a dash for none.
func shortTime(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < time.Microsecond:
		return d.String()
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g µs", float64(d)/1e3)
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	case d < 100*time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func shortSize(n any) string {
	var v float64
	switch n := n.(type) {
	case int:
		v = float64(n)
	case int64:
		v = float64(n)
	case uint64:
		v = float64(n)
	}
	for _, unit := range [...]string{"B", "KiB", "MiB", "GiB"} {
		if v < 1000 {
			return fmt.Sprintf("%.3g %s", v, unit)
		}
		v /= 1024
	}
	return fmt.Sprintf("%.4g TiB", v)
}

// kindOf returns the class of CSS of a request.
func kindOf(r *Request) string {
	switch {
	case r.Aborted || r.Status >= 500:
		return "bad"
	case r.Status >= 400:
		return "odd"
	}
	return ""
}

// causeOf returns why r failed, and in which layer unless it says so itself.
func causeOf(r *Request) string {
	if r.Layer == "" || strings.HasPrefix(r.Error, r.Layer+":") {
		return r.Error
	}
	return r.Layer + ": " + r.Error
}

// A bar is one of a chart, in its units: it is 100 high, and a bar 10 wide.
type bar struct {
	X          int
	Y, Height  float64
	Count      uint64
	From, To   time.Duration
	ShowsBelow bool // it has a label
}

func chart(all []bucketView) (bars []bar) {
	var most uint64
	for _, b := range all {
		most = max(most, b.Count)
	}
	for i, b := range all {
		h := 100 * float64(b.Count) / float64(max(most, 1))
		if b.Count > 0 {
			h = max(h, 2)
		}
		bars = append(bars, bar{i * 10, 100 - h, h, b.Count, b.From, b.To, i%4 == 0})
	}
	return bars
}
