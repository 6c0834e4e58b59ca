package gzip

import "io"

// ReadFrom takes all of src. Where nothing is to be done it is handed on, so that
// the connection may take it from the file.
func (w *writer) ReadFrom(src io.Reader) (n int64, err error) {
	if w.state != fresh {
		return w.copy(src)
	}
	n, done, err := w.skim(src)
	if !done {
		n, err = w.copy(src)
	}
	if n == 0 && w.enc == nil {
		w.forget()
	}
	return n, err
}

// copy is ReadFrom by way of Write, for as long as that is needed.
func (w *writer) copy(src io.Reader) (n int64, err error) {
	buf := w.buffer()
	defer w.free(&buf)
	for w.state != plain || w.lesson != nil {
		piece := (*buf)[:cap(*buf)]
		if w.state == sniffing {
			piece = piece[:sniffLen-len(w.held)]
		}
		m, err := src.Read(piece)
		if m > 0 {
			written, err := w.Write(piece[:m])
			n += int64(written)
			if err != nil {
				return n, err
			}
		}
		switch err {
		case nil:
		case io.EOF:
			return n, nil
		default:
			return n, err
		}
	}
	m, err := io.Copy(w.rw, src)
	return n + m, err
}

// skim is ReadFrom for a response of which the header says that nothing is to be
// done; done is false if it does not. Of an unknown type it is not found out what
// it is, since that takes the start of src away.
func (w *writer) skim(src io.Reader) (n int64, done bool, err error) {
	if w.look(); w.state != plain {
		if !w.idle {
			w.negotiate(-1)
		}
		if w.coding != nil {
			return 0, false, nil
		}
		w.state, w.vary = plain, true
	}
	h := w.rw.Header()
	vary, varied := h["Vary"]
	w.sendPlain()
	if w.lesson != nil {
		return 0, false, nil
	}
	if n, err = io.Copy(w.rw, src); n == 0 {
		if delete(h, "Vary"); varied {
			h["Vary"] = vary
		}
	}
	return n, true, err
}

// forget looks at the header anew once there is something to send: a copy of
// nothing has not begun the response, as it has not in net/http.
func (w *writer) forget() {
	w.response = response{
		rw: w.rw, r: w.r, accepted: w.accepted, must: w.must,
		length: -1, held: w.room[:0],
	}
}
