package tools

import (
	"strings"
	"unicode"
)

// plain makes a stranger's text safe to show a model: one line, without
// invisible, bidirectional and tag characters, at most limit characters.
func plain(text string, limit int) string {
	var b strings.Builder
	space, length := false, 0
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			space = true
			continue
		case unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			continue
		}
		if length >= limit {
			return b.String() + "…"
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
			length++
		}
		space = false
		b.WriteRune(r)
		length++
	}
	return b.String()
}
