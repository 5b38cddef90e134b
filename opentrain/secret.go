package opentrain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Secret is a value that must not be shown, such as a new token or the secret of a webhook. However it is printed,
// logged or encoded, it reads "[secret]".
type Secret struct {
	value *string // a pointer, so that not even a struct that hides the Secret prints it
}

// Reveal returns the value, "" if none.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Format implements fmt.Formatter.
func (s Secret) Format(state fmt.State, _ rune) {
	fmt.Fprint(state, "[secret]")
}

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"[secret]"`), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (s *Secret) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &s.value) }

// HideTokens takes out what looks like one of OpenTrain's secrets (developers/concepts/authentication).
func HideTokens(text string) string { return string(hideTokens([]byte(text))) }

// HideKeys takes out what looks like a whole API token or webhook secret. Links to claim an account keep their token, and words about
// tokens and masked ones (ot_pat_c3f9********bd21) stay.
func HideKeys(text string) string {
	if !strings.Contains(text, tokenPrefix) && !strings.Contains(text, webhookPrefix) {
		return text
	}
	return string(HideKeysInJSON([]byte(text)))
}

// HideKeysInJSON is HideKeys for JSON without escapes in such secrets.
func HideKeysInJSON(data []byte) []byte { return hide(data, minKey, tokenPrefix, webhookPrefix) }

const (
	tokenPrefix   = "ot_pat_"
	webhookPrefix = "whsec_"
)

// minKey is the length from which what follows a prefix is a secret.
const minKey = 8

// hideTokens takes out what looks like one of OpenTrain's secrets (developers/concepts/authentication), for texts that
// may have secrets that the caller doesn't know yet.
func hideTokens(text []byte) []byte {
	return hide(text, 0, tokenPrefix, "ot_clm_", "ot_cat_", "ot_ptk_", webhookPrefix)
}

// hide takes out a prefix with at least so many characters of a token after it. It returns a text without any as it is.
func hide(text []byte, least int, prefixes ...string) []byte {
	for _, prefix := range prefixes {
		before, rest, found := bytes.Cut(text, []byte(prefix))
		if !found {
			continue
		}
		shown := append(make([]byte, 0, len(text)), before...)
		for found {
			after := bytes.TrimLeftFunc(rest, isTokenRune)
			if secret := rest[:len(rest)-len(after)]; len(secret) < least {
				shown = append(append(shown, prefix...), secret...)
			} else {
				shown = append(shown, redacted...)
			}
			before, rest, found = bytes.Cut(after, []byte(prefix))
			shown = append(shown, before...)
		}
		text = shown
	}
	return text
}

// hideInJSON is hideTokens for JSON, in which a secret may be written with escapes.
func hideInJSON(data json.RawMessage) json.RawMessage {
	if !bytes.Contains(data, []byte(`\u`)) {
		return hideTokens(data)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // numbers keep their digits
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	plain, err := json.Marshal(value)
	if err != nil { // it was decoded
		return nil
	}
	if hidden := hideTokens(plain); !bytes.Equal(hidden, plain) {
		return hidden
	}
	return data
}

func isTokenRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("_-+/=", r)
}
