package fastcgi

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
)

// A spool holds a body in memory, or in a file if there is too much of it.
type spool struct {
	memory, most int64
	dir          string

	buf    *[]byte
	pooled bool
	file   *os.File // nil if it is all in buf
	length int64
}

// A spoolError is that of the file, rather than of what is kept in it.
type spoolError struct{ err error }

func (e *spoolError) Error() string { return fmt.Sprintf("fastcgi: keeping a request body: %v", e.err) }
func (e *spoolError) Unwrap() error { return e.err }

// StatusCode returns 500, whatever has happened to the file, which is none of the
// client's.
func (*spoolError) StatusCode() int { return http.StatusInternalServerError }

// fill reads src to its end.
func (s *spool) fill(p *pools, src io.Reader) error {
	s.buf, _ = p.bodies.Get().(*[]byte)
	if s.buf == nil {
		s.buf = new(make([]byte, 0, pooledBody))
	}
	for {
		b := *s.buf
		if len(b) == cap(b) {
			if s.file != nil {
				if err := s.flush(); err != nil {
					return err
				}
				continue
			}
			b = append(b, 0)[:len(b)]
		}
		n, err := src.Read(b[len(b):cap(b)])
		*s.buf = b[:len(b)+n]
		if s.length += int64(n); s.length > s.most {
			return &http.MaxBytesError{Limit: s.most}
		}
		if s.file == nil && s.length > s.memory {
			if err := s.create(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			if s.file != nil {
				return s.flush()
			}
			return nil
		} else if err != nil {
			return err
		}
	}
}

// create makes the file. Where that can be done it has no name from the beginning,
// so that nothing is left of it whatever becomes of this process.
func (s *spool) create() error {
	f, err := os.CreateTemp(s.dir, "fastcgi-*.body")
	if err != nil {
		return &spoolError{err}
	}
	if runtime.GOOS != "windows" {
		if err := os.Remove(f.Name()); err != nil {
			f.Close()
			return &spoolError{err}
		}
	}
	s.file = f
	return nil
}

func (s *spool) flush() error {
	if _, err := s.file.Write(*s.buf); err != nil {
		return &spoolError{err}
	}
	*s.buf = (*s.buf)[:0]
	return nil
}

// free removes the file and gives the memory back.
func (s *spool) free(p *pools) {
	if s.file != nil {
		s.file.Close()
		if runtime.GOOS == "windows" {
			os.Remove(s.file.Name())
		}
	}
	if s.buf != nil && cap(*s.buf) <= 2*pooledBody {
		*s.buf = (*s.buf)[:0]
		p.bodies.Put(s.buf)
	}
	s.buf = nil
}
