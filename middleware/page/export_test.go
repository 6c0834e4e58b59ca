package page

// Remembered returns how many files are, and their size.
func (e *Engine) Remembered() (files int, bytes int64) {
	for i := range e.known {
		files, bytes = files+len(e.known[i].byName), bytes+e.known[i].size
	}
	return files, bytes
}
