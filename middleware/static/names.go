package static

import (
	"path"
	"runtime"
	"strings"
)

// nameOf returns the name of the file that a URL's path stands for, and whether
// there can be one of that name.
func nameOf(urlPath string) (name string, ok bool) {
	if !strings.HasPrefix(urlPath, "/") {
		urlPath = "/" + urlPath
	}
	name = path.Clean(urlPath)[1:]
	if name == "" {
		return ".", true
	}
	if len(name) > longest || strings.Count(name, "/") >= deepest {
		return "", false
	}
	if runtime.GOOS == "windows" && !plainOnWindows(name) {
		return "", false
	}
	return name, true
}

// Names beyond these limits are refused before any work is done for them. Most
// systems do not have longer ones, and os.Root does not walk deeper.
const (
	longest = 4096
	deepest = 255
)

// Dotfiles says which files exist of those whose name, or whose folder's name,
// begins with a dot.
type Dotfiles int

const (
	// DotfilesGuard are all but those that are known to hold secrets: the folders
	// of version control, .env, .htpasswd, keys and credentials, histories, and
	// what editors leave behind.
	DotfilesGuard Dotfiles = iota
	// DotfilesDeny are none but .well-known (RFC 8615).
	DotfilesDeny
	// DotfilesAllow are all, with whatever they hold.
	DotfilesAllow
)

// permit reports whether an element of a name may be seen.
func (d Dotfiles) permit(element string) bool {
	if element == "" || element[0] != '.' || d == DotfilesAllow {
		return true
	}
	if d == DotfilesDeny {
		return element == "." || element == ".well-known"
	}
	return !isGuarded(fold(element)) // file systems may ignore case
}

// fold maps names that differ in case only to one, in lower case; ToUpper unites
// what ToLower would keep apart, such as s and the long ſ.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// isGuarded reports whether a name, in lower case, is one that is not put on a
// site on purpose.
func isGuarded(name string) bool {
	for _, prefix := range [...]string{
		".git", ".hg", ".svn", ".bzr", ".cvs", "._", // of what is in version control, or on a Mac
		".env", ".ht", ".npmrc", ".yarnrc", ".pypirc", ".netrc", ".pgpass", ".my.cnf", ".user.ini",
		".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".terraform", ".vault",
		".ds_store", ".idea", ".vscode",
	} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	ext := path.Ext(name)
	return strings.HasSuffix(name, "_history") || len(ext) == 4 && strings.HasPrefix(ext, ".sw") // of Vim
}

// plainOnWindows reports whether every element of a name stands for the file of
// that name on Windows, which knows files by other names as well.
func plainOnWindows(name string) bool {
	if strings.ContainsAny(name, `\:`) { // a separator; a stream of a file, or a drive
		return false
	}
	for element := range strings.SplitSeq(name, "/") {
		if strings.HasSuffix(element, ".") || strings.HasSuffix(element, " ") || // which are dropped
			isShortName(element) || isDevice(element) {
			return false
		}
	}
	return true
}

// isShortName reports whether an element may be an alias in the 8.3 form, such
// as GIT~1 for .git.
func isShortName(element string) bool {
	_, after, ok := strings.Cut(element, "~")
	return ok && len(element) <= 12 && after != "" && '0' <= after[0] && after[0] <= '9'
}

// isDevice reports whether an element is a device in whatever folder it seems to
// be, with or without an extension.
func isDevice(element string) bool {
	base, _, _ := strings.Cut(element, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	if !strings.HasPrefix(base, "COM") && !strings.HasPrefix(base, "LPT") {
		return false
	}
	switch base[3:] {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return true
	}
	return false
}
