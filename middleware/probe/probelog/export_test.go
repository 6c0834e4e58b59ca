package probelog

// AppendAttr is how a tracer is told an attribute.
var AppendAttr = appendAttr
