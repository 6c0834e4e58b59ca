package basicauth

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

const argonPrefix = "$argon2id$"

// What a hash may cost at most, so that a mistyped one does not stop the machine.
const (
	argonMemory = 1 << 20 // KiB
	argonPasses = 16
	argonLanes  = 64
)

type argon struct {
	text                  string
	salt, sum             []byte
	memory, passes, lanes uint32
}

// parseArgon reads $argon2id$v=19$m=65536,t=3,p=4$salt$hash, where m is in KiB.
func parseArgon(hash string) (Secret, error) {
	mistyped := errors.New("a hash by argon2id that is cut short or mistyped")
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return nil, mistyped
	}
	if parts[2] != "v=19" {
		return nil, errors.New("a hash by argon2id that is not of version 19")
	}
	a := argon{text: hash}
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return nil, mistyped
	}
	for i, p := range [...]struct {
		name     string
		value    *uint32
		min, max uint64
	}{{"m", &a.memory, 8, argonMemory}, {"t", &a.passes, 1, argonPasses}, {"p", &a.lanes, 1, argonLanes}} {
		text, ok := strings.CutPrefix(params[i], p.name+"=")
		n, err := strconv.ParseUint(text, 10, 32)
		if !ok || err != nil {
			return nil, mistyped
		}
		if n < p.min || n > p.max {
			return nil, fmt.Errorf("a hash by argon2id whose %s is not from %d to %d", p.name, p.min, p.max)
		}
		*p.value = uint32(n)
	}
	if a.memory < 8*a.lanes {
		return nil, errors.New("a hash by argon2id whose m is less than 8 times its p") // RFC 9106, section 3.1
	}
	var errs [2]error
	a.salt, errs[0] = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	a.sum, errs[1] = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errors.Join(errs[:]...) != nil || len(a.salt) < 8 || len(a.salt) > 64 || len(a.sum) < 16 || len(a.sum) > 64 {
		return nil, mistyped
	}
	return &a, nil
}

func (a *argon) Matches(password string) bool {
	sum := argon2.IDKey([]byte(password), a.salt, a.passes, a.memory, uint8(a.lanes), uint32(len(a.sum)))
	return subtle.ConstantTimeCompare(sum, a.sum) == 1
}

func (a *argon) Cost() string {
	return fmt.Sprintf("argon2id m=%d,t=%d,p=%d", a.memory, a.passes, a.lanes)
}

func (a *argon) hashed() string { return a.text }
