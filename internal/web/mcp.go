package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
)

// heartbeat is how often an idle stream gets a byte: proxies keep it open, and a client that has gone is noticed.
const heartbeat = 25 * time.Second

// maxSessionID limits the session id that a caller sends, in bytes. Ids of this server are shorter.
const maxSessionID = 128

var (
	errSessionID      = refuse(http.StatusBadRequest, "The Mcp-Session-Id header is longer than %d bytes.", maxSessionID)
	errSessionMissing = refuse(http.StatusBadRequest, "The Mcp-Session-Id header is missing. "+
		"Send initialize first, and send the id from its response with every later request.")
	errSessionEnded = refuse(http.StatusNotFound, "There is no such session: it ended, or belongs to another token. Send initialize again.")
	errSessionLimit = refuse(http.StatusTooManyRequests, "This server has reached its limit of sessions. Try again later.")
	errStreamLimit  = refuse(http.StatusServiceUnavailable, "This server has reached its limit of open streams. Try again later, or use /mcp.")
	errClosing      = refuse(http.StatusServiceUnavailable, "This server is shutting down.")
)

func (h *Handler) newStreamable() *server.StreamableHTTPServer {
	options := []server.StreamableHTTPOption{
		server.WithDisableLocalhostProtection(true), // edge.Guard is stricter
		server.WithStreamableHTTPLogger(slog.New(libraryLog{h.cfg.Logger.With("from", "mcp-go").Handler()})),
	}
	if !h.cfg.Sessions {
		// Without GET streams, because mcp-go would send notifications to the streams of other callers.
		options = append(options, server.WithStateLess(true), server.WithDisableStreaming(true))
	} else {
		options = append(options, server.WithSessionIdManagerResolver(h.sessions),
			server.WithSessionIdleTTL(h.cfg.SessionIdle), server.WithHeartbeatInterval(heartbeat))
	}
	return server.NewStreamableHTTPServer(h.cfg.Server.MCP(), options...)
}

// serveMCP serves /mcp.
func (h *Handler) serveMCP(w http.ResponseWriter, r *http.Request, received message) error {
	methods := []string{http.MethodPost}
	if h.cfg.Sessions {
		methods = []string{http.MethodGet, http.MethodPost, http.MethodDelete}
	}
	if !slices.Contains(methods, r.Method) {
		return refuseMethod(strings.Join(methods, ", "), "Send messages with POST. GET and DELETE work only if the server keeps sessions.")
	}
	if r.Method != http.MethodDelete && h.turnsAway.Load() {
		return errClosing
	}
	id := r.Header.Get(server.HeaderKeySessionID)
	if len(id) > maxSessionID {
		return errSessionID
	}
	request := caller.From(r.Context())
	modern := mcp.IsModernProtocol(received.version) || mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion))
	defer h.enter()()
	if !h.cfg.Sessions || modern {
		request.Transport = caller.StreamableHTTP
		if received.response || received.method == mcp.MethodNotificationCancelled {
			// Without a session there is no request that this could belong to. mcp-go would match a
			// cancellation only by its id, with a call of another caller.
			w.WriteHeader(http.StatusAccepted)
			return nil
		}
		h.streamable.ServeHTTP(w, r)
		return nil
	}
	request.Transport = caller.StreamableSession
	if received.method == mcp.MethodInitialize {
		return h.openSession(w, r)
	}
	return h.serveSession(w, r, id)
}

// openSession answers an initialize request.
func (h *Handler) openSession(w http.ResponseWriter, r *http.Request) error {
	// mcp-go registers a session after it has sent the id. A DELETE between the two would leave the session
	// registered for good, so the answer waits in a buffer.
	answer := buffer{header: w.Header()}
	manager := &sessionManager{sessions: h.sessions, request: caller.From(r.Context())}
	defer func() {
		if w.Header().Get(server.HeaderKeySessionID) == "" { // after a panic, or when the client has gone
			manager.Terminate(manager.opened) //nolint:errcheck,gosec // its owner may always end it
		}
	}()
	h.streamable.ServeHTTP(&answer, r.WithContext(context.WithValue(r.Context(), managerKey{}, manager)))
	if manager.full {
		return errSessionLimit
	}
	answer.send(w)
	return nil
}

// serveSession serves an open session. mcp-go by itself would accept a GET with any id.
func (h *Handler) serveSession(w http.ResponseWriter, r *http.Request, id string) error {
	if id == "" {
		return errSessionMissing
	}
	open := h.sessions.find(id, caller.From(r.Context()).Owner)
	if open == nil {
		return errSessionEnded
	}
	if r.Method == http.MethodGet {
		return h.listen(w, r, open)
	}
	h.streamable.ServeHTTP(w, r)
	return nil
}

// listen serves the stream of a session, until either ends.
func (h *Handler) listen(w http.ResponseWriter, r *http.Request, open *session) error {
	release, err := h.acquireStream(w, r)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(h.closing, cancel)() //nolint:contextcheck // the handler's
	defer context.AfterFunc(open.ctx, cancel)()  //nolint:contextcheck // the session's
	h.streamable.ServeHTTP(w, r.WithContext(ctx))
	return nil
}

// libraryLog logs the errors of mcp-go; this package logs the rest. It keeps only the cause of a panic, because
// other attributes hold what callers sent, such as session ids.
type libraryLog struct{ slog.Handler }

func (l libraryLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && l.Handler.Enabled(ctx, level)
}

func (l libraryLog) Handle(ctx context.Context, record slog.Record) error {
	kept := slog.NewRecord(record.Time, record.Level, record.Message, record.PC)
	record.Attrs(func(attr slog.Attr) bool {
		if attr.Key == "panic" {
			kept.AddAttrs(attr)
		}
		return true
	})
	return l.Handler.Handle(ctx, kept)
}

func (l libraryLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l libraryLog) WithGroup(string) slog.Handler      { return l }
