package probe

// An Info describes a probe.
type Info struct {
	Name string // as tracers know it, such as request__done
	Func string // of this package
	Doc  string // in sentences
	Args []Arg

	// Attached is positive while a tracer is attached that found the probe by a note
	// of command usdt: the kernel counts all of its own as one. Negative is not to
	// be known here.
	Attached int

	gate, slot int // of its semaphore
}

// An Arg is an argument of a probe.
type Arg struct {
	Name string
	Type string // of Go: uint64, int64, string, *Request or *Upstream
}

// Words returns how many words of an argument list a takes.
func (a Arg) Words() int {
	if a.Type == "string" {
		return 2
	}
	return 1
}

// SemaphoreOffset returns where p's semaphore is, in bytes from the first of
// [Semaphores].
func (p Info) SemaphoreOffset() int { return p.gate*8 + p.slot*2 }

// List returns all probes, in the order in which they were added.
func List() []Info {
	all := make([]Info, len(table))
	for i, p := range table {
		p.Args = append([]Arg(nil), p.Args...)
		p.Attached = attached(p.gate, p.slot)
		all[i] = p
	}
	return all
}

var (
	id     = Arg{"id", "uint64"}
	status = Arg{"status", "int64"}
	ns     = Arg{"ns", "int64"}
	record = Arg{"r", "*Request"}
)

// table is what ./generate makes the functions of. New probes go to its end.
var table = [...]Info{
	{
		Name: "request__start", Func: "RequestStart", gate: gateRequest, slot: 0,
		Args: []Arg{id, {"method", "string"}, {"uri", "string"}, record},
		Doc: "RequestStart tells that a request has arrived. The id is that of all its events, " +
			"or 0 if there is nobody who is counted, see package; then the record is nil, too. The URI is as the client sent it.",
	},
	{
		Name: "request__done", Func: "RequestDone", gate: gateRequest, slot: 1,
		Args: []Arg{id, status, {"bytes", "int64"}, ns, record},
		Doc: "RequestDone tells that a request has ended after ns nanoseconds: with a status " +
			"of 0 if its connection was hijacked, of 499 if the client had left, and of 500 if a handler " +
			"panicked before a response had begun. The time is 0, and the id may be, if the request was " +
			"there before the tracer. While there is nobody who is counted the record is nil.",
	},
	{
		Name: "request__header", Func: "RequestHeader", gate: gateRequest, slot: slotHeader,
		Args: []Arg{id, {"name", "string"}, {"value", "string"}},
		Doc: "RequestHeader tells of a field of a request's header, after RequestStart. " +
			"It is called only while [HeaderEnabled].",
	},
	{
		Name: "layer__enter", Func: "LayerEnter", gate: gateLayer, slot: 0,
		Args: []Arg{id, {"name", "string"}},
		Doc: "LayerEnter tells that a request has come to a layer. The id is 0 if the request has none. " +
			"It is called only while [LayerEnabled].",
	},
	{
		Name: "layer__exit", Func: "LayerExit", gate: gateLayer, slot: 1,
		Args: []Arg{id, {"name", "string"}, status, ns},
		Doc: "LayerExit tells that the layer has returned status, or 0 if it panicked, after ns nanoseconds, " +
			"which those further in are part of. It is called only while [LayerEnabled].",
	},
	{
		Name: "error", Func: "Error", gate: gateLayer, slot: 2,
		Args: []Arg{id, {"layer", "string"}, {"msg", "string"}},
		Doc: "Error tells of the error that a request failed with, and the layer it came from, if that is known. " +
			"It is called only while [LayerEnabled].",
	},
	{
		Name: "upstream__start", Func: "UpstreamStart", gate: gateUpstream, slot: 0,
		Args: []Arg{id, {"attempt", "int64"}, {"addr", "string"}},
		Doc:  "UpstreamStart tells that an attempt, the first of which is 0, is made to have addr answer the request.",
	},
	{
		Name: "upstream__done", Func: "UpstreamDone", gate: gateUpstream, slot: 1,
		Args: []Arg{
			id, status, {"totalNS", "int64"}, {"firstByteNS", "int64"},
			{"connectNS", "int64"}, {"u", "*Upstream"},
		},
		Doc: "UpstreamDone tells how that attempt ended: with the status of the upstream, or 0 if there was none. " +
			"The times run from its start, to its end, to the first byte of a response and to a connection, " +
			"which takes none if there is one already. They are 0 while not [UpstreamEnabled].",
	},
	{
		Name: "compress__done", Func: "CompressDone", gate: gateCompress, slot: 0,
		Args: []Arg{id, {"coding", "string"}, {"in", "int64"}, {"out", "int64"}, ns},
		Doc: "CompressDone tells that a response of in bytes was encoded to out, and how much time that took; " +
			"it is 0 while not [CompressEnabled].",
	},
	{
		Name: "fastcgi__stderr", Func: "FastCGIStderr", gate: gateFastCGI, slot: 0,
		Args: []Arg{id, {"app", "string"}, {"line", "string"}},
		Doc: "FastCGIStderr passes on a line that an application wrote to its standard error. " +
			"It is called only while [FastCGIEnabled].",
	},
	{
		Name: "fastcgi__done", Func: "FastCGIDone", gate: gateFastCGI, slot: 1,
		Args: []Arg{id, {"app", "string"}, {"appStatus", "int64"}, {"protoStatus", "int64"}, ns},
		Doc: "FastCGIDone tells with which statuses an application ended a request, and how many nanoseconds that took. " +
			"It is called only while [FastCGIEnabled].",
	},
	{
		Name: "git__pull", Func: "GitPull", gate: gateRest, slot: 0,
		Args: []Arg{ns, status, {"repo", "string"}, {"rev", "string"}},
		Doc:  "GitPull tells that a repository was brought to rev; a status other than 0 is a failure.",
	},
	{
		Name: "health__change", Func: "HealthChange", gate: gateRest, slot: 1,
		Args: []Arg{{"up", "int64"}, {"addr", "string"}, {"reason", "string"}},
		Doc:  "HealthChange tells that an upstream went up (1) or down (0).",
	},
	{
		Name: "reload", Func: "Reload", gate: gateRest, slot: 2,
		Args: []Arg{ns, status, {"file", "string"}},
		Doc:  "Reload tells that a configuration was loaded; a status other than 0 is a failure.",
	},
	{
		Name: "log__record", Func: "LogRecord", gate: gateLog, slot: 0,
		Args: []Arg{{"level", "int64"}, {"msg", "string"}, {"attrs", "string"}},
		Doc: "LogRecord passes on a log record, whatever level the log is kept at. Levels are those of package slog. " +
			"It is called only while [LogEnabled].",
	},
}
