package opentrainmcp

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/seal"
	"opentrain-mcp/tools"
)

const (
	// formID names the one form of a round.
	formID = "form"
	// maxRounds ends a call that goes on asking.
	maxRounds = 6
	// longestForm bounds how long the state of a form is good.
	longestForm = 24 * time.Hour
	// unansweredLasts is how long a caller who let a form time out is shown no
	// more.
	unansweredLasts = 24 * time.Hour
	// patience is how long a client must have waited, when it gives up a call with
	// a form, to be taken for one that shows none.
	patience = 45 * time.Second
	// progressPause is how often a client is told that a human has a form. SDKs
	// give a silent call up after a minute.
	progressPause = 15 * time.Second
)

// asker puts a tool's questions to the human, where the client can show a form.
type asker struct {
	mcp     *server.MCPServer
	log     *slog.Logger
	box     *seal.Box
	off     bool
	timeout time.Duration
	// stateless is true where an older client's capabilities are not known, nor
	// a way for its answer.
	stateless bool
	// closing is done when the server ends: then nobody can answer any more.
	closing context.Context
	end     context.CancelFunc
	// unanswered are the callers who let a form time out.
	unanswered *ttlcache.Cache[string, struct{}]
	mu         sync.Mutex
	open       map[string]bool // callers who have a form before them
}

func newAsker(s *server.MCPServer, cfg Config, box *seal.Box) *asker {
	a := &asker{
		mcp: s, open: map[string]bool{}, log: cfg.Logger, box: box, off: cfg.Elicitation == Off, timeout: cfg.ElicitationTimeout,
		unanswered: ttlcache.New(
			ttlcache.WithTTL[string, struct{}](unansweredLasts),
			ttlcache.WithCapacity[string, struct{}](10_000),
			ttlcache.WithDisableTouchOnHit[string, struct{}](),
		),
	}
	a.closing, a.end = context.WithCancel(context.Background())
	return a
}

// way is how a form reaches a human.
type way int

const (
	// noWay: no form can be shown.
	noWay way = iota
	// byResult: the result asks, and the client calls again with the answers
	// (protocol 2026-07-28).
	byResult
	// byRequest: the server asks while the call waits (older protocols).
	byRequest
)

// wayOf tells how the client of a call can be asked.
func (a *asker) wayOf(ctx context.Context, request mcp.CallToolRequest, caller tools.Caller) way {
	if a.off || requestFrom(ctx).done != nil { // HTTP+SSE carries no forms
		return noWay
	}
	if mcp.IsModernProtocol(server.RequestProtocolVersion(ctx)) {
		if declared := request.Params.Meta.ClientCapabilities(); declared != nil && showsForms(declared.Elicitation) {
			return byResult
		}
		return noWay
	}
	session := server.ClientSessionFromContext(ctx)
	described, knows := session.(server.SessionWithClientInfo)
	_, asks := session.(server.SessionWithElicitation)
	if a.stateless || !knows || !asks || !showsForms(described.GetClientCapabilities().Elicitation) || a.unanswered.Has(whose(ctx, caller)) || a.isOpen(whose(ctx, caller)) {
		return noWay
	}
	return byRequest
}

// showsForms reports whether a client declared forms. One that names no kind of
// elicitation has forms: the first protocols with it knew no other.
func showsForms(declared *mcp.ElicitationCapability) bool {
	return declared != nil && (declared.Form != nil || declared.URL == nil)
}

// whose names who is asked: over HTTP the caller, whatever session they use.
func whose(ctx context.Context, caller tools.Caller) string {
	if requestFrom(ctx).id != "" && caller.ID != "" {
		return caller.ID
	}
	return server.ClientSessionFromContext(ctx).SessionID() + " " + caller.ID
}

func (a *asker) isOpen(whose string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open[whose]
}

// hold notes that a caller has a form; a human answers one at a time, and calls
// that wait for one hold up the others of a host.
func (a *asker) hold(whose string) (free func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[whose] {
		return nil, false
	}
	a.open[whose] = true
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.open, whose)
	}, true
}

