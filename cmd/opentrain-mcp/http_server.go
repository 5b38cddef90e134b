package main

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

const (
	opsConnections  = 100    // of health and metrics, which need few
	moreConnections = 10_000 // beside those of streams
	otherFiles      = 50     // such as the log, certificates and listeners
)

// httpServer makes a server for the handler.
func httpServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler,
		// Slow headers can't hold a connection longer than this. Bodies have their own deadline, in the handler.
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
		// No WriteTimeout: it counts from the request's header and would cut every event
		// stream. Calls end by --timeout, and each write to a stream has a deadline.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// maxConnections returns the limit of open connections. Each needs an open file, and requests to OpenTrain need some
// too.
func (c httpCommand) maxConnections(log *slog.Logger) int {
	wanted := cmp.Or(c.MaxConnections, c.MaxStreams+moreConnections)
	files, limited := openFiles()
	if !limited {
		return wanted
	}
	room := max(files-c.MaxUpstream-opsConnections-otherFiles, files/2)
	if room >= wanted {
		return wanted
	}
	if c.MaxConnections > 0 || room < c.MaxStreams {
		log.Warn("the system's limit of open files allows fewer connections; raise it, for example with ulimit -n",
			"connections", room, "wanted", wanted, "open_files", files)
	}
	return room
}
