package gzip

import (
	"cmp"
	"container/list"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Dictionaries are contents that clients have, with which others like them, such
// as the next release of a script, can be encoded in a few percent of what gzip
// takes (RFC 9842). The zero value has none and learns none. A Dictionaries is for
// one [Config], or for several of one site, and must not be copied; its fields
// must not change once it is in use.
//
// A response that is encoded with a dictionary gives away what it has in common
// with it, to those who see no more than its length: neither should be secret.
type Dictionaries struct {
	// MaxCount is how many are kept; zero is 100. Those that were learned make
	// room for others, the one that was used least recently first.
	MaxCount int

	// MaxBytes is the size of all that are kept, with what it takes to look
	// things up in them; zero is 64 MiB. Encoders come on top, see [Coding].
	MaxBytes int64

	// MaxSize is the largest that is learned; zero is 2 MiB. Responses that are
	// learned are held in memory meanwhile, all of them within MaxBytes, too.
	MaxSize int64

	rules atomic.Pointer[[]*rule] // of Learn and Add, to be replaced rather than changed

	mu     sync.Mutex
	byHash map[[sha256.Size]byte]*list.Element
	recent list.List         // of *dictionary, the last used first
	size   int64             // of all
	known  map[string]origin // by path

	lessons atomic.Int64 // what is held of responses
}

const (
	defaultMaxCount = 100
	defaultMaxBytes = 64 << 20
	defaultMaxSize  = 2 << 20
)

// A dictionary is one of them.
type dictionary struct {
	data  []byte
	hash  [sha256.Size]byte
	given bool // by Add, so that it stays

	offers   []string // codings, the best first
	dcb, dcz func() *pool
}

// An origin is where something was learned from.
type origin struct {
	tag      string // of the response
	hash     [sha256.Size]byte
	tooLarge bool // so that there is no hash
}

func newDictionary(data []byte, hash [sha256.Size]byte) *dictionary {
	d := &dictionary{data: data, hash: hash, offers: []string{"dcb"}}
	d.dcb = sync.OnceValue(func() *pool { return d.pool(newDCB(data, hash)) })
	d.dcz = sync.OnceValue(func() *pool { return d.pool(newDCZ(data, hash)) })
	if len(data) <= dczMost {
		d.offers = append(d.offers, "dcz")
	}
	return d
}

func (d *dictionary) pool(c Coding) *pool {
	p := newPool(c)
	p.suffix = fmt.Sprintf("-%s-%x", p.name, d.hash[:4])
	return p
}

// coding returns the encoders of one of d's offers.
func (d *dictionary) coding(name string) *pool {
	if name == "dcz" {
		return d.dcz()
	}
	return d.dcb()
}

func (d *dictionary) cost() int64 { return int64(len(d.data)) + indexSize(len(d.data)) }

// Learn makes dictionaries of the responses that r names. They are told to clients
// by Use-As-Dictionary, and the last of them are kept. Not learned is what is not
// for everybody: with Set-Cookie, Cache-Control private or no-store, or Vary
// Cookie, and answers to requests with Authorization. Clients use what they may
// keep, so there should be a max-age.
func (d *Dictionaries) Learn(r DictionaryRule) error {
	parsed, err := r.parse()
	if err != nil {
		return err
	}
	parsed.learns = true
	d.add(parsed)
	return nil
}

// Add adds a dictionary that clients may already have, such as what an earlier
// release had in place of what r matches. It does not forget it again. It is an
// error if there is no room.
func (d *Dictionaries) Add(r DictionaryRule, data []byte) error {
	parsed, err := r.parse()
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return errors.New("a dictionary must not be empty")
	}
	added := newDictionary(slices.Clone(data), sha256.Sum256(data))
	added.given = true
	if !d.keep(added) {
		return fmt.Errorf("no room for a dictionary of %d bytes", len(data))
	}
	d.add(parsed)
	return nil
}

func (d *Dictionaries) add(r *rule) {
	for {
		old := d.rules.Load()
		rules := []*rule{r}
		if old != nil {
			rules = slices.Concat(*old, rules)
		}
		if d.rules.CompareAndSwap(old, &rules) {
			return
		}
	}
}

// keep stores a dictionary if there is room for it, or can be made.
func (d *Dictionaries) keep(added *dictionary) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	same := d.byHash[added.hash]
	if same != nil && !added.given {
		return true // another response has just brought it
	}
	maxCount, maxBytes := cmp.Or(d.MaxCount, defaultMaxCount), d.maxBytes()
	count, size := 1, added.cost() // of what cannot make room
	for e := d.recent.Front(); e != nil; e = e.Next() {
		if old := e.Value.(*dictionary); old.given && e != same {
			count++
			size += old.cost()
		}
	}
	if count > maxCount || size > maxBytes {
		return false
	}
	if same != nil {
		d.remove(same)
	}
	for e := d.recent.Back(); d.recent.Len() >= maxCount || d.size+added.cost() > maxBytes; {
		before := e.Prev()
		if !e.Value.(*dictionary).given {
			d.remove(e)
		}
		e = before
	}
	if d.byHash == nil {
		d.byHash = make(map[[sha256.Size]byte]*list.Element)
	}
	d.byHash[added.hash] = d.recent.PushFront(added)
	d.size += added.cost()
	return true
}

func (d *Dictionaries) maxBytes() int64 { return cmp.Or(d.MaxBytes, defaultMaxBytes) }

func (d *Dictionaries) remove(e *list.Element) {
	removed := d.recent.Remove(e).(*dictionary)
	delete(d.byHash, removed.hash)
	d.size -= removed.cost()
}

// get returns the dictionary of a hash, or nil.
func (d *Dictionaries) get(hash [sha256.Size]byte) *dictionary {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.byHash[hash]
	if e == nil {
		return nil
	}
	d.recent.MoveToFront(e)
	return e.Value.(*dictionary)
}
