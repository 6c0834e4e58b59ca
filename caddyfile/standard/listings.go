package standard

import (
	"io"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware/directive"
)

// listings is the directive of package browse, with an archive that takes what
// another package brings.
func listings() directive.Directive {
	zstd := gzip.Zstd(0)
	return browse.DirectiveWith(browse.Config{Archives: []browse.Archive{
		browse.Zip(), browse.Tar(), browse.TarGzip(),
		browse.TarWith("zst", "application/zstd", func(w io.Writer) io.WriteCloser {
			encoder := zstd.NewEncoder()
			encoder.Reset(w)
			return encoder
		}),
	}})
}
