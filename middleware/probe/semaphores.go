package probe

// Semaphores are where the kernel counts who is attached to what. There are up
// to three of them, of 16 bits, to a word; the fourth counts those who [Watch].
// Who wants to know whether any of those is there reads the word.
//
// The first words are for command usdt to find them by in a finished program,
// and to see that it knows the same probes. Since they are not zero, the rest is in
// a part of memory that comes from the program's file, which is where the kernel
// demands semaphores to be.
const (
	gateMagic = iota
	gateSignature
	gateRequest
	gateLayer
	gateUpstream
	gateCompress
	gateFastCGI
	gateRest
	gateLog
	gates
)

// What command usdt looks for, in the order of bytes of the machine: all of
// Semaphores bytes, of which the first two words are Magic and Signature; and for
// each function its two instructions, Mark, and its place in [List] as a number of
// 32 bits.
const (
	Semaphores = gates * 8
	Magic      = 0x7f53a1107b0be500
	Signature  = signature
	Mark       = 0x9d0e11075b3a1107
)

// slotHeader is that of RequestHeader, which costs more than its neighbours.
const slotHeader = 2

// watcher is one in the count of those who watch.
const watcher uint64 = 1 << 48
