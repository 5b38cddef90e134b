package acceptance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestOneCallWithForms: where forms can be shown, one call ends in a draft that
// is ready to publish; the API saw one create and at most two patches.
func TestOneCallWithForms(t *testing.T) {
	for carrier := range carriers {
		for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
			t.Run(carrier+", "+string(variant), func(t *testing.T) {
				a := startAsking(t, carrier, variant, fills, nil)
				got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
				if next := got.next(t); got.isError || next.Action != tool.ConfirmWithHuman || !strings.Contains(string(got.structured), `"publishReady":true`) {
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

// TestForm is what a human sees.
func TestForm(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, fills, nil)
	call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	forms := a.human.seen()
	if len(forms) == 0 {
		t.Fatal("no form")
	}
	level := forms[0].fields["experienceLevel"]
	if level.Type != "string" || level.Title == "" || level.Description != "What experience level should AI trainers have for this job?" ||
		len(level.OneOf) != 4 || level.OneOf[0].Const != "EXPERT" || level.OneOf[0].Title != "Expert" || level.OneOf[3].Title != "Any experience level" {
		t.Errorf("%+v", level)
	}
	if len(forms[0].fields) > 7 || len(forms[0].required) != 0 || !strings.Contains(forms[0].message, "your draft “Bounding Box Annotation for Dashcam Images”") {
		t.Errorf("%+v", forms[0])
	}
	for name, field := range forms[0].fields {
		if field.Title == "" || field.Type == "enum" || field.Type == "object" {
			t.Errorf("%s: %+v", name, field)
		}
	}
}

// TestOlderForm: a host of 2025-06-18 gets the names of choices as it knows them.
func TestOlderForm(t *testing.T) {
	human := &human{t: t, answer: fills}
	host := overPipes(t, configOn(t, sandbox.New(sandbox.Config{}).Transport()), []client.ClientOption{client.WithElicitationHandler(human), client.WithProtocolVersion("2025-06-18")})
	greet(t, host, false)
	got := call(t, host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	if !strings.Contains(string(got.structured), `"publishReady":true`) {
		t.Errorf("%s", got.text)
	}
	level := human.seen()[0].fields["experienceLevel"]
	if len(level.Enum) != 4 || len(level.EnumNames) != 4 || level.EnumNames[0] != "Expert" || len(level.OneOf) != 0 {
		t.Errorf("%+v", level)
	}
}

// TestGuessesAreConfirmed: what OpenTrain guessed is in the form, with the guess
// as default; what the human makes of it is set.
func TestGuessesAreConfirmed(t *testing.T) {
	for carrier := range carriers {
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
			got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": "Some people to label a few thousand photos of fruit, English"})
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
	guess := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"missingFields":[{"field":"dataVolume","label":"Data volume","type":"number","prompt":"How much?","updateKeys":["dataVolume"]}],` +
		`"lowConfidenceFields":[{"field":"headcount","value":3,"reason":"“Some people”"},{"field":"experienceLevel","value":"EXPERT","reason":"r"},{"field":"paymentType","value":"BARTER","reason":"no such value"},{"field":"languages","value":["English"],"reason":"a list"},{"field":"dataVolume","value":1},{"reason":"no field"}],"normalizedFields":{}}`
	human := &human{t: t, answer: fills}
	api := &upstream{api: answering(200, guess)}
	host := overPipes(t, configOn(t, api), []client.ClientOption{client.WithElicitationHandler(human), client.WithProtocolVersion(mcp.LATEST_LEGACY_PROTOCOL_VERSION)})
	greet(t, host, false)
	call(t, host, "opentrain_create_draft", map[string]any{"description": "x"})
	if again := human.seen(); len(again) != 2 || len(again[1].fields) != 1 {
		t.Errorf("guesses that were confirmed are asked again: %+v", again)
	}
	fields := human.seen()[0].fields
	if len(fields) != 3 || string(fields["headcount"].Default) != "3" || string(fields["experienceLevel"].Default) != `"EXPERT"` || fields["dataVolume"].Default != nil || fields["dataVolume"].Title != "Data volume" {
		t.Errorf("%+v", fields)
	}
	sent := ""
	for i, made := range api.seen() {
		if sent == "" && strings.HasPrefix(made, "PATCH") {
			sent = api.sent[i]
		}
	}
	if !strings.Contains(sent, `"headcount":3`) || !strings.Contains(sent, `"experienceLevel":"EXPERT"`) || !strings.Contains(sent, `"dataVolume":18`) {
		t.Errorf("sent %s", sent)
	}
}

// TestPatchAsks: opentrain_patch_draft asks as opentrain_create_draft does, and
// sets the fields of the call once.
func TestPatchAsks(t *testing.T) {
	for carrier := range carriers {
		t.Run(carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, fills, nil)
			made := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "askHuman": false})
			if len(a.human.seen()) != 0 || made.next(t).Action != tool.AskHuman {
				t.Fatalf("askHuman false: %d forms, %s", len(a.human.seen()), made.text)
			}
			got := call(t, a.host, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 12}})
			if !strings.Contains(string(got.structured), `"publishReady":true`) || got.next(t).Action != tool.ConfirmWithHuman {
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

// TestFormsWithoutAnswers: whatever becomes of a form, the draft is sound, and
// the next question comes in the conversation.
func TestFormsWithoutAnswers(t *testing.T) {
	endings := map[string]func(int, form) (mcp.ElicitationResponseAction, any, error){
		"declined":  func(int, form) (mcp.ElicitationResponseAction, any, error) { return "decline", nil, nil },
		"cancelled": func(int, form) (mcp.ElicitationResponseAction, any, error) { return "cancel", nil, nil },
		"odd action": func(int, form) (mcp.ElicitationResponseAction, any, error) {
			return "maybe", map[string]any{"experienceLevel": "EXPERT"}, nil
		},
		"empty":      func(int, form) (mcp.ElicitationResponseAction, any, error) { return "accept", map[string]any{}, nil },
		"no content": func(int, form) (mcp.ElicitationResponseAction, any, error) { return "accept", nil, nil },
		"nulls": func(int, form) (mcp.ElicitationResponseAction, any, error) {
			return "accept", map[string]any{"experienceLevel": nil, "dataVolumeUnit": ""}, nil
		},
		"other fields": func(int, form) (mcp.ElicitationResponseAction, any, error) {
			return "accept", map[string]any{"jobTitle": "stolen", "visibility": "x"}, nil
		},
		"wrong values": func(int, form) (mcp.ElicitationResponseAction, any, error) {
			return "accept", map[string]any{"experienceLevel": "GURU", "dataVolumeUnit": 7}, nil
		},
	}
	for carrier, by := range carriers {
		for name, answer := range endings {
			t.Run(carrier+", "+name, func(t *testing.T) {
				a := startAsking(t, carrier, sandbox.Guide, answer, nil)
				got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
				checkChat(t, got)
				if a.count("POST", "/job-drafts") != 1 || a.count("PATCH", "/job-drafts") != 0 || len(a.human.seen()) != 1 {
					t.Errorf("%v, %d forms", a.api.seen(), len(a.human.seen()))
				}
			})
		}
		if by.modern {
			continue // the client itself gives the call up
		}
		t.Run(carrier+", an error", func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) { return "", nil, errors.New("no window") }, nil)
			checkChat(t, call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}))
		})
	}
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

// TestPartlyFilledForms: what was filled in is saved, what was not comes as the
// next question; what is no value of its field is said.
func TestPartlyFilledForms(t *testing.T) {
	for carrier := range carriers {
		t.Run(carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, func(n int, _ form) (mcp.ElicitationResponseAction, any, error) {
				if n > 1 {
					return "cancel", nil, nil
				}
				return "accept", map[string]any{"experienceLevel": "expert", "dataVolumeUnit": "BUSHELS"}, nil
			}, nil)
			got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			if next := got.next(t); next.Field != "dataVolumeUnit" || next.Action != tool.AskHuman {
				t.Errorf("%s", got.text)
			}
			if sent := a.api.body("PATCH /api/public/v1/job-drafts/job_1"); sent != `{"experienceLevel":"EXPERT"}` {
				t.Errorf("sent %s", sent)
			}
			if n := len(a.human.seen()); n != 2 {
				t.Errorf("%d forms", n)
			}
		})
	}
}

// TestNoFormsWithoutCapability: a host that declared none is sent none, and
// nothing waits; nor over HTTP+SSE, nor to an older host without sessions, nor
// when forms are switched off.
func TestNoFormsWithoutCapability(t *testing.T) {
	chat := func(t *testing.T, host *client.Client, human *human) {
		t.Helper()
		got := call(t, host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
		next := got.next(t)
		if next.Action != tool.AskHuman || next.Arguments["askHuman"] != nil || human != nil && len(human.seen()) != 0 {
			t.Errorf("%s", got.text)
		}
		published := call(t, host, "opentrain_publish", map[string]any{"jobId": "job_1"})
		if next := published.next(t); next.Action != tool.ConfirmWithHuman || next.Arguments["confirmationToken"] == nil {
			t.Errorf("%s", published.text)
		}
	}
	for carrier := range carriers {
		t.Run(carrier, func(t *testing.T) { chat(t, startAsking(t, carrier, sandbox.Guide, nil, nil).host, nil) })
		t.Run(carrier+", off", func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, fills, func(c *opentrainmcp.HTTPConfig) { c.Elicitation = opentrainmcp.Off })
			chat(t, a.host, a.human)
		})
	}
	for _, route := range []string{"/mcp", "/sse"} {
		t.Run(route+" for an older host without sessions", func(t *testing.T) {
			s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.PublishConfirm, c.Sessions = opentrainmcp.Auto, route == "/sse" })
			human := &human{t: t, answer: fills}
			headers := map[string]string{demoHeader: sandbox.DemoToken}
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
			host := client.NewClient(carried, client.WithElicitationHandler(human), client.WithProtocolVersion(mcp.LATEST_LEGACY_PROTOCOL_VERSION))
			t.Cleanup(func() { host.Close() }) //nolint:errcheck // it is over
			greet(t, host, false)
			chat(t, host, human)
		})
	}
	for name, declared := range map[string]string{"links only": `{"elicitation":{"url":{}}}`, "nothing": `{}`, "no object": `{"elicitation":null}`} {
		t.Run(name, func(t *testing.T) {
			s := startHTTP(t, nil, nil)
			body := strings.Replace(rpc(1, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}), `"params":{`,
				`"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":`+declared+`},`, 1)
			got := s.do("POST", "/mcp", body, demoHeader, sandbox.DemoToken, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "opentrain_create_draft")
			if got.status != 200 || strings.Contains(got.body, "input_required") || !strings.Contains(got.body, "ask_human") {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

// TestUnansweredForm: a host that never answers costs the call the time limit,
// once; then its caller is asked in the conversation.
func TestUnansweredForm(t *testing.T) {
	for _, carrier := range []string{"stdio, 2025-11-25", "/mcp with sessions, 2025-11-25"} {
		t.Run(carrier, func(t *testing.T) {
			stuck := make(chan struct{})
			t.Cleanup(func() { close(stuck) })
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				<-stuck
				return "cancel", nil, nil
			}, func(c *opentrainmcp.HTTPConfig) { c.ElicitationTimeout = 300 * time.Millisecond })
			start := time.Now()
			checkChat(t, call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}))
			if took := time.Since(start); took < 300*time.Millisecond {
				t.Errorf("it waited %v", took)
			}
			again := call(t, a.host, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 3}})
			if n := len(a.human.seen()); n != 1 || again.next(t).Action != tool.AskHuman {
				t.Errorf("%d forms, %s", n, again.text)
			}
		})
	}
}

// TestAnswersThatCannotBeSaved: nothing that a human filled in is lost.
func TestAnswersThatCannotBeSaved(t *testing.T) {
	box := sandbox.New(sandbox.Config{}).Transport()
	for name, answerWith := range map[string]string{
		"outage": `<html>`, "refused": `{"error":"That unit does not fit.","code":"BAD_REQUEST","details":{"issues":[{"path":["dataVolumeUnit"],"message":"does not fit"}]}}`,
		"refused for no field": `{"error":"Not so.","code":"BAD_REQUEST"}`, "limited": `{"error":"Slowly.","code":"RATE_LIMITED"}`, "not allowed": `{"error":"No.","code":"FORBIDDEN"}`,
	} {
		status := map[string]int{"outage": 502, "refused": 400, "refused for no field": 400, "limited": 429, "not allowed": 403}[name]
		human := &human{t: t, answer: fills}
		api := &upstream{api: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPatch {
				return answering(status, answerWith).RoundTrip(r)
			}
			return box.RoundTrip(r)
		})}
		host := overPipes(t, configOn(t, api), []client.ClientOption{client.WithElicitationHandler(human), client.WithProtocolVersion(mcp.LATEST_LEGACY_PROTOCOL_VERSION)})
		greet(t, host, false)
		got := call(t, host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription + name})
		next := got.next(t)
		fields, _ := next.Arguments["fields"].(map[string]any)
		switch {
		case got.isError || next.Tool != "opentrain_patch_draft" || next.Arguments["askHuman"] != false:
			t.Errorf("%s: %s", name, got.text)
		case name == "outage" && (next.Action != tool.CallTool || fields["experienceLevel"] != "EXPERT"):
			t.Errorf("%s: %s", name, got.text)
		case name == "outage" && !strings.Contains(next.Note, "not known whether"), name != "outage" && strings.Contains(next.Note, "not known whether"):
			t.Errorf("%s: %s", name, next.Note)
		case name == "refused" && (next.Action != tool.AskHuman || next.Field != "dataVolumeUnit" || fields["experienceLevel"] != "EXPERT" || !strings.Contains(next.Note, "That unit does not fit.")):
			t.Errorf("%s: %s", name, got.text)
		case name != "refused" && (fields["experienceLevel"] != "EXPERT" || fields["dataVolumeUnit"] == nil):
			t.Errorf("%s: answers are lost: %s", name, got.text)
		case name == "limited" && (next.Action != tool.Wait || next.RetryAfterSeconds == 0):
			t.Errorf("%s: %s", name, got.text)
		}
	}
}

// TestProgress: a client that asks for it is told what is done, the last notice
// too; one that does not is not.
func TestProgress(t *testing.T) {
	for carrier := range carriers {
		t.Run(carrier, func(t *testing.T) {
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
				request.Params.Name, request.Params.Arguments = "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "idempotencyKey": strings.Repeat("k", n+1), "askHuman": false}
				request.Params.Meta = &mcp.Meta{ProgressToken: n}
				if _, err := a.host.CallTool(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				select {
				case notice := <-notices:
					if !strings.Contains(notice, "Making the draft") {
						t.Errorf("%s", notice)
					}
				case <-time.After(5 * time.Second):
					t.Fatalf("call %d: no notice", n)
				}
			}
			call(t, a.host, "opentrain_create_draft", map[string]any{"description": "another", "askHuman": false})
			if len(notices) != 0 {
				t.Errorf("a notice that nobody asked for: %s", <-notices)
			}
		})
	}
}

// TestFormsAreAudited: the draft that a call made before it asked is in the log.
func TestFormsAreAudited(t *testing.T) {
	for carrier := range carriers {
		a := startAsking(t, carrier, sandbox.Guide, fills, nil)
		call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
		audits := strings.Count(a.log.String(), `"msg":"audit"`)
		if audits < 2 || strings.Contains(a.log.String(), "dashcam") {
			t.Errorf("%s: %d audit lines", carrier, audits)
		}
	}
}

// TestProgressWhileAFormWaits: SDKs give a silent call up after a minute, so the
// client is told every fifteen seconds that the human has a form.
func TestProgressWhileAFormWaits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes fifteen seconds")
	}
	for _, carrier := range []string{"stdio, 2025-11-25", "/mcp with sessions, 2025-11-25"} {
		t.Run(carrier, func(t *testing.T) {
			t.Parallel()
			again := make(chan struct{}) // closed when told that the form still waits
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				select {
				case <-again:
				case <-time.After(50 * time.Second):
				}
				return "cancel", nil, nil
			}, nil)
			var told atomic.Int32
			a.host.OnNotification(func(n mcp.JSONRPCNotification) {
				if n.Method == "notifications/progress" && strings.HasPrefix(fmt.Sprint(n.Params.AdditionalFields["message"]), "Waiting for the human") && told.Add(1) == 2 {
					close(again)
				}
			})
			var request mcp.CallToolRequest
			request.Params.Name, request.Params.Arguments = "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}
			request.Params.Meta = &mcp.Meta{ProgressToken: "p"}
			start := time.Now()
			if _, err := a.host.CallTool(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < 14*time.Second || took > 40*time.Second || told.Load() != 2 {
				t.Errorf("told %d times in %v", told.Load(), took)
			}
		})
	}
}

// TestTheEndEndsForms: when the server ends, a call that waits for a human comes
// back in the conversation.
func TestTheEndEndsForms(t *testing.T) {
	box := sandbox.New(sandbox.Config{})
	cfg := opentrainmcp.HTTPConfig{Sessions: true, Config: configOn(t, box.Transport())}
	handler, err := opentrainmcp.NewHTTPHandler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	shown, stuck := make(chan struct{}), make(chan struct{})
	defer close(stuck)
	human := &human{t: t, answer: func(int, form) (mcp.ElicitationResponseAction, any, error) {
		close(shown)
		<-stuck
		return "cancel", nil, nil
	}}
	carried, err := transport.NewStreamableHTTP(server.URL+"/mcp", transport.WithHTTPHeaders(map[string]string{demoHeader: sandbox.DemoToken}))
	if err != nil {
		t.Fatal(err)
	}
	host := client.NewClient(carried, client.WithElicitationHandler(human), client.WithProtocolVersion(mcp.LATEST_LEGACY_PROTOCOL_VERSION))
	t.Cleanup(func() { host.Close() }) //nolint:errcheck // it is over
	greet(t, host, false)
	ended := make(chan error, 1)
	go func() {
		<-shown
		ended <- handler.Shutdown(context.Background())
	}()
	checkChat(t, call(t, host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}))
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestOneFormAtATime: a human answers one form at a time; further calls of the
// same caller are not held up behind it.
func TestOneFormAtATime(t *testing.T) {
	for _, carrier := range []string{"stdio, 2025-11-25", "/mcp with sessions, 2025-11-25"} {
		t.Run(carrier, func(t *testing.T) {
			shown, go1 := make(chan struct{}, 100), make(chan struct{})
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				shown <- struct{}{}
				<-go1
				return "cancel", nil, nil
			}, nil)
			first := make(chan answer, 1)
			go func() {
				first <- call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			}()
			<-shown
			for n := range 20 {
				got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "idempotencyKey": fmt.Sprint("k", n)})
				if got.next(t).Action != tool.AskHuman {
					t.Errorf("%s", got.text)
				}
			}
			close(go1)
			checkChat(t, <-first)
			if n := len(a.human.seen()); n != 1 {
				t.Errorf("%d forms", n)
			}
		})
	}
}

// TestAnswersToFormsAreNotLimited: a caller who calls often still gets an answer
// through.
func TestAnswersToFormsAreNotLimited(t *testing.T) {
	var a *asked
	a = startAsking(t, "/mcp with sessions, 2025-11-25", sandbox.Guide, func(n int, f form) (mcp.ElicitationResponseAction, any, error) {
		for range 30 { // use up the limit while the form is open
			if _, err := a.host.ListTools(t.Context(), mcp.ListToolsRequest{}); err != nil {
				break
			}
		}
		return fills(n, f)
	}, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond, c.Burst = 0.01, 12 })
	got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	if !strings.Contains(string(got.structured), `"publishReady":true`) {
		t.Errorf("%s", got.text)
	}
}
