package static

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"strconv"
	"time"
)

// lastModified returns when a file was modified; zero if that is not known. Times
// of 0 and 1 are what reproducible builds set: caddy#5548, caddy#7730.
func lastModified(info fs.FileInfo) time.Time {
	t := info.ModTime()
	if s := t.Unix(); t.IsZero() || s == 0 || s == 1 {
		return time.Time{}
	}
	return t
}

// etag returns the strong entity tag of what is sent of a file in a coding, ""
// if there is none. Both may have been modified at the same time and be of the
// same size, so the coding is a part of it.
func (f *Files) etag(file found, coding string) string {
	var room [64]byte
	tag := append(room[:0], '"')
	switch t := lastModified(file.info); {
	case !t.IsZero():
		tag = strconv.AppendInt(tag, t.UnixNano(), 16)
		tag = append(tag, '-')
		tag = strconv.AppendInt(tag, file.info.Size(), 16)
	case f.cfg.FS != nil && file.info.ModTime().IsZero():
		tag = append(tag, f.hash(file.name)...)
		if len(tag) == 1 {
			return ""
		}
	default:
		return ""
	}
	if coding != "" {
		tag = append(tag, '-')
		tag = append(tag, coding...)
	}
	return string(append(tag, '"'))
}

// hash returns the hash of a file that never changes; "" if it cannot be read.
func (f *Files) hash(name string) string {
	if known, ok := f.hashes.Load(name); ok {
		return known.(string)
	}
	file, err := f.cfg.FS.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return ""
	}
	sum := hex.EncodeToString(hash.Sum(nil)[:16])
	f.hashes.Store(name, sum)
	return sum
}
