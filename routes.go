package opentrainmcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/edge"
)

// maxBody bounds the body of one request over HTTP, in bytes.
const maxBody = 1 << 20

func (h *HTTPHandler) routes(guard edge.Guard) {
	main, ops := http.NewServeMux(), http.NewServeMux()
	main.Handle("/mcp", h.route(h.serveMCP))
	if h.sse != nil {
		main.Handle("/sse", h.route(h.openStream))
		main.Handle("/message", h.route(h.sse.message))
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
		start, answer := time.Now(), &recorder{ResponseWriter: w}
		known := newRequest(r, edge.Address(r, h.cfg.BehindProxy), h.cfg.BehindProxy)
		w.Header().Set("X-Request-Id", known.id)
		if h.isDraining() {
			w.Header().Set("Connection", "close") // the next request belongs elsewhere
		}
		defer func() { //nolint:contextcheck // it has the request's
			if cause := recover(); cause != nil {
				h.cfg.Logger.ErrorContext(r.Context(), "panic in a request", "request", known.id, "panic", cause, "stack", string(debug.Stack()))
				if answer.status == 0 {
					http.Error(answer, "this server failed by a fault of its own", http.StatusInternalServerError)
				}
			}
			level := slog.LevelDebug
			if answer.status >= http.StatusBadRequest {
				level = slog.LevelInfo
				h.server.metrics.refuse(answer.status)
			}
			h.cfg.Logger.Log(r.Context(), level, "http", "request", known.id, "method", r.Method, "path", clip(r.URL.Path),
				"status", answer.status, "duration_ms", milliseconds(time.Since(start)), "address", known.address)
		}()
		next.ServeHTTP(answer, r.WithContext(withRequest(r.Context(), known)))
	})
}

// route serves one of the protocol's routes: it reads the body, and names the
// caller.
func (h *HTTPHandler) route(serve func(http.ResponseWriter, *http.Request, []byte) *refusal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, refused := h.prepare(w, r)
		if refused == nil {
			refused = serve(w, r, body)
		}
		if refused != nil {
			refuse(w, refused)
		}
	})
}

func (h *HTTPHandler) prepare(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	known := requestFrom(r.Context())
	var refused *refusal
	if known.token, refused = h.identify(r); refused != nil {
		return nil, refused
	}
	if known.narrowing, refused = narrowingOf(r.Header, h.server.tools); refused != nil {
		return nil, refused
	}
	if r.Method != http.MethodPost {
		return nil, nil
	}
	// No page can send this without asking first, which CORS answers.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "Send JSON, with Content-Type: application/json."}
	}
	body, err := edge.ReadBody(w, r, maxBody)
	switch {
	case errors.Is(err, edge.ErrTooLarge):
		return nil, &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("The request is larger than %d MiB.", maxBody>>20)}
	case errors.Is(err, edge.ErrTooSlow):
		return nil, &refusal{http.StatusRequestTimeout, "The request took too long to arrive."}
	case err != nil:
		return nil, &refusal{http.StatusBadRequest, "The request did not arrive whole."}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// refuse answers with a JSON-RPC error, since some clients show its message.
func refuse(w http.ResponseWriter, refused *refusal) {
	switch refused.status {
	case http.StatusUnauthorized:
		// Without resource_metadata: there is no OAuth here to be found.
		w.Header().Set("WWW-Authenticate", `Bearer realm="OpenTrain API token"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "5")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(refused.status)
	//nolint:errcheck,gosec // whoever asked is gone
	json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": nil, "error": map[string]any{"code": mcp.INVALID_REQUEST, "message": refused.message}})
}

var (
	errMethod   = &refusal{http.StatusMethodNotAllowed, "Send messages with POST. This server keeps no sessions, so there is no stream to GET and nothing to DELETE."}
	errMissing  = &refusal{http.StatusBadRequest, "The header Mcp-Session-Id is missing. Send initialize first, and the id from its answer with everything after it."}
	errEnded    = &refusal{http.StatusNotFound, "There is no such session: it ended, or belongs to another token. Send initialize again."}
	errSessions = &refusal{http.StatusServiceUnavailable, "This server has as many sessions as it may have. Try again later."}
)

// openStream serves /sse.
func (h *HTTPHandler) openStream(w http.ResponseWriter, r *http.Request, _ []byte) *refusal {
	h.enter()
	defer h.leave()
	return h.sse.open(w, r)
}

// serveMCP serves /mcp.
func (h *HTTPHandler) serveMCP(w http.ResponseWriter, r *http.Request, body []byte) *refusal {
	switch r.Method {
	case http.MethodPost:
	case http.MethodGet, http.MethodDelete:
		if h.sessions != nil {
			break
		}
		fallthrough
	default:
		w.Header().Set("Allow", http.MethodPost)
		return errMethod
	}
	if h.sessions != nil {
		if refused := h.checkSession(r, body); refused != nil {
			return refused
		}
	}
	h.enter()
	defer h.leave()
	if r.Method == http.MethodGet {
		return h.listen(w, r)
	}
	h.streamable.ServeHTTP(w, r)
	return nil
}

// checkSession refuses what mcp-go lets through or answers with another status:
// a request without the session that it needs, or with somebody else's.
func (h *HTTPHandler) checkSession(r *http.Request, body []byte) *refusal {
	var message struct {
		Method string `json:"method"`
		Params struct {
			Meta map[string]any `json:"_meta"`
		} `json:"params"`
	}
	if r.Method == http.MethodPost && json.Unmarshal(body, &message) != nil {
		return nil // mcp-go tells what is wrong with it
	}
	declared, _ := message.Params.Meta[mcp.MetaKeyProtocolVersion].(string)
	id := r.Header.Get(server.HeaderKeySessionID)
	switch {
	case mcp.IsModernProtocol(declared), mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion)):
		return nil // has no sessions
	case message.Method == string(mcp.MethodInitialize):
		if h.sessions.full() {
			return errSessions
		}
		return nil
	case id == "":
		return errMissing
	}
	if _, err := h.sessions.of(requestFrom(r.Context())).Validate(id); err != nil {
		return errEnded
	}
	return nil
}

// listen serves the stream of a session.
func (h *HTTPHandler) listen(w http.ResponseWriter, r *http.Request) *refusal {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	h.mu.Lock()
	full, draining := len(h.listening) >= h.cfg.MaxStreams, h.draining
	if !full && !draining {
		h.listening[r] = cancel
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
		delete(h.listening, r)
	}()
	w.Header().Set("X-Accel-Buffering", "no")
	h.streamable.ServeHTTP(w, r.WithContext(ctx))
	return nil
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Flush implements http.Flusher, which mcp-go asks for.
func (r *recorder) Flush() {
	//nolint:errcheck,gosec // a writer that cannot flush has written already
	http.NewResponseController(r.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
