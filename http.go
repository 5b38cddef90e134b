package opentrainmcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/edge"
)

// The defaults of HTTPConfig.
const (
	DefaultCallsPerSecond = 50
	DefaultBurst          = 300
	DefaultMaxStreams     = 10_000
	DefaultMaxSessions    = 10_000
	DefaultSessionIdle    = 30 * time.Minute
)

// HTTPConfig says how a server is offered over HTTP, to many callers at once.
type HTTPConfig struct {
	// Config is what is served. Its Token is called with AuthShared alone: with
	// AuthCallers each caller brings a token.
	Config
	// Auth is AuthCallers when empty.
	Auth Auth
	// ServerToken is the secret that callers send with AuthShared.
	ServerToken string
	// RequireToken refuses callers without a token.
	RequireToken bool
	// Anonymous, when set, is the account of callers without a token. It is
	// for servers on which nothing is real.
	Anonymous func(context.Context) Token

	// Sessions switches on sessions for clients of protocol 2025-11-25 and
	// older. Without, any replica answers any request.
	Sessions bool
	// SessionIdle ends a session that was not used for so long; 0 means
	// DefaultSessionIdle.
	SessionIdle time.Duration
	// NoSSE switches the older HTTP+SSE transport off.
	NoSSE bool
	// ReplicaID begins the ids of sessions and streams, so that a proxy finds
	// the replica that holds them: letters, digits and hyphens.
	ReplicaID string

	// AllowedHosts and AllowedOrigins are as in edge.Guard: names that callers
	// use, and pages that may call. On a loopback address its own loopback forms
	// are allowed without them.
	AllowedHosts, AllowedOrigins []string
	// BehindProxy takes a caller's address from the last hop of
	// X-Forwarded-For, and the request id from X-Request-Id.
	BehindProxy bool
	// BasePath is what a proxy takes off the paths before requests come here:
	// "/opentrain" when callers use /opentrain/sse. Only HTTP+SSE tells callers
	// a path.
	BasePath string
	// SeparateOps leaves health and metrics out, for Ops to serve elsewhere.
	SeparateOps bool

	// CallsPerSecond and Burst limit each caller; 0 means the defaults, a rate
	// below 0 is no limit.
	CallsPerSecond float64
	Burst          int
	// MaxStreams and MaxSessions bound what is open at once; 0 means the
	// defaults.
	MaxStreams, MaxSessions int
}

// HTTPHandler serves MCP over HTTP: Streamable HTTP at /mcp, HTTP+SSE at /sse
// and /message, and /healthz, /readyz and /metrics. Its server must set
// ReadHeaderTimeout, and no WriteTimeout: that would cut streams.
type HTTPHandler struct {
	cfg        HTTPConfig
	server     *Server
	main, ops  http.Handler
	streamable *server.StreamableHTTPServer
	sessions   *sessions // nil when stateless
	sse        *sse      // nil when switched off

	mu        sync.Mutex
	draining  bool
	turnsAway bool          // new calls
	active    int           // requests and streams under way
	idle      chan struct{} // closed when draining and none is active
	listening map[*http.Request]listening
	places    places // for what is in listening
}

var validReplicaID = regexp.MustCompile(`^[A-Za-z0-9-]{0,64}$`)

// NewHTTPHandler builds an HTTPHandler. It fails on a configuration that cannot
// be served and touches neither the network nor the file system.
func NewHTTPHandler(cfg HTTPConfig) (*HTTPHandler, error) {
	guard := edge.Guard{Hosts: cfg.AllowedHosts, Origins: cfg.AllowedOrigins}
	if err := errors.Join(cfg.check(), guard.Check()); err != nil {
		return nil, err
	}
	cfg.fill()
	h := &HTTPHandler{cfg: cfg, idle: make(chan struct{}), listening: map[*http.Request]listening{}, places: newPlaces(cfg.MaxStreams)}
	served := cfg.Config
	served.Token = h.tokenOf
	var err error
	if h.server, err = New(served); err != nil {
		return nil, err
	}
	h.cfg.Logger = h.server.cfg.Logger
	h.server.asker.stateless = !cfg.Sessions
	h.server.limiter = edge.NewLimiter(cfg.CallsPerSecond, cfg.Burst)
	h.server.metrics = newMetrics(h.countStreams, h.countSessions)
	options := []server.StreamableHTTPOption{
		server.WithDisableLocalhostProtection(true), // edge.Guard is stricter
		server.WithStreamableHTTPLogger(quiet(h.cfg.Logger)),
	}
	if cfg.Sessions {
		h.sessions = newSessions(cfg.ReplicaID, cfg.MaxSessions)
		options = append(options, server.WithSessionIdManagerResolver(h.sessions),
			server.WithSessionIdleTTL(cfg.SessionIdle), server.WithHeartbeatInterval(heartbeat))
	} else {
		// Without GET streams: mcp-go would send one caller's notifications to
		// another's.
		options = append(options, server.WithStateLess(true), server.WithDisableStreaming(true))
	}
	h.streamable = server.NewStreamableHTTPServer(h.server.mcp, options...)
	if !cfg.NoSSE {
		h.sse = newSSE(h.server.mcp, cfg)
	}
	h.routes(guard)
	return h, nil
}

