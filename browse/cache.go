package browse

import "sync"

// A cache has the names of folders, up to a number of names in all.
type cache struct {
	most int

	mu       sync.Mutex
	names    map[string]*names
	order    []string // the one used last is the last
	total    int
	readings map[string]*reading
}

// A reading is held to read a folder: many who ask for it at a time share what one
// of them finds, even if it is too much to be remembered.
type reading struct {
	sync.Mutex
	names *names // that were read last
	users int    // who hold it, or wait for it
}

// enter returns the reading of a folder, until leave.
func (c *cache) enter(key string) *reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.readings[key]
	if r == nil {
		r = new(reading)
		c.readings[key] = r
	}
	r.users++
	return r
}

func (c *cache) leave(key string, r *reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.users--; r.users == 0 {
		delete(c.readings, key)
	}
}

// mostKnown is a number of names, which take some 50 bytes each; and every folder
// counts for some, so that there are not too many.
const mostKnown, costOfFolder = 400_000, 400

func newCache(most int) *cache {
	return &cache{most: most, names: map[string]*names{}, readings: map[string]*reading{}}
}

func (c *cache) get(key string) *names {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.names[key]
	if n != nil {
		c.use(key)
	}
	return n
}

// use has key be the last in the order.
func (c *cache) use(key string) {
	c.remove(key)
	c.order = append(c.order, key)
}

func (c *cache) remove(key string) {
	for i, k := range c.order {
		if k == key {
			c.order = append(c.order[:i], c.order[i+1:]...)
			return
		}
	}
}

// put remembers n, unless it is more than everything else together may be.
func (c *cache) put(key string, n *names) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.names[key]; old != nil {
		c.drop(key, old)
	}
	if cost(n) > c.most {
		return
	}
	c.names[key] = n
	c.total += cost(n)
	c.use(key)
	for c.total > c.most {
		c.drop(c.order[0], c.names[c.order[0]])
	}
}

func (c *cache) drop(key string, n *names) {
	c.total -= cost(n)
	delete(c.names, key)
	c.remove(key)
}

func cost(n *names) int { return len(n.entries) + costOfFolder }
