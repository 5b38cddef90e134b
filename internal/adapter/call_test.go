package adapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// says is a tool's function that says the same every time.
func says(out output, err error) function {
	return func(context.Context, tool.Call, input) (output, *tool.Ask, error) { return out, nil, err }
}

func TestCall(t *testing.T) {
	refused := &opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Message: "no"}
	for _, test := range []struct {
		name, arguments string
		function        function
		want            string
		code            opentrain.Code
	}{
		{"a result", `{}`, says(output{Said: "hello"}, nil), "hello", ""},
		{"no arguments", ``, says(output{Said: "hello"}, nil), "hello", ""},
		{"a large number", `{"fields":{"b":9007199254740993}}`, func(_ context.Context, _ tool.Call, in input) (output, *tool.Ask, error) {
			return output{Said: string(in.Fields["b"])}, nil, nil
		}, "9007199254740993", ""},
		{"invalid arguments", `{"nope":1}`, says(output{}, nil), "nope", opentrain.CodeInvalidArgument},
		{"an error of the API", `{}`, says(output{}, refused), "OpenTrain rejected", opentrain.CodeConflict},
		{"a bug", `{}`, says(output{}, errors.New("secret")), "a bug in this server", opentrain.CodeInternal},
		{"a panic", `{}`, func(context.Context, tool.Call, input) (output, *tool.Ask, error) { panic("secret") },
			"a bug in this server", opentrain.CodeInternal},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log logs
			s := newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindUpdate, test.function)}}, func(cfg *adapter.Config) {
				cfg.Logger = log.at(slog.LevelDebug)
			})
			got := newHost(t, s, previous, nil).call(tool.KindUpdate, test.arguments, nil)
			var failure struct{ Code opentrain.Code }
			if meta := got.Meta["opentrain/error"]; meta != nil {
				if err := json.Unmarshal(meta, &failure); err != nil {
					t.Fatal(err)
				}
			}
			if !strings.Contains(got.text(), test.want) || strings.Contains(got.text(), "secret") || failure.Code != test.code {
				t.Errorf("got %q, code %q", got.text(), failure.Code)
			}
			if got.IsError != (test.code != "") || (got.StructuredContent == nil) != got.IsError {
				t.Errorf("got %+v", got)
			}
			if test.name == "a panic" && !strings.Contains(log.String(), "panic=secret") {
				t.Errorf("the log has no panic: %s", log.String())
			}
		})
	}
}

// TestAudit: every write leaves one line in the log, whatever its level, that names the request, the token, the
// address, the job and the outcome.
func TestAudit(t *testing.T) {
	over := caller.Request{Transport: caller.StreamableHTTP, ID: "r1", Address: "192.0.2.7", Token: caller.Token{Value: "ot_pat_x"}}
	id := caller.Hash("ot_pat_x")[:12]
	long := strings.Repeat("x", 61)
	published := says(output{Said: "ok", effect: tool.Effect{JobID: "job_1", Outcome: "OPEN"}}, nil)
	for _, test := range []struct {
		name      string
		request   caller.Request
		kind      tool.Kind
		arguments string
		function  function
		want      string
	}{
		{"over HTTP", over, tool.KindPublish, `{}`, published,
			`level=INFO msg=audit request=r1 caller=` + id + ` address=192.0.2.7 tool=publish job=job_1 outcome=OPEN`},
		{"over stdio", caller.Request{Token: over.Token}, tool.KindPublish, `{}`, published,
			`level=INFO msg=audit caller=` + id + ` tool=publish job=job_1 outcome=OPEN`},
		{"without a token", caller.Request{Transport: caller.SSE, ID: "r2", Address: "192.0.2.8"}, tool.KindPublish, `{}`, published,
			`level=INFO msg=audit request=r2 address=192.0.2.8 tool=publish job=job_1 outcome=OPEN`},
		{"a failure", over, tool.KindClose, `{"jobId":"job_2"}`, says(output{}, &opentrain.Error{Code: opentrain.CodeNotFound, Status: 404}),
			`level=INFO msg=audit request=r1 caller=` + id + ` address=192.0.2.7 tool=close job=job_2 outcome=NOT_FOUND`},
		{"a failure with a strange job", over, tool.KindClose, `{"jobId":"a\nb\u200b` + long + long + `"}`, says(output{}, errors.New("x")),
			`level=INFO msg=audit request=r1 caller=` + id + ` address=192.0.2.7 tool=close job="a b` + long + `…" outcome=INVALID_ARGUMENT`},
		{"invalid arguments", over, tool.KindClose, `{"jobId":7,"nope":1}`, says(output{}, nil),
			`level=INFO msg=audit request=r1 caller=` + id + ` address=192.0.2.7 tool=close job="" outcome=INVALID_ARGUMENT`},
		{"nothing changed", over, tool.KindUpdate, `{}`, says(output{effect: tool.Effect{JobID: "job_1"}}, nil), ""},
		{"a read", over, tool.KindRead, `{}`, says(output{effect: tool.Effect{JobID: "job_1", Outcome: "x"}}, nil), ""},
	} {
		var log logs
		s := newServer(t, tool.Set{Tools: []tool.Tool{newTool(test.kind, test.function)}}, func(cfg *adapter.Config) {
			cfg.Logger = log.at(slog.LevelError)
		})
		h := newHost(t, s, previous, nil)
		h.request = test.request
		h.call(test.kind, test.arguments, nil)
		if got := strings.TrimSpace(log.String()); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestCallIsLogged(t *testing.T) {
	var log logs
	s := newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindRead, says(output{}, errors.New("cause")))}}, func(cfg *adapter.Config) {
		cfg.Logger = log.at(slog.LevelDebug)
	})
	h := newHost(t, s, previous, nil)
	h.request = caller.Request{ID: "r1", Token: caller.Token{Value: "ot_pat_x"}}
	h.call(tool.KindRead, `{"jobId":"job_1"}`, nil)
	id := caller.Hash("ot_pat_x")[:12]
	if want := "level=DEBUG msg=\"tool failed\" request=r1 caller=" + id + " tool=read error=cause\n" +
		"level=INFO msg=\"tool call\" request=r1 caller=" + id + " tool=read status=INTERNAL_ERROR\n"; log.String() != want {
		t.Errorf("got %s\nwant %s", log.String(), want)
	}
}

