// Package stdio serves one host over standard input and output, one JSON-RPC message per line.
//
// It puts a gate between the host and mcp-go's stdio server, which by itself
//
//   - cancels the running calls as soon as the input ends, so that the last answers are lost;
//   - answers a blank line with an error;
//   - reads lines of any length into memory;
//   - drops a last line that has no newline.
package stdio

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
)

// workers is how many tool calls run at once.
const workers = 16

// Serve serves a host that writes messages to in and reads them from out. It returns nil after the end of in, or
// of ctx, once the requests so far are answered. Answers that take a second longer than timeout are lost.
func Serve(ctx context.Context, s *adapter.Server, in io.Reader, out io.Writer, timeout time.Duration, log *slog.Logger) error {
	g := newGate(ctx, in, out, timeout+time.Second, s.StopForms) // a host that is gone answers no form
	stdio := server.NewStdioServer(s.MCP())
	server.WithWorkerPoolSize(workers)(stdio)
	stdio.SetErrorLogger(slog.NewLogLogger(log.Handler(), slog.LevelWarn))
	// The gate ends the input when ctx is done. To cancel mcp-go itself would cancel the running calls.
	ctx = caller.With(context.WithoutCancel(ctx), &caller.Request{Transport: caller.Stdio})
	if err := stdio.Listen(ctx, g, g); err != nil {
		return fmt.Errorf("stdio: %w", err)
	}
	return g.failure()
}
