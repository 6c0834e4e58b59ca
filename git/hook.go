package git

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// A Hook is a path at which a provider says that something was pushed.
type Hook struct {
	// Path is that of the URL, and begins with a slash.
	Path string

	// Provider is who calls. AnyProvider takes it from what the request says.
	Provider Provider

	// Secret is what the provider signs with. Without one, all that comes is refused.
	// If it begins with whsec_ it is a signing token of GitLab, and its plain tokens
	// are refused.
	Secret []byte
}

const (
	hookBytes = 1 << 20          // of a body
	hookTime  = 10 * time.Second // to send it
)

// A receiver takes what comes to one hook.
type receiver struct {
	hook    Hook
	service *Service
	seen    *memory
}

func newReceiver(h Hook, s *Service) *receiver {
	h.Secret = append([]byte(nil), h.Secret...)
	return &receiver{h, s, newMemory(1024)}
}

// ServeHTTP implements [middleware.Handler]. It says only whether a sync is due, not
// what becomes of it: providers do not wait that long.
func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if r.Method != http.MethodPost {
		return middleware.MethodNotAllowed(w, http.MethodPost)
	}
	body, status, err := readBody(w, r)
	if err != nil {
		return status, err
	}
	provider := rc.hook.Provider
	if provider == AnyProvider {
		provider = providerOf(r.Header)
	}
	proof, err := provider.verify(r.Header, body, rc.hook.Secret, time.Now())
	if errors.Is(err, errTooOld) {
		return http.StatusConflict, fmt.Errorf("git: webhook: %w", err)
	}
	if err != nil {
		return http.StatusUnauthorized, fmt.Errorf("git: webhook: %w", err)
	}
	if rc.service == nil {
		return http.StatusServiceUnavailable, nil
	}
	refs, isPush, err := provider.refs(r.Header, body)
	if err != nil {
		return http.StatusBadRequest, fmt.Errorf("git: webhook: %w", err)
	}
	if !isPush || !rc.concerns(refs) {
		w.WriteHeader(http.StatusNoContent)
		return http.StatusNoContent, nil
	}
	if !rc.seen.add(proof) {
		return http.StatusConflict, errors.New("git: webhook: it was delivered before")
	}
	rc.service.Trigger()
	rc.service.repo.log.Info("git: push announced", "by", provider.String(), "refs", refs)
	w.WriteHeader(http.StatusAccepted)
	return http.StatusAccepted, nil
}

// concerns reports whether one of refs may be what is deployed.
func (rc *receiver) concerns(refs []string) bool {
	return slices.ContainsFunc(refs, rc.service.repo.ref.matches)
}

// readBody returns the body, or the status for why it cannot be had.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	tooLarge := fmt.Errorf("git: webhook: the body is larger than %d bytes", hookBytes)
	if r.ContentLength > hookBytes {
		return nil, http.StatusRequestEntityTooLarge, tooLarge
	}
	rc := http.NewResponseController(w)
	if rc.SetReadDeadline(time.Now().Add(hookTime)) == nil {
		defer rc.SetReadDeadline(time.Time{})
	}
	body, err = io.ReadAll(io.LimitReader(r.Body, hookBytes+1))
	switch {
	case err != nil:
		return nil, http.StatusBadRequest, fmt.Errorf("git: webhook: reading the body: %w", err)
	case len(body) > hookBytes:
		return nil, http.StatusRequestEntityTooLarge, tooLarge
	}
	return body, 0, nil
}
