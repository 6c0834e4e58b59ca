package fastcgi

import (
	"cmp"
	"io/fs"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// Config says which requests are an application's, and how it is reached. [PHP]
// returns the one for PHP. The zero Config answers everything with 503, as there is
// nobody to ask.
type Config struct {
	// From is the part of the site that this is for; "" is all of it. Except are
	// parts of it that are left to the next handler.
	From   middleware.Path
	Except []middleware.Path

	// Root is the folder that scripts are in, unless the request brings its own: see
	// [middleware.RootOf].
	Root *middleware.Root

	// UpstreamRoot is what that folder is called where the application runs, if that
	// is in a container of its own; "" is that it has the same name there. If there is
	// a LocalRoot it is that folder which is called so, and Root one below it: then
	// the application sees each release by a name of its own.
	UpstreamRoot, LocalRoot string

	// Split says where in a path that of a script ends: with the first segment that
	// ends in one of these and is a file. What follows is PATH_INFO. Nil is Ext. If
	// both are empty no file is looked for: the application itself is at From.
	Split []string

	// Ext are the extensions of scripts. Files with others are left to the next
	// handler, and none of these ever is. Nil is that all requests are the
	// application's.
	Ext []string

	// Index are the scripts that stand for their folder, the first that exists. The
	// one of From, or else of the root, answers what there is no file for.
	Index []string

	// StaticIndex are the pages that stand for a folder without a script that does,
	// which is left to the next handler.
	StaticIndex []string

	// Try are the names to look for, in order. The first that is there answers: a
	// script, or at a sole {path} any other file, and at {path}/ any folder, both of
	// which are left to the next handler. A name may have placeholders, a query in
	// place of the client's, and a PATH_INFO; {path} is that of the request. One such
	// as =404 is the status to refuse with. Where none is there the next handler
	// answers. Nil is {path}, then {path}/ with each Index, then each of From's, then
	// each of the root's.
	Try []string

	// Env is set whatever the client says, and in place of what this package says.
	Env []Var

	// Names are the hosts of the site, which may begin with "*.", for SERVER_NAME.
	// If the client asks for another that is the first, or without any the address
	// of the listener: what a client says is not what a server is called.
	Names []string

	// Mount is what a layer further out has taken from the front of paths. SCRIPT_NAME
	// begins with it.
	Mount string

	// Aliases are the fields to be told although their names have a "_" or a ".",
	// which are easily taken for others.
	Aliases []string

	// Trusted are the proxies in front of this server that are believed who the client
	// is, and that it came by HTTPS: see [middleware.ClientIP].
	Trusted []netip.Prefix

	// Upstreams are where the application is. It is opened, and closed, by whoever
	// made it. Nil is none.
	Upstreams *upstream.Group

	// Client reaches them. Nil is one with defaults.
	Client *Client

	// TryDuration is how long to go on trying when all upstreams were tried, each
	// once, or none is fit. 0 is not at all. TryInterval is how long to wait before
	// each further round; 0 is 250 ms.
	TryDuration, TryInterval time.Duration

	// BodyMemory is up to what size the body of a request is kept in memory; 0 is
	// 64 KiB. What is larger, and of unknown length, goes to a file in TempDir, or
	// else in os.TempDir, since the application has to be told the length first.
	BodyMemory int64
	TempDir    string

	// BodyMax is how large a body may be. 0 is without limit where the length is
	// known and 1 GiB where it is not.
	BodyMax int64

	// SendFile is the folder of files that the application may have sent in its
	// place, by X-Sendfile with their path or X-Accel-Redirect with their name in it.
	// Nil is none: then the fields are dropped.
	SendFile *middleware.Root

	// Redirects lets X-Accel-Redirect through where there is no SendFile, for a layer
	// further out that answers it, such as that of package hidden.
	Redirects bool
}

// A Var is a variable of the application's environment. The value's sink should be
// [placeholder.Plain].
type Var struct {
	Name  string
	Value *placeholder.Template
}

// PHP returns the Config for php-fpm: scripts end in .php, index.php stands for its
// folder and is the front controller. It is the preset php of a Caddyfile, where the
// static index is that of the site.
func PHP() Config {
	return Config{
		Ext: []string{".php"}, Split: []string{".php"}, Index: []string{"index.php"},
		StaticIndex: []string{"index.html"}, // as of package static
	}
}

// complete returns a Config of its own, with every field set.
func (c Config) complete() Config {
	c.From = cmp.Or(c.From, "/")
	c.TryInterval = cmp.Or(c.TryInterval, 250*time.Millisecond)
	c.BodyMemory = cmp.Or(c.BodyMemory, 64<<10)
	c.Mount = strings.TrimSuffix(c.Mount, "/")
	if c.LocalRoot != "" {
		c.LocalRoot = withoutLinks(c.LocalRoot)
	}
	c.Except, c.Trusted, c.Names, c.Aliases = slices.Clone(c.Except), slices.Clone(c.Trusted), slices.Clone(c.Names), slices.Clone(c.Aliases)
	c.Ext, c.Index, c.StaticIndex, c.Env = slices.Clone(c.Ext), slices.Clone(c.Index), slices.Clone(c.StaticIndex), slices.Clone(c.Env)
	if c.Split = slices.Clone(c.Split); c.Split == nil {
		c.Split = c.Ext
	}
	if c.Try == nil {
		c.Try = c.usualTry()
	}
	if c.Client == nil {
		c.Client = NewClient(ClientConfig{Stderr: LogStderr})
	}
	if c.Upstreams == nil {
		c.Upstreams = upstream.New(upstream.Config{})
	}
	return c
}

// withoutLinks returns the name by which a folder is known to a [middleware.Root].
func withoutLinks(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	return dir
}

// usualTry is Config.Try unless it is given.
func (c *Config) usualTry() []string {
	tries := []string{"{path}"}
	for _, folder := range []string{"{path}/", c.from() + "/", "/"} {
		for _, index := range c.Index {
			if name := folder + index; !slices.Contains(tries, name) {
				tries = append(tries, name)
			}
		}
	}
	return tries
}

func (c *Config) from() string {
	return strings.TrimSuffix(c.From.Prefix(), "/")
}

// routes returns what is known of routes before there are requests.
func (c *Config) routes() routes {
	rs := routes{from: c.from(), ext: c.Ext, split: c.Split, staticIndex: c.StaticIndex}
	for _, text := range c.Try {
		rs.tries = append(rs.tries, newTry(text))
	}
	return rs
}

// Hide reports whether a file is a script, of which nobody is to see the source.
// It fits where other layers are told what to hide, as in package static: what is
// hidden there is neither served nor listed nor put into an archive.
func (c Config) Hide(name string, _ fs.FileInfo) bool {
	p := "/" + name
	from := c.from()
	return isScript(p, c.Ext) && len(p) >= len(from) && hasSuffix(p[:len(from)], from, true)
}

func (c *Config) covers(r *http.Request) bool {
	return (c.From == "/" || c.From.Match(r)) && !c.excepts(r, ignoresCase)
}

// excepts ignores case where files can be reached in any, as Except may be what keeps
// uploads from being run.
func (c *Config) excepts(r *http.Request, fold bool) bool {
	return slices.ContainsFunc(c.Except, func(p middleware.Path) bool { return p.Match(r) || fold && p.Protects(r) })
}
