package text

import (
	"fmt"
	"strings"
)

// Stranger cleans a text that another person wrote, as Clean does, and makes it Inert.
func Stranger(s string, limit int) string { return Inert(Clean(s, limit)) }

// InQuotes puts a text that another person wrote into quotation marks that it can't close. Hidden characters are spelled out.
func InQuotes(s string, limit int) string {
	return "“" + strings.NewReplacer("“", "'", "”", "'").Replace(Stranger(Visible(s), limit)) + "”"
}

// StrangerParagraphs is Stranger for a text of several lines.
func StrangerParagraphs(s string, limit int) string { return Inert(Paragraphs(s, limit)) }

// Strangers is Stranger for the first entries of a list. The last entry says how many were left out.
func Strangers(list []string, entries, limit int) []string {
	clean := CleanAll(list, entries, limit)
	for i, s := range clean {
		clean[i] = Inert(s)
	}
	if more := len(list) - len(clean); more > 0 {
		clean = append(clean, fmt.Sprintf("and %d more", more))
	}
	return clean
}

// Inert takes the effect from HTML, from HTML entities, and from Markdown links and images, for clients that render what they
// show. The words stay, so a comment that was hidden can be read. Bare addresses stay as well: they show where they lead.
func Inert(s string) string {
	return replaceMarkup(s, func(b *strings.Builder, c byte) {
		switch c {
		case '<':
			b.WriteRune('‹')
		case '&':
			b.WriteRune('＆')
		default: // "! [image] (address)" shows the address
			b.WriteByte(c)
			b.WriteByte(' ')
		}
	})
}

// replaceMarkup replaces the characters with which markup starts.
func replaceMarkup(s string, replace func(b *strings.Builder, c byte)) string {
	if !strings.ContainsAny(s, "<!]&") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if startsMarkup(s[i:]) {
			replace(&b, s[i])
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// startsMarkup reports whether a text starts with a tag, comment or address in angle brackets, an entity, an image, or the part
// of a link that names its address.
func startsMarkup(s string) bool {
	if len(s) < 2 {
		return false
	}
	switch next := s[1]; s[0] {
	case '<':
		return isAlphanumeric(next) && !isDigit(next) || strings.IndexByte("/!?", next) >= 0
	case '!':
		return next == '['
	case ']':
		return next == '(' || next == ':'
	case '&':
		return next == '#' || isEntity(s[1:])
	}
	return false
}

// isEntity reports whether a text after an ampersand is the name of an entity. Browsers read &lt and &gt without a semicolon
// too.
func isEntity(s string) bool {
	length := 0
	for length < len(s) && isAlphanumeric(s[length]) {
		length++
	}
	name, rest := strings.ToLower(s[:length]), s[length:]
	return name != "" && strings.HasPrefix(rest, ";") ||
		strings.HasPrefix(name, "lt") || strings.HasPrefix(name, "gt")
}

func isAlphanumeric(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
