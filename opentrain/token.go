package opentrain

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

type tokenKey struct{}

// WithToken returns a context whose calls are made as the owner of token, a personal API token (ot_pat_…). An
// empty token means anonymous: public reads work, and every other call fails with NO_TOKEN before a request
// is sent (developers/concepts/authentication).
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// TokenFrom returns the token that WithToken stored in ctx, or "".
func TokenFrom(ctx context.Context) string {
	token, _ := ctx.Value(tokenKey{}).(string)
	return token
}

const (
	redacted = "[token]"
	// minToken is the length in bytes below which a token is not redacted: a short string may occur anywhere by chance.
	minToken = 8
)

// redact removes the caller's token from a response, because response text ends up in logs and in front of
// language models.
func redact(res response, token string) response {
	if len(token) < minToken {
		return res
	}
	header := make(http.Header, len(res.header))
	for name, values := range res.header {
		for _, value := range values {
			header.Add(name, strings.ReplaceAll(value, token, redacted))
		}
	}
	body := bytes.ReplaceAll(res.body, []byte(token), []byte(redacted))
	if bytes.IndexByte(body, '\\') >= 0 {
		body = redactEscaped(body, token)
	}
	return response{status: res.status, header: header, body: body}
}

// redactEscaped replaces a token that is written with escapes, such as "ot\u005fpat", in the strings of a
// JSON text. All other bytes stay as they are.
func redactEscaped(body []byte, token string) []byte {
	out := make([]byte, 0, len(body))
	for {
		start := bytes.IndexByte(body, '"')
		if start < 0 {
			return append(out, body...)
		}
		end := start + 1
		for end < len(body) && body[end] != '"' {
			if body[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(body))
		literal := body[start:end]
		out, body = append(out, body[:start]...), body[end:]

		var text string
		if bytes.IndexByte(literal, '\\') >= 0 && json.Unmarshal(literal, &text) == nil && strings.Contains(text, token) {
			if clean, err := encode(strings.ReplaceAll(text, token, redacted)); err == nil {
				literal = clean
			}
		}
		out = append(out, literal...)
	}
}
