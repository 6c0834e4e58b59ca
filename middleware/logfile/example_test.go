package logfile_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/shallot-http/shallot/middleware/logfile"
)

func Example() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)

	file := logfile.New(logfile.Config{
		Name:     filepath.Join(dir, "error.log"),
		Rotation: logfile.Rotation{MaxSizeMB: 10, Compress: true},
	})
	if err := file.Start(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	log := slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	log.Error("request failed", "status", 502)
	file.Close()

	text, _ := os.ReadFile(file.Name())
	fmt.Printf("%s", text)
	// Output: level=ERROR msg="request failed" status=502
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
