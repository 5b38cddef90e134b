package acceptance_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// field is one field of a form as a client sees it.
type field struct {
	Type        string          `json:"type"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Default     json.RawMessage `json:"default"`
	Enum        []string        `json:"enum"`
	EnumNames   []string        `json:"enumNames"`
	OneOf       []struct {
		Const, Title string
	} `json:"oneOf"`
	Items struct {
		AnyOf []struct {
			Const, Title string
		} `json:"anyOf"`
	} `json:"items"`
}

// form is a form as a client sees it.
type form struct {
	message  string
	fields   map[string]field
	required []string
}

// human answers forms and remembers them. It is an ElicitationHandler.
type human struct {
	t      *testing.T
	answer func(n int, f form) (mcp.ElicitationResponseAction, any, error)

	mu    sync.Mutex
	forms []form
}

func (h *human) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	data, err := json.Marshal(request.Params.RequestedSchema)
	if err != nil {
		return nil, err
	}
	var shown struct {
		Properties map[string]field
		Required   []string
	}
	if err := json.Unmarshal(data, &shown); err != nil {
		h.t.Errorf("%v in %s", err, data)
	}
	h.mu.Lock()
	h.forms = append(h.forms, form{request.Params.Message, shown.Properties, shown.Required})
	n, last := len(h.forms), h.forms[len(h.forms)-1]
	h.mu.Unlock()
	action, content, err := h.answer(n, last)
	if err != nil {
		return nil, err
	}
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: action, Content: content}}, nil
}

func (h *human) seen() []form {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]form(nil), h.forms...)
}

// fills gives every field a value of its type, the default where there is one.
func fills(_ int, f form) (mcp.ElicitationResponseAction, any, error) {
	content := map[string]any{}
	for name, field := range f.fields {
		switch {
		case field.Default != nil:
			content[name] = field.Default
		case len(field.OneOf) > 0:
			content[name] = field.OneOf[0].Const
		case len(field.Enum) > 0:
			content[name] = field.Enum[0]
		case field.Type == "array":
			content[name] = []string{field.Items.AnyOf[0].Const}
		case field.Type == "number":
			content[name] = 18
		case field.Type == "boolean":
			content[name] = true
		default:
			content[name] = "words"
		}
	}
	return mcp.ElicitationResponseActionAccept, content, nil
}

// carriers are the ways by which forms reach a host.
var carriers = map[string]struct{ http, sessions, modern bool }{
	"stdio, 2025-11-25": {}, "stdio, 2026-07-28": {modern: true},
	"/mcp with sessions, 2025-11-25": {http: true, sessions: true}, "/mcp with sessions, 2026-07-28": {http: true, sessions: true, modern: true},
	"/mcp, 2026-07-28": {http: true, modern: true},
}

// asked is a server, a host whose human answers forms, and the API.
type asked struct {
	host  *client.Client
	human *human
	api   *upstream
	log   *lockedBuffer
}

// ready makes a draft that is ready to publish, without forms, and returns the
// step that publishes it.
func (a *asked) ready(t *testing.T) tool.Next {
	t.Helper()
	call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "askHuman": false})
	got := call(t, a.host, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "askHuman": false, "fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}})
	next := got.next(t)
	if next.Action != tool.ConfirmWithHuman || next.Tool != "opentrain_publish" || next.Arguments["confirmationToken"] == nil {
		t.Fatalf("%s", got.text)
	}
	return next
}

func (a *asked) published() int { return a.count("POST", "/jobs/job_1/publish") }

// count counts the calls of a form "METHOD /path" that reached the API.
func (a *asked) count(method, path string) int {
	n := 0
	for _, call := range a.api.seen() {
		if strings.HasPrefix(call, method+" /api/public/v1"+path) {
			n++
		}
	}
	return n
}

// startAsking serves the sandbox to a host with forms; answer nil is a host without.
func startAsking(t *testing.T, carrier string, variant sandbox.Variant, answer func(int, form) (mcp.ElicitationResponseAction, any, error), change func(*opentrainmcp.HTTPConfig)) *asked {
	t.Helper()
	by := carriers[carrier]
	a := &asked{human: &human{t: t, answer: answer}, api: &upstream{api: sandbox.New(sandbox.Config{Variant: variant}).Transport()}, log: &lockedBuffer{}}
	apiClient, err := opentrain.New(opentrain.Config{Transport: a.api, PublicReadBudget: -1})
	if err != nil {
		t.Fatal(err)
	}
	cfg := opentrainmcp.HTTPConfig{Sessions: by.sessions, Config: opentrainmcp.Config{
		API: apiClient, Version: "test", Token: fixed(sandbox.DemoToken), Logger: slog.New(slog.NewJSONHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}}
	if change != nil {
		change(&cfg)
	}
	var options []client.ClientOption
	if answer != nil {
		options = append(options, client.WithElicitationHandler(a.human))
	}
	if !by.modern {
		options = append(options, client.WithProtocolVersion(mcp.LATEST_LEGACY_PROTOCOL_VERSION))
	}
	if by.http {
		handler, err := opentrainmcp.NewHTTPHandler(cfg)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		carried, err := transport.NewStreamableHTTP(server.URL+"/mcp", transport.WithHTTPHeaders(map[string]string{demoHeader: sandbox.DemoToken}))
		if err != nil {
			t.Fatal(err)
		}
		a.host = client.NewClient(carried, options...)
		t.Cleanup(func() {
			a.host.Close() //nolint:errcheck // it is over
			if err := handler.Shutdown(context.Background()); err != nil {
				t.Errorf("shutdown: %v", err)
			}
			server.Close()
		})
	} else {
		a.host = overPipes(t, cfg.Config, options)
	}
	greet(t, a.host, by.modern)
	return a
}

// checkChat: the draft is there, and next asks in the conversation.
func checkChat(t *testing.T, got answer) {
	t.Helper()
	next := got.next(t)
	if got.isError || next.Action != tool.AskHuman || next.Question == "" || next.Arguments["jobId"] != "job_1" || next.Arguments["askHuman"] != false {
		t.Errorf("%s\n%+v", got.text, next)
	}
	if !strings.Contains(string(got.structured), `"missingFields":[`) || !strings.Contains(got.text, "No answer came by form") && !strings.Contains(got.text, "The form's answers were not taken") {
		t.Errorf("%s", got.text)
	}
	for _, claim := range []string{"declin", "refus", "reject"} {
		if strings.Contains(strings.ToLower(got.text), claim) {
			t.Errorf("the words claim that a human %s…: %s", claim, got.text)
		}
	}
}
