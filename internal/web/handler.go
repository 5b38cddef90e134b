// Package web serves MCP over HTTP to many callers at once: Streamable HTTP at /mcp, HTTP+SSE at /sse and
// /message, and health and metrics.
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Server is the MCP server that a Handler serves.
type Server interface {
	MCP() *server.MCPServer
	Tools() []tool.Tool
	// Admit counts a message against its caller's rate limit. It returns nil, or an error that says how long
	// to wait.
	Admit(ctx context.Context) *opentrain.Error
	// StopForms ends the forms that wait for an answer, and prevents new ones.
	StopForms()
}

// Config configures a Handler. It has no defaults: the root package sets them.
type Config struct {
	Server Server
	// Auth is AuthCallers when empty.
	Auth Auth
	// ServerToken is the secret that callers send with AuthShared, and OwnToken returns the token of the
	// server's own account.
	ServerToken string
	OwnToken    func(context.Context) caller.Token
	// RequireToken refuses callers without a token.
	RequireToken bool
	// Anonymous returns the token for callers without one. Set it only for a server without real accounts.
	Anonymous func(context.Context) caller.Token

	// Sessions switches on sessions for clients of protocol 2025-11-25 and older. Without sessions, any
	// replica can answer any request.
	Sessions bool
	// SessionIdle is how long a session lasts without requests; 0 means forever.
	SessionIdle time.Duration
	// FormTimeout is how long a form waits for its answer. A session must last longer.
	FormTimeout time.Duration
	// NoSSE switches off HTTP+SSE.
	NoSSE bool
	// ReplicaID begins the ids of sessions and streams, so that a proxy can find the replica that holds them:
	// letters, digits and hyphens.
	ReplicaID string
	// MaxStreams and MaxSessions limit what is open at once, as in edge.Quota.
	MaxStreams, MaxSessions int

	// AllowedHosts and AllowedOrigins are as in edge.Guard.
	AllowedHosts, AllowedOrigins []string
	// BehindProxy reads a caller's address from the last entry of X-Forwarded-For, and the request id from
	// X-Request-Id.
	BehindProxy bool
	// BasePath is the prefix that a proxy removes from paths, such as /opentrain. HTTP+SSE needs it to tell
	// clients where to send messages.
	BasePath string
	// SeparateOps leaves out health and metrics, so that Ops can serve them elsewhere.
	SeparateOps bool

	Metrics *metrics.Metrics
	Logger  *slog.Logger
}

func (cfg Config) check() error {
	switch {
	case cfg.Auth != "" && cfg.Auth != AuthCallers && cfg.Auth != AuthShared:
		return fmt.Errorf("auth %q is not one of: %s, %s", cfg.Auth, AuthCallers, AuthShared)
	case cfg.Auth == AuthShared && (cfg.ServerToken == "" || cfg.OwnToken == nil):
		return errors.New("auth shared needs a token that callers send, and an account of the server's own")
	case cfg.BasePath != "" && (!strings.HasPrefix(cfg.BasePath, "/") || strings.ContainsAny(cfg.BasePath, "?# ")):
		return fmt.Errorf("base path %q: want a path such as /opentrain", cfg.BasePath)
	case cfg.Sessions && cfg.SessionIdle > 0 && cfg.FormTimeout >= cfg.SessionIdle:
		return errors.New("a session must last longer than a form waits: " +
			"raise the session's idle time, or lower the elicitation timeout")
	case len(cfg.ReplicaID) > 64 || !only(cfg.ReplicaID, alphanumeric+"-"):
		return fmt.Errorf("replica id %q: want at most 64 letters, digits and hyphens", cfg.ReplicaID)
	}
	return nil
}

// idPrefix begins the ids of sessions and streams.
func (cfg Config) idPrefix() string {
	if cfg.ReplicaID == "" {
		return ""
	}
	return cfg.ReplicaID + "."
}

// Handler serves MCP over HTTP. Its http.Server must set ReadHeaderTimeout but not WriteTimeout, which would
// end streams.
type Handler struct {
	cfg         Config
	main, ops   http.Handler
	streamable  *server.StreamableHTTPServer
	sessions    *sessions // nil without sessions
	sse         *sse      // nil without SSE
	streamQuota *edge.Quota

	turnsAway, draining atomic.Bool
	closing             context.Context // ends the streams of sessions
	close               context.CancelFunc

	mu     sync.Mutex
	active int           // requests and streams in progress
	idle   chan struct{} // closed when active is 0; nil when Shutdown doesn't wait
}

// New returns a Handler, or an error if the configuration is invalid. It uses neither the network nor the
// file system.
func New(cfg Config) (*Handler, error) {
	guard := edge.Guard{Hosts: cfg.AllowedHosts, Origins: cfg.AllowedOrigins}
	if err := errors.Join(cfg.check(), guard.Check()); err != nil {
		return nil, err
	}
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	h := &Handler{cfg: cfg, streamQuota: edge.NewQuota(cfg.MaxStreams)}
	h.closing, h.close = context.WithCancel(context.Background())
	if cfg.Sessions {
		h.sessions = newSessions(cfg)
	}
	h.streamable = h.newStreamable()
	if !cfg.NoSSE {
		h.sse = newSSE(cfg)
	}
	h.routes(guard)
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.main.ServeHTTP(w, r) }

// Ops returns a handler for health and metrics alone. It accepts every IP address as Host, because probes use
// the machine's address.
func (h *Handler) Ops() http.Handler { return h.ops }

// TurnAway makes the handler not ready, and answers new calls and new streams with 503 before anything is
// done, so that a proxy can safely send them to another replica. Calls in progress go on. Call it before you
// shut down the http.Server: net/http drops calls that have just arrived, and a proxy can't know that they
// had no effect.
func (h *Handler) TurnAway() {
	h.turnsAway.Store(true)
	h.draining.Store(true)
}

// Shutdown makes the handler not ready, ends streams and waits until calls in progress are answered or ctx is
// done. Use it together with Shutdown of the http.Server, which stops new connections.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.draining.Store(true)
	h.cfg.Server.StopForms() // an answer can't arrive any more
	h.close()
	if h.sse != nil {
		h.sse.shutdown()
	}
	return errors.Join(h.wait(ctx), h.streamable.Shutdown(context.WithoutCancel(ctx)))
}

// enter counts a request or a stream as in progress, until leave.
func (h *Handler) enter() (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active++
	return h.leave
}

func (h *Handler) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active--
	if h.active == 0 && h.idle != nil {
		close(h.idle)
		h.idle = nil
	}
}

// wait returns when nothing is in progress, or with the error of ctx.
func (h *Handler) wait(ctx context.Context) error {
	h.mu.Lock()
	if h.idle == nil {
		h.idle = make(chan struct{})
	}
	idle := h.idle
	h.active++
	h.mu.Unlock()
	h.leave() // closes idle if nothing else is in progress
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
