package hosts

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"opentrain-mcp/internal/text"
)

// unified is the difference of two contents of a file.
func unified(path, before, after string) string {
	return udiff.Unified(path, path, before, after)
}

// hideSecrets hides what comes after the key in lines that sound like secrets, and all of a line without a key: those of
// other servers may be near a change, and agents read what commands print. After "--token", the next line is the secret.
func hideSecrets(diff string) string {
	var b strings.Builder
	next := false // the last line was an argument that sounds like a secret
	headers := 2
	for line := range strings.Lines(diff) {
		if headers > 0 || line[0] == '@' || line[0] == '\\' { // "\ No newline at end of file"
			headers--
			b.WriteString(line)
			continue
		}
		end := keyEnd(line)
		value := strings.TrimSpace(line[end:])
		hide := value != "{" && value != "[" && strings.Trim(value, "[]{}(),") != "" && (sounds(line) || next && end == 1)
		next = end == 1 && sounds(line)
		if !hide {
			b.WriteString(line)
			continue
		}
		b.WriteString(line[:end] + " (hidden)\n")
	}
	return b.String()
}

// keyEnd is where the key of a diff's line ends, with its separator. Without a key, that is after the mark of the diff. A
// separator in quotes or in an argument of YAML is part of a value.
func keyEnd(line string) int {
	end := strings.IndexAny(line, ":=")
	if end < 0 {
		return 1
	}
	key := line[1:end]
	argument := line[end] == '=' && strings.HasPrefix(strings.TrimSpace(key), "- ")
	if argument || strings.Contains(key, ",") || strings.Count(key, `"`)%2 == 1 || strings.Count(key, "'")%2 == 1 {
		return 1
	}
	return end + 1
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

// visible spells out what would control the terminal or hide in a diff. Tabs and line ends stay.
func visible(diff string) string {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		content := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		b.WriteString(strings.ReplaceAll(text.Visible(content), "\r", "[U+000D]") + line[len(content):])
	}
	return b.String()
}
