package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sshCommand returns what git runs for ssh, as text for a shell. Nothing is taken
// from the configuration of the user or the system; the server is known by the
// file, never at first sight, and no key is offered but this one.
func sshCommand(key, knownHosts string) (string, error) {
	key, knownHosts = filepath.ToSlash(key), filepath.ToSlash(knownHosts) // as ssh reads them on Windows, too
	for _, name := range []string{key, knownHosts} {
		if !filepath.IsAbs(name) || strings.ContainsAny(name, "\"'\\%$\n\r") {
			return "", fmt.Errorf("%q cannot be given to ssh: it takes absolute paths without quotes and %%", name)
		}
	}
	options := []string{
		"BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "CheckHostIP=no",
		`UserKnownHostsFile="` + knownHosts + `"`, "GlobalKnownHostsFile=none",
		"IdentitiesOnly=yes", `IdentityFile="` + key + `"`,
		"PasswordAuthentication=no", "KbdInteractiveAuthentication=no",
		"ClearAllForwardings=yes", "ControlPath=none", "PermitLocalCommand=no",
		"ConnectTimeout=30", "ServerAliveInterval=15", "ServerAliveCountMax=4",
	}
	var command strings.Builder
	command.WriteString("ssh -F none")
	for _, o := range options {
		command.WriteString(" -o '" + o + "'")
	}
	return command.String(), nil
}

// checkSSH says what is missing for ssh, before ssh says it in other words.
func (r *Repo) checkSSH() error {
	if r.remote.scheme != "ssh" {
		return nil
	}
	if _, err := os.Stat(r.cfg.Key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	switch info, err := os.Stat(r.cfg.KnownHosts); {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.Size() == 0:
		return fmt.Errorf("there is nothing in %s, by which the server could be known: %s", r.cfg.KnownHosts, r.howToKnow())
	case err != nil:
		return fmt.Errorf("known_hosts: %w", err)
	}
	return nil
}

// howToKnow says how a server becomes known.
func (r *Repo) howToKnow() string {
	host, port, _ := strings.Cut(r.remote.host, ":")
	if strings.HasPrefix(r.remote.host, "[") {
		host, port, _ = strings.Cut(r.remote.host[1:], "]")
		port = strings.TrimPrefix(port, ":")
	}
	args := host
	if port != "" {
		args = "-p " + port + " " + host
	}
	return fmt.Sprintf("run ssh-keyscan %s >> %s and compare what ssh-keygen -lf %s prints with the fingerprints that the host publishes",
		args, r.cfg.KnownHosts, r.cfg.KnownHosts)
}
