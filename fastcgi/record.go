package fastcgi

// The protocol is that of https://fastcgi-archives.github.io/FastCGI_Specification.html.
const (
	version = 1

	headerLen  = 8
	maxContent = 1<<16 - 1 // of a record

	typeBegin  = 1
	typeEnd    = 3
	typeParams = 4
	typeStdin  = 5
	typeStdout = 6
	typeStderr = 7

	flagKeep = 1
	endLen   = 8 // of the content of a record that ends a request
)

// appendHeader appends the header of a record of n bytes, which is not padded.
func appendHeader(b []byte, kind byte, id uint16, n int) []byte {
	return append(b, version, kind, byte(id>>8), byte(id), byte(n>>8), byte(n), 0, 0)
}

// appendBegin appends the record that begins a request.
func appendBegin(b []byte, id uint16, role Role, keep bool) []byte {
	var flags byte
	if keep {
		flags = flagKeep
	}
	b = appendHeader(b, typeBegin, id, 8)
	return append(b, byte(role>>8), byte(role), flags, 0, 0, 0, 0, 0)
}

// setID makes whole records, none of which is padded, those of another request.
func setID(records []byte, id uint16) {
	for len(records) > 0 {
		records[2], records[3] = byte(id>>8), byte(id)
		records = records[headerLen+int(records[4])<<8+int(records[5]):]
	}
}

// A header is that of a record that was received.
type header struct {
	kind    byte
	id      uint16
	content int
	padding int
}

// parseHeader takes headerLen bytes.
func parseHeader(b []byte) (header, error) {
	if b[0] != version {
		return header{}, malformed("no record of version 1")
	}
	return header{
		kind:    b[1],
		id:      uint16(b[2])<<8 | uint16(b[3]),
		content: int(b[4])<<8 | int(b[5]),
		padding: int(b[6]),
	}, nil
}