// TestLimit: a call beyond the limit is refused before it does anything; other
// messages count when the transport says so.
func TestLimit(t *testing.T) {
	calls := 0
	f := func(context.Context, tool.Call, input) (output, *tool.Ask, error) { calls++; return output{}, nil, nil }
	now := time.Now()
	s := newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindRead, f)}}, func(cfg *adapter.Config) {
		cfg.Limiter = store.Calls(store.InMemory(func() time.Time { return now }), "callers", 0.01, 2)
	})
	h := newHost(t, s, previous, nil)
	h.request = caller.Request{Transport: caller.StreamableHTTP, Address: "192.0.2.7"}
	h.call(tool.KindRead, `{}`, nil)
	ctx := caller.With(t.Context(), &h.request)
	if wait := s.Admit(ctx); wait != 0 {
		t.Errorf("wait %v", wait)
	}
	if wait := s.Admit(ctx); wait != 100*time.Second {
		t.Errorf("wait %v", wait)
	}
	if got := h.call(tool.KindRead, `{}`, nil); !got.IsError || !strings.Contains(got.text(), "Wait: ") || calls != 1 {
		t.Errorf("%d calls, got %q", calls, got.text())
	}
	h.request.Address = "192.0.2.8"
	if got := h.call(tool.KindRead, `{}`, nil); got.IsError {
		t.Errorf("another caller got %q", got.text())
	}
}

// TestBounds: a call ends with its timeout, or with the stream of its answer.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := func(ctx context.Context, _ tool.Call, _ input) (output, *tool.Ask, error) {
			<-ctx.Done()
			return output{Said: ctx.Err().Error()}, nil, nil
		}
		h := newHost(t, newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindRead, wait)}}, nil), previous, nil)
		start := time.Now()
		if got := h.call(tool.KindRead, `{}`, nil); got.text() != context.DeadlineExceeded.Error() || time.Since(start) != 30*time.Second {
			t.Errorf("%s after %v", got.text(), time.Since(start))
		}
		stream, end := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, end)
		start = time.Now()
		if got := h.callIn(stream, tool.KindRead, `{}`, nil); got.text() != context.Canceled.Error() || time.Since(start) != time.Second {
			t.Errorf("%s after %v", got.text(), time.Since(start))
		}
	})
}

