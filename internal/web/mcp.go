package web

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/jsonrpc"
)

// heartbeat is how often an idle stream gets a byte: proxies keep it open, and a client that has gone is noticed.
const heartbeat = 25 * time.Second

const (
	sessionHeader = "Mcp-Session-Id"
	// maxSessionID limits the session id that a caller sends, in bytes. Ids of this server are shorter.
	maxSessionID = 128
)

var (
	errSessionID      = refuse(http.StatusBadRequest, "The Mcp-Session-Id header is longer than %d bytes.", maxSessionID)
	errSessionMissing = refuse(http.StatusBadRequest, "The Mcp-Session-Id header is missing. "+
		"Send initialize first, and send the id from its response with every later request.")
	errSessionEnded = refuse(http.StatusNotFound, "There is no such session: it ended, or belongs to another token. Send initialize again.")
	errSessionLimit = refuse(http.StatusTooManyRequests, "This server has reached its limit of sessions. Try again later.")
	errRequestLimit = refuse(http.StatusTooManyRequests, "Too many requests are in progress. Try again later.")
	errStreamLimit  = refuse(http.StatusServiceUnavailable, "This server has reached its limit of open streams. Try again later, or use /mcp.")
	errClosing      = refuse(http.StatusServiceUnavailable, "This server is shutting down.")
)

// serveMCP serves /mcp.
func (h *Handler) serveMCP(w http.ResponseWriter, r *http.Request, received jsonrpc.Message, held *hold) error {
	modern := mcp.IsModernProtocol(received.Version) || mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion))
	methods := []string{http.MethodPost}
	if h.cfg.Sessions && !modern {
		methods = []string{http.MethodGet, http.MethodPost, http.MethodDelete}
	}
	if !slices.Contains(methods, r.Method) {
		return refuseMethod(strings.Join(methods, ", "), "Send messages with POST. GET and DELETE work only if the server keeps sessions.")
	}
	defer h.enter()()
	if h.draining.Load() && (r.Method == http.MethodGet || received.Kind == jsonrpc.Request) {
		return errClosing
	}
	for _, name := range []string{sessionHeader, mcp.HeaderProtocolVersion, mcp.HeaderMethod, mcp.HeaderName} {
		if len(r.Header.Values(name)) > 1 { // a proxy may judge by another one than this server
			return refuse(http.StatusBadRequest, "The %s header occurs twice.", name)
		}
	}
	id := r.Header.Get(sessionHeader)
	if len(id) > maxSessionID {
		return errSessionID
	}
	if err := checkProtocol(r.Header, received, modern); err != nil {
		return err
	}
	request := caller.From(r.Context())
	request.Version = r.Header.Get(mcp.HeaderProtocolVersion)
	if !h.cfg.Sessions || modern {
		request.Transport = caller.StreamableHTTP
		if received.Kind != jsonrpc.Request {
			// Without a session there is no request that this could belong to. It is only counted.
			h.cfg.Server.NewPeer("").Receive(r.Context(), received)
			w.WriteHeader(http.StatusAccepted)
			return nil
		}
		h.answer(w, r, h.cfg.Server.NewPeer(""), received, held, modern)
		return nil
	}
	request.Transport = caller.StreamableSession
	if received.Kind == jsonrpc.Request && received.Method == string(mcp.MethodInitialize) {
		return h.openSession(w, r, received, held)
	}
	return h.serveSession(w, r, id, received, held)
}

