package acceptance_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/tool"
)

// field is a field of a form as a client sees it.
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

// respond is how a human answers the nth form.
type respond func(n int, f form) (mcp.ElicitationResponseAction, any, error)

// answers answers every form in the same way.
func answers(action mcp.ElicitationResponseAction, content any) respond {
	return func(int, form) (mcp.ElicitationResponseAction, any, error) { return action, content, nil }
}

// saysYes answers every form with a yes.
func saysYes(int, form) (mcp.ElicitationResponseAction, any, error) {
	return "accept", map[string]any{"confirm": true}, nil
}

// human answers forms and records them. It is an ElicitationHandler.
type human struct {
	t      testing.TB
	answer respond

	mu    sync.Mutex
	forms []form
}

// formOf reads a form as a client gets it.
func formOf(t testing.TB, params mcp.ElicitationParams) form {
	data, err := json.Marshal(params.RequestedSchema)
	if err != nil {
		t.Error(err)
	}
	var shown struct {
		Properties map[string]field
		Required   []string
	}
	if err := json.Unmarshal(data, &shown); err != nil {
		t.Errorf("%v in %s", err, data)
	}
	return form{params.Message, shown.Properties, shown.Required}
}

func (h *human) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	shown := formOf(h.t, request.Params)
	h.mu.Lock()
	h.forms = append(h.forms, shown)
	n, last := len(h.forms), h.forms[len(h.forms)-1]
	h.mu.Unlock()
	action, content, err := h.answer(n, last)
	if err != nil {
		return nil, err
	}
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: action, Content: content}}, nil
}

// seen are the forms so far; a host without forms sees none.
func (h *human) seen() []form {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]form(nil), h.forms...)
}

// fills gives every field its default, or else a value of its type.
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

// checkChat checks that the draft exists and that the next step asks in the
// conversation.
func checkChat(t *testing.T, got answer) {
	t.Helper()
	next := got.next(t)
	if got.isError || next.Action != tool.AskHuman || next.Question == "" || next.Arguments["jobId"] != "job_1" ||
		next.Arguments["askHuman"] != false {
		t.Errorf("%s\n%+v", got.text, next)
	}
	if !strings.Contains(string(got.structured), `"missingFields":[`) || !strings.Contains(got.text, "The form returned no answers") &&
		!strings.Contains(got.text, "The form's answers weren't valid") && !strings.Contains(got.text, "The human skipped this.") {
		t.Errorf("%s", got.text)
	}
	for _, claim := range []string{"declin", "refus", "reject"} {
		if strings.Contains(strings.ToLower(got.text), claim) {
			t.Errorf("the text says that the human %s…: %s", claim, got.text)
		}
	}
}
