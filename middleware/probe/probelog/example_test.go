package probelog_test

import (
	"log/slog"
	"os"

	"github.com/shallot-http/shallot/middleware/probe/probelog"
)

func ExampleNewHandler() {
	text := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
	log := slog.New(probelog.NewHandler(text))
	log.Info("started", "port", 80)
	log.Debug("only a tracer sees this")
	// Output:
	// level=INFO msg=started port=80
}
