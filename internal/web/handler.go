// Package web serves MCP over HTTP: Streamable HTTP at /mcp, HTTP+SSE at /sse and /message, health and metrics.
package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/internal/setting"
	"opentrain-mcp/internal/tool"
)

// Server is the MCP server that a Handler serves.
type Server interface {
	// NewPeer returns the other end of a new conversation.
	NewPeer(id string) *adapter.Peer
	// Served is what is served to callers who give nothing up.
	Served() tool.Served
	// Admit counts a message against its caller's rate limit. It returns 0, or how long the caller must wait.
	Admit(ctx context.Context) (wait time.Duration)
	// StopForms ends the forms that wait for an answer, and prevents new ones.
	StopForms()
}

// Config configures a Handler. Fields are as in opentrainmcp.HTTPConfig, which also sets the defaults.
type Config struct {
	Server      Server
	Auth        Auth
	ServerToken string
	// OwnToken returns the token of the server's own account, for AuthShared.
	OwnToken     func(context.Context) caller.Token
	RequireToken bool
	Anonymous    func(context.Context) caller.Token

	Sessions    bool
	SessionIdle time.Duration
	// FormTimeout is how long a form waits for its answer. A session must last longer.
	FormTimeout time.Duration
	NoSSE       bool
	ReplicaID   string
	// MaxStreams and MaxSessions limit what is open at once, as in edge.Places, MaxRequests what is in progress, as in
	// edge.Quota.
	MaxStreams, MaxSessions, MaxRequests int

	// Addresses limits the requests of each address, whatever tokens they have; nil for no limit.
	Addresses edge.Limiter

	AllowedHosts, AllowedOrigins []string // as in edge.Guard
	BehindProxy                  bool
	BasePath                     string
	SeparateOps                  bool

	Metrics *metrics.Metrics
	Logger  *slog.Logger
}

func (cfg Config) check() error {
	switch {
	case cfg.Auth != AuthCallers && cfg.Auth != AuthShared:
		return setting.Wrong("Auth", "%q is not one of: %s, %s", cfg.Auth, AuthCallers, AuthShared)
	case cfg.Auth == AuthShared && (cfg.ServerToken == "" || cfg.OwnToken == nil):
		return setting.Wrong("Auth", "shared needs a ServerToken that callers send, and the Token of the server's own account")
	case cfg.BasePath != "" && (path.Clean("/"+cfg.BasePath) != cfg.BasePath || strings.ContainsAny(cfg.BasePath, `?#\ `)):
		return setting.Wrong("BasePath", "%q: must be a path such as /opentrain", cfg.BasePath)
	case cfg.Sessions && cfg.SessionIdle > 0 && cfg.FormTimeout >= cfg.SessionIdle:
		return setting.Wrong("SessionIdle", "of %s is too short: a session must last longer than a form waits for its answer, %s",
			cfg.SessionIdle, cfg.FormTimeout)
	case len(cfg.ReplicaID) > 64 || !only(cfg.ReplicaID, alphanumeric+"-"):
		return setting.Wrong("ReplicaID", "%q: must be at most 64 letters, digits and hyphens", cfg.ReplicaID)
	}
	if err := (edge.Guard{Hosts: cfg.AllowedHosts}).Check(); err != nil {
		return setting.Wrong("AllowedHosts", "%s", err)
	}
	if err := (edge.Guard{Origins: cfg.AllowedOrigins}).Check(); err != nil {
		return setting.Wrong("AllowedOrigins", "%s", err)
	}
	return nil
}

// newID returns the id of a new session or stream.
func (cfg Config) newID() string {
	if cfg.ReplicaID == "" {
		return rand.Text()
	}
	return cfg.ReplicaID + "." + rand.Text()
}

// Handler serves MCP over HTTP. Its http.Server needs a ReadHeaderTimeout, but a WriteTimeout would end streams.
type Handler struct {
	cfg          Config
	main, ops    http.Handler
	sessions     *sessions
	streams      sync.Map // the open streams of HTTP+SSE: *stream by id
	streamPlaces *edge.Places
	unread       *edge.Places  // responses that wait until their client reads
	requests     *edge.Quota   // in progress, besides streams
	requestWait  time.Duration // for a place among them
	bodies       *edge.Quota   // bytes of their messages
	unsent       *edge.Quota   // bytes that wait for streams
	samples      edge.Sampler  // of what strangers could fill the log with

	draining atomic.Bool     // not ready; new calls get 503, but those on open streams go on
	closing  context.Context // ends when streams must
	close    context.CancelFunc

	mu     sync.Mutex
	active int           // requests and streams in progress
	idle   chan struct{} // closed when active becomes 0
}

// New returns a Handler, or an error if the configuration is invalid. It uses no network and no files.
func New(cfg Config) (*Handler, error) {
	guard := edge.Guard{Hosts: cfg.AllowedHosts, Origins: cfg.AllowedOrigins}
	cfg.BasePath = strings.TrimSuffix(cfg.BasePath, "/")
	if err := cfg.check(); err != nil {
		return nil, err
	}
	h := &Handler{
		cfg: cfg, sessions: newSessions(cfg), streamPlaces: edge.NewPlaces(cfg.MaxStreams),
		unread:   edge.NewPlaces(maxUnread),
		requests: edge.NewQuota(cfg.MaxRequests), requestWait: requestWait,
		bodies: edge.NewQuota(maxBodies), unsent: edge.NewQuota(maxUnsent), idle: make(chan struct{}),
	}
	close(h.idle)
	h.closing, h.close = context.WithCancel(context.Background())
	cfg.Metrics.Observe(func() metrics.State {
		return metrics.State{Streams: h.streamPlaces.Held(), Sessions: h.sessions.places.Held(), Ready: !h.draining.Load()}
	})
	h.routes(guard)
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.main.ServeHTTP(w, r) }

// Ops serves only health and metrics. Any IP address may be the Host, because probes use the machine's.
func (h *Handler) Ops() http.Handler { return h.ops }

// TurnAway makes the handler not ready. It answers new calls and streams with 503 before anything is done, so
// that a proxy can send them to another replica. Calls in progress go on. Call it before Shutdown of the
// http.Server, which drops calls that have just arrived.
func (h *Handler) TurnAway() { h.draining.Store(true) }

// Shutdown turns new calls away, ends streams and waits until calls in progress are answered or ctx is
// done. Use it together with Shutdown of the http.Server, which stops new connections.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.TurnAway()
	h.cfg.Server.StopForms() // an answer can't arrive any more
	h.close()
	defer h.sessions.close()
	defer h.samples.Flush()
	return h.wait(ctx)
}

// warn logs what was done to an address, at most once a minute.
func (h *Handler) warn(message, address string) {
	h.samples.Log(message, address, func(address string, times int) {
		h.cfg.Logger.Warn(message, "address", address, "times", times)
	})
}

// enter counts a request or a stream as in progress, until leave. Look at draining after it: then either Shutdown waits for the
// call, or the call is turned away.
func (h *Handler) enter() (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.active == 0 {
		h.idle = make(chan struct{})
	}
	h.active++
	return h.leave
}

func (h *Handler) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.active--; h.active == 0 {
		close(h.idle)
	}
}

// wait returns when nothing is in progress, or with the error of ctx.
func (h *Handler) wait(ctx context.Context) error {
	h.mu.Lock()
	idle := h.idle
	h.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
