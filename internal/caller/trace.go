package caller

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"strings"
)

// Trace is the W3C Trace Context that a request belongs to, empty for none.
type Trace struct {
	ID    string // of the whole trace
	Span  string // of this request, made here
	Flags string
	State string // of the vendors, as the caller sent it
}

// Lengths of a traceparent and its parts: version, trace id, span id and flags.
const (
	versionLength, idLength, spanLength, flagsLength = 2, 32, 16, 2

	parentLength = versionLength + idLength + spanLength + flagsLength + 3
	stateLength  = 512 // at most
)

// ParseTrace returns the trace of a request that came with this traceparent and tracestate, with a new span. An invalid
// traceparent is no trace, and an invalid tracestate is left out.
func ParseTrace(parent, state string) Trace {
	if len(parent) < parentLength || strings.Trim(parent[:parentLength], "-0123456789abcdef") != "" {
		return Trace{}
	}
	parts := strings.Split(parent[:parentLength], "-")
	if len(parts) != 4 || len(parts[0]) != versionLength || len(parts[1]) != idLength || len(parts[2]) != spanLength ||
		parts[0] == "ff" || isZero(parts[1]) || isZero(parts[2]) {
		return Trace{}
	}
	// Later versions may add parts.
	if rest := parent[parentLength:]; rest != "" && (parts[0] == "00" || rest[0] != '-') {
		return Trace{}
	}
	if len(state) > stateLength || strings.ContainsFunc(state, func(r rune) bool { return r < ' ' || r > '~' }) {
		state = ""
	}
	return Trace{ID: parts[1], Span: newSpan(), Flags: knownFlags(parts[3]), State: state}
}

func isZero(id string) bool { return strings.Trim(id, "0") == "" }

func newSpan() string {
	var id [spanLength / 2]byte
	rand.Read(id[:]) // it never fails
	id[0] |= 1       // all zeros are invalid
	return hex.EncodeToString(id[:])
}

// knownFlags keeps the flags that have a meaning, sampled and random: the others must be zero when a trace is passed on.
func knownFlags(flags string) string {
	last := strings.IndexByte("0123456789abcdef", flags[flagsLength-1])
	return "0" + string("0123"[last&3])
}

// Parent returns the traceparent for requests that are sent on behalf of this one, "" without a trace.
func (t Trace) Parent() string {
	if t.ID == "" {
		return ""
	}
	return "00-" + t.ID + "-" + t.Span + "-" + t.Flags
}

// Or returns the trace, or else another one.
func (t Trace) Or(other Trace) Trace {
	if t.ID == "" {
		return other
	}
	return t
}

// LogTraces returns a log handler that adds the trace of a line's request, in OpenTelemetry's names.
func LogTraces(next slog.Handler) slog.Handler { return traceLog{next} }

type traceLog struct{ slog.Handler }

func (h traceLog) Handle(ctx context.Context, line slog.Record) error {
	if trace := From(ctx).Trace; trace.ID != "" {
		line.AddAttrs(slog.String("trace_id", trace.ID), slog.String("span_id", trace.Span), slog.String("trace_flags", trace.Flags))
	}
	return h.Handler.Handle(ctx, line)
}

func (h traceLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceLog{h.Handler.WithAttrs(attrs)}
}

func (h traceLog) WithGroup(name string) slog.Handler { return traceLog{h.Handler.WithGroup(name)} }
