package hosts

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// unified is the difference of two contents of a file.
func unified(path, before, after string) string {
	return udiff.Unified(path, path, before, after)
}

// hideSecrets hides what comes after the key in lines that sound like secrets: those of other servers may be near a
// change, and agents read what commands print.
func hideSecrets(diff string) string {
	var b strings.Builder
	for text := range strings.Lines(diff) {
		key, value, found := text, "", false
		if end := strings.IndexAny(text, ":="); end >= 0 {
			key, value, found = text[:end+1], strings.TrimSpace(text[end+1:]), true
		}
		switch {
		case !found, value == "", value == "{", value == "[", !sounds(text),
			strings.HasPrefix(text, "--- "), strings.HasPrefix(text, "+++ "):
			b.WriteString(text)
		default:
			b.WriteString(key + " (hidden)\n")
		}
	}
	return b.String()
}

// sounds says whether a line sounds like a secret.
func sounds(line string) bool {
	line = strings.ToLower(line)
	for _, word := range []string{
		"token", "secret", "password", "passwd", "apikey", "api_key", "api-key", "_key", "authorization", "bearer", "credential", "ot_pat_",
	} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}
