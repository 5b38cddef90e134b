package stdio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/stdio"
	"opentrain-mcp/internal/tool"
)

type input struct {
	Text string `json:"text,omitempty" jsonschema_description:"Text."`
}

type output struct {
	Echo string `json:"echo"`
}

func (o output) Text() string { return o.Echo }

// TestServe: a host that closes its end at once, after a last line without a newline,
// still gets every answer.
func TestServe(t *testing.T) {
	echo := tool.New(tool.Spec{Name: "echo", Kind: tool.KindPublicRead},
		func(ctx context.Context, _ tool.Call, in input) (output, *tool.Ask, error) {
			select {
			case <-ctx.Done(): // mcp-go canceled the call at the end of the input
			case <-time.After(50 * time.Millisecond):
			}
			return output{in.Text}, nil, ctx.Err()
		})
	s := adapter.New(adapter.Config{
		Name: "test", Served: tool.Served{Sets: []tool.Set{{Tools: []tool.Tool{echo}}}}, Timeout: time.Minute, Logger: slog.New(slog.DiscardHandler),
		Token: func(context.Context) caller.Token { return caller.Token{} },
	})
	const in = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":` +
		`{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}` + `

{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"one"}}}
{"jsonrpc":"2.0","id":"2","method":"tools/call","params":{"name":"echo","arguments":{"text":"two"}}}`
	var out bytes.Buffer
	if err := stdio.Serve(t.Context(), s, strings.NewReader(in), &out, time.Minute, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		var answer struct {
			ID     json.RawMessage
			Result struct{ Content []struct{ Text string } }
		}
		if err := json.Unmarshal([]byte(line), &answer); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		for _, content := range answer.Result.Content {
			got = append(got, string(answer.ID)+" "+content.Text)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{`"2" two`, `1 one`}) || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("got %s", out.String())
	}
}
