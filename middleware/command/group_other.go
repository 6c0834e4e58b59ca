//go:build !unix

package command

import (
	"os"
	"os/exec"
	"strconv"
)

func setGroup(*exec.Cmd) {}

// endGroup ends p and its children, which Windows knows as a tree, not a group.
func endGroup(p *os.Process) error {
	if err := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run(); err != nil {
		return p.Kill()
	}
	return nil
}

func killGroup(p *os.Process) { _ = p.Kill() } // or it has ended
