package basicauth

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// isBcrypt leaves out $2x$, the hashes of a crypt_blowfish that took negative
// characters wrong (CVE-2011-2483).
func isBcrypt(hash string) bool {
	for _, prefix := range [...]string{"$2$", "$2a$", "$2b$", "$2y$"} {
		if strings.HasPrefix(hash, prefix) {
			return true
		}
	}
	return false
}

// bcryptForm is strict, for what cannot be decoded would be found wrong at once.
var bcryptForm = regexp.MustCompile(`^\$2[aby]?\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)

// bcryptMost is a hash of seconds. 31, which is the most there can be, takes a day.
const bcryptMost = 16

type bcrypted struct {
	hash []byte
	cost int
}

func parseBcrypt(hash string) (Secret, error) {
	if !bcryptForm.MatchString(hash) {
		return nil, errors.New("a hash by bcrypt that is cut short or mistyped")
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil || cost > bcryptMost {
		return nil, fmt.Errorf("a hash by bcrypt whose cost is not from %d to %d", bcrypt.MinCost, bcryptMost)
	}
	return &bcrypted{[]byte(hash), cost}, nil
}

func (b *bcrypted) Matches(password string) bool {
	return bcrypt.CompareHashAndPassword(b.hash, []byte(password)) == nil
}

func (b *bcrypted) Cost() string { return fmt.Sprint("bcrypt ", b.cost) }

func (b *bcrypted) hashed() string { return string(b.hash) }