// sealedState is what a form's state holds.
type sealedState struct {
	State json.RawMessage `json:"state"`
	Lasts time.Duration   `json:"lasts"`
}

// statePurpose binds a state to its caller and call.
func statePurpose(tool string, caller tools.Caller, arguments json.RawMessage) []string {
	return []string{"state", tool, caller.ID, digest(tools.Canonical(arguments))}
}

// continued reads the answers with which a client of 2026-07-28 calls again.
func (a *asker) continued(call *tools.Call, tool string, request mcp.CallToolRequest, arguments json.RawMessage) {
	if request.Params.RequestState == "" {
		call.BadState = len(request.Params.InputResponses) > 0 // answers to nothing
		return
	}
	opened, err := a.box.Open(statePurpose(tool, call.Caller, arguments), request.Params.RequestState, longestForm, time.Now())
	var sealed sealedState
	if err != nil || json.Unmarshal(opened.Data, &sealed) != nil || time.Since(opened.Issued) > sealed.Lasts {
		call.BadState = true
		return
	}
	call.State = sealed.State
	call.Answers = answersOf(server.ElicitationResponse(request.Params.InputResponses, formID))
}

// inputRequired is the result that asks.
func (a *asker) inputRequired(call tools.Call, tool string, ask *tools.Ask, arguments json.RawMessage) (*mcp.CallToolResult, error) {
	data, err := json.Marshal(sealedState{ask.State, ask.Lasts})
	if err != nil {
		return nil, err
	}
	state := a.box.Seal(statePurpose(tool, call.Caller, arguments), data, time.Now())
	return server.NewInputRequestBuilder(state).Elicit(formID, formParams(ask, mcp.LATEST_PROTOCOL_VERSION)).ToolResult(), nil
}

// ask puts a form to the human and waits. Every failure is no answer: the tool
// goes on in the conversation. mcp-go's own way would lose the call.
func (a *asker) ask(ctx context.Context, caller tools.Caller, ask *tools.Ask, progress func(string)) (answers map[string]json.RawMessage) {
	params := formParams(ask, server.RequestProtocolVersion(ctx))
	free, ok := a.hold(whose(ctx, caller))
	if !ok || params.RequestedSchema == nil {
		return nil
	}
	defer free()
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	defer context.AfterFunc(a.closing, cancel)() //nolint:contextcheck // the end of the server, not of a call
	defer func() {
		if cause := recover(); cause != nil {
			a.log.ErrorContext(ctx, "panic while asking", "panic", cause, "stack", string(debug.Stack()))
			answers = nil
		}
	}()
	stop := every(progressPause, func() { progress("Waiting for the human's answer") })
	defer stop()
	result, err := a.mcp.RequestElicitation(ctx, mcp.ElicitationRequest{
		Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)}, Params: params,
	})
	if err != nil {
		// A client that gives the call up after a minute showed no form either.
		gaveUp := errors.Is(ctx.Err(), context.DeadlineExceeded) || ctx.Err() != nil && time.Since(start) > patience
		if gaveUp && a.closing.Err() == nil {
			a.unanswered.Set(whose(ctx, caller), struct{}{}, ttlcache.DefaultTTL)
		}
		a.log.DebugContext(ctx, "no answer to a form", "error", err)
		return nil
	}
	return answersOf(result)
}

// answersOf returns what a form was filled in with, nil when it was not.
func answersOf(result *mcp.ElicitationResult) map[string]json.RawMessage {
	if result == nil || result.Action != mcp.ElicitationResponseActionAccept {
		return nil
	}
	content, err := json.Marshal(result.Content)
	var answers map[string]json.RawMessage
	if err != nil || json.Unmarshal(content, &answers) != nil {
		return nil
	}
	return answers
}

// every calls a function again and again until it is stopped.
func every(pause time.Duration, tell func()) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				tell()
			case <-ended:
				return
			}
		}
	}()
	return func() { close(ended); <-done }
}
