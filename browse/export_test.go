package browse

// CompareNames is put to the test with names that no file system has.
var CompareNames = compareNames

// Latin is the table of accents.
const Latin = latin

// Render returns the row of a page, and RenderJSON that of a program, of a file of
// any name.
func Render(name string) string {
	p := appender{listing: &listing{h: new(Handler), rows: []row{{entry: entry{name: name}}}, names: new(names)}}
	p.table()
	return string(p.dst)
}

func RenderJSON(name string) string { return string(appendItem(nil, row{entry: entry{name: name}})) }

// Arrange is put to the test with numbers.
func Arrange(p []int32, lo, hi int, compare func(a, b int32) int) { arrange(p, lo, hi, compare) }

// A Cache is what is remembered of folders.
type Cache struct{ c *cache }

// NewCache returns one of at most that many names.
func NewCache(most int) Cache { return Cache{newCache(most)} }

// Put remembers a folder of n names.
func (c Cache) Put(key string, n int) { c.c.put(key, &names{entries: make([]entry, n)}) }

// Has reports whether a folder is remembered, and uses it.
func (c Cache) Has(key string) bool { return c.c.get(key) != nil }

// Total returns how many names there are.
func (c Cache) Total() (n int) {
	for _, known := range c.c.names {
		n += len(known.entries)
	}
	return n
}

// Occupy has as many searches and archives be under way as there can be.
func (h *Handler) Occupy() {
	for range cap(h.searching) {
		h.searching <- struct{}{}
	}
	for range cap(h.packing) {
		h.packing <- struct{}{}
	}
}

// Portable is a name in an archive.
var Portable = portable

// Enter holds the reading of a folder, which Leave ends.
func (c Cache) Enter(key string) any { return c.c.enter(key) }

// Leave ends what Enter began.
func (c Cache) Leave(key string, r any) { c.c.leave(key, r.(*reading)) }
