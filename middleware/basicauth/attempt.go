package basicauth

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// longest is how many bytes of credentials are looked at. A password is hashed in
// full even if there is no user, so it is the client that says what that costs.
const longest = 4096

// An attempt is what a client has sent to get in.
type attempt struct {
	user, password string
	both           string // with the colon between, which no name can have
}

// parse reads the credentials of a request. Several of them are none: two servers
// might not take the same.
func parse(h http.Header) (a attempt, ok bool) {
	fields := h["Authorization"]
	if len(fields) != 1 || len(fields[0]) > longest {
		return a, false
	}
	scheme, encoded, _ := strings.Cut(fields[0], " ")
	if !strings.EqualFold(scheme, "Basic") {
		return a, false
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.Trim(encoded, " "))
	if err != nil {
		return a, false
	}
	a.both = string(decoded)
	a.user, a.password, ok = strings.Cut(a.both, ":")
	return a, ok
}
