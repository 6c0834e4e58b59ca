package git

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// askpass answers git's questions from the environment, which other users of the
// machine cannot read, as they can arguments. It does so only for the host that the
// credentials are meant for: a redirect may lead elsewhere.
const askpass = `#!/bin/sh
case "$1" in
"Username for '$ASKPASS_BASE': ") printf '%s\n' "$ASKPASS_USER" ;;
"Password for '"*"@$ASKPASS_HOST': ") printf '%s\n' "$ASKPASS_PASSWORD" ;;
*) exit 1 ;;
esac
`

// credentials returns what to add to the environment of a command that talks to
// the remote, and what must not be seen in its output.
func (r *Repo) credentials(ctx context.Context) (env []string, secret string, err error) {
	if r.cfg.Token == nil || r.remote.scheme != "https" && r.remote.scheme != "http" {
		return nil, "", nil
	}
	user, password, err := r.cfg.Token(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("token: %w", err)
	}
	if user == "" || strings.ContainsAny(user+password, "\x00\n\r") {
		return nil, "", fmt.Errorf("token: it has no user, or a line break")
	}
	program, err := r.writeAskpass()
	if err != nil {
		return nil, "", err
	}
	return []string{
		"GIT_ASKPASS=" + program,
		"ASKPASS_BASE=" + r.remote.scheme + "://" + r.remote.host, "ASKPASS_HOST=" + r.remote.host,
		"ASKPASS_USER=" + user, "ASKPASS_PASSWORD=" + password,
	}, password, nil
}

func (r *Repo) writeAskpass() (string, error) {
	name := filepath.Join(r.state, "askpass")
	if have, err := os.ReadFile(name); err == nil && bytes.Equal(have, []byte(askpass)) {
		return name, nil
	}
	temp := name + ".new"
	if err := os.WriteFile(temp, []byte(askpass), 0o700); err != nil {
		return "", err
	}
	return name, os.Rename(temp, name)
}
