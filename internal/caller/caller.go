// Package caller says who makes a request, and how it got here. The context of every request carries it.
package caller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Caller is the account that a call is made for. It never holds a token.
type Caller struct {
	ID           string // a hash of the API token; "" for an anonymous caller
	TokenSource  string // as Token.From
	TokenProblem string // as Token.Problem

	Registers, Claims, Claiming bool // as Token.Registers, Token.Claims and Token.Claiming
}

// Token is an API token and where it came from.
type Token struct {
	Value   string // "" when there is none
	From    string // the setting or header that it came from
	Problem string // a sentence that says why a token that was set can't be used
	// Registers says that there is no token, and that this server can register an account for one.
	Registers bool
	// Claims says that no human has claimed the token's account yet, and that this server can help one to do it.
	Claims bool
	// Claiming says that a claim has begun, and that its link still works. Another one would end it.
	Claiming bool
}

// Caller returns the caller that a token stands for.
func (t Token) Caller() Caller {
	return Caller{
		ID: Hash(t.Value), TokenSource: t.From, TokenProblem: t.Problem, Registers: t.Registers, Claims: t.Claims,
		Claiming: t.Claiming,
	}
}

// Hash returns the hex SHA-256 of a secret, which tells callers apart without keeping it. The hash of "" is "".
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
	Unknown           Transport = iota // not set: no forms, no progress
	Stdio                              // one host on this machine
	StreamableHTTP                     // /mcp without sessions: any replica answers any request
	StreamableSession                  // /mcp with a session of an older client
	SSE                                // the older transport: the answer goes to an open stream
)

// Request is what is known of a request apart from its message. Over stdio only Transport is set.
type Request struct {
	Transport Transport
	ID        string // in the log and in the answer's X-Request-Id
	Token     Token
	// Owner is a hash of the credential that the caller sent, "" for none. Sessions and streams belong to it. It
	// differs from Caller.ID where callers send the server's secret and not an API token.
	Owner     string
	Shared    bool   // every caller sends the same credential
	Address   string // the caller's network, as edge.Address names it
	Narrowing Narrowing
	Trace     Trace
	Version   string // of the protocol, as an HTTP header names it; "" for none
}

type contextKey struct{}

// With returns a context that carries the request.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// From returns the request of a context, an empty one if there is none.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(contextKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// IsPersonal reports whether the caller sent a credential of their own, which tells them apart from everyone else. Callers
// without one share the server's account too, where it has one for them.
func (r *Request) IsPersonal() bool { return r.Owner != "" && !r.Shared }

// RateKey names who shares a rate limit: the owner of a credential, or everyone without one at an address.
func (r *Request) RateKey() string {
	if r.IsPersonal() {
		return "token " + r.Owner
	}
	return "address " + r.Address
}

// Narrowing restricts the tools that a request can use. It can only take away.
type Narrowing []Restriction

// Restriction is a list of the tools that a request keeps.
type Restriction struct {
	Header   string // that asks for it
	Tools    []string
	ReadOnly bool // the tools must not change anything
}

// Excludes reports whether a tool isn't left, and the header that leaves it out.
func (n Narrowing) Excludes(name string) (header string, readOnly, excluded bool) {
	i := slices.IndexFunc(n, func(r Restriction) bool { return !slices.Contains(r.Tools, name) })
	if i < 0 {
		return "", false, false
	}
	return n[i].Header, n[i].ReadOnly, true
}
