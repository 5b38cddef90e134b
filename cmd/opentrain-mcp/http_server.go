package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"opentrain-mcp/internal/edge"
)

// The defaults of flags. docs/operations.md has what they cost.
const (
	defaultStreams     = 250
	defaultConnections = 500 // at least
	defaultSessions    = 5_000
	defaultRequests    = 250
)

const (
	opsConnections = 100 // of health and metrics, which need few
	otherFiles     = 50  // such as the log, certificates and listeners
)

// httpServer makes a server for the handler.
func httpServer(handler http.Handler, log *slog.Logger) *http.Server {
	// HTTP/2 lets one connection hold many responses and large frames that no one reads. Proxies speak it to callers.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:   handler,
		Protocols: &protocols,
		// Slow headers can't hold a connection longer than this. Bodies have their own deadline, in the handler.
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    8 << 10, // and 4 KiB more, by net/http
		// No WriteTimeout: it counts from the request's header and would cut every event
		// stream. Calls end by --timeout, and each write to a stream has a deadline.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// listen opens an address that a flag names.
func listen(flag, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s %s is in use by another program; choose another port", flag, address)
	case err != nil:
		return nil, fmt.Errorf("%s %s can't be opened: %w", flag, address, err)
	}
	return edge.LimitUnsent(listener), nil
}

// fitConnections sets the limit of open connections, and lowers the limit of streams to half of it: streams last, and
// must leave connections for calls. Each connection needs an open file, and requests to OpenTrain need some too.
func (c *httpCommand) fitConnections(log *slog.Logger) {
	wanted := cmp.Or(c.MaxConnections, max(defaultConnections, 2*c.MaxStreams))
	chosen := c.MaxConnections > 0
	c.MaxConnections = wanted
	files, limited := openFiles()
	if limited {
		c.MaxConnections = min(wanted, max(files-c.MaxUpstream-opsConnections-otherFiles, files/2))
	}
	streams := min(c.MaxStreams, max(1, c.MaxConnections/2))
	if chosen && c.MaxConnections < wanted || streams < c.MaxStreams {
		log.Warn("fewer connections or streams can be open than the settings say: streams get half of the connections, and "+
			"connections need open files (ulimit -n)",
			"max_connections", c.MaxConnections, "max_streams", streams, "open_files", files)
	}
	c.MaxStreams = streams
}

// collectLess lets memory grow by twice Go's default before garbage is collected, below the limit, unless GOGC says otherwise: a call takes
// about a tenth less processor time. A program that serves one host leaves the memory to others instead.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// memoryOf returns what the settings may need beyond the memory that the default settings need, in bytes.
func (c httpCommand) memoryOf() int64 {
	const connection, session, request = 40 << 10, 6 << 10, 50 << 10
	more := func(setting, standard int, size int64) int64 { return int64(max(0, setting-standard)) * size }
	return more(c.MaxConnections, defaultConnections, connection) +
		more(c.MaxSessions, defaultSessions, session) + more(c.MaxRequests, defaultRequests, request)
}
