package page

// Remembered returns how many files are, and their size.
func (e *Engine) Remembered() (files int, bytes int64) {
	e.known.mu.Lock()
	defer e.known.mu.Unlock()
	return len(e.known.byKey), e.known.size
}
