package markdown

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// A manifest has what was generated: the hashes of each file's contents, of which
// there are two while one takes the place of another.
type manifest map[string][]string

// manifestName is one that package static guards.
const manifestName = ".htgenerated.json"

// mostGenerated is the size of the largest file that is looked at.
const mostGenerated = 64 << 20

func readManifest(root *os.Root, dir string) (manifest, error) {
	file, err := root.Open(filepath.FromSlash(path.Join(dir, manifestName)))
	if errors.Is(err, fs.ErrNotExist) {
		return manifest{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := readAll(file)
	if err != nil {
		return nil, err
	}
	m := manifest{}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(dir, manifestName), err)
	}
	return m, nil
}

func (m manifest) write(root *os.Root, dir string) error {
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	return replace(root, path.Join(dir, manifestName), text)
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// hashOfFile returns the hash of a file; "" if there is none.
func hashOfFile(root *os.Root, name string) (string, error) {
	info, err := root.Lstat(filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil && !info.Mode().IsRegular() {
		return "link or folder", nil // which nobody has generated
	}
	if err != nil {
		return "", err
	}
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	body, err := readAll(file)
	return hashOf(body), err
}

func readAll(file io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(file, mostGenerated+1))
	if err == nil && len(body) > mostGenerated {
		err = fmt.Errorf("there is more than %d bytes of it", mostGenerated)
	}
	return body, err
}

// replace gives a file other contents in one step, so that nobody sees half of it.
func replace(root *os.Root, name string, body []byte) error {
	if there, err := root.ReadFile(filepath.FromSlash(name)); err == nil && bytes.Equal(there, body) {
		return nil
	}
	if err := root.MkdirAll(filepath.FromSlash(path.Dir(name)), 0o755); err != nil {
		return err
	}
	temporary := filepath.FromSlash(path.Join(path.Dir(name), ".ht"+rand.Text()))
	err := root.WriteFile(temporary, body, 0o644)
	if err == nil {
		err = root.Rename(temporary, filepath.FromSlash(name))
	}
	if err != nil {
		_ = root.Remove(temporary)
	}
	return err
}
