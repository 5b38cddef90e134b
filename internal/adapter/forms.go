package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/schema"
)

const (
	formID           = "form"           // names the one form of a round
	maxStateAge      = 24 * time.Hour   // limits the lifetime of every form
	formsPause       = time.Hour        // no forms for a caller whose client doesn't show them
	minReading       = time.Second      // no human read a form that was answered sooner
	minClientTimeout = 45 * time.Second // tells a client that gave up, after a minute in SDKs, from a human who canceled
	maxGuess         = 400              // the longest guess in a description, in characters
	waitingInterval  = 15 * time.Second // between reports that keep a client from giving up
)

// forms shows a tool's questions to the human, where the client can show a form.
type forms struct {
	cfg     Config
	pending sync.Map                          // the form keys of callers who have an open form
	paused  *ttlcache.Cache[string, struct{}] // the form keys of callers who get no forms for now
}

func newForms(cfg Config) *forms {
	return &forms{cfg: cfg, paused: ttlcache.New(
		ttlcache.WithTTL[string, struct{}](formsPause),
		ttlcache.WithCapacity[string, struct{}](10_000),
		ttlcache.WithDisableTouchOnHit[string, struct{}](),
	)}
}

// delivery is how a form reaches the human.
type delivery int

const (
	formsUnavailable delivery = iota // the client can't show a form
	inResult                         // the client calls again with the answers (protocol 2026-07-28)
	inRequest                        // the server sends the form while the call waits (older protocols)
)

// deliveryTo returns how a form can reach the human behind a call.
func (f *forms) deliveryTo(ctx context.Context, request mcp.CallToolRequest, by caller.Caller) delivery {
	transport := caller.From(ctx).Transport
	// HTTP+SSE belongs to protocol 2024-11-05, which has no forms.
	if f.cfg.FormsOff || transport == caller.SSE || transport == caller.Unknown {
		return formsUnavailable
	}
	key := formKey(ctx, by)
	if f.paused.Has(key) {
		return formsUnavailable
	}
	if mcp.IsModernProtocol(server.RequestProtocolVersion(ctx)) {
		if declared := request.Params.Meta.ClientCapabilities(); declared != nil && showsForms(declared.Elicitation) {
			return inResult
		}
		return formsUnavailable
	}
	// Without a session, an older client's capabilities are unknown and its answer can't be matched to the call.
	call := callFrom(ctx)
	if transport == caller.StreamableHTTP || call.send == nil || !call.peer.session.showsForms() {
		return formsUnavailable
	}
	if _, pending := f.pending.Load(key); pending {
		return formsUnavailable
	}
	return inRequest
}

// showsForms reports whether a client declared forms, the only mode of the first protocols.
func showsForms(declared *mcp.ElicitationCapability) bool {
	return declared != nil && (declared.Form != nil || declared.URL == nil)
}

// formKey names who answers forms: over HTTP the caller, whichever session the call uses. People who share a credential, or
// who sent none, are told apart by session or address.
func formKey(ctx context.Context, by caller.Caller) string {
	request, session := caller.From(ctx), callFrom(ctx).peer.session.id
	switch {
	case request.Transport == caller.Stdio, !request.IsPersonal() && session != "":
		return session + " " + by.ID
	case !request.IsPersonal():
		return request.Address + " " + by.ID
	}
	return by.ID
}

// pause turns forms off for a caller for a while.
func (f *forms) pause(ctx context.Context, by caller.Caller, reason string) {
	if _, already := f.paused.GetOrSet(formKey(ctx, by), struct{}{}); !already {
		identified(ctx, f.cfg.Logger, by).InfoContext(ctx, "forms are off for this caller", "reason", reason, "for", formsPause.String())
	}
}

// sealedState is the state of a form as a client of 2026-07-28 carries it.
type sealedState struct {
	State    json.RawMessage `json:"state"`
	Lifetime time.Duration   `json:"lifetime"`
}

// inputRequired is a result that holds a form.
func (f *forms) inputRequired(purpose []string, ask *tool.Ask) *mcp.CallToolResult {
	data := text.JSON(sealedState{ask.State, ask.Lifetime})
	state := f.cfg.Box.Seal(purpose, []byte(data), f.cfg.Now())
	return server.NewInputRequestBuilder(state).Elicit(formID, formParams(ask, mcp.LATEST_PROTOCOL_VERSION)).ToolResult()
}

// openState returns the state that a client of 2026-07-28 brings back and how long ago its form was sent, if the state is
// unchanged and not too old. Clocks of replicas differ, so a form can seem to come from the future.
func (f *forms) openState(purpose []string, token string) (state json.RawMessage, age time.Duration, ok bool) {
	now := f.cfg.Now()
	opened, err := f.cfg.Box.Open(purpose, token, maxStateAge, now)
	age = now.Sub(opened.Issued)
	var sealed sealedState
	if err != nil || json.Unmarshal(opened.Data, &sealed) != nil || age > sealed.Lifetime {
		return nil, 0, false
	}
	return sealed.State, age, true
}

