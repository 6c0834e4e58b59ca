package proxy

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/placeholder"
)

// A HeaderOp is one change to a header.
type HeaderOp struct {
	Do HeaderAction

	// Name of the field. That of a DeleteField may end in "*", which is all fields
	// that begin so. Fields about one connection, as Connection is, and about the
	// length of a message are not changed. Host is that of the request.
	Name string

	// Value is what to set, add, or put in place of what Match finds, where it may
	// name groups as $1 if it has no placeholders. If it comes out empty, nothing is
	// added, and what was to be set is deleted. Compile it for [placeholder.Header].
	Value *placeholder.Template

	Match *regexp.Regexp // for ReplaceInField
}

// A HeaderAction is what a HeaderOp does.
type HeaderAction uint8

// The actions.
const (
	SetField HeaderAction = iota
	AddField
	DeleteField
	ReplaceInField
)

// isFixed reports whether a field is not for operations to change.
func isFixed(name string) bool {
	return isForConnection(name) || name == "Content-Length"
}

// usable returns ops with names as they are in headers, without those that may do
// nothing.
func usable(ops []HeaderOp) []HeaderOp {
	var out []HeaderOp
	for _, op := range ops {
		op.Name = http.CanonicalHeaderKey(op.Name)
		if isFixed(op.Name) || op.Do != DeleteField && op.Value == nil || op.Do == ReplaceInField && op.Match == nil {
			continue
		}
		out = append(out, op)
	}
	return out
}

// matches reports whether the operation is about a field.
func (op *HeaderOp) matches(name string) bool {
	prefix, ok := strings.CutSuffix(op.Name, "*")
	return name == op.Name || ok && strings.HasPrefix(name, prefix)
}

// apply changes h.
func (op *HeaderOp) apply(h http.Header, v *placeholder.Values) {
	var value string
	if op.Value != nil {
		value = string(op.Value.Append(nil, v))
	}
	switch {
	case op.Do == DeleteField || op.Do == SetField && value == "":
		for name := range h {
			if op.matches(name) && !isFixed(name) {
				delete(h, name)
			}
		}
	case op.Do == SetField:
		h[op.Name] = []string{value}
	case op.Do == AddField && value != "":
		h[op.Name] = append(slices.Clip(h[op.Name]), value) // the values may be the client's
	case op.Do == ReplaceInField:
		op.replace(h, value)
	}
}

// replace puts value in place of what the operation finds in values of the field.
func (op *HeaderOp) replace(h http.Header, value string) {
	replace := op.Match.ReplaceAllLiteralString // a client's $1 is a $ and a 1
	if _, ok := op.Value.Constant(); ok {
		replace = op.Match.ReplaceAllString
	}
	var changed []string
	for _, old := range h[op.Name] {
		changed = append(changed, replace(old, value))
	}
	if changed != nil {
		h[op.Name] = changed
	}
}
