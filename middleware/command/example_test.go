package command_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/shallot-http/shallot/middleware/command"
)

// What a program says goes to a log, line by line; the end of it is in the error,
// too, if it fails.
func Example() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	build := command.Command{Args: []string{"sh", "-c", "echo 12 pages; echo no theme >&2; exit 1"}, Log: log}
	fmt.Println(build.Run(ctx))
	// Output:
	// level=INFO msg="command says" command=sh output="12 pages"
	// level=INFO msg="command says" command=sh output="no theme"
	// sh: exit status 1 (12 pages; no theme)
}
