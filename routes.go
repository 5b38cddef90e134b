package opentrainmcp

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/edge"
)

func (h *HTTPHandler) routes(guard edge.Guard) {
	main, ops := http.NewServeMux(), http.NewServeMux()
	for path, serve := range map[string]routeFunc{"/mcp": h.serveMCP, "/sse": h.openStream, "/message": h.postMessage} {
		if path == "/mcp" || h.sse != nil {
			main.Handle(path, h.route(serve))
			main.Handle(path+"/{$}", h.route(serve)) // a spelling that hosts' users have
		}
	}
	health := []*http.ServeMux{ops}
	if !h.cfg.SeparateOps {
		health = append(health, main)
	}
	for _, mux := range health {
		mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
		mux.HandleFunc("GET /readyz", h.ready)
		mux.Handle("GET /metrics", h.server.metrics.handler())
	}
	h.main = h.outermost(guard.Wrap(main))
	guard.AnyAddress = true
	h.ops = h.outermost(guard.Wrap(ops))
}

func (h *HTTPHandler) ready(w http.ResponseWriter, _ *http.Request) {
	if h.isDraining() {
		say(w, http.StatusServiceUnavailable, "draining")
		return
	}
	say(w, http.StatusOK, "ready")
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n") //nolint:errcheck,gosec // whoever asked is gone
}

// outermost logs a request that is refused, and keeps a panic from the client.
func (h *HTTPHandler) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, answer := time.Now(), &recorder{ResponseWriter: w, unread: r.ContentLength != 0}
		edge.LimitBodyTime(w, r)
		known := newRequest(r, edge.Address(r, h.cfg.BehindProxy), h.cfg.BehindProxy)
		w.Header().Set("X-Request-Id", known.id)
		if h.isDraining() {
			w.Header().Set("Connection", "close") // the next request belongs elsewhere
		}
		defer func() { //nolint:contextcheck // it has the request's
			cause := recover()
			begun := answer.status != 0
			if cause != nil {
				h.cfg.Logger.ErrorContext(r.Context(), "panic in a request", "request", known.id, "panic", cause, "stack", string(debug.Stack()))
				http.Error(answer, "this server failed by a fault of its own", http.StatusInternalServerError)
			}
			h.logRequest(r, known, answer.status, time.Since(start))
			if cause != nil && begun {
				panic(http.ErrAbortHandler) // half an answer must not look whole
			}
		}()
		r = r.WithContext(withRequest(r.Context(), known)) // which the mux tells the route
		next.ServeHTTP(answer, r)
	})
}

// logRequest logs a request: one that is refused at level info. It names the
// route, not the path: people put tokens there.
func (h *HTTPHandler) logRequest(r *http.Request, known *request, status int, took time.Duration) {
	level := slog.LevelDebug
	if status >= http.StatusBadRequest {
		level = slog.LevelInfo
		h.server.metrics.refuse(status)
	}
	h.cfg.Logger.Log(r.Context(), level, "http", "request", known.id, "method", clip(r.Method), "route", r.Pattern,
		"status", status, "duration_ms", milliseconds(took), "address", known.address)
}

// routeFunc serves one of the protocol's routes.
type routeFunc func(http.ResponseWriter, *http.Request, rpcMessage) *refusal

// route serves one of the protocol's routes: it names the caller, and reads
// the body.
func (h *HTTPHandler) route(serve routeFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received, refused := h.prepare(w, r)
		if refused == nil {
			refused = serve(w, r, received)
		}
		if refused != nil {
			refuse(w, refused)
		}
	})
}

func (h *HTTPHandler) prepare(w http.ResponseWriter, r *http.Request) (received rpcMessage, refused *refusal) {
	known := requestFrom(r.Context())
	if refused = h.identify(r, known); refused != nil {
		return received, refused
	}
	if known.narrowing, refused = narrowingOf(r.Header, h.server.tools); refused != nil {
		return received, refused
	}
	if r.Method != http.MethodPost {
		return received, nil
	}
	body, refused := readMessage(w, r)
	if refused != nil {
		return received, refused
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	// Members of another form than these are for mcp-go to refuse.
	//nolint:errcheck,gosec // it is JSON
	json.Unmarshal(body, &received)
	if refused = received.check(); refused != nil {
		return received, refused
	}
	if received.Method == mcp.MethodToolsCall || received.isAnswer() {
		return received, nil // has its limit where it is answered in a tool's words; was asked for
	}
	if busy := h.server.admit(r.Context()); busy != nil {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(busy.RetryAfter.Seconds())))))
		return received, &refusal{http.StatusTooManyRequests, "This caller sends more often than this server allows."}
	}
	return received, nil
}

