package gzip

import "strings"

// DefaultTypes reports whether what is of a media type commonly gets smaller:
// text, scripts and data, fonts and pictures that are not compressed by
// themselves, and whatever ends in +json, +xml, +yaml or +text.
func DefaultTypes(mediaType string) bool {
	top, sub, ok := strings.Cut(mediaType, "/")
	if !ok {
		return false
	}
	if i := strings.LastIndexByte(sub, '+'); i >= 0 {
		switch sub[i:] {
		case "+json", "+xml", "+yaml", "+text":
			return true
		}
	}
	switch top {
	case "text":
		return true
	case "application":
		switch sub {
		case "json", "javascript", "ecmascript", "x-javascript", "xml", "xml-dtd", "wasm", "yaml", "x-yaml", "toml",
			"ndjson", "x-ndjson", "jsonl", "json-seq", "jsonlines", "graphql", "sql", "rtf", "x-sh", "x-csh", "x-perl",
			"x-httpd-php", "x-tex", "x-latex", "postscript", "x-www-form-urlencoded", "trig", "n-triples", "n-quads",
			"vnd.ms-fontobject", "x-font-ttf", "x-font-otf", "x-font-opentype", "x-font-truetype",
			"vnd.apple.mpegurl", "x-mpegurl", "x-tar", "manifest", "x-web-app-manifest":
			return true
		}
	case "font":
		return sub == "ttf" || sub == "otf" || sub == "sfnt" || sub == "collection"
	case "image":
		switch sub {
		case "bmp", "x-ms-bmp", "x-icon", "vnd.microsoft.icon", "x-portable-anymap", "x-portable-bitmap",
			"x-portable-graymap", "x-portable-pixmap":
			return true
		}
	}
	return false
}

// Types returns a function for [Config].Types that knows the types given: as in
// text/html, text/*, +json or *. One that is given with a ! before it is
// exempted, whatever the others say. If there are but such, all other types are
// meant. What has no slash, such as html, is no type of anything.
func Types(patterns ...string) func(mediaType string) bool {
	var for_, but []string
	for _, p := range patterns {
		if p = strings.ToLower(p); strings.HasPrefix(p, "!") {
			but = append(but, p[1:])
		} else {
			for_ = append(for_, p)
		}
	}
	if len(for_) == 0 {
		for_ = []string{"*"}
	}
	return func(mediaType string) bool { return isOf(for_, mediaType) && !isOf(but, mediaType) }
}

func isOf(patterns []string, mediaType string) bool {
	for _, p := range patterns {
		switch {
		case p == "*", p == "*/*", p == mediaType:
			return true
		case strings.HasPrefix(p, "+"):
			if strings.HasSuffix(mediaType, p) {
				return true
			}
		case strings.HasSuffix(p, "/*"):
			if strings.HasPrefix(mediaType, p[:len(p)-1]) {
				return true
			}
		}
	}
	return false
}

// mediaTypeOf returns the media type of a Content-Type, in lower case. What is
// malformed is of a type nobody knows; it is passed on as any other is.
func mediaTypeOf(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// encodes reports whether responses of a media type are to be encoded. A gRPC
// message says by itself whether it is, and its clients know nothing else.
func (s *settings) encodes(mediaType string) bool {
	return s.Types(mediaType) && !strings.HasPrefix(mediaType, "application/grpc")
}
