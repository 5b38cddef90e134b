package opentrain

import "context"

type tokenKey struct{}

// WithToken returns a context whose calls are made as the owner of token, a
// personal API token (ot_pat_…). An empty token means anonymous: public reads
// work, everything else answers with code NO_TOKEN before any request is made
// (developers/concepts/authentication).
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// TokenFrom returns the token that WithToken put into ctx, or "".
func TokenFrom(ctx context.Context) string {
	token, _ := ctx.Value(tokenKey{}).(string)
	return token
}
