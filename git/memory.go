package git

import "sync"

// A memory knows the last proofs that were accepted. What a provider signs does
// not say when (but for GitLab's), nor by which delivery; a body that comes again
// with all that makes it valid is one that somebody has kept.
type memory struct {
	mu    sync.Mutex
	known map[[32]byte]bool
	ring  [][32]byte // of those known, the oldest at next
	next  int
}

func newMemory(n int) *memory {
	return &memory{known: make(map[[32]byte]bool, n), ring: make([][32]byte, 0, n)}
}

// add reports whether a proof is new.
func (m *memory) add(proof [32]byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[proof] {
		return false
	}
	if len(m.ring) < cap(m.ring) {
		m.ring = append(m.ring, proof)
	} else {
		delete(m.known, m.ring[m.next])
		m.ring[m.next] = proof
		m.next = (m.next + 1) % len(m.ring)
	}
	m.known[proof] = true
	return true
}
