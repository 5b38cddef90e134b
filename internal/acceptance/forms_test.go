package acceptance_test

import (
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestFormsCompleteADraftInOneCall: a host that shows forms gets a draft that is ready
// to publish from one call. The API receives one create and at most two patches. A form
// will ask for the yes too, so the model gets no confirmation.
func TestFormsCompleteADraftInOneCall(t *testing.T) {
	for carrier := range carriers() {
		for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
			t.Run(carrier+", "+string(variant), func(t *testing.T) {
				a := startAsking(t, carrier, variant, fills, nil)
				got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
				if got.isError || !strings.Contains(string(got.structured), `"publishReady":true`) || !publishesInAForm(t, got) {
					t.Errorf("%s\n%s", got.text, got.structured)
				}
				if n := len(a.human.seen()); n < 1 || n > 2 {
					t.Errorf("%d forms", n)
				}
				if creates, patches := a.count("POST", "/job-drafts"), a.count("PATCH", "/job-drafts"); creates != 1 || patches < 1 || patches > 2 {
					t.Errorf("%d creates, %d patches", creates, patches)
				}
			})
		}
	}
}

// publishesInAForm reports whether the next step calls opentrain_publish, which shows a form. The model has no
// confirmation then.
func publishesInAForm(t *testing.T, got answer) bool {
	t.Helper()
	next := got.next(t)
	return next.Action == tool.CallTool && next.Tool == "opentrain_publish" && len(next.Arguments) == 1 &&
		next.Arguments["jobId"] == "job_1" && confirmationIn(got) == ""
}

// TestFormShowsTheQuestions checks what the human sees.
func TestFormShowsTheQuestions(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, fills, nil)
	call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	forms := a.human.seen()
	if len(forms) == 0 {
		t.Fatal("no form")
	}
	level := forms[0].fields["experienceLevel"]
	if level.Type != "string" || level.Title == "" || level.Description != "What experience level should AI trainers have for this job?" ||
		len(level.OneOf) != 4 || level.OneOf[0].Const != "EXPERT" || level.OneOf[0].Title != "Expert" ||
		level.OneOf[3].Title != "Any experience level" {
		t.Errorf("%+v", level)
	}
	if len(forms[0].fields) > 7 || len(forms[0].required) != 0 ||
		!strings.Contains(forms[0].message, "Your draft “Bounding Box Annotation for Dashcam Images” needs") {
		t.Errorf("%+v", forms[0])
	}
	for name, field := range forms[0].fields {
		if field.Title == "" || field.Type == "enum" || field.Type == "object" {
			t.Errorf("%s: %+v", name, field)
		}
	}
}

// TestFormForAnOlderHost: a host of 2025-06-18 gets the names of choices in the form
// that it understands.
func TestFormForAnOlderHost(t *testing.T) {
	s := startAsking(t, "stdio, "+older, sandbox.Guide, fills, nil)
	got := call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	if !strings.Contains(string(got.structured), `"publishReady":true`) {
		t.Errorf("%s", got.text)
	}
	level := s.human.seen()[0].fields["experienceLevel"]
	if len(level.Enum) != 4 || len(level.EnumNames) != 4 || level.EnumNames[0] != "Expert" || len(level.OneOf) != 0 {
		t.Errorf("%+v", level)
	}
}

// TestFormConfirmsGuesses: the form shows OpenTrain's guesses as defaults, and the
// human's answers are saved.
func TestFormConfirmsGuesses(t *testing.T) {
	for carrier := range carriers() {
		t.Run(carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, func(n int, f form) (mcp.ElicitationResponseAction, any, error) {
				action, content, err := fills(n, f)
				for name, field := range f.fields {
					if filled, ok := content.(map[string]any); ok && field.Default != nil && field.Type == "number" {
						filled[name] = 77
					}
				}
				return action, content, err
			}, nil)
			got := call(t, a.host, "opentrain_create_draft",
				map[string]any{"description": "Some people to label a few thousand photos of fruit, English"})
			if got.isError {
				t.Fatal(got.text)
			}
			for _, f := range a.human.seen() {
				for name, field := range f.fields {
					if field.Default != nil && !strings.HasPrefix(field.Description, "OpenTrain guessed this") {
						t.Errorf("%s: %+v", name, field)
					}
				}
			}
		})
	}
	guess := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"missingFields":[{"field":"dataVolume","label":"Data ` +
		`volume","type":"number","prompt":"How much?","updateKeys":["dataVolume"]}],` +
		`"lowConfidenceFields":[{"field":"headcount","value":3,"reason":"“Some people”"},{"field":"experienceLevel","value":"EXPERT",` +
		`"reason":"r"},{"field":"paymentType","value":"BARTER","reason":"no such value"},{"field":"languages","value":["English"],` +
		`"reason":"a list"},{"field":"dataVolume","value":1},{"reason":"no field"}],"normalizedFields":{}}`
	s := startAskingOn(t, "stdio, "+legacy, answering(200, guess), fills, nil)
	call(t, s.host, "opentrain_create_draft", map[string]any{"description": "x"})
	if again := s.human.seen(); len(again) != 2 || len(again[1].fields) != 1 {
		t.Errorf("confirmed guesses are asked again: %+v", again)
	}
	fields := s.human.seen()[0].fields
	if len(fields) != 3 || string(fields["headcount"].Default) != "3" || string(fields["experienceLevel"].Default) != `"EXPERT"` ||
		fields["dataVolume"].Default != nil || fields["dataVolume"].Title != "Data volume" {
		t.Errorf("%+v", fields)
	}
	sent := ""
	for i, made := range s.api.seen() {
		if sent == "" && strings.HasPrefix(made, "PATCH") {
			sent = s.api.sent[i]
		}
	}
	if !strings.Contains(sent, `"headcount":3`) || !strings.Contains(sent, `"experienceLevel":"EXPERT"`) ||
		!strings.Contains(sent, `"dataVolume":18`) {
		t.Errorf("sent %s", sent)
	}
}

// TestPatchDraftShowsForms: opentrain_patch_draft shows the same forms as
// opentrain_create_draft, and saves its own fields once.
func TestPatchDraftShowsForms(t *testing.T) {
	for carrier := range carriers() {
		t.Run(carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, fills, nil)
			made := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "askHuman": false})
			if len(a.human.seen()) != 0 || made.next(t).Action != tool.AskHuman {
				t.Fatalf("askHuman false: %d forms, %s", len(a.human.seen()), made.text)
			}
			got := call(t, a.host, "opentrain_patch_draft", patch("headcount", 12))
			if !strings.Contains(string(got.structured), `"publishReady":true`) || !publishesInAForm(t, got) {
				t.Errorf("%s", got.text)
			}
			headcounts := 0
			for i, made := range a.api.seen() {
				if strings.HasPrefix(made, "PATCH") && strings.Contains(a.api.sent[i], "headcount") {
					headcounts++
				}
			}
			if patches := a.count("PATCH", "/job-drafts"); headcounts != 1 || patches > 3 || a.count("POST", "/job-drafts") != 1 {
				t.Errorf("%d patches, %d of headcount", patches, headcounts)
			}
		})
	}
}

