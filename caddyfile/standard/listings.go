package standard

import (
	"io"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/markdown"
)

// listings is the directive of package browse, with what other packages bring: an
// archive, and the Markdown of a README.
func listings() directive.Directive {
	zstd := gzip.Zstd(0)
	return browse.DirectiveWith(browse.Config{Markdown: markdown.Render, Archives: []browse.Archive{
		browse.Zip(), browse.Tar(), browse.TarGzip(),
		browse.TarWith("zst", "application/zstd", func(w io.Writer) io.WriteCloser {
			encoder := zstd.NewEncoder()
			encoder.Reset(w)
			return encoder
		}),
	}})
}
