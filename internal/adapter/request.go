package adapter

import (
	"context"
	"errors"
	"runtime/debug"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/opentrain"
)

// errInternal is all that a client learns about a bug outside of a tool.
var errInternal = errors.New("internal server error")

// handler serves requests other than tool calls. Only the log gets the cause of a panic.
func handler[Request, Result any](
	s *Server, serve func(context.Context, caller.Caller, Request) (Result, error),
) func(context.Context, Request) (Result, error) {
	return func(ctx context.Context, request Request) (result Result, err error) {
		ctx, by, cancel := s.requestContext(ctx)
		defer cancel()
		defer func() {
			if cause := recover(); cause != nil {
				s.cfg.Logger.ErrorContext(ctx, "panic", "panic", cause, "stack", string(debug.Stack()))
				err = errInternal
			}
		}()
		return serve(ctx, by, request)
	}
}

// requestContext returns a context for API calls. It ends with the timeout, or with the stream of the answer.
func (s *Server) requestContext(ctx context.Context) (context.Context, caller.Caller, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	request := caller.From(ctx)
	token := s.cfg.Token(ctx)
	ctx = opentrain.WithTrace(opentrain.WithToken(ctx, token.Value), &opentrain.Trace{
		Traceparent: request.Trace.Parent(), Tracestate: request.Trace.State,
		Sent: s.cfg.Metrics.Sent, Read: s.cfg.Metrics.Read,
	})
	return ctx, token.Caller(), cancel
}
