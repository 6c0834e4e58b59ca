package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"

	"github.com/shallot-http/shallot/caddyfile"
)

// reload has a signal reload the Caddyfile, if there is one, and reopen log files.
func reload(ctx context.Context, server *caddyfile.Server, loaded bool) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, reloadSignals...)
	defer signal.Stop(asked)
	for {
		select {
		case <-asked:
		case <-ctx.Done():
			return
		}
		if loaded {
			report, err := server.ReloadFile(ctx)
			logReload(report, err)
		}
		if err := server.Reopen(); err != nil {
			slog.Error("log files could not be reopened", "error", err)
		}
	}
}

func logReload(report caddyfile.ReloadReport, err error) {
	if err != nil {
		slog.Error("not reloaded: all is as it was", "error", err)
		return
	}
	slog.Info("reloaded", "report", report)
	for _, w := range report.Warnings {
		slog.Warn(w.Error())
	}
}
