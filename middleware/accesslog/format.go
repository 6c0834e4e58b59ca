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
	presets := strings.NewReplacer(`\{`, `\{`, "{common}", Common, "{combined}", Combined)
	return placeholder.Compile(presets.Replace(text), placeholder.Log)
}
