package gzip

import (
	"encoding/binary"
	"math/bits"
)

// A dictionaryIndex knows where in a dictionary something is. It is shared by all
// who use the dictionary.
type dictionaryIndex struct {
	data  []byte
	shift uint
	table []uint32 // one more than the place, by hash; of several the last
}

func indexDictionary(data []byte) *dictionaryIndex {
	size := indexSize(len(data)) / 4
	d := &dictionaryIndex{data: data, shift: uint(65 - bits.Len(uint(size))), table: make([]uint32, size)}
	for i := range max(len(data)-7, 0) {
		d.table[d.hash(binary.LittleEndian.Uint64(data[i:]))] = uint32(i + 1)
	}
	return d
}

// indexSize returns the size of the table for a dictionary of n bytes. What does
// not fit is found from what follows it.
func indexSize(n int) int64 { return 4 << max(bits.Len(uint(n))-2, 8) }

// find returns a place of the eight bytes that are v.
func (d *dictionaryIndex) find(v uint64) (at int, ok bool) {
	at = int(d.table[d.hash(v)]) - 1
	return at, at >= 0 && binary.LittleEndian.Uint64(d.data[at:]) == v
}

// has reports whether there are the four bytes that are v.
func (d *dictionaryIndex) has(at int, v uint32) bool {
	return at >= 0 && at <= len(d.data)-4 && binary.LittleEndian.Uint32(d.data[at:]) == v
}

func (d *dictionaryIndex) hash(v uint64) uint64 { return v * 0xcf1bbcdcb7a56463 >> d.shift }