// elicit sends a form to an older client and waits for the answers. After any failure the form is unanswered: the tool
// goes on in the conversation.
func (f *forms) elicit(
	ctx context.Context, by caller.Caller, ask *tool.Ask, report *progress,
) (outcome tool.FormOutcome, answers map[string]json.RawMessage) {
	params, key, ended := formParams(ask, server.RequestProtocolVersion(ctx)), formKey(ctx, by), callFrom(ctx).peer.ended
	if params.RequestedSchema == nil || ended.Err() != nil {
		return tool.FormUnanswered, nil
	}
	// A human gets one form at a time: calls that wait for a form would hold up the client's other calls.
	if _, pending := f.pending.LoadOrStore(key, true); pending {
		return tool.FormUnanswered, nil
	}
	defer f.pending.Delete(key)
	sent := time.Now()
	ctx, cancel := context.WithTimeout(ctx, f.cfg.FormTimeout)
	defer cancel()
	defer context.AfterFunc(ended, cancel)() //nolint:contextcheck // the end of the conversation, not of a call
	defer report.repeat(ctx, waitingInterval, "Waiting for the human's answer")()
	result := new(mcp.ElicitationResult)
	answer, err := callFrom(ctx).ask(ctx, string(mcp.MethodElicitationCreate), params)
	if err == nil {
		err = json.Unmarshal(answer, result)
	}
	if err == nil {
		return f.outcome(ctx, by, result, time.Since(sent))
	}
	f.cfg.Logger.DebugContext(ctx, "no answer to a form", "error", err)
	// A client may also answer with an error when its human cancels the call: an error proves nothing between the time in which a human
	// could read and that in which the client may have given up.
	switch waited := time.Since(sent); {
	case ctx.Err() == nil && waited < minReading:
		f.pause(ctx, by, "the client answered a form with an error")
	case errors.Is(ctx.Err(), context.DeadlineExceeded), waited > minClientTimeout:
		f.pause(ctx, by, "a form timed out")
	}
	return tool.FormUnanswered, nil
}

// outcome reads a client's response to a form that was sent some time ago. Hosts without windows decline forms at once, for a
// human who never saw them. A time below zero doesn't prove that: it says nothing.
func (f *forms) outcome(
	ctx context.Context, by caller.Caller, response *mcp.ElicitationResult, after time.Duration,
) (tool.FormOutcome, map[string]json.RawMessage) {
	switch {
	case response == nil:
		return tool.FormUnanswered, nil
	case response.Action == mcp.ElicitationResponseActionAccept:
		return tool.FormAnswered, answersIn(response.Content)
	case response.Action != mcp.ElicitationResponseActionDecline:
		return tool.FormUnanswered, nil
	case after >= 0 && after < minReading:
		f.pause(ctx, by, "a form was declined before a human could read it")
		return tool.FormUnanswered, nil
	}
	return tool.FormDeclined, nil
}

// answersIn returns what a human entered in a form.
func answersIn(content any) map[string]json.RawMessage {
	data, err := json.Marshal(content)
	var answers map[string]json.RawMessage
	if err != nil || json.Unmarshal(data, &answers) != nil {
		return nil
	}
	return answers
}

// formParams builds the form of an Ask for a protocol version. Its schema is nil when the form has no fields.
func formParams(ask *tool.Ask, protocol string) mcp.ElicitationParams {
	titled := hasTitledChoices(protocol)
	form := schema.NewObject()
	for _, field := range ask.Fields {
		form.Properties.Set(field.Name, formField(field, titled))
		if field.Required {
			form.Required = append(form.Required, field.Name)
		}
	}
	params := mcp.ElicitationParams{Message: ask.Message}
	if titled {
		params.Mode = mcp.ElicitationModeForm // older clients know neither the word nor another mode
	}
	if form.Properties.Len() > 0 {
		params.RequestedSchema = form
	}
	return params
}

// hasTitledChoices reports whether a protocol version has titled choices and lists of them (SEP-1330).
func hasTitledChoices(protocol string) bool { return protocol == "" || protocol >= "2025-11-25" }

func formField(field tool.Field, titled bool) *schema.Node {
	node := &schema.Node{Type: field.Type, Title: field.Label, Description: field.Prompt}
	switch {
	case field.Default == nil:
	case titled || field.Type == "boolean":
		node.Default = field.Default
	default: // before 2025-11-25, only booleans had defaults (SEP-1034)
		node.Description += " Guess: " + text.Clean(tool.Readable(field.Name, field.Default), maxGuess) + "."
	}
	options := make([]*schema.Node, 0, len(field.Choices))
	values, titles := make([]any, 0, len(field.Choices)), make([]any, 0, len(field.Choices))
	for _, choice := range field.Choices {
		options = append(options, &schema.Node{Const: choice.Value, Title: choice.Title})
		values, titles = append(values, choice.Value), append(titles, choice.Title)
	}
	switch {
	case field.Type == "array":
		node.Items = &schema.Node{AnyOf: options}
	case field.Type == "enum" && titled:
		node.Type, node.OneOf = "string", options
	case field.Type == "enum":
		node.Type, node.Enum, node.Extras = "string", values, map[string]any{"enumNames": titles}
	}
	return node
}
