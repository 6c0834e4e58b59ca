package git_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestCommandsHaveToBeAllowed(t *testing.T) {
	const src = "git github.com/user/site {\n path site\n then hugo\n then_long rsync\n}"
	site := directive.NewSite("localhost")
	_, err := caddyfiletest.SetupIn(t, site, git.Directive, src)
	require.EqualError(t, err, "Caddyfile:3:7: git: then: commands may not be run (AllowExec of the program's configuration allows it)\n"+
		"Caddyfile:4:12: git: then_long: commands may not be run (AllowExec of the program's configuration allows it)")
}
