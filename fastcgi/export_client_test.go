package fastcgi

// Frame puts a request together as Do does, into b.
func Frame(b []byte, p *Params, length int64) []byte {
	b = appendBegin(b[:0], 0, Responder, true)
	b = appendHeader(appendLength(p.appendRecords(b, 0), length), typeParams, 0, 0)
	setID(b, 1)
	return b
}
