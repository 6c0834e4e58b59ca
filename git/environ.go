package git

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// passed are the variables that git may see: how to find programs and a place for
// temporary files, the way to the network, whom TLS trusts, and the agent that
// keeps the key of ssh.
var passed = []string{
	"PATH", "TMPDIR", "USER", "LOGNAME", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
	// Without these no program of Windows can reach anybody.
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "PROGRAMFILES", "PROGRAMDATA",
}

// environ returns the environment of git: everything in it is said here, so that
// neither the user's nor the system's configuration changes what is deployed.
func (r *Repo) environ(more ...string) []string {
	var env []string
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	home := filepath.Join(r.state, "home") // which is empty: there is no .gitconfig and no .netrc
	env = append(env,
		"HOME="+home, "XDG_CONFIG_HOME="+home, "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never",
		"GIT_ALLOW_PROTOCOL="+r.protocols(), "GIT_PROTOCOL_FROM_USER=0",
	)
	if r.remote.scheme == "ssh" {
		env = append(env, "GIT_SSH_VARIANT=ssh", "GIT_SSH_COMMAND="+r.ssh)
	} else {
		env = append(env, "GIT_SSH_COMMAND=false")
	}
	return append(env, more...)
}

// protocols returns what git may speak, also after a redirect. Submodules choose
// their own, but those of another machine must not reach into this one
// (CVE-2022-39253).
func (r *Repo) protocols() string {
	switch r.remote.scheme {
	case "file":
		if r.cfg.Submodules {
			return "file:https"
		}
		return "file"
	case "http":
		return "http:https"
	case "ssh":
		if r.cfg.Submodules {
			return "ssh:https"
		}
		return "ssh"
	}
	return "https"
}

// settings are what git would otherwise take from a configuration.
func settings() []string {
	config := []string{
		"core.hooksPath=" + os.DevNull,
		"core.fsmonitor=false",
		"core.protectHFS=true",
		"core.protectNTFS=true",
		"core.autocrlf=false",
		"credential.helper=",
		"gc.auto=0",
		"maintenance.auto=false",
		"http.lowSpeedLimit=1000", // bytes a second
		"http.lowSpeedTime=60",    // seconds
		"advice.detachedHead=false",
	}
	if runtime.GOOS == "windows" {
		config = append(config, "core.symlinks=false", "core.longpaths=true")
	}
	var args []string
	for _, c := range config {
		args = append(args, "-c", c)
	}
	return args
}

// thenEnviron returns the environment of commands that are not git: that of this
// program, but for what would have git work elsewhere.
func thenEnviron(dir string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GIT_") || strings.HasPrefix(v, "PWD=")
	})
	return append(env, "PWD="+dir)
}
