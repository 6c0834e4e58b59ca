package basicauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
)

// A Secret is what is kept of a password, to tell it from others.
type Secret interface {
	// Matches reports whether password is right. How long it takes to say so must
	// depend neither on that nor on which Secret of the same cost it is.
	Matches(password string) bool

	// Cost names the work of Matches, such as "bcrypt 12". That of "plain" alone is
	// so little that it need not be bounded or remembered.
	Cost() string
}

const free = "plain"

// Plain returns the Secret of a password in clear.
func Plain(password string) Secret {
	p := plain(sha256.Sum256([]byte(password)))
	return &p
}

// A plain is the hash of a password, so that all are of one length.
type plain [sha256.Size]byte

func (p *plain) Matches(password string) bool {
	sum := sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(p[:], sum[:]) == 1
}

func (*plain) Cost() string { return free }

func (p *plain) hashed() string { return string(p[:]) }

// Parse returns the Secret of a hash in the format of crypt(3): bcrypt, which begins
// with $2$, $2a$, $2b$ or $2y$ and has a cost from 4 to 16, or argon2id, which begins
// with $argon2id$v=19$ and takes at most 1 GiB of memory, 16 passes and 64 lanes.
// Bcrypt does not look at more than 72 bytes of a password. The error does not
// repeat the hash.
func Parse(hash string) (Secret, error) {
	switch {
	case isBcrypt(hash):
		return parseBcrypt(hash)
	case strings.HasPrefix(hash, argonPrefix):
		return parseArgon(hash)
	}
	for _, k := range refused {
		if strings.HasPrefix(hash, k.prefix) {
			return nil, fmt.Errorf("a hash of the kind %s, which is not taken: only bcrypt (htpasswd -B) and argon2id are", k.name)
		}
	}
	return nil, errors.New("not a hash by bcrypt (htpasswd -B) or argon2id")
}

// refused are kinds of hashes, and passwords in clear, that others take: of most a
// stolen file gives away the passwords soon.
var refused = [...]struct{ prefix, name string }{
	{"$apr1$", "apr1 (MD5)"},
	{"$1$", "MD5"},
	{"{SHA}", "SHA-1"},
	{"{SSHA}", "SHA-1"},
	{"$5$", "SHA-256"},
	{"$6$", "SHA-512"},
	{"$2x$", "bcrypt as it once was computed wrong"},
	{"$argon2i$", "argon2i"},
	{"$argon2d$", "argon2d"},
	{"{PLAIN}", "clear text"},
}

// isHash reports whether text is meant for a hash rather than a password in clear,
// even if for one of a kind that is refused.
func isHash(text string) bool {
	for _, k := range refused {
		if strings.HasPrefix(text, k.prefix) {
			return true
		}
	}
	return isBcrypt(text) || strings.HasPrefix(text, argonPrefix)
}
