package opentrainmcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/edge"
)

// maxBody bounds the body of one request over HTTP, in bytes.
const maxBody = 1 << 20

// rpcMessage is what is looked at of a JSON-RPC message before mcp-go reads it.
type rpcMessage struct {
	Method mcp.MCPMethod   `json:"method"`
	ID     json.RawMessage `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
	Params struct {
		Meta struct {
			ProtocolVersion string `json:"io.modelcontextprotocol/protocolVersion"`
		} `json:"_meta"`
	} `json:"params"`
}

// wantsAnswer reports whether a message is a request.
func (m rpcMessage) wantsAnswer() bool {
	return m.Method != "" && len(m.ID) > 0 && string(m.ID) != "null"
}

// isAnswer reports whether a message answers a request of this server.
func (m rpcMessage) isAnswer() bool { return m.Result != nil || m.Error != nil }

// maxID bounds a request's id, in bytes: it is kept, and comes back with the answer.
const maxID = 256

// check refuses what is neither a request, a notification nor an answer.
func (m rpcMessage) check() *refusal {
	switch {
	case len(m.ID) > maxID, bytes.HasPrefix(m.ID, []byte("{")), bytes.HasPrefix(m.ID, []byte("[")):
		return &refusal{http.StatusBadRequest, fmt.Sprintf("The id of a message is a number or a string of at most %d bytes.", maxID)}
	case (m.Method == "") != m.isAnswer():
		return &refusal{http.StatusBadRequest, "The message has neither a method, nor a result or an error; or it has both."}
	}
	return nil
}

// readMessage reads the body of a POST, which must be one JSON object.
func readMessage(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
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
	if answer, ok := w.(*recorder); ok {
		answer.unread = false
	}
	// mcp-go's transports read the first of several values, and are not at one
	// about what follows.
	if !json.Valid(body) || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return nil, &refusal{http.StatusBadRequest, "The body is not one JSON object. Send one JSON-RPC message with each request."}
	}
	return body, nil
}
