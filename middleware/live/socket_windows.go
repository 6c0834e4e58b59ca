package live

import "github.com/shallot-http/shallot/middleware/directive"

// checkSocket refuses: there are no permissions here that would keep others out.
func checkSocket(line *directive.Line, at directive.Word) {
	line.Errorf(at, "there are no sockets on Windows that others cannot open")
}
