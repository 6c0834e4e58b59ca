// Package gzip compresses responses: with zstd, brotli or gzip, whichever the
// client likes best, and with dictionaries where that is wanted (RFC 9842).
//
//	http.ListenAndServe(addr, middleware.Wrap(mux, gzip.New(gzip.Config{})))
//
// # What is encoded
//
// A response is encoded if the client accepts one of the codings at least as
// much as no coding (see package accept), if it is of a media type that gets
// smaller (see [DefaultTypes]), and if there are at least 1,024 bytes of it. A
// type that is not given is told by the first 512 bytes; one that was set to nil
// is not looked for.
//
// What has a Content-Encoding or a Content-Range, and what is marked
// no-transform by either side, is left alone, and so are responses without a
// body, connections that are upgraded, and gRPC. Of what ends in the buffer the
// result is only used if it is smaller.
//
// All responses of an eligible type say Vary: Accept-Encoding, encoded or not;
// HEAD gets the fields that GET would get, and 304 those of the 200 it stands
// for. A client that refuses identity is sent encoded what would not be worth it
// otherwise. If it accepts nothing at all it is sent identity, as RFC 9110,
// section 12.5.3, permits, or 406 if the Config is Strict.
//
// # When it is sent
//
// Nothing leaves before it is decided what to do with it, which is when the body
// ends or outgrows the buffer, or the handler flushes; if it is decided that
// nothing is to be done, that is at once, and the body goes through as it would
// without this layer, by sendfile(2) for one. A body that ends in the buffer is
// sent in one piece and with its Content-Length, a longer one in pieces of 32
// KiB. What a handler flushes is out, whether or not it has written anything
// yet, so that server-sent events arrive when they are sent. Fields that a handler
// sets before what it wrote is out are sent, too, even if it has called WriteHeader.
//
// A response that fails, or panics, before something of it was sent leaves no
// trace, and the layers further out render an error in its place. One that fails
// later is not ended: the client can tell that it has been cut off. That goes
// for a body that is shorter than its Content-Length, too.
//
// # Where it belongs
//
// Inside of what logs, so that the log has the bytes that were sent, and outside of
// what makes pages of errors, so that these are encoded, too. A layer of error
// pages further in sees what its handler has written, held back here or not: it
// renders no page over that, as it would not without this layer.
//
// # Entity tags
//
// Two encodings of the same thing are not the same bytes, so a strong ETag must
// not be that of both (RFC 9110, section 8.8.3). "abc" becomes "abc-gzip", and
// when that comes back in If-None-Match or If-Match the handler sees both "abc"
// and "abc-gzip" in its place. Its 304 then says "abc-gzip" again. [Config].ETag
// has other ways.
//
// # Secrets
//
// Where a page shows both a secret and something that an attacker can choose,
// the size of what is compressed gives the secret away, byte by byte (BREACH). Let
// Skip be [CrossSite], so that others' pages learn the true size only, or do
// without compression on such pages by [middleware.When]. Jitter blurs the size,
// which makes the attack take longer.
//
// # Dictionaries
//
// A client that has a script can be sent the next release of it in a hundredth of
// what gzip takes, if that is encoded with the one it has as a dictionary (RFC
// 9842). A [Dictionaries] learns what it is told to, says so to clients, and keeps
// it; those that come back with Available-Dictionary, which browsers do over HTTPS
// and for localhost, get dcb or dcz. It works best for what is immutable and has
// its release in its name:
//
//	dictionaries := new(gzip.Dictionaries)
//	err := dictionaries.Learn(gzip.DictionaryRule{Match: "/assets/app.*.js"})
//	…
//	gzip.New(gzip.Config{Dictionaries: dictionaries})
//
// What a client has is forgotten here with the process, unless it is given to
// [Dictionaries.Add] again. Pages of other sites get ordinary codings. A response
// is a dictionary once it has been sent to its end, so the very next request may
// come too early. Where a dictionary is of use, handlers further in are not told
// what the client accepts: they would find a compressed sibling of a file, or
// another server would compress, and there would be nothing left to do.
//
// # Requests
//
// [NewRequests] is the layer for the other direction: it decodes the bodies of
// requests, and has limits, for a few kilobytes can become gigabytes.
//
// # In a Caddyfile
//
//	gzip
//	gzip {
//		ext          extension...|*
//		not          path...
//		level        1-9
//		min_length   size
//		encodings    zstd|br|gzip...
//		types        type...
//		etag         suffix|weak|drop|keep
//		cache        size
//		jitter       [bytes]
//		dictionary   path {
//			from path
//			dest destination...
//			id   text
//			file name...
//		}
//		precompressed off|br|zstd|gzip...
//	}
//	decompress {
//		encodings zstd|br|gzip...
//		limit     size|none
//		ratio     number|none
//	}
//
// Ext confines it to paths with these extensions, such as .css; "" stands for
// paths without one and * for all paths, as it is without ext. Files whose type
// is not known, application/octet-stream, are encoded if their extension is
// named. Not exempts paths. Types are media types such as text/* or *; a ! before
// one exempts it. Jitter is the most bytes that responses are made longer by, up to
// 1024; without a number it is 32. Precompressed says which compressed siblings of files the whole site looks for;
// without it that is br, zstd and gzip.
//
// Dictionary may be repeated. Its path, in which a * stands for anything, is of the
// responses that are encoded with a dictionary, and, without from, of those that
// become one; see [DictionaryRule]. The files are dictionaries to begin with, such
// as the releases before this one; their names are relative to the folder that the
// server was started in, as those of logs are.
//
// Decompress decodes encoded bodies of requests up to the limit, by default 10MB, if they
// do not become larger than ratio times what was sent, by default 200.
//
// As in Caddy 1 there may be several lines of gzip, of which the first whose ext and not
// permit is the one that counts for a request.
package gzip
