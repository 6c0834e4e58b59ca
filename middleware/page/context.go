package page

import (
	"crypto/tls"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// A Context is the dot of a page. Names and arguments of its methods are those of
// Caddy 0.7.1 and 1.0.5.
type Context struct {
	Args []any // what follows the name in the .Include that the page is included by

	visit *Visit
	depth int
}

// String keeps a page that shows its dot from showing what is behind it.
func (c *Context) String() string { return "the page" }

// Include returns what a file makes of the page's own dot, with these Args.
func (c *Context) Include(name string, args ...any) (any, error) {
	text, err := c.include(c.visit, name, args)
	if err != nil || c.visit.Text {
		return text, err
	}
	return template.HTML(text), nil
}

func (c *Context) include(v *Visit, name string, args []any) (string, error) {
	if c.depth >= v.engine.cfg.Depth {
		return "", fmt.Errorf("%q is included more than %d deep", name, v.engine.cfg.Depth)
	}
	if err := weigh(v.engine.cfg.Limit, args...); err != nil {
		return "", err
	}
	t, err := v.Load(name)
	if err == nil {
		var text []byte
		if text, err = v.execute(t, &Context{visit: v, Args: args, depth: c.depth + 1}); err == nil {
			return string(text), nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%q: %w", name, err)
	}
	return "", err
}

// Markdown returns the HTML of a file of Markdown, which is executed first: as
// text, since what it makes of that is HTML only then.
func (c *Context) Markdown(name string) (any, error) {
	markdown := c.visit.engine.cfg.Markdown
	if markdown == nil {
		return nil, errors.New("there is no Markdown in this program")
	}
	v := *c.visit
	v.Text = true
	text, err := c.include(&v, name, nil)
	c.visit.turns, c.visit.links = v.turns, v.links
	if err != nil {
		return nil, err
	}
	html, err := markdown([]byte(text))
	if err != nil || !c.visit.Text {
		return html, err
	}
	return string(html), nil
}

// Files returns the names of what is in a folder, sorted.
func (c *Context) Files(dir string) ([]string, error) {
	folder, err := c.visit.Tree.OpenFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", dir, err)
	}
	defer folder.Close()
	names := []string{}
	err = folder.Read(func(name string, mode fs.FileMode) error {
		if len(names) == mostNames {
			return fmt.Errorf("%q has more than %d files", dir, mostNames)
		}
		if mode&fs.ModeSymlink != 0 {
			if _, _, err := folder.Stat(name); err != nil {
				return nil // it leads nowhere, or where it must not
			}
		}
		names = append(names, name)
		return c.visit.check()
	})
	slices.Sort(names)
	return names, err
}

const mostNames = 100_000

// Date returns the time in a layout of [time.Time.Format], as in Caddy 0.7.1.
func (c *Context) Date(layout string) string { return c.Now(layout) }

// Now returns the time in a layout of [time.Time.Format].
func (c *Context) Now(layout string) string { return time.Now().Format(layout) }

// NowDate returns the time.
func (c *Context) NowDate() time.Time { return time.Now() }

// Cookie returns the value of a cookie; "" if there is none.
func (c *Context) Cookie(name string) string {
	cookie, err := c.visit.r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Header returns the first value of a field of the request; "" if there is none.
func (c *Context) Header(name string) string { return c.visit.r.Header.Get(name) }

// Method returns the method of the request.
func (c *Context) Method() string { return c.visit.r.Method }

// URI returns what the client has asked for, query included.
func (c *Context) URI() string { return middleware.OriginalURL(c.visit.w, c.visit.r).RequestURI() }

// URL returns what the request is for, which a layer further out may have changed.
func (c *Context) URL() *url.URL {
	u := *c.visit.r.URL
	return &u
}

// PathMatches reports whether the request is for a part of the site, see
// [middleware.Path.Match].
func (c *Context) PathMatches(path string) bool { return middleware.Path(path).Match(c.visit.r) }

// Host returns the host that the client has asked for, without a port.
func (c *Context) Host() string {
	host, _ := splitHost(c.visit.r.Host)
	return host
}

// Port returns the port that the client has asked for: that of its scheme if it
// named none.
func (c *Context) Port() string {
	if _, port := splitHost(c.visit.r.Host); port != "" {
		return port
	}
	if c.visit.r.TLS != nil {
		return "443"
	}
	return "80"
}

// splitHost is net.SplitHostPort for the Host field, which need not have a port.
func splitHost(s string) (host, port string) {
	if host, port, err := net.SplitHostPort(s); err == nil {
		return host, port
	}
	return strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), ""
}

// IP returns the client's address, see [middleware.ClientIP]; "" if it has none.
func (c *Context) IP() string {
	ip := middleware.ClientIP(c.visit.r, c.visit.engine.cfg.Trusted)
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}

// Hostname returns the name that DNS has for the client's address, which its network
// may have made up, or the address if there is none within a second.
func (c *Context) Hostname() string {
	ip := c.IP()
	if ip == "" {
		return ""
	}
	names, err := c.visit.lookup(ip)
	if err != nil || len(names) == 0 {
		return ip
	}
	return strings.TrimSuffix(names[0], ".")
}

// ServerIP returns the address that the request came in at; "" if it is not known.
func (c *Context) ServerIP() string {
	local, _ := c.visit.r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil {
		return ""
	}
	host, _, err := net.SplitHostPort(local.String())
	if err != nil {
		return ""
	}
	return host
}

// Env returns the environment variables that pages may see, which are none unless
// Config says so.
func (c *Context) Env() (map[string]string, error) {
	names := c.visit.engine.cfg.Env
	if len(names) == 0 {
		return nil, errors.New("no environment variables are for pages: the setting env names those that are")
	}
	env := make(map[string]string, len(names))
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	return env, nil
}

// TLSVersion returns the version of the connection's TLS, such as tls1.3; "" if
// it has none.
func (c *Context) TLSVersion() string {
	if c.visit.r.TLS == nil {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(tls.VersionName(c.visit.r.TLS.Version), " ", ""))
}

// IsMITM returns false: whether there is somebody between the client and the
// server, as Caddy 1.0.5 guessed by its way to say hello, is not looked for.
func (c *Context) IsMITM() bool { return false }

// AddLink has the response say Link: link, if there is one. It returns nothing.
func (c *Context) AddLink(link string) string {
	c.visit.links = append(c.visit.links, link)
	return ""
}
