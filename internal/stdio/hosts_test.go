package stdio_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/stdio"
	"opentrain-mcp/internal/tool"
)

// connect begins the conversation.
func (h *host) connect(s *adapter.Server) {
	in, write := io.Pipe()
	read, out := io.Pipe()
	h.server, h.in, h.pipe, h.out, h.ended = s, write, read, bufio.NewScanner(read), make(chan error, 1)
	h.out.Buffer(nil, 8<<20)
	ctx, cancel := context.WithCancel(h.t.Context())
	h.signal = cancel
	go func() {
		defer cancel()
		h.ended <- stdio.Serve(ctx, s, in, out, timeout, slog.New(slog.DiscardHandler))
		out.Close() //nolint:errcheck // a pipe
	}()
}

// ask asks for a name, and says what came.
func ask(_ context.Context, call tool.Call, _ input) (output, *tool.Ask, error) {
	if call.CanAsk && call.State == nil {
		return output{}, &tool.Ask{
			Message: "Who?", Fields: []tool.Field{{Name: "name", Type: "string", Label: "Name", Prompt: "Your name?"}},
			State: json.RawMessage(`{}`), Lifetime: time.Hour,
		}, nil
	}
	return output{string(call.Answers["name"])}, nil, nil
}

// form says hello and returns the id of a form that the host gets.
func (h *host) form() (id string) {
	h.t.Helper()
	h.write(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},` +
		`"clientInfo":{"name":"x","version":"1"}}}`)
	h.next()
	h.write(call("2", "ask", ""))
	var form struct {
		ID     json.RawMessage
		Method string
	}
	if line := h.next(); json.Unmarshal([]byte(line), &form) != nil || form.Method != "elicitation/create" {
		h.t.Fatalf("no form: %s", line)
	}
	return string(form.ID)
}

// TestHostsOfOneServer know nothing of each other, at once or one after another: each gets its forms.
func TestHostsOfOneServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := start(t)
		second, third := &host{t: t}, &host{t: t}
		second.connect(first.server)
		first.form()
		open := second.form()
		first.end(`"id":2,"result"`)
		third.connect(first.server)
		third.form()
		third.end(`"id":2,"result"`)
		second.write(`{"jsonrpc":"2.0","id":` + open + `,"result":{"action":"accept","content":{"name":"Ada"}}}`)
		if got := second.next(); !strings.Contains(got, "Ada") {
			t.Errorf("got %s", got)
		}
		second.end()
	})
}
