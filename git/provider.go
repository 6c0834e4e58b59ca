package git

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Provider is whose webhooks to expect.
type Provider int

const (
	AnyProvider Provider = iota // whoever it says that it is
	GitHub                      // X-Hub-Signature-256
	GitLab                      // webhook-signature, or X-Gitlab-Token
	Gitea                       // X-Gitea-Signature
	Forgejo                     // X-Forgejo-Signature, or X-Gitea-Signature
	Gogs                        // X-Gogs-Signature
	Bitbucket                   // X-Hub-Signature, of Cloud as well as Data Center
)

var providerNames = [...]string{"any", "github", "gitlab", "gitea", "forgejo", "gogs", "bitbucket"}

// String returns the name by which the Caddyfile knows p.
func (p Provider) String() string {
	if p < 0 || int(p) >= len(providerNames) {
		return "unknown"
	}
	return providerNames[p]
}

// providerOf returns whose fields there are. Gitea and Forgejo send those of the
// others, too.
func providerOf(h http.Header) Provider {
	for _, kind := range []struct {
		field string
		Provider
	}{
		{"X-Forgejo-Event", Forgejo}, {"X-Gitea-Event", Gitea}, {"X-Gogs-Event", Gogs},
		{"X-Github-Event", GitHub}, {"X-Gitlab-Event", GitLab}, {"X-Event-Key", Bitbucket},
	} {
		if h.Get(kind.field) != "" {
			return kind.Provider
		}
	}
	return AnyProvider
}

var (
	errUnsigned = errors.New("it is not signed")
	errForged   = errors.New("its signature is wrong")
	errTooOld   = errors.New("its time is not that of now")
)

// verify makes sure that who knows the secret has sent the body. The proof is the
// same for the same delivery only.
func (p Provider) verify(h http.Header, body, secret []byte, now time.Time) (proof [32]byte, err error) {
	if len(secret) == 0 {
		return proof, errors.New("there is no secret by which to know who sends it")
	}
	var field, prefix string
	switch p {
	case GitHub:
		field, prefix = "X-Hub-Signature-256", "sha256="
	case Gitea:
		field = "X-Gitea-Signature"
	case Forgejo:
		field = "X-Forgejo-Signature"
		if h.Get(field) == "" {
			field = "X-Gitea-Signature"
		}
	case Gogs:
		field = "X-Gogs-Signature"
	case Bitbucket:
		field, prefix = "X-Hub-Signature", "sha256="
	case GitLab:
		return verifyGitLab(h, body, secret, now)
	default:
		return proof, errors.New("it does not say who sends it")
	}
	values := h.Values(field)
	if len(values) != 1 || values[0] == "" {
		return proof, errUnsigned
	}
	text, ok := strings.CutPrefix(values[0], prefix)
	signature, err := hex.DecodeString(text)
	if !ok || err != nil || len(signature) != sha256.Size {
		return proof, errForged
	}
	proof = sign(secret, body)
	if !hmac.Equal(signature, proof[:]) {
		return proof, errForged
	}
	return proof, nil
}

func sign(secret []byte, parts ...[]byte) (sum [32]byte) {
	mac := hmac.New(sha256.New, secret)
	for _, part := range parts {
		mac.Write(part)
	}
	mac.Sum(sum[:0])
	return sum
}

// signingToken is how the secret of GitLab's signatures begins, which are those of
// https://www.standardwebhooks.com.
const signingToken = "whsec_"

// tolerance is how far the clock of a sender may be off.
const tolerance = 5 * time.Minute

func verifyGitLab(h http.Header, body, secret []byte, now time.Time) (proof [32]byte, err error) {
	if !strings.HasPrefix(string(secret), signingToken) {
		// There is nothing but a password. Both are signed so that comparing them tells
		// nothing of their lengths.
		values := h.Values("X-Gitlab-Token")
		if len(values) != 1 || values[0] == "" {
			return proof, errUnsigned
		}
		got, want := sign(secret, []byte(values[0])), sign(secret, secret)
		if !hmac.Equal(got[:], want[:]) {
			return proof, errForged
		}
		return sign(secret, body), nil
	}
	raw, err := decodeSigningToken(string(secret))
	if err != nil {
		return proof, err
	}
	id, stamp := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	signatures := h.Get("Webhook-Signature")
	if id == "" || stamp == "" || signatures == "" {
		return proof, errUnsigned
	}
	want := sign(raw, []byte(id), []byte("."), []byte(stamp), []byte("."), body)
	valid := false
	for one := range strings.FieldsSeq(signatures) {
		text, isV1 := strings.CutPrefix(one, "v1,")
		signature, err := base64.StdEncoding.DecodeString(text)
		if isV1 && err == nil && hmac.Equal(signature, want[:]) {
			valid = true
		}
	}
	if !valid {
		return proof, errForged
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return proof, errTooOld
	}
	return want, nil
}

// decodeSigningToken returns the key that a secret of GitLab's stands for.
func decodeSigningToken(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, signingToken))
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("a secret that begins with %s is base64 after it", signingToken)
	}
	return key, nil
}
