package opentrain

import (
	"bytes"
	"context"
)

type tokenKey struct{}

// WithToken returns a context whose calls are made as the owner of token, a
// personal API token (ot_pat_…). An empty token means anonymous: public reads
// work, and every other call fails with NO_TOKEN before a request is sent
// (developers/concepts/authentication).
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
	// minToken is the length in bytes below which a token is not redacted: a
	// short string may occur anywhere by chance.
	minToken = 8
)

// redact removes the caller's token from a response, because response text ends
// up in logs and in front of language models.
func redact(res response, token string) response {
	if len(token) < minToken {
		return res
	}
	res.body = bytes.ReplaceAll(res.body, []byte(token), []byte(redacted))
	return res
}
