package accesslog

import (
	"strings"

	"github.com/shallot-http/shallot/middleware/placeholder"
)

// The formats that other software knows, too.
const (
	Common   = `{remote} - {user} [{when}] "{method} {uri} {proto}" {status} {size}`
	Combined = Common + ` "{>Referer}" "{>User-Agent}"`
)

// Compile makes a format of text, in which {common} and {combined} stand for
// [Common] and [Combined]. See package placeholder for what else may stand there.
func Compile(text string) *placeholder.Template {
	return placeholder.Compile(inFull.Replace(text), placeholder.Log)
}

var inFull = strings.NewReplacer(`\{`, `\{`, "{common}", Common, "{combined}", Combined)
