package opentrain

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Secret is a value that must not be shown, such as a new token or the secret of a webhook. However it is printed,
// logged or encoded, it reads "[secret]".
type Secret struct {
	value *string // a pointer, so that not even a struct that hides the Secret prints it
}

// Reveal returns the value, "" if there is none.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Format implements fmt.Formatter.
func (s Secret) Format(state fmt.State, _ rune) {
	io.WriteString(state, "[secret]") //nolint:errcheck // as fmt itself
}

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"[secret]"`), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (s *Secret) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &s.value) }

// hideTokens takes out what looks like one of OpenTrain's secrets (developers/concepts/authentication), for texts that
// may have secrets that the caller doesn't know yet.
func hideTokens(text string) string {
	for _, prefix := range []string{"ot_pat_", "ot_clm_", "ot_cat_", "ot_ptk_", "whsec_"} {
		if !strings.Contains(text, prefix) {
			continue
		}
		var shown strings.Builder
		for rest, found := text, true; found; {
			var before string
			before, rest, found = strings.Cut(rest, prefix)
			shown.WriteString(before)
			if found {
				shown.WriteString(redacted)
				rest = strings.TrimLeftFunc(rest, isTokenRune)
			}
		}
		text = shown.String()
	}
	return text
}

func isTokenRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("_-+/=", r)
}