// transport is an http.RoundTripper.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestCallCarriesTheTrace: the API gets the caller's token, and the trace with this call's own span.
func TestCallCarriesTheTrace(t *testing.T) {
	trace := caller.ParseTrace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b")
	for name, sent := range map[string]caller.Trace{"none": {}, "one": trace, "one without state": {ID: trace.ID, Span: trace.Span, Flags: "00"}} {
		t.Run(name, func(t *testing.T) {
			var got http.Header
			api, err := opentrain.New(opentrain.Config{Transport: transport(func(r *http.Request) (*http.Response, error) {
				got = r.Header
				return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody}, nil
			})})
			if err != nil {
				t.Fatal(err)
			}
			readAccount := func(ctx context.Context, _ tool.Call, _ input) (output, *tool.Ask, error) {
				_, err := api.Me(ctx)
				return output{}, nil, err
			}
			h := newHost(t, newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindRead, readAccount)}}, nil), previous, nil)
			h.request = caller.Request{Transport: caller.StreamableHTTP, Trace: sent, Token: caller.Token{Value: "ot_pat_x"}}
			h.call(tool.KindRead, "{}", nil)
			if got.Get("Traceparent") != sent.Parent() || got.Get("Tracestate") != sent.State || !strings.HasSuffix(got.Get("Authorization"), "ot_pat_x") {
				t.Errorf("sent %v", got)
			}
		})
	}
}

// TestTools: the list shows each tool with its hints, and a caller who gave up a tool
// can neither see nor call it.
func TestTools(t *testing.T) {
	s := newServer(t, tool.Set{Tools: []tool.Tool{
		newTool(tool.KindPublicRead, nil), newTool(tool.KindRead, nil), newTool(tool.KindClose, nil),
	}}, nil)
	listed := func(narrowing caller.Narrowing) (names string) {
		h := newHost(t, s, previous, nil)
		h.request.Narrowing = narrowing
		var list struct{ Tools []struct{ Name string } }
		if err := h.send("tools/list", map[string]any{}, &list); err != nil {
			t.Fatal(err.Message)
		}
		for _, listed := range list.Tools {
			names += listed.Name + ";"
		}
		return names
	}
	some := caller.Restriction{Header: "X-MCP-Tools", Tools: []string{"read", "close"}}
	for _, test := range []struct {
		narrowing caller.Narrowing
		want      string
	}{
		{nil, "close;public read;read;"},
		{readOnly(), "public read;read;"},
		{caller.Narrowing{some}, "close;read;"},
		{append(readOnly(), some), "read;"},
	} {
		if got := listed(test.narrowing); got != test.want {
			t.Errorf("%+v: %s", test.narrowing, got)
		}
	}
	h := newHost(t, s, previous, nil)
	for name, test := range map[string]struct {
		narrowing caller.Narrowing
		want      string
	}{
		"close": {readOnly(), "close is not available: the X-MCP-Readonly header excludes it. Nothing was sent to OpenTrain.\n" +
			"Tools: public read, read\n"},
		"reads": {nil, "There is no tool \"reads\"; did you mean read? Nothing was sent to OpenTrain.\n"},
		// The name of the tool that answers is no exception.
		"not_served": {nil, "There is no tool \"not_served\". Tools: public read, read, close. Nothing was sent to OpenTrain.\n"},
	} {
		h.request.Narrowing = test.narrowing
		if got := h.call(tool.Kind(name), "{}", nil); !got.IsError || !strings.HasPrefix(got.text(), test.want) {
			t.Errorf("%q: %s", name, got.text())
		}
	}
	definitions, err := s.Definitions()
	const hints = `"annotations": {
      "title": "A close",
      "readOnlyHint": false,
      "destructiveHint": true,
      "idempotentHint": true,
      "openWorldHint": true
    },`
	shown := string(definitions)
	if err != nil || strings.Count(shown, `"outputSchema"`) != 3 || !strings.Contains(shown, hints) || len(s.Served().Tools()) != 3 {
		t.Errorf("%v, %s", err, definitions)
	}
}

// TestRefusedCallsFillNoLog: calls that are refused for their caller leave a few lines, which say how many there were.
func TestRefusedCallsFillNoLog(t *testing.T) {
	var log logs
	refuse := func(context.Context, tool.Call, input) (output, *tool.Ask, error) {
		return output{}, nil, &opentrain.Error{Code: opentrain.CodeUnauthorized, Status: http.StatusUnauthorized, Message: "Bad token."}
	}
	s := newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindClose, refuse)}}, func(cfg *adapter.Config) { cfg.Logger = log.at(slog.LevelInfo) })
	h := newHost(t, s, previous, nil)
	for i := range 100 {
		h.request = caller.Request{Transport: caller.StreamableHTTP, Address: "192.0.2.7", Token: caller.Token{Value: fmt.Sprint("ot_pat_", i)}}
		h.call(tool.KindClose, `{"jobId":"job_1"}`, nil)
	}
	s.StopForms()
	for line, want := range map[string]int{"tool call": 2, "msg=audit": 2, "times=99": 2, "outcome=UNAUTHORIZED": 2} {
		if got := strings.Count(log.String(), line); got != want {
			t.Errorf("%d lines with %s:\n%s", got, line, log.String())
		}
	}
}
