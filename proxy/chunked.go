package proxy

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// A chunkState is how far a body in chunks was read. The rest of the chunk itself
// is body.rest.
type chunkState struct {
	next   chunkPart
	excess int64 // bytes that were neither data nor what little data needs
}

type chunkPart uint8

const (
	chunkSize chunkPart = iota
	chunkData
	chunkEnd
	chunkTrailer
)

const (
	maxChunkLine   = 1 << 10
	maxChunkExcess = 16 << 10
	maxTrailer     = 16 << 10
)

// readChunks decodes by RFC 9112, section 7.1. Once it has data it waits for
// nothing more.
func (b *body) readChunks(p []byte) (n int, err error) {
	r := &b.x.c.r
	for n < len(p) {
		if n > 0 && len(r.buffered()) == 0 {
			return n, nil
		}
		if b.chunk.next == chunkData {
			m, err := b.readPart(p[n:])
			n += m
			if err != nil {
				return n, cutOff(err)
			}
			if b.rest == 0 {
				b.chunk.next = chunkEnd
			}
			continue
		}
		if n > 0 && bytes.IndexByte(r.buffered(), '\n') < 0 {
			return n, nil
		}
		line, err := r.readLine(b.x, maxChunkLine)
		if err != nil {
			return n, cutOff(err)
		}
		switch b.chunk.next {
		case chunkSize:
			err = b.beginChunk(line)
		case chunkEnd:
			if len(line) > 0 {
				err = malformed("chunk longer than its size")
			}
			b.chunk.next = chunkSize
		case chunkTrailer:
			return n, b.endChunks(string(line))
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// beginChunk takes a line with a size. Extensions have no meaning to us, but are
// not to be had without end: CVE-2023-39326. The allowance is that of net/http.
func (b *body) beginChunk(line []byte) error {
	size, extension, _ := bytes.Cut(bytes.TrimRight(line, " \t"), []byte(";"))
	n, ok := parseHex(size)
	if !ok || !isValue(string(extension)) {
		return malformed("chunk size")
	}
	c := &b.chunk
	if c.excess = max(c.excess+int64(len(line)+2)-16-2*n, 0); c.excess > maxChunkExcess {
		return malformed("chunks of little but extensions")
	}
	b.rest = n
	if c.next = chunkData; n == 0 {
		c.next = chunkTrailer
	}
	return nil
}

func parseHex(digits []byte) (n int64, ok bool) {
	if len(digits) == 0 || len(digits) > 15 {
		return 0, false
	}
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | int64(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			n = n<<4 | int64(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// endChunks reads the trailer, of which line is the first.
func (b *body) endChunks(line string) error {
	size := 0
	var lines strings.Builder
	for line != "" {
		if size += len(line) + 2; size > maxTrailer {
			return malformed("trailer too long")
		}
		lines.WriteString(line)
		lines.WriteString("\r\n")
		next, err := b.x.c.r.readLine(b.x, maxTrailer)
		if err != nil {
			return cutOff(err)
		}
		line = string(next)
	}
	fields, err := parseFields(lines.String(), nil)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if !mayTrail(f.name) {
			continue
		}
		if b.x.resp.Trailer == nil {
			b.x.resp.Trailer = http.Header{}
		}
		b.x.resp.Trailer[f.name] = append(b.x.resp.Trailer[f.name], f.value)
	}
	return io.EOF
}

// readLine returns a line of at most limit bytes, without its CRLF. It is valid
// until the next read.
func (b *reader) readLine(src io.Reader, limit int) ([]byte, error) {
	for seen := 0; ; {
		text := b.buffered()
		if i := bytes.IndexByte(text[seen:], '\n'); i >= 0 {
			end := seen + i
			if bytes.IndexByte(text[:end], '\r') != end-1 || end == 0 {
				return nil, malformed("line that does not end in CRLF")
			}
			b.r += end + 1
			return text[:end-1], nil
		}
		if seen = len(text); seen > limit {
			return nil, malformed("line too long")
		}
		if err := b.more(src, readerSize+limit); err != nil {
			return nil, err
		}
	}
}
