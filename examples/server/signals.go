package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/shallot-http/shallot/caddyfile"
)

// reloads returns what tells of signals that ask for a reload. It is called before
// anything is started, and nothing stops it: such a signal is not to end the program,
// neither while it starts nor while it stops.
func reloads() <-chan os.Signal {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, reloadSignals...)
	return asked
}

// reload reloads the Caddyfile whenever it is asked to, if there is one, and reopens
// log files.
func reload(ctx context.Context, asked <-chan os.Signal, server *caddyfile.Server, loaded bool) {
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
		fmt.Fprintf(os.Stderr, "%s not reloaded: all is as it was\n%v\n", time.Now().Format(time.DateTime), err)
		return // not by slog, which would have it all on one line
	}
	slog.Info("reloaded", "report", report)
	for _, w := range report.Warnings {
		slog.Warn(w.Error())
	}
}