// TestNoFormsWithoutCapability: a host without forms never gets one, and no call waits.
// The same goes for HTTP+SSE, older hosts without sessions, and servers with forms
// switched off.
func TestNoFormsWithoutCapability(t *testing.T) {
	chat := func(t *testing.T, host *client.Client, human *human) {
		t.Helper()
		got := call(t, host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
		next := got.next(t)
		if next.Action != tool.AskHuman || next.Arguments["askHuman"] != nil || human != nil && len(human.seen()) != 0 {
			t.Errorf("%s", got.text)
		}
		// The questions come before a yes.
		published := call(t, host, "opentrain_publish", job())
		if again := published.next(t); again.Action != tool.AskHuman || again.Question != next.Question || confirmationIn(published) != "" {
			t.Errorf("%s", published.text)
		}
		call(t, host, "opentrain_patch_draft", completing())
		for _, c := range confirmedTools() {
			got := call(t, host, c.tool, c.arguments)
			if next := got.next(t); next.Action != tool.ConfirmWithHuman || next.Arguments["confirmationToken"] == nil {
				t.Errorf("%s", got.text)
			}
			if !c.live {
				call(t, host, c.tool, got.next(t).Arguments)
			}
		}
		if human != nil && len(human.seen()) != 0 {
			t.Errorf("%d forms", len(human.seen()))
		}
	}
	for carrier := range carriers() {
		t.Run(carrier, func(t *testing.T) { chat(t, startAsking(t, carrier, sandbox.Guide, nil, nil).host, nil) })
		t.Run(carrier+", off", func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, fills, func(c *opentrainmcp.HTTPConfig) { c.Elicitation = opentrainmcp.Off })
			chat(t, a.host, a.human)
		})
	}
	for _, route := range []string{"/mcp", "/sse"} {
		t.Run(route+" for an older host without sessions", func(t *testing.T) {
			s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Confirm, c.Sessions = opentrainmcp.Auto, route == "/sse" })
			human := &human{t: t, answer: fills}
			headers := map[string]string{tokenHeader: sandbox.DemoToken}
			var carried transport.Interface
			var err error
			if route == "/sse" {
				carried, err = transport.NewSSE(s.url+"/sse", transport.WithHeaders(headers))
			} else {
				carried, err = transport.NewStreamableHTTP(s.url+"/mcp", transport.WithHTTPHeaders(headers))
			}
			if err != nil {
				t.Fatal(err)
			}
			host := newHost(carried, legacy, client.WithElicitationHandler(human))
			t.Cleanup(func() { host.Close() }) //nolint:errcheck // the test is over
			initialize(t, host, legacy)
			chat(t, host, human)
		})
	}
	for name, declared := range map[string]string{"links only": `{"elicitation":{"url":{}}}`, "nothing": `{}`,
		"no object": `{"elicitation":null}`} {
		t.Run(name, func(t *testing.T) {
			s := startHTTP(t, nil, nil)
			body := modernRPC("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, declared)
			got := s.do("POST", "/mcp", body, modernHeaders("tools/call", "opentrain_create_draft", tokenHeader, sandbox.DemoToken)...)
			if got.status != 200 || strings.Contains(got.body, "input_required") || !strings.Contains(got.body, "ask_human") {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

// TestFormsAreAudited: the log shows the draft that a call created before it showed a
// form.
func TestFormsAreAudited(t *testing.T) {
	for carrier := range carriers() {
		a := startAsking(t, carrier, sandbox.Guide, fills, nil)
		call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
		audits := strings.Count(a.log.String(), `"msg":"audit"`)
		if audits < 2 || strings.Contains(a.log.String(), "dashcam") {
			t.Errorf("%s: %d audit lines", carrier, audits)
		}
	}
}
