package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestUnansweredForm: a host that never answers delays the caller once, for the time
// limit. After that the conversation asks.
func TestUnansweredForm(t *testing.T) {
	t.Parallel()
	const limit = time.Minute
	for _, carrier := range []string{"stdio, 2025-11-25", "/mcp with sessions, 2025-11-25"} {
		bubbled(t, carrier, func(t *testing.T) {
			stuck := make(chan struct{})
			t.Cleanup(func() { close(stuck) })
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				<-stuck
				return "cancel", nil, nil
			}, func(c *opentrainmcp.HTTPConfig) { c.ElicitationTimeout = limit })
			start := time.Now()
			checkChat(t, call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}))
			if duration := time.Since(start); duration != limit {
				t.Errorf("it waited %v", duration)
			}
			again := call(t, a.host, "opentrain_patch_draft", patch("headcount", 3))
			if n := len(a.human.seen()); n != 1 || again.next(t).Action != tool.AskHuman {
				t.Errorf("%d forms, %s", n, again.text)
			}
		})
	}
}

// TestProgress: a client that asks for progress gets every notice, including the last.
// Other clients get none.
func TestProgress(t *testing.T) {
	for carrier := range carriers() {
		bubbled(t, carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, fills, nil)
			notices := make(chan string, 100)
			a.host.OnNotification(func(n mcp.JSONRPCNotification) {
				if n.Method == "notifications/progress" {
					data, _ := json.Marshal(n.Params)
					notices <- string(data)
				}
			})
			for n := range 20 {
				var request mcp.CallToolRequest
				request.Params.Name, request.Params.Arguments = "opentrain_create_draft",
					map[string]any{"description": demo.SampleDescription, "idempotencyKey": strings.Repeat("k", n+1), "askHuman": false}
				request.Params.Meta = &mcp.Meta{ProgressToken: n}
				if _, err := a.host.CallTool(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				select {
				case notice := <-notices:
					if !strings.Contains(notice, "Creating the draft") {
						t.Errorf("%s", notice)
					}
				default:
					t.Fatalf("call %d: no notice", n)
				}
			}
			call(t, a.host, "opentrain_create_draft", map[string]any{"description": "another", "askHuman": false})
			synctest.Wait()
			if len(notices) != 0 {
				t.Errorf("an unrequested notice: %s", <-notices)
			}
		})
	}
}

// TestProgressWhileAFormWaits: SDKs give up on a silent call after a minute, so the
// client gets a notice every fifteen seconds while a form is open.
func TestProgressWhileAFormWaits(t *testing.T) {
	t.Parallel()
	for _, carrier := range []string{"stdio, 2025-11-25", "/mcp with sessions, 2025-11-25"} {
		bubbled(t, carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				pass(20 * time.Second) // mcp-go waits for 30
				return "cancel", nil, nil
			}, nil)
			var notices []time.Duration
			start := time.Now()
			a.host.OnNotification(func(n mcp.JSONRPCNotification) {
				if n.Method == "notifications/progress" && strings.HasPrefix(fmt.Sprint(n.Params.AdditionalFields["message"]),
					"Waiting for the human") {
					notices = append(notices, time.Since(start))
				}
			})
			var request mcp.CallToolRequest
			request.Params.Name, request.Params.Arguments = "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}
			request.Params.Meta = &mcp.Meta{ProgressToken: "p"}
			if _, err := a.host.CallTool(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if !slices.Equal(notices, []time.Duration{0, 15 * time.Second}) {
				t.Errorf("notices after %v", notices)
			}
		})
	}
}

// TestShutdownEndsOpenForms: when the server shuts down, a call with an open form
// returns and asks in the conversation.
func TestShutdownEndsOpenForms(t *testing.T) {
	t.Parallel()
	shown, stuck := make(chan struct{}), make(chan struct{})
	defer close(stuck)
	waits := func(int, form) (mcp.ElicitationResponseAction, any, error) {
		close(shown)
		<-stuck
		return "cancel", nil, nil
	}
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions, c.Confirm = true, opentrainmcp.Auto })
	headers := transport.WithHTTPHeaders(map[string]string{tokenHeader: sandbox.DemoToken})
	carried, err := transport.NewStreamableHTTP(s.url+"/mcp", headers)
	if err != nil {
		t.Fatal(err)
	}
	host := newHost(carried, legacy, client.WithElicitationHandler(&human{t: t, answer: waits}))
	t.Cleanup(func() { host.Close() }) //nolint:errcheck // the test is over
	initialize(t, host, legacy)
	ended := make(chan error, 1)
	go func() {
		<-shown
		ended <- s.handler.Shutdown(context.Background())
	}()
	checkChat(t, call(t, host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}))
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
