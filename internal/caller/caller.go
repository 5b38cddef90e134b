// Package caller says who makes a request, and how it got here. The context of every request carries it.
package caller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Caller is the account that a call is made for. It never holds a token.
type Caller struct {
	// ID tells callers apart: a hash of the token, or "" for an anonymous caller.
	ID string
	// TokenFrom names the setting or header that the token came from.
	TokenFrom string
	// TokenProblem says in a sentence why a token that was set can't be used.
	TokenProblem string
}

// Token is an API token and where it came from.
type Token struct {
	Value string // "" when there is none
	// From names the setting or header that it came from.
	From string
	// Problem says in a sentence why a token that was set can't be used.
	Problem string
}

// Caller returns the caller that a token stands for.
func (t Token) Caller() Caller {
	return Caller{ID: Hash(t.Value), TokenFrom: t.From, TokenProblem: t.Problem}
}

// Hash returns the hex SHA-256 of a secret, so that callers can be told apart without keeping it. The hash of
// "" is "".
func Hash(secret string) string {
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Transport is the way a request reached the server.
type Transport int

// The transports.
const (
	// Stdio serves one host on this machine.
	Stdio Transport = iota
	// StreamableHTTP is /mcp without sessions: any replica answers any request.
	StreamableHTTP
	// StreamableSession is /mcp with a session of an older client.
	StreamableSession
	// SSE is the older transport: the answer goes to an open stream.
	SSE
)

// Request is what is known of a request apart from its message. Over stdio only the defaults apply.
type Request struct {
	Transport Transport
	// ID names the request in the log and in the answer's X-Request-Id.
	ID    string
	Token Token
	// Owner is a hash of the credential that the caller sent, "" for none. Sessions and streams belong to it.
	Owner string
	// Shared is true when every caller sends the same credential.
	Shared bool
	// Address is the caller's network, as edge.Address names it.
	Address   string
	Narrowing Narrowing
	// Stream ends when the stream that the answer goes to ends. It is nil unless Transport is SSE.
	Stream context.Context
	Trace  Trace
}

// Trace is a W3C Trace Context, passed on to the API.
type Trace struct{ Parent, State string }

// ParseTrace returns the trace of a traceparent and a tracestate. It leaves out what is not valid: a state
// without a parent too.
func ParseTrace(parent, state string) Trace {
	parts := strings.Split(parent, "-") // version, trace id, span id, flags
	if len(parts) != 4 || len(parts[0]) != 2 || len(parts[1]) != 32 || len(parts[2]) != 16 || len(parts[3]) != 2 ||
		strings.Trim(parent, "-0123456789abcdef") != "" {
		return Trace{}
	}
	if len(state) > 512 || strings.ContainsFunc(state, func(r rune) bool { return r < ' ' || r > '~' }) {
		state = ""
	}
	return Trace{Parent: parent, State: state}
}

type contextKey struct{}

// With returns a context that carries the request.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// From returns the request of a context, an empty one over stdio.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(contextKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// RateKey names who shares a rate limit: the owner of a credential, or everyone without one at an address.
func (r *Request) RateKey() string {
	if r.Owner != "" && !r.Shared {
		return "token " + r.Owner
	}
	return "address " + r.Address
}

// Narrowing is what a caller gave up of the tools. It can only take away.
type Narrowing struct {
	ReadOnly bool
	// Tools are lists of names; a tool must be in each of them.
	Tools [][]string
}

// And joins two narrowings.
func (n Narrowing) And(other Narrowing) Narrowing {
	return Narrowing{ReadOnly: n.ReadOnly || other.ReadOnly, Tools: slices.Concat(n.Tools, other.Tools)}
}

// Allows reports whether a tool is left.
func (n Narrowing) Allows(name string, readOnly bool) bool {
	if n.ReadOnly && !readOnly {
		return false
	}
	return !slices.ContainsFunc(n.Tools, func(names []string) bool { return !slices.Contains(names, name) })
}
