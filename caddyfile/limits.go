package caddyfile

import "cmp"

// Limits bounds what a Caddyfile may cost, which need not come from a friend. A
// field that is zero has its default. What exceeds a limit is an error, and is
// found before the memory for it has been spent.
type Limits struct {
	FileSize    int // bytes of one file; 16 MiB
	TotalSize   int // bytes of all files; 64 MiB
	Values      int // bytes of all words that have values in place of placeholders; 16 MiB
	Words       int // words and braces of one file, and words of all lines there are in the end; 2,000,000
	WordSize    int // bytes of a word; 64 KiB
	HeredocSize int // bytes of a heredoc; 1 MiB
	Imports     int // imported files, snippets and blocks, each as often as it is imported; 50,000
	ImportDepth int // imports within imports; 32
	Arguments   int // arguments of one import; 1,000
	BlockDepth  int // blocks within blocks; 64
	Addresses   int // addresses of all sites; 100,000
	Matches     int // files that one pattern stands for; 10,000
}

// complete returns l with every field set.
func (l Limits) complete() Limits {
	return Limits{
		FileSize:    cmp.Or(l.FileSize, 16<<20),
		TotalSize:   cmp.Or(l.TotalSize, 64<<20),
		Values:      cmp.Or(l.Values, 16<<20),
		Words:       cmp.Or(l.Words, 2_000_000),
		WordSize:    cmp.Or(l.WordSize, 64<<10),
		HeredocSize: cmp.Or(l.HeredocSize, 1<<20),
		Imports:     cmp.Or(l.Imports, 50_000),
		ImportDepth: cmp.Or(l.ImportDepth, 32),
		Arguments:   cmp.Or(l.Arguments, 1_000),
		BlockDepth:  cmp.Or(l.BlockDepth, 64),
		Addresses:   cmp.Or(l.Addresses, 100_000),
		Matches:     cmp.Or(l.Matches, 10_000),
	}
}
