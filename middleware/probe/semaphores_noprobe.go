//go:build noprobe

package probe

const Watchable = false

func RequestEnabled() bool  { return false }
func HeaderEnabled() bool   { return false }
func LayerEnabled() bool    { return false }
func UpstreamEnabled() bool { return false }
func CompressEnabled() bool { return false }
func FastCGIEnabled() bool  { return false }
func LogEnabled() bool      { return false }

func Watch() (stop func()) { return func() {} }

func attached(gate, slot int) int { return -1 }