// checkProtocol checks the headers that must say the same as the message.
func checkProtocol(header http.Header, received jsonrpc.Message, modern bool) error {
	named := header.Get(mcp.HeaderProtocolVersion)
	mismatch := func(message string) error {
		return &refusal{status: http.StatusBadRequest, code: mcp.HEADER_MISMATCH, message: message}
	}
	switch {
	case !modern && named != "" && !mcp.IsValidProtocolVersion(named) && received.Method != string(mcp.MethodInitialize):
		return refuse(http.StatusBadRequest, "The %s header names a protocol version that this server doesn't have.", mcp.HeaderProtocolVersion)
	case !modern || received.Kind != jsonrpc.Request:
		return nil
	case header.Get(mcp.HeaderLastEventID) != "":
		return mismatch("Last-Event-ID isn't part of this protocol version. Send the request again with a new id.")
	case named == "":
		return mismatch("The " + mcp.HeaderProtocolVersion + " header is missing. It must be the version in _meta.")
	case received.Version == "":
		return &refusal{
			status: http.StatusBadRequest, code: jsonrpc.CodeInvalidParams,
			message: "_meta must have " + mcp.MetaKeyProtocolVersion + ", as in the " + mcp.HeaderProtocolVersion + " header.",
		}
	case named != received.Version:
		return mismatch("The " + mcp.HeaderProtocolVersion + " header and the version in _meta differ.")
	}
	if err := mcp.ValidateStandardHeaders(header.Get, received.Version, mcp.MCPMethod(received.Method), received.Params()); err != nil {
		return mismatch(err.Error())
	}
	return nil
}

// answer serves a request and sends the response.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, peer *adapter.Peer, received jsonrpc.Message, held *hold, modern bool) {
	ctx, call := peer.Begin(r.Context(), received)
	defer call.End()
	writer := &messageWriter{w: w}
	defer writer.end()
	send := writer.event
	if !acceptsEvents(r.Header) {
		send = nil
	}
	response, code := call.Serve(ctx, send)
	held.close() // the client may not read the response
	edge.Served(r.Context())
	status := http.StatusOK
	if modern {
		status = statusOf(code)
	}
	writer.finish(response, status)
}

// acceptsEvents reports whether a client reads an event stream. A client that accepts nothing in particular does.
func acceptsEvents(header http.Header) bool {
	accepted := strings.Join(header.Values("Accept"), ",")
	if accepted == "" {
		return true
	}
	for entry := range strings.SplitSeq(accepted, ",") {
		kind, _, err := mime.ParseMediaType(entry)
		if err == nil && (kind == "text/event-stream" || kind == "text/*" || kind == "*/*") {
			return true
		}
	}
	return false
}

// statusOf returns the status of a response in protocol 2026-07-28, where it depends on the error.
func statusOf(code int) int {
	switch code {
	case mcp.METHOD_NOT_FOUND:
		return http.StatusNotFound
	case mcp.HEADER_MISMATCH, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, mcp.UNSUPPORTED_PROTOCOL_VERSION,
		jsonrpc.CodeInvalidRequest, jsonrpc.CodeInvalidParams, jsonrpc.CodeParseError:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// messageWriter writes the response to a POST: a JSON object, or a stream of events once something has to come before it.
type messageWriter struct {
	mu   sync.Mutex
	w    http.ResponseWriter
	beat *time.Timer // sends the stream's heartbeats; nil until there is a stream
	over bool
}

// event sends a message before the response.
func (r *messageWriter) event(message []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	if r.beat == nil {
		r.beat = time.AfterFunc(heartbeat, r.keepAlive)
		startEvents(r.w)
	}
	writeEvent(r.w, "message", message) //nolint:errcheck,gosec // the client may be gone
}

// keepAlive sends a heartbeat: a human may take minutes to answer a form.
func (r *messageWriter) keepAlive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over && writeHeartbeat(r.w) == nil {
		r.beat.Reset(heartbeat)
	}
}

// finish sends the response, nil if the client canceled the request.
func (r *messageWriter) finish(response [][]byte, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	switch {
	case r.beat != nil && response != nil:
		writeEvent(r.w, "message", response...) //nolint:errcheck,gosec // the client may be gone
	case r.beat != nil:
	case response == nil:
		r.w.WriteHeader(http.StatusAccepted)
	default:
		r.w.Header().Set("Content-Type", "application/json")
		size := 0
		for _, part := range response {
			size += len(part)
		}
		r.w.Header().Set("Content-Length", strconv.Itoa(size)) // else the end of the response is a packet of its own
		r.w.WriteHeader(status)
		writeParts(r.w, response)
	}
}

// end stops the heartbeat. Nothing may be written after the handler's return.
func (r *messageWriter) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	if r.beat != nil {
		r.beat.Stop()
	}
}

