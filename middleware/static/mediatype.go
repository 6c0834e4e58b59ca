package static

import (
	"path"
	"strings"
)

// A mediaType is what is said of a file's contents.
type mediaType struct {
	name    string
	dense   bool // compressed already, so that nobody compresses it again
	unknown bool
}

// TypeOf returns the media type that a file of this name is sent as,
// application/octet-stream if its extension is unknown. Case is ignored.
//
// The table is that of the WHATWG's standards and the IANA's registry, for what
// is found on the web. Text is taken to be UTF-8.
func TypeOf(name string) string { return typeOf(name).name }

// Compressed reports whether the contents of a file of this name are likely to be
// compressed already, as those of most images are.
func Compressed(name string) bool { return typeOf(name).dense }

func typeOf(name string) mediaType {
	ext := path.Ext(name)
	if ext != "" {
		if t, ok := mediaTypes[strings.ToLower(ext[1:])]; ok {
			return t
		}
	}
	return mediaType{name: "application/octet-stream", unknown: true}
}

func text(subtype string) mediaType { return mediaType{name: "text/" + subtype + "; charset=utf-8"} }
func plain(name string) mediaType   { return mediaType{name: name} }
func dense(name string) mediaType   { return mediaType{name: name, dense: true} }

// mediaTypes is never changed. Keys are extensions without a dot.
var mediaTypes = map[string]mediaType{
	// Documents, and what they are made of.
	"html": text("html"), "htm": text("html"), "shtml": text("html"),
	"xhtml": plain("application/xhtml+xml"), "xht": plain("application/xhtml+xml"),
	"css": text("css"), "js": text("javascript"), "mjs": text("javascript"), "cjs": text("javascript"),
	"json": plain("application/json"), "map": plain("application/json"), "jsonld": plain("application/ld+json"),
	"json5": plain("application/json5"), "ndjson": plain("application/x-ndjson"), "geojson": plain("application/geo+json"),
	"webmanifest": plain("application/manifest+json"), "topojson": plain("application/json"),
	"har":  plain("application/json"),
	"wasm": plain("application/wasm"), "appcache": text("cache-manifest"), "vtt": text("vtt"), "srt": plain("application/x-subrip"),
	"xml": text("xml"), "xsl": text("xml"), "xsd": text("xml"), "dtd": plain("application/xml-dtd"),
	"rss": plain("application/rss+xml"), "atom": plain("application/atom+xml"), "opml": text("x-opml"),
	"rdf": plain("application/rdf+xml"), "xspf": plain("application/xspf+xml"), "gpx": plain("application/gpx+xml"),
	"kml": plain("application/vnd.google-earth.kml+xml"), "mathml": plain("application/mathml+xml"),
	"ttl": text("turtle"), "n3": text("n3"), "nt": plain("application/n-triples"),

	// Text to read.
	"txt": text("plain"), "text": text("plain"), "log": text("plain"), "conf": text("plain"), "ini": text("plain"),
	"asc": text("plain"), "diff": text("plain"), "patch": text("plain"), "sum": text("plain"),
	"go": text("plain"), "c": text("plain"), "h": text("plain"), "cc": text("plain"), "cpp": text("plain"), "hpp": text("plain"),
	"rs": text("plain"), "py": text("plain"), "rb": text("plain"), "java": text("plain"), "kt": text("plain"),
	"sh": text("plain"), "sql": text("plain"), "tex": text("plain"), "toml": plain("application/toml"),
	"md": text("markdown"), "markdown": text("markdown"), "mdown": text("markdown"), "rst": text("plain"),
	"csv": text("csv"), "tsv": text("tab-separated-values"), "ics": text("calendar"), "vcf": text("vcard"),
	"yaml": plain("application/yaml"), "yml": plain("application/yaml"), "rtf": plain("application/rtf"),
	"eml": plain("message/rfc822"), "mht": plain("multipart/related"), "mhtml": plain("multipart/related"),

	// Images.
	"svg": plain("image/svg+xml"), "svgz": dense("application/gzip"),
	"png": dense("image/png"), "apng": dense("image/apng"), "jpg": dense("image/jpeg"), "jpeg": dense("image/jpeg"),
	"jpe": dense("image/jpeg"), "jfif": dense("image/jpeg"), "gif": dense("image/gif"), "webp": dense("image/webp"),
	"avif": dense("image/avif"), "avifs": dense("image/avif"), "jxl": dense("image/jxl"), "heic": dense("image/heic"),
	"heif": dense("image/heif"), "jp2": dense("image/jp2"), "ico": plain("image/x-icon"), "cur": plain("image/x-icon"),
	"bmp": plain("image/bmp"), "tif": plain("image/tiff"), "tiff": plain("image/tiff"), "psd": plain("image/vnd.adobe.photoshop"),

	// Sound and films.
	"mp3": dense("audio/mpeg"), "m4a": dense("audio/mp4"), "aac": dense("audio/aac"), "oga": dense("audio/ogg"),
	"ogg": dense("audio/ogg"), "opus": dense("audio/ogg"), "spx": dense("audio/ogg"), "flac": dense("audio/flac"),
	"weba": dense("audio/webm"), "wav": plain("audio/wav"), "aif": plain("audio/aiff"), "aiff": plain("audio/aiff"),
	"mid": plain("audio/midi"), "midi": plain("audio/midi"),
	"mp4": dense("video/mp4"), "m4v": dense("video/mp4"), "webm": dense("video/webm"), "ogv": dense("video/ogg"),
	"mov": dense("video/quicktime"), "qt": dense("video/quicktime"), "avi": dense("video/x-msvideo"),
	"mkv": dense("video/matroska"), "mpeg": dense("video/mpeg"), "mpg": dense("video/mpeg"), "ts": dense("video/mp2t"),
	"m2ts": dense("video/mp2t"), "3gp": dense("video/3gpp"), "3g2": dense("video/3gpp2"), "wmv": dense("video/x-ms-wmv"),
	"flv": dense("video/x-flv"), "m3u8": plain("application/vnd.apple.mpegurl"), "m3u": plain("audio/mpegurl"),
	"mpd": plain("application/dash+xml"), "m4s": dense("video/iso.segment"),

	// Fonts and models.
	"woff": dense("font/woff"), "woff2": dense("font/woff2"), "ttf": plain("font/ttf"), "otf": plain("font/otf"),
	"ttc": plain("font/collection"), "eot": plain("application/vnd.ms-fontobject"),
	"gltf": plain("model/gltf+json"), "glb": plain("model/gltf-binary"), "stl": plain("model/stl"), "obj": plain("model/obj"),
	"usdz": dense("model/vnd.usdz+zip"),

	// Archives and programs, to keep.
	"gz": dense("application/gzip"), "tgz": dense("application/gzip"), "zst": dense("application/zstd"),
	"br": dense("application/octet-stream"), "bz2": dense("application/x-bzip2"), "tbz": dense("application/x-bzip2"),
	"xz": dense("application/x-xz"), "txz": dense("application/x-xz"), "lz": dense("application/lzip"),
	"zip": dense("application/zip"), "7z": dense("application/x-7z-compressed"), "rar": dense("application/vnd.rar"),
	"tar": plain("application/x-tar"), "jar": dense("application/java-archive"), "war": dense("application/java-archive"),
	"apk": dense("application/vnd.android.package-archive"), "deb": dense("application/vnd.debian.binary-package"),
	"rpm": dense("application/x-rpm"), "dmg": dense("application/x-apple-diskimage"), "crx": dense("application/x-chrome-extension"),
	"xpi": dense("application/x-xpinstall"), "iso": plain("application/x-iso9660-image"), "torrent": plain("application/x-bittorrent"),
	"exe": plain("application/vnd.microsoft.portable-executable"), "dll": plain("application/vnd.microsoft.portable-executable"),
	"msi": plain("application/x-msi"), "swf": dense("application/x-shockwave-flash"), "bin": plain("application/octet-stream"),

	// Papers.
	"pdf": plain("application/pdf"), "ps": plain("application/postscript"), "eps": plain("application/postscript"),
	"ai": plain("application/postscript"), "epub": dense("application/epub+zip"), "mobi": dense("application/x-mobipocket-ebook"),
	"doc": plain("application/msword"), "xls": plain("application/vnd.ms-excel"), "ppt": plain("application/vnd.ms-powerpoint"),
	"docx": dense("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
	"xlsx": dense("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
	"pptx": dense("application/vnd.openxmlformats-officedocument.presentationml.presentation"),
	"odt":  dense("application/vnd.oasis.opendocument.text"), "ods": dense("application/vnd.oasis.opendocument.spreadsheet"),
	"odp": dense("application/vnd.oasis.opendocument.presentation"), "odg": dense("application/vnd.oasis.opendocument.graphics"),

	// Keys and signatures.
	"pem": plain("application/x-pem-file"), "crt": plain("application/x-x509-ca-cert"), "cer": plain("application/pkix-cert"),
	"der": plain("application/x-x509-ca-cert"), "crl": plain("application/pkix-crl"),
	"sig":   plain("application/pgp-signature"),
	"proto": text("plain"), "graphql": plain("application/graphql"),
}