// refuse answers with a JSON-RPC error, since some clients show its message.
func refuse(w http.ResponseWriter, refused *refusal) {
	switch refused.status {
	case http.StatusUnauthorized:
		// Without resource_metadata: there is no OAuth here to be found.
		w.Header().Set("WWW-Authenticate", `Bearer realm="OpenTrain API token"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "5")
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(refused.status)
	code := mcp.INVALID_REQUEST
	if refused.status == http.StatusBadRequest && strings.HasPrefix(refused.message, "The body is not") {
		code = mcp.PARSE_ERROR
	}
	//nolint:errcheck,gosec // whoever asked is gone
	json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": nil, "error": map[string]any{"code": code, "message": refused.message}})
}

var (
	errMethod   = &refusal{http.StatusMethodNotAllowed, "Send messages with POST. Streams to GET and sessions to DELETE are there only if the server keeps sessions."}
	errMissing  = &refusal{http.StatusBadRequest, "The header Mcp-Session-Id is missing. Send initialize first, and the id from its answer with everything after it."}
	errEnded    = &refusal{http.StatusNotFound, "There is no such session: it ended, or belongs to another token. Send initialize again."}
	errSessions = &refusal{http.StatusTooManyRequests, "This server has as many sessions as it may have. Try again later."}
)

// openStream serves /sse.
func (h *HTTPHandler) openStream(w http.ResponseWriter, r *http.Request, _ rpcMessage) *refusal {
	if h.isTurningAway() {
		return errClosing
	}
	h.enter()
	defer h.leave()
	return h.sse.open(w, r)
}

// postMessage serves /message.
func (h *HTTPHandler) postMessage(w http.ResponseWriter, r *http.Request, received rpcMessage) *refusal {
	return h.sse.message(w, r, received)
}

// serveMCP serves /mcp.
func (h *HTTPHandler) serveMCP(w http.ResponseWriter, r *http.Request, received rpcMessage) *refusal {
	if kept := h.sessions != nil && (r.Method == http.MethodGet || r.Method == http.MethodDelete); r.Method != http.MethodPost && !kept {
		w.Header().Set("Allow", http.MethodPost)
		if h.sessions != nil {
			w.Header().Set("Allow", "GET, POST, DELETE")
		}
		return errMethod
	}
	if r.Method != http.MethodDelete && h.isTurningAway() {
		return errClosing
	}
	modern := mcp.IsModernProtocol(received.Params.Meta.ProtocolVersion) || mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion))
	if received.Method == mcp.MethodNotificationCancelled && (modern || h.sessions == nil) {
		// mcp-go knows a call by session and id. Without a session every client's
		// first call is the same to it: one caller would cancel another's. Who
		// closes the request ends the call.
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	if h.sessions != nil && !modern {
		if refused := h.checkSession(r, received); refused != nil {
			return refused
		}
	}
	h.enter()
	defer h.leave()
	switch r.Method {
	case http.MethodGet:
		return h.listen(w, r)
	case http.MethodDelete:
		defer h.endListening(r.Header.Get(server.HeaderKeySessionID))
	}
	if h.sessions != nil && received.Method == mcp.MethodInitialize {
		// mcp-go registers a session after it has told the client its id: a
		// DELETE that came between would leave it there for ever.
		answer := buffer{header: w.Header()}
		h.streamable.ServeHTTP(&answer, r)
		answer.send(w)
		return nil
	}
	h.streamable.ServeHTTP(w, r)
	return nil
}

// checkSession refuses what mcp-go lets through or answers with another status:
// a request without the session that it needs, or with somebody else's.
func (h *HTTPHandler) checkSession(r *http.Request, received rpcMessage) *refusal {
	known := requestFrom(r.Context())
	switch id := r.Header.Get(server.HeaderKeySessionID); {
	case received.Method == mcp.MethodInitialize:
		if h.sessions.full(known.address) {
			return errSessions
		}
	case id == "":
		return errMissing
	default:
		if _, err := h.sessions.of(known).Validate(id); err != nil {
			return errEnded
		}
	}
	return nil
}

// listening is an open stream of a session.
type listening struct {
	session string
	end     context.CancelFunc
}

// listen serves the stream of a session.
func (h *HTTPHandler) listen(w http.ResponseWriter, r *http.Request) *refusal {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	address := requestFrom(r.Context()).address
	h.mu.Lock()
	full, draining := h.places.full(address), h.draining
	if !full && !draining {
		h.places.take(address)
		h.listening[r] = listening{r.Header.Get(server.HeaderKeySessionID), cancel}
	}
	h.mu.Unlock()
	switch {
	case draining:
		return errClosing
	case full:
		return errStreams
	}
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.places.free(address)
		delete(h.listening, r)
	}()
	w.Header().Set("X-Accel-Buffering", "no")
	h.streamable.ServeHTTP(w, r.WithContext(ctx))
	return nil
}

// endListening ends the streams of a session that was ended.
func (h *HTTPHandler) endListening(session string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, open := range h.listening {
		if open.session == session {
			open.end()
		}
	}
}
