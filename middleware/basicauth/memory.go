package basicauth

import (
	"slices"
	"sync"
	"time"
)

// A memory holds which names and passwords were right, for a while. It is two
// generations, of which the older is forgotten when the younger has grown to half
// the size.
type memory struct {
	span time.Duration
	size int

	mu         sync.RWMutex
	young, old map[sum]remembered
}

type remembered struct {
	user    sum
	secrets []*kept // that were proven
	until   time.Time
}

func (m *memory) recall(id sum) remembered {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.find(id)
}

func (m *memory) find(id sum) remembered {
	e, ok := m.young[id]
	if !ok {
		e, ok = m.old[id]
	}
	if !ok || !time.Now().Before(e.until) {
		return remembered{}
	}
	return e
}

func (m *memory) remember(id, user sum, secrets []*kept) {
	if m.span < 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if before := m.find(id); before.secrets != nil && !slices.Equal(before.secrets, secrets) {
		// Another path took another secret. Neither is to be worked out by turns, but
		// what has since been replaced in a file must not pile up.
		secrets = slices.Concat(secrets, before.secrets)
		secrets = secrets[:min(len(secrets), 8)]
	}
	if len(m.young) >= (m.size+1)/2 || m.young == nil {
		m.old, m.young = m.young, map[sum]remembered{}
	}
	m.young[id] = remembered{user, secrets, time.Now().Add(m.span)}
}
