package opentrainmcp

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"opentrain-mcp/internal/credential"
)

// Auth says on whose behalf calls over HTTP are made.
type Auth string

const (
	// AuthCallers means that each caller sends an OpenTrain API token of their
	// own. The server's own token is never used.
	AuthCallers Auth = "callers"
	// AuthShared means that every caller acts for the server's own account, and shows
	// the operator's secret for it.
	AuthShared Auth = "shared"
)

// The forms in which a caller sends a token, in their order.
const (
	tokenHeader  = "X-OpenTrain-Token" //nolint:gosec // a name
	tokenScheme  = "OpenTrain-Token"
	bearerScheme = "Bearer"
	// tokenPrefix begins every personal API token
	// (developers/concepts/authentication). A Bearer token of another form was
	// meant for someone else, and must not be sent on.
	tokenPrefix = "ot_pat_"
)

// refusal is a request that is not served, told to the client.
type refusal struct {
	status  int
	message string
}

// identify tells who makes a request.
func (h *HTTPHandler) identify(r *http.Request, known *request) *refusal {
	presented, refused := presentedTokens(r.Header)
	if refused != nil {
		return refused
	}
	if known.shared = h.cfg.Auth == AuthShared; known.shared {
		known.token, refused = h.sharedToken(r, presented)
	} else {
		known.token, refused = h.callersToken(presented)
	}
	if len(presented) > 0 {
		known.owner = callerID(presented[0].Value)
	}
	return refused
}

// callersToken checks the tokens that a caller sent; it is empty for an
// anonymous caller.
func (h *HTTPHandler) callersToken(presented []presentedToken) (Token, *refusal) {
	for _, token := range presented {
		if token.Value != presented[0].Value {
			return Token{}, &refusal{http.StatusBadRequest, fmt.Sprintf("Two different tokens came with one request, in %s and in %s. Send one.", presented[0].From, token.From)}
		}
	}
	for _, token := range presented {
		if problem := credential.Problem(token.Value); problem != "" {
			return Token{}, &refusal{http.StatusUnauthorized, fmt.Sprintf("The API token in %s %s.", token.From, problem)}
		}
		if token.bearer && !strings.HasPrefix(token.Value, tokenPrefix) {
			return Token{}, &refusal{http.StatusUnauthorized, "The token in Authorization: Bearer is no OpenTrain API token: those begin with " + tokenPrefix + ". It was not sent on."}
		}
	}
	switch {
	case len(presented) > 0:
		return presented[0].Token, nil
	case h.cfg.RequireToken:
		return Token{}, &refusal{http.StatusUnauthorized, "This server wants an OpenTrain API token with every request: " + tokenHeader + ": ot_pat_..., or Authorization: Bearer ot_pat_..."}
	}
	return Token{}, nil
}

type presentedToken struct {
	Token
	bearer bool
}

// presentedTokens reads every token of a request's header.
func presentedTokens(header http.Header) ([]presentedToken, *refusal) {
	var presented []presentedToken
	for _, value := range header.Values(tokenHeader) {
		presented = append(presented, presentedToken{Token: Token{Value: strings.TrimSpace(value), From: "the header " + tokenHeader}})
	}
	var bearer []presentedToken
	for _, value := range header.Values("Authorization") {
		scheme, token, _ := strings.Cut(strings.TrimSpace(value), " ")
		found := presentedToken{Token: Token{Value: strings.TrimSpace(token), From: "the header Authorization: " + scheme}}
		switch {
		case strings.EqualFold(scheme, tokenScheme):
			presented = append(presented, found)
		case strings.EqualFold(scheme, bearerScheme):
			found.bearer = true
			bearer = append(bearer, found)
		case len(presented) == 0 || strings.HasPrefix(scheme, tokenPrefix):
			return nil, &refusal{http.StatusUnauthorized, "The Authorization header is of no form that this server knows. Send " + tokenHeader + ": ot_pat_..., or Authorization: Bearer ot_pat_..."}
		}
	}
	return append(presented, bearer...), nil
}

// sharedToken checks the operator's secret, which goes nowhere from here.
func (h *HTTPHandler) sharedToken(r *http.Request, presented []presentedToken) (Token, *refusal) {
	if len(presented) == 0 {
		return Token{}, &refusal{http.StatusUnauthorized, "This server wants its own token with every request: Authorization: Bearer ..."}
	}
	if slices.ContainsFunc(presented, func(token presentedToken) bool { return !token.bearer }) {
		return Token{}, &refusal{http.StatusBadRequest, "This server acts for an account of its own: send its token as Authorization: Bearer, and no OpenTrain token."}
	}
	want := sha256.Sum256([]byte(h.cfg.ServerToken))
	for _, token := range presented {
		// Of hashes, so that not even the length can be measured.
		have := sha256.Sum256([]byte(token.Value))
		if subtle.ConstantTimeCompare(have[:], want[:]) != 1 {
			return Token{}, &refusal{http.StatusUnauthorized, "The token in Authorization: Bearer is not this server's."}
		}
	}
	return h.ownToken(r.Context()), nil
}
