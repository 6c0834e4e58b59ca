package fastcgi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/placeholder"
)

// A route is what becomes of a request.
type route struct {
	do     action
	script string // name of it, from the root on; "" if there are no files
	info   string // what is behind it in the path
	query  string // in place of the client's, if replaced
	status int    // that is refused with

	replaced bool
}

type action uint8

const (
	pass   action = iota // it is the next handler's
	run                  // it is the application's
	slash                // it is a folder that was asked for like a file
	refuse               // there is nothing
)

// A try is one of Config.Try.
type try struct {
	own    bool   // it is the path of the request, with nothing behind it
	folder bool   // and has to be a folder
	below  bool   // it begins with the path of the request
	plain  bool   // text is all that follows
	text   string // "" unless plain

	path   *placeholder.Template // nil if it is plain
	query  *placeholder.Template // nil is the client's
	status int                   // what to refuse with instead
}

const ofRequest = "{path}"

func newTry(text string) try {
	var t try
	if code, ok := strings.CutPrefix(text, "="); ok {
		t.status, _ = strconv.Atoi(code)
		return t
	}
	text, query, replaces := strings.Cut(text, "?")
	if replaces {
		t.query = placeholder.Compile(query, placeholder.Query)
	}
	rest, below := strings.CutPrefix(text, ofRequest)
	t.below, t.folder = below, rest == "/"
	t.own = below && (rest == "" || t.folder) && !replaces
	if constant, ok := placeholder.Compile(rest, placeholder.Plain).Constant(); ok {
		if t.plain, t.text = true, constant; !below {
			name, _ := nameOf(constant)
			t.text = string(name)
		}
	} else {
		t.path = placeholder.Compile(text, placeholder.Plain)
	}
	return t
}

// candidate returns the path to try.
func (t *try) candidate(p pathname, f filler) (pathname, bool) {
	switch {
	case !t.plain:
		return nameOf(string(t.path.Append(nil, f.fill())))
	case !t.below:
		return pathname(t.text), true
	}
	return pathname(string(p) + t.text), true
}

// A filler knows what placeholders in a try stand for.
type filler interface{ fill() *placeholder.Values }

// routes is what a Config says of them.
type routes struct {
	from        string // the part of the site, without a slash at its end
	ext, split  []string
	tries       []try
	staticIndex []string
}

// route says what becomes of a request for p. The tree is that of the files.
func (rs *routes) route(t tree, p pathname, f filler) (route, error) {
	if len(rs.split) == 0 {
		return rs.mounted(p), nil
	}
	rt, err := rs.find(t, p, f)
	if rt.do == pass && isScript(string(p), rs.ext) {
		// Whoever is next would send what is to be run.
		rt = route{do: refuse, status: http.StatusNotFound}
	}
	return rt, err
}

// mounted is the route of an application that is no file.
func (rs *routes) mounted(p pathname) route {
	if rest, ok := strings.CutPrefix(string(p), rs.from); ok && (rest == "" || rest[0] == '/') {
		return route{do: run, script: rs.from, info: rest}
	}
	return route{do: run, info: string(p)}
}

func (rs *routes) find(t tree, p pathname, f filler) (route, error) {
	if p.isHidden() { // which only what follows a script may be
		if rs.triesOwn() {
			return rs.script(t, p)
		}
		return route{}, nil
	}
	for i := range rs.tries {
		rt, err := rs.try(t, p, &rs.tries[i], f)
		if err != nil || rt.do != pass || rt.status == stop {
			rt.status = max(rt.status, 0)
			return rt, err
		}
	}
	return route{}, nil
}

// stop is the status of a route that is to be passed on although more could be
// tried.
const stop = -1

func (rs *routes) triesOwn() bool {
	return slices.ContainsFunc(rs.tries, func(t try) bool { return t.own && !t.folder })
}

func (rs *routes) try(t tree, p pathname, try *try, f filler) (route, error) {
	switch {
	case try.status != 0:
		return route{do: refuse, status: try.status}, nil
	case try.own:
		return rs.tryOwn(t, p, try)
	}
	if !try.below {
		if ends, err := rs.isStaticFolder(t, p); err != nil || ends {
			return route{status: stop}, err
		}
	}
	candidate, ok := try.candidate(p, f)
	if !ok {
		return route{}, nil
	}
	rt, err := rs.script(t, candidate)
	if err != nil || rt.do != run {
		return rt, err
	}
	if try.below && !p.isFolder() && rt.info == "" && rt.script != p.file() && strings.HasPrefix(rt.script, p.file()+"/") {
		rt.do = slash
	}
	if try.query != nil {
		rt.query, rt.replaced = string(try.query.Append(nil, f.fill())), true
	}
	return rt, nil
}

// tryOwn looks for a script of the name that was asked for, or for another file or
// folder, which is for the next handler.
func (rs *routes) tryOwn(t tree, p pathname, try *try) (route, error) {
	want := kind.isFolder
	if !try.folder {
		rt, err := rs.script(t, p)
		if err != nil || rt.do == run || len(rs.ext) == 0 { // then everything is the application's
			return rt, err
		}
		want = kind.isFile
	}
	k, err := t.look(p.file())
	if err == nil && want(k) && !isScript(string(p), rs.ext) {
		return route{status: stop}, nil
	}
	return route{}, err
}

// isStaticFolder reports whether p is a folder with an index page that is no script.
func (rs *routes) isStaticFolder(t tree, p pathname) (bool, error) {
	if len(rs.ext) == 0 || len(rs.staticIndex) == 0 {
		return false, nil
	}
	if k, err := t.look(p.file()); err != nil || !k.isFolder() {
		return false, err
	}
	for _, index := range rs.staticIndex {
		if k, err := t.look(join(p.file(), index)); err != nil || k.isFile() {
			return true, err
		}
	}
	return false, nil
}

// script finds the script in p. It is the first that is a file: a folder may be
// called like one.
func (rs *routes) script(t tree, p pathname) (route, error) {
	for end := range p.splits(rs.split, ignoresCase) {
		script := p[:end]
		if script.isHidden() {
			break
		}
		switch k, err := t.look(script.file()); {
		case err != nil:
			return route{}, err
		case k == regular:
			return route{do: run, script: script.file(), info: string(p[end:])}, nil
		case k != folder:
			return route{}, nil // nor is there anything below it
		}
	}
	return route{}, nil
}

func join(folder, name string) string {
	return strings.TrimSuffix(folder, "/") + "/" + name
}
