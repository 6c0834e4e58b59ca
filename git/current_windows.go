package git

import (
	"os"
	"path/filepath"
	"strings"
)

func readCurrent(state string) (string, error) {
	text, err := os.ReadFile(filepath.Join(state, "current"))
	return strings.TrimSpace(string(text)), err
}

func writeCurrent(state, name string) error {
	return replaceFile(filepath.Join(state, "current"), []byte(name+"\n"))
}
