package adapter

import (
	"context"
	"log/slog"

	"opentrain-mcp/internal/caller"
)

// logger returns the log with what identifies a call: the request's id and a short hash of the token.
func (s *Server) logger(ctx context.Context, by caller.Caller) *slog.Logger {
	return identified(ctx, s.cfg.Logger, by)
}

// auditLogger returns the audit log. It also names the caller's address, because callers who share a token
// have the same hash.
func (s *Server) auditLogger(ctx context.Context, by caller.Caller) *slog.Logger {
	log := identified(ctx, s.audit, by)
	if address := caller.From(ctx).Address; address != "" {
		log = log.With("address", address)
	}
	return log
}

func identified(ctx context.Context, log *slog.Logger, by caller.Caller) *slog.Logger {
	if id := caller.From(ctx).ID; id != "" {
		log = log.With("request", id)
	}
	if by.ID != "" {
		log = log.With("caller", by.ID[:min(len(by.ID), 12)])
	}
	return log
}

// withoutLevel returns the same log at every level, so that raising the log level doesn't hide who changed
// what.
func withoutLevel(log *slog.Logger) *slog.Logger { return slog.New(allLevels{log.Handler()}) }

type allLevels struct{ slog.Handler }

// Enabled implements slog.Handler.
func (allLevels) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler.
func (h allLevels) WithAttrs(attrs []slog.Attr) slog.Handler {
	return allLevels{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h allLevels) WithGroup(name string) slog.Handler { return allLevels{h.Handler.WithGroup(name)} }
