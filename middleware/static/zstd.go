package static

import "encoding/binary"

// maxWindow is the most that a decoder of the content coding has to have room
// for: RFC 9659, section 3.
const maxWindow = 8 << 20

// frameHeaderLen is as long as the header of a zstd frame can be.
const frameHeaderLen = 4 + 1 + 1 + 4 + 8

// zstdWindow returns how much memory it takes to decode the zstd frame that
// starts like this: RFC 8878, section 3.1.1. It is not ok if there is no such
// frame, or if it needs a dictionary.
func zstdWindow(start []byte) (window uint64, ok bool) {
	const magic, descriptorAt = 0xFD2FB528, 4
	if len(start) <= descriptorAt || binary.LittleEndian.Uint32(start) != magic {
		return 0, false
	}
	descriptor, rest := start[descriptorAt], start[descriptorAt+1:]
	singleSegment := descriptor&(1<<5) != 0
	dictionaryLen := [...]int{0, 1, 2, 4}[descriptor&3]
	if !singleSegment {
		if len(rest) < 1+dictionaryLen {
			return 0, false
		}
		exponent, mantissa := rest[0]>>3, uint64(rest[0]&7)
		base := uint64(1) << (10 + exponent)
		return base + base/8*mantissa, noDictionary(rest[1 : 1+dictionaryLen])
	}

	// All of the contents is the window.
	sizeLen := [...]int{1, 2, 4, 8}[descriptor>>6]
	if len(rest) < dictionaryLen+sizeLen {
		return 0, false
	}
	var size [8]byte
	copy(size[:], rest[dictionaryLen:dictionaryLen+sizeLen])
	window = binary.LittleEndian.Uint64(size[:])
	if sizeLen == 2 {
		window += 256
	}
	return window, noDictionary(rest[:dictionaryLen])
}

func noDictionary(id []byte) bool {
	for _, b := range id {
		if b != 0 {
			return false
		}
	}
	return true
}
