package opentrain

import (
	"bytes"
	"context"
	"strconv"
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
	cloned := false
	for name, values := range res.header {
		for i, value := range values {
			clean := redactText([]byte(value), token)
			if string(clean) == value {
				continue
			}
			if !cloned { // the transport may keep it
				res.header, cloned = res.header.Clone(), true
			}
			res.header[name][i] = string(clean)
		}
	}
	res.body = redactText(res.body, token)
	return res
}

// redactText replaces a token in a text, also one that is written with the escapes of JSON, such as "ot\u005fpat", or
// of JSON in a string of JSON. All other bytes stay as they are.
func redactText(text []byte, token string) []byte {
	if !bytes.Contains(text, []byte(token)) && bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	var out []byte
	kept := 0 // the bytes of text that out is for
	for i := 0; i < len(text); {
		if text[i] != token[0] && text[i] != '\\' {
			i++
			continue
		}
		length := matchToken(text[i:], token)
		switch {
		case length > 0:
			out = append(append(out, text[kept:i]...), redacted...)
			i += length
			kept = i
		case text[i] == '\\': // the other backslashes start no token either
			i += backslashes(text[i:], len(text))
		default:
			i++
		}
	}
	if out == nil {
		return text
	}
	return append(out, text[kept:]...)
}

// matchToken returns the length of the token at the start of a text, or 0 if the text starts otherwise.
func matchToken(text []byte, token string) int {
	if bytes.HasPrefix(text, []byte(token)) {
		return len(token)
	}
	const maxBackslashes = 31 // of an escape in JSON that is in a string five times over
	at := 0
	for _, want := range token {
		escaped := backslashes(text[at:], maxBackslashes)
		at += escaped
		literal := string(want)
		switch {
		case escaped > 0 && isEscape(text[at:], want):
			at += len("u0000")
		case bytes.HasPrefix(text[at:], []byte(literal)) && (escaped == 0 || want == '/' || want == '"'):
			at += len(literal)
		default:
			return 0
		}
	}
	return at
}

// isEscape reports whether a text continues an escape \uXXXX of a character.
func isEscape(text []byte, want rune) bool {
	if len(text) < len("u0000") || text[0] != 'u' {
		return false
	}
	code, err := strconv.ParseUint(string(text[1:len("u0000")]), 16, 32)
	return err == nil && rune(code) == want //nolint:gosec // four digits
}

// backslashes counts the backslashes that a text starts with, up to a limit.
func backslashes(text []byte, limit int) int {
	n := 0
	for n < min(len(text), limit) && text[n] == '\\' {
		n++
	}
	return n
}