// startEvents begins a stream of events.
func startEvents(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes events on at once
	w.WriteHeader(http.StatusOK)
}

func writeEvent(w http.ResponseWriter, name string, data ...[]byte) error {
	parts := append(append([][]byte{[]byte("event: " + name + "\ndata: ")}, data...), []byte("\n\n"))
	return writeNow(w, slices.Concat(parts...))
}

// writeHeartbeat writes a comment, which clients ignore.
func writeHeartbeat(w http.ResponseWriter) error { return writeNow(w, []byte(": keep-alive\n\n")) }

func writeNow(w http.ResponseWriter, data []byte) error {
	_, err := w.Write(data)
	return errors.Join(err, http.NewResponseController(w).Flush())
}

// openSession answers an initialize request.
func (h *Handler) openSession(w http.ResponseWriter, r *http.Request, received jsonrpc.Message, held *hold) error {
	request := caller.From(r.Context())
	opened, id := h.sessions.open(h.cfg.Server, request, func(s *session) {
		h.warn("a session was ended to make room", request.Address)
		s.end()
	})
	if opened == nil {
		return errSessionLimit
	}
	defer opened.use()()
	w.Header().Set(sessionHeader, id)
	ctx, call := opened.peer.Begin(r.Context(), received)
	defer call.End()
	response, code := call.Serve(ctx, nil)
	if code != 0 || r.Context().Err() != nil {
		w.Header().Del(sessionHeader)
		opened.end()
	}
	held.close() // the client may not read the response
	(&messageWriter{w: w}).finish(response, http.StatusOK)
	return nil
}

// serveSession serves an open session.
func (h *Handler) serveSession(w http.ResponseWriter, r *http.Request, id string, received jsonrpc.Message, held *hold) error {
	if id == "" {
		return errSessionMissing
	}
	open, release := h.sessions.use(id, caller.From(r.Context()).Owner)
	if open == nil {
		return errSessionEnded
	}
	defer func() { release() }()
	switch r.Method {
	case http.MethodGet:
		release() // a stream alone doesn't keep the session
		release = func() {}
		return h.listen(w, r, open)
	case http.MethodDelete:
		open.end()
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if received.Kind == jsonrpc.Request {
		h.answer(w, r, open.peer, received, held, false)
		return nil
	}
	if received.Kind == jsonrpc.Notification {
		open.peer.Receive(r.Context(), received)
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// listen serves the stream of a session, until either ends. The messages of this server belong to requests, so the
// stream carries none.
func (h *Handler) listen(w http.ResponseWriter, r *http.Request, open *session) error {
	ctx, leave, err := h.takeStream(r)
	if err != nil {
		return err
	}
	defer leave()
	startEvents(w)
	if http.NewResponseController(w).Flush() != nil {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
			if writeHeartbeat(w) != nil {
				return nil
			}
		case <-ctx.Done():
			return nil
		case <-open.ctx.Done():
			return nil
		case <-h.closing.Done():
			return nil
		}
	}
}

// receiveAnswer delivers a human's answer to a form. It reports whether the form waits for it.
func (h *Handler) receiveAnswer(r *http.Request, received jsonrpc.Message) bool {
	if received.Kind != jsonrpc.Response {
		return false
	}
	open, release := h.sessions.use(r.Header.Get(sessionHeader), caller.From(r.Context()).Owner)
	if open == nil {
		return false
	}
	defer release()
	return open.peer.Receive(r.Context(), received)
}
