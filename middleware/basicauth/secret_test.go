package basicauth_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/shallot-http/shallot/middleware/basicauth"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ name, hash, right, cost string }{
		{"bcrypt of htpasswd", lovelace, "lovelace", "bcrypt 4"},
		{"bcrypt of OpenBSD", "$2b" + turing[3:], "turing", "bcrypt 5"},
		{"bcrypt of others", turing, "turing", "bcrypt 5"},
		{"argon2id", knuth, "knuth", "argon2id m=64,t=1,p=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, tt.hash)
			require.True(t, s.Matches(tt.right))
			require.False(t, s.Matches(""))
			require.False(t, s.Matches(tt.right+"x"))
			require.False(t, s.Matches(strings.ToUpper(tt.right)))
			require.Equal(t, tt.cost, s.Cost())
		})
	}
}

// TestBcryptLength checks how much of a password bcrypt looks at.
func TestBcryptLength(t *testing.T) {
	long := strings.Repeat("x", 72)
	hash, err := bcrypt.GenerateFromPassword([]byte(long), bcrypt.MinCost)
	require.NoError(t, err)
	s := parse(t, string(hash))
	require.True(t, s.Matches(long))
	require.True(t, s.Matches(long+"y"))
	require.False(t, s.Matches(long[1:]))
}

func TestParseErrors(t *testing.T) {
	const kinds = ", which is not taken: only bcrypt (htpasswd -B) and argon2id are"
	for _, tt := range []struct{ name, hash, want string }{
		{"apr1", "$apr1$abcdefgh$0123456789012345678901", "a hash of the kind apr1 (MD5)" + kinds},
		{"SHA-1", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "a hash of the kind SHA-1" + kinds},
		{"SHA-512", "$6$abc$def", "a hash of the kind SHA-512" + kinds},
		{"clear text as nginx writes it", "{PLAIN}secret", "a hash of the kind clear text" + kinds},
		{"the broken bcrypt", "$2x" + lovelace[3:], "a hash of the kind bcrypt as it once was computed wrong" + kinds},
		{"argon2i", strings.Replace(knuth, "2id", "2i", 1), "a hash of the kind argon2i" + kinds},
		{"a password, or a hash by crypt", "secret", "not a hash by bcrypt (htpasswd -B) or argon2id"},
		{"nothing", "", "not a hash by bcrypt (htpasswd -B) or argon2id"},
		{"bcrypt cut short", lovelace[:59], "a hash by bcrypt that is cut short or mistyped"},
		{"bcrypt with more behind it", lovelace + "\n", "a hash by bcrypt that is cut short or mistyped"},
		{"bcrypt for a day", strings.Replace(lovelace, "04", "31", 1), "a hash by bcrypt whose cost is not from 4 to 16"},
		{"bcrypt for no time", strings.Replace(lovelace, "04", "03", 1), "a hash by bcrypt whose cost is not from 4 to 16"},
		{"argon2id cut short", knuth[:60], "a hash by argon2id that is cut short or mistyped"},
		{"argon2id of another version", strings.Replace(knuth, "v=19", "v=16", 1), "a hash by argon2id that is not of version 19"},
		{"argon2id without a salt", strings.Replace(knuth, "$MDEyMzQ1Njc4OWFiY2RlZg$", "$$", 1), "a hash by argon2id that is cut short or mistyped"},
		{"argon2id with all memory", strings.Replace(knuth, "m=64", "m=4294967295", 1), "a hash by argon2id whose m is not from 8 to 1048576"},
		{"argon2id for an hour", strings.Replace(knuth, "t=1", "t=1000", 1), "a hash by argon2id whose t is not from 1 to 16"},
		{"argon2id with 256 lanes", strings.Replace(knuth, "p=1", "p=256", 1), "a hash by argon2id whose p is not from 1 to 64"},
		{"argon2id with more lanes than memory", strings.Replace(knuth, "p=1", "p=9", 1), "a hash by argon2id whose m is less than 8 times its p"},
		{"argon2id with another order", strings.Replace(knuth, "m=64,t=1", "t=1,m=64", 1), "a hash by argon2id that is cut short or mistyped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := basicauth.Parse(tt.hash)
			require.EqualError(t, err, tt.want)
		})
	}
}

// FuzzParse checks that what is taken for a hash can be asked.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{lovelace, turing, knuth, "$2y$", "$argon2id$v=19$m=8,t=1,p=1$$"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		s, err := basicauth.Parse(hash)
		if err != nil {
			require.NotContains(t, err.Error(), "%!")
			return
		}
		if cost := s.Cost(); cost == "bcrypt 4" || cost == "argon2id m=64,t=1,p=1" { // those that take no time
			require.Equal(t, s.Matches("x"), s.Matches("x"))
		}
	})
}
