package caller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	parent  = "00-" + traceID + "-b7ad6b7169203331-01"
)

func TestParseTrace(t *testing.T) {
	long := strings.Repeat("x", 512)
	for name, test := range map[string]struct {
		parent, state string
		flags         string // "" for no trace
		kept          string // of the state
	}{
		"none":             {"", "vendor=1", "", ""},
		"both":             {parent, "vendor=1", "01", "vendor=1"},
		"no state":         {parent, "", "01", ""},
		"longest state":    {parent, long, "01", long},
		"longer state":     {parent, long + "x", "01", ""},
		"state, not ASCII": {parent, "vendor=é", "01", ""},
		"state, line end":  {parent, "vendor=1\r\nX-Evil: 1", "01", ""},
		"not sampled":      {parent[:53] + "00", "", "00", ""},
		"unknown flags":    {parent[:53] + "ff", "", "03", ""},
		"a later version":  {"cc" + parent[2:] + "-more", "", "01", ""},
		"later, run on":    {"cc" + parent[2:] + "more", "", "", ""},
		"no version":       {"ff" + parent[2:], "", "", ""},
		"no trace id":      {"00-" + strings.Repeat("0", 32) + parent[35:], "", "", ""},
		"no span id":       {parent[:36] + strings.Repeat("0", 16) + "-01", "", "", ""},
		"capitals":         {strings.ToUpper(parent), "", "", ""},
		"short":            {parent[:54], "", "", ""},
		"more":             {parent + "-01", "", "", ""},
		"line end":         {parent + "\r\n", "", "", ""},
		"other letters":    {strings.Replace(parent, "af", "xy", 1), "", "", ""},
		"hyphens moved":    {"000-af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "", "", ""},
	} {
		got := caller.ParseTrace(test.parent, test.state)
		if test.flags == "" {
			if got != (caller.Trace{}) || got.Parent() != "" {
				t.Errorf("%s: %+v", name, got)
			}
			continue
		}
		if got.ID != traceID || got.Flags != test.flags || got.State != test.kept {
			t.Errorf("%s: %+v", name, got)
		}
		// The next server gets this one's span, in the form of version 00.
		next := caller.ParseTrace(got.Parent(), "")
		if next.ID != traceID || next.Flags != test.flags || next.Span == got.Span || strings.Contains(got.Parent(), "b7ad6b7169203331") {
			t.Errorf("%s: passed on as %s", name, got.Parent())
		}
	}
}

func TestTraceOr(t *testing.T) {
	first, second := caller.ParseTrace(parent, "a=b"), caller.ParseTrace(parent, "c=d")
	if first.Or(second) != first || (caller.Trace{}).Or(second) != second {
		t.Error("Or doesn't prefer the first trace")
	}
}

// TestLogTraces: every line of a request has its trace, also of loggers made from the first, and other lines have none.
func TestLogTraces(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(caller.LogTraces(slog.NewJSONHandler(&out, nil)))
	trace := caller.ParseTrace(parent, "")
	traced := caller.With(context.Background(), &caller.Request{Trace: trace})
	log.InfoContext(traced, "one")
	log.With("request", "x").InfoContext(traced, "two")
	log.WithGroup("group").InfoContext(traced, "three")
	log.InfoContext(context.Background(), "four")
	log.Info("five")
	for line := range strings.Lines(out.String()) {
		var got struct {
			Msg string
			caller.Trace
			TraceID    string `json:"trace_id"`
			SpanID     string `json:"span_id"`
			TraceFlags string `json:"trace_flags"`
			Group      map[string]string
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		want := trace
		if strings.HasPrefix(got.Msg, "f") {
			want = caller.Trace{}
		}
		if got.Group != nil {
			got.TraceID, got.SpanID, got.TraceFlags = got.Group["trace_id"], got.Group["span_id"], got.Group["trace_flags"]
		}
		if got.TraceID != want.ID || got.SpanID != want.Span || got.TraceFlags != want.Flags {
			t.Errorf("%s", line)
		}
	}
}
