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
	gateHeader
	gateLayer
	gateUpstream
	gateCompress
	gateFastCGI
	gateRest
	gateLog
	gates
)

// What command usdt looks for: all of Semaphores bytes, of which the first two
// words, in the order of bytes of the machine, are Magic and Signature.
const (
	Semaphores = gates * 8
	Magic      = 0x7f53a1107b0be500
	Signature  = signature
)

// watcher is one in the count of those who watch.
const watcher = 1 << 48