func (cfg HTTPConfig) check() error {
	switch {
	case cfg.Auth != "" && cfg.Auth != AuthCallers && cfg.Auth != AuthShared:
		return fmt.Errorf("there is no auth %q: %s or %s", cfg.Auth, AuthCallers, AuthShared)
	case cfg.Auth == AuthShared && (cfg.ServerToken == "" || cfg.Token == nil):
		return errors.New("auth shared needs the token that callers send, and an account of the server's own")
	case cfg.BasePath != "" && (!strings.HasPrefix(cfg.BasePath, "/") || strings.ContainsAny(cfg.BasePath, "?# ")):
		return fmt.Errorf("base path %q: want a path such as /opentrain", cfg.BasePath)
	case cfg.Sessions && cfg.ElicitationTimeout > 0 && cfg.SessionIdle > 0 && cfg.ElicitationTimeout >= cfg.SessionIdle:
		return errors.New("a session must last longer than a form waits: raise the session's idle time, or lower the elicitation timeout")
	case !validReplicaID.MatchString(cfg.ReplicaID):
		return fmt.Errorf("replica id %q: want letters, digits and hyphens", cfg.ReplicaID)
	}
	return nil
}

func (cfg *HTTPConfig) fill() {
	defaultTo(&cfg.CallsPerSecond, DefaultCallsPerSecond)
	defaultTo(&cfg.Burst, DefaultBurst)
	defaultTo(&cfg.MaxStreams, DefaultMaxStreams)
	defaultTo(&cfg.MaxSessions, DefaultMaxSessions)
	defaultTo(&cfg.SessionIdle, DefaultSessionIdle)
}

func defaultTo[T comparable](value *T, fallback T) {
	if *value == *new(T) {
		*value = fallback
	}
}

// tokenOf is the Token of a request's caller.
func (h *HTTPHandler) tokenOf(ctx context.Context) Token {
	token := requestFrom(ctx).token
	if token.Value == "" && token.Problem == "" && h.cfg.Anonymous != nil {
		return h.cfg.Anonymous(ctx)
	}
	return token
}

// ownToken is the token of the server's own account.
func (h *HTTPHandler) ownToken(ctx context.Context) Token { return h.cfg.Token(ctx) }

// ServeHTTP implements http.Handler.
func (h *HTTPHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.main.ServeHTTP(w, r) }

// Ops serves health and metrics alone. It answers to any address as Host,
// since probes use the machine's.
func (h *HTTPHandler) Ops() http.Handler { return h.ops }

func (h *HTTPHandler) countStreams() float64 {
	h.mu.Lock()
	open := len(h.listening)
	h.mu.Unlock()
	if h.sse != nil {
		open += h.sse.count()
	}
	return float64(open)
}

func (h *HTTPHandler) countSessions() float64 {
	if h.sessions == nil {
		return 0
	}
	return float64(h.sessions.count())
}

func (h *HTTPHandler) isDraining() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.draining
}

func (h *HTTPHandler) isTurningAway() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.turnsAway
}

func (h *HTTPHandler) enter() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active++
}

func (h *HTTPHandler) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active--
	if h.draining && h.active == 0 {
		close(h.idle)
		h.idle = make(chan struct{})
	}
}

// TurnAway makes the handler not ready and answers every new call on /mcp, and
// every new stream, with 503 before anything is done: a proxy in front may send
// them to another replica, and learns that this one goes. What is under way goes
// on. A handler whose http.Server shuts down without this may lose calls that
// have just been sent: net/http drops them, and a proxy cannot know.
func (h *HTTPHandler) TurnAway() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining, h.turnsAway = true, true
}

// Shutdown makes the handler not ready, ends streams and waits until the calls
// in flight are answered, or ctx is done. It goes together with Shutdown of the
// http.Server, which stops new connections.
func (h *HTTPHandler) Shutdown(ctx context.Context) error {
	h.server.asker.end() // nobody can answer a form any more
	h.mu.Lock()
	h.draining = true
	for _, open := range h.listening {
		open.end()
	}
	idle := h.idle
	if h.active == 0 {
		idle = closedChannel()
	}
	h.mu.Unlock()
	if h.sse != nil {
		h.sse.shutdown()
	}
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, h.streamable.Shutdown(context.WithoutCancel(ctx)))
}

func closedChannel() chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// quiet lets only the library's errors through: the rest tells what this
// server's own lines tell, with session ids.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(errorsOnly{log.With("from", "mcp-go").Handler()})
}

// errorsOnly is a log that takes errors alone.
type errorsOnly struct{ slog.Handler }

// Enabled implements slog.Handler.
func (e errorsOnly) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && e.Handler.Enabled(ctx, level)
}
