package git

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/command"
)

// oldest is the first version of git that has all that is asked of it.
var oldest = [2]int{2, 30}

var versionOutput = regexp.MustCompile(`^git version (\d+)\.(\d+)`)

// check finds git and asks for its version, once.
func (r *Repo) check(ctx context.Context) error {
	if r.program != "" {
		return nil
	}
	const install = "install it, with apt-get install git for example, or see https://git-scm.com/downloads"
	name := r.cfg.Git
	if name == "" {
		name = "git"
	}
	program, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("git %d.%d or newer is needed: %w: %s", oldest[0], oldest[1], err, install)
	}
	out := limited{max: 1 << 10}
	cmd := command.New(ctx, r.state, r.environ(), program, "--version")
	cmd.Stdout = &out
	if err := command.Run(cmd); err != nil {
		return fmt.Errorf("%s --version: %w", program, err)
	}
	text := strings.TrimSpace(out.String())
	m := versionOutput.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("git %d.%d or newer is needed, and %s is something else: %s", oldest[0], oldest[1], program, install)
	}
	major, err1 := strconv.Atoi(m[1])
	minor, err2 := strconv.Atoi(m[2])
	if errors.Join(err1, err2) != nil || major < oldest[0] || major == oldest[0] && minor < oldest[1] {
		return fmt.Errorf("git %d.%d or newer is needed, and %s is %s: %s", oldest[0], oldest[1], program, strings.TrimPrefix(text, "git "), install)
	}
	r.program = program
	return nil
}
