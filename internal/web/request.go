package web

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// maxHeaderLines limits what a request holds in memory while its body arrives: a short line costs ten times its length.
const maxHeaderLines = 100

var errHeaderLines = refuse(http.StatusRequestHeaderFieldsTooLarge, "The request has more than %d headers.", maxHeaderLines)

// countLines returns how many lines a header had.
func countLines(header http.Header) (lines int) {
	for _, values := range header {
		lines += len(values)
	}
	return lines
}

// newRequest returns what is known of a request before its caller is identified.
func newRequest(r *http.Request, behindProxy bool) *caller.Request {
	request := &caller.Request{
		ID:      rand.Text()[:16],
		Address: edge.Address(r, behindProxy),
		Trace:   caller.ParseTrace(r.Header.Get("Traceparent"), strings.Join(r.Header.Values("Tracestate"), ",")),
	}
	if id := r.Header.Get("X-Request-Id"); behindProxy && id != "" && len(id) <= 64 && only(id, alphanumeric+"._-") {
		request.ID = id
	}
	return request
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// only reports whether a string consists of only these characters.
func only(s, characters string) bool { return strings.Trim(s, characters) == "" }

// Auth says whose account calls use.
type Auth string

const (
	// AuthCallers means that each caller sends an OpenTrain API token. The server's own token is never used.
	AuthCallers Auth = "callers"
	// AuthShared means that all callers use the server's own account, and send the operator's secret for it.
	AuthShared Auth = "shared"
)

const (
	readOnlyHeader = "X-MCP-Readonly"
	toolsetsHeader = "X-MCP-Toolsets"
	toolsHeader    = "X-MCP-Tools"
	tokenHeader    = "X-OpenTrain-Token" //nolint:gosec // a name
	tokenScheme    = "OpenTrain-Token"
	bearerScheme   = "Bearer"
	// tokenPrefix begins every API token. A Bearer token without it belongs to another service: keep it here.
	tokenPrefix = "ot_pat_"
)

// identify puts the caller's token and owner into a request. It fails if the credentials are not good enough.
func (h *Handler) identify(r *http.Request, request *caller.Request) error {
	sent, err := readCredentials(r.Header)
	if err != nil {
		return err
	}
	request.Shared = h.cfg.Auth == AuthShared
	check := h.checkCallerTokens
	if request.Shared {
		check = h.checkServerToken
	}
	if err := check(sent); err != nil {
		return err
	}
	if len(sent) > 0 {
		request.Owner, request.Token = caller.Hash(sent[0].Value), sent[0].Token
	}
	if request.Shared {
		request.Token = h.cfg.OwnToken(r.Context())
	}
	if request.Token.Value == "" && request.Token.Problem == "" && h.cfg.Anonymous != nil {
		request.Token = h.cfg.Anonymous(r.Context())
	}
	return nil
}

// sentToken is a token in a request's headers.
type sentToken struct {
	caller.Token
	bearer bool
}

// readCredentials returns the tokens in a request's headers, those that only OpenTrain uses first.
func readCredentials(header http.Header) ([]sentToken, error) {
	var sent, bearer []sentToken
	for _, value := range header.Values(tokenHeader) {
		sent = append(sent, sentToken{Token: caller.Token{Value: strings.TrimSpace(value), From: "the " + tokenHeader + " header"}})
	}
	for _, value := range header.Values("Authorization") {
		scheme, value, _ := strings.Cut(strings.TrimSpace(value), " ")
		found := sentToken{Token: caller.Token{Value: strings.TrimSpace(value), From: "the Authorization: " + scheme + " header"}}
		switch {
		case strings.EqualFold(scheme, tokenScheme):
			sent = append(sent, found)
		case strings.EqualFold(scheme, bearerScheme):
			found.bearer = true
			bearer = append(bearer, found)
		case len(sent) == 0 || strings.HasPrefix(scheme, tokenPrefix):
			// Beside another token, a scheme such as Basic is for a proxy.
			return nil, refuse(http.StatusUnauthorized,
				"The Authorization header has an unknown scheme. Send %s: ot_pat_..., or Authorization: Bearer ot_pat_...", tokenHeader)
		}
	}
	return append(sent, bearer...), nil
}

// checkServerToken checks the operator's secret.
func (h *Handler) checkServerToken(sent []sentToken) error {
	if len(sent) == 0 {
		return refuse(http.StatusUnauthorized, "This server needs its own token with every request: Authorization: Bearer ...")
	}
	for _, token := range sent {
		if !token.bearer {
			return refuse(http.StatusBadRequest,
				"This server uses its own OpenTrain account. Send the server's token as Authorization: Bearer, and no OpenTrain token.")
		}
		// Comparing hashes hides the length too.
		if subtle.ConstantTimeCompare([]byte(caller.Hash(token.Value)), []byte(caller.Hash(h.cfg.ServerToken))) != 1 {
			return refuse(http.StatusUnauthorized, "The token in Authorization: Bearer is not this server's token.")
		}
	}
	return nil
}

// checkCallerTokens checks the tokens of a caller, who may be anonymous.
func (h *Handler) checkCallerTokens(sent []sentToken) error {
	for _, token := range sent {
		if token.Value != sent[0].Value {
			return refuse(http.StatusBadRequest,
				"The request has two different tokens, in %s and in %s. Send one.", sent[0].From, token.From)
		}
	}
	for _, token := range sent {
		if problem := credential.Problem(token.Value); problem != "" {
			return refuse(http.StatusUnauthorized, "The API token in %s %s.", token.From, problem)
		}
		if token.bearer && !strings.HasPrefix(token.Value, tokenPrefix) {
			return refuse(http.StatusUnauthorized,
				"The token in Authorization: Bearer is not an OpenTrain API token, which begins with %s. It was not forwarded.", tokenPrefix)
		}
	}
	if len(sent) == 0 && h.cfg.RequireToken {
		return refuse(http.StatusUnauthorized, "This server needs an OpenTrain API token with every request: "+
			"%s: ot_pat_..., or Authorization: Bearer ot_pat_...", tokenHeader)
	}
	return nil
}

// readNarrowing returns what a caller gives up, as one restriction per header, however often it was sent. Refusing unknown
// names means that it never gets more. An empty header asks for nothing.
func readNarrowing(header http.Header, served []tool.Set) (narrowing caller.Narrowing, err error) {
	for _, known := range []struct {
		name string
		keep func(served []tool.Set, names []string) ([]string, error)
	}{{readOnlyHeader, inReadOnly}, {toolsetsHeader, tool.InToolsets}, {toolsHeader, tool.InTools}} {
		var all *caller.Restriction
		for _, value := range header.Values(known.name) {
			names := tool.Names(value)
			if len(names) == 0 {
				continue
			}
			kept, err := known.keep(served, names)
			if err != nil {
				return nil, refuse(http.StatusBadRequest, "%s: %s", known.name, text.Stop(err.Error()))
			}
			if all == nil {
				all = &caller.Restriction{Header: known.name, Tools: kept}
			}
			all.Tools = slices.DeleteFunc(all.Tools, func(name string) bool { return !slices.Contains(kept, name) })
			isTrue, _ := strconv.ParseBool(names[0])
			all.ReadOnly = all.ReadOnly || isTrue && known.name == readOnlyHeader
		}
		if all != nil {
			narrowing = append(narrowing, *all)
		}
	}
	return narrowing, nil
}

// inReadOnly returns the tools that read only, if the value is true, otherwise all.
func inReadOnly(served []tool.Set, values []string) (names []string, err error) {
	readOnly, err := strconv.ParseBool(values[0])
	if err != nil || len(values) > 1 {
		return nil, fmt.Errorf("must be true or false, not %q", text.Clip(strings.Join(values, " "), 64))
	}
	for _, set := range served {
		for _, t := range set.Tools {
			if _, reads := t.Reading(); reads || !readOnly {
				names = append(names, t.Name)
			}
		}
	}
	return names, nil
}
