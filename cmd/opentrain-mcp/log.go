package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"

	"opentrain-mcp/internal/logsink"
)

// logger sets up the log of a command that serves: for this module, and for the libraries' own lines.
func (f serveFlags) logger(err *logsink.Sink, format string) *slog.Logger {
	// Without a reader of standard error or output, writing to it fails. By default it also ends the process.
	signal.Ignore(syscall.SIGPIPE)
	handler := func(w io.Writer, level slog.Level) slog.Handler {
		options := &slog.HandlerOptions{Level: level}
		if cmp.Or(f.LogFormat, format) == "json" {
			return slog.NewJSONHandler(w, options)
		}
		return slog.NewTextHandler(w, options)
	}
	err.OnDrop(func(w io.Writer, dropped int) {
		slog.New(handler(w, slog.LevelWarn)).Warn(fmt.Sprintf("%d log lines were dropped", dropped)) // at any log level
	})
	log := slog.New(handler(err, f.LogLevel))
	slog.SetDefault(log)
	return log
}
