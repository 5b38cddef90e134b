// Package text makes text safe to show to a model or a person, and builds the lines of a result. Text from
// outside can't hide characters, run on, or pose as another line.
package text

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a text from outside safe to show: one line of at most limit characters, without hidden ones.
func Clean(s string, limit int) string {
	if len(s) <= limit && isASCII(s) && !strings.Contains(s, "  ") && strings.Trim(s, " ") == s {
		return s
	}
	var b strings.Builder
	space, length := false, 0
	for r, unseen := range characters(s) {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			space = true
			continue
		case unseen:
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

// isASCII reports whether a text has printable ASCII characters only, none of which is hidden, and those that also may occur.
func isASCII[Text string | []byte](s Text, also ...byte) bool {
	for i := range len(s) {
		if (s[i] < ' ' || s[i] > '~') && !slices.Contains(also, s[i]) {
			return false
		}
	}
	return true
}

// CleanEnd cleans a text as Clean does, but keeps the end of a long one: a path says most there.
func CleanEnd(s string, limit int) string {
	runes := []rune(Clean(s, len(s)))
	if len(runes) <= limit {
		return string(runes)
	}
	return "…" + string(runes[len(runes)-limit:])
}

// CleanAll cleans the first entries of a list, as Clean does.
func CleanAll(list []string, entries, limit int) []string {
	list = list[:min(len(list), entries)]
	clean := make([]string, 0, len(list))
	for _, s := range list {
		clean = append(clean, Clean(s, limit))
	}
	return clean
}

// Paragraphs cleans a text as Clean does but keeps its lines. Several empty lines become one.
func Paragraphs(s string, limit int) string {
	var lines []string
	breaks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n")
	for line := range strings.Lines(breaks.Replace(s)) {
		line = Clean(line, limit)
		if line != "" || len(lines) > 0 && lines[len(lines)-1] != "" {
			lines = append(lines, line)
		}
	}
	return Clip(strings.TrimSpace(strings.Join(lines, "\n")), limit)
}

// URL cleans the address of a web page. Every other address is left out, and one that is too long to show whole: a cut one
// leads nowhere.
func URL(address string) string {
	const longest = 500
	clean := Clean(address, longest+1)
	parsed, err := url.Parse(clean)
	switch {
	case len(clean) > longest, err != nil, parsed.Host == "", parsed.Scheme != "https" && parsed.Scheme != "http":
		return ""
	case strings.ContainsAny(clean, " <>\"`\\^{|}"), Inert(clean) != clean: // no address has these characters
		return ""
	}
	return clean
}

// Plain takes the hidden and control characters out of a text of any length. Its lines stay lines.
func Plain(s string) string {
	if isASCII(s, '\n', '\t') || strings.IndexFunc(s, concealed) < 0 && !strings.Contains(s, "\r") {
		return s
	}
	breaks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\v", "\n", "\f", "\n")
	return replace(breaks.Replace(s), controls, func(*strings.Builder, rune) {})
}

// Visible spells out hidden and control characters: a human must not say yes to what they can't see.
func Visible(s string) string { return replace(s, controls, spell) }

// VisibleLine is Visible for a name or a path, which stays one line: it spells out line ends and tabs, too.
func VisibleLine(s string) string {
	return replace(s, func(r rune) bool { return controls(r) || unicode.IsControl(r) }, spell)
}

func spell(b *strings.Builder, r rune) { fmt.Fprintf(b, "[U+%04X]", r) }

// replace replaces the hidden characters of a text and those that also reports.
func replace(s string, also func(rune) bool, write func(*strings.Builder, rune)) string {
	if strings.IndexFunc(s, func(r rune) bool { return hidden(r) || also(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for r, unseen := range characters(s) {
		if unseen || also(r) {
			write(&b, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// concealed reports whether a character of a text with lines may be hidden, or controls.
func concealed(r rune) bool {
	return (r < ' ' || r > '~') && (controls(r) || hidden(r))
}

// controls reports whether a character of a text with lines controls a terminal, or ends a line only for some readers.
func controls(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' || r == '\u2028' || r == '\u2029'
}

// hidden reports whether a character is invisible, bidirectional or a tag: a model would read what people can't see.
func hidden(r rune) bool {
	return r == utf8.RuneError || r > unicode.MaxASCII && unicode.In(r,
		unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// Clip cuts a text after limit characters.
func Clip(s string, limit int) string {
	runes := []rune(s)
	switch {
	case limit <= 0:
		return ""
	case len(runes) <= limit:
		return s
	}
	return string(runes[:limit-1]) + "…"
}

// Sentence cleans a message and ends it with a full stop.
func Sentence(message string) string {
	return Stop(cmp.Or(strings.TrimRight(Clean(message, 400), " :;,"), "it gave no reason."))
}

// Stop ends a message with a full stop, unless it has an end.
func Stop(message string) string {
	if last, _ := utf8.DecodeLastRuneInString(message); strings.ContainsRune(".!?…", last) {
		return message
	}
	return message + "."
}

// Words spells out a key: dataVolumeUnit becomes "data volume unit".
func Words(key string) string {
	var b strings.Builder
	for _, r := range key {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// Capitalize makes the first letter a capital.
func Capitalize(s string) string {
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// Join joins the texts that aren't empty.
func Join(separator string, texts ...string) string {
	length := 0
	for _, s := range texts {
		length += len(s) + len(separator)
	}
	var b strings.Builder
	b.Grow(length)
	for _, s := range texts {
		if s != "" && b.Len() > 0 {
			b.WriteString(separator)
		}
		b.WriteString(s)
	}
	return b.String()
}

// Count puts a number before a noun: "1 job", "2 jobs", "2 entries".
func Count(n int, noun string) string { return Counted(strconv.Itoa(n), noun) }

// Counted is Count for a number as it is written: "1 hour", "1.5 hours".
func Counted(number, noun string) string {
	switch stem, ry := strings.CutSuffix(noun, "ry"); {
	case number == "1":
	case ry:
		noun = stem + "ries"
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return number + " " + noun
}

// SecureURL is URL for a page on which people decide or pay: only with https, or on this machine, and without a user name, which
// can look like another host.
func SecureURL(address string) string {
	clean := URL(address)
	parsed, err := url.Parse(clean)
	if err != nil || parsed.User != nil {
		return ""
	}
	if parsed.Scheme != "https" && !Loopback(parsed.Hostname()) {
		return ""
	}
	return clean
}

// Loopback says that a host, a name or an IP address without a port and brackets, is this machine. The packages edge and opentrain,
// which stand alone, decide the same.
func Loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}

// Labeled puts a label before a value; "" without a value.
func Labeled(label, value string) string {
	if value == "" {
		return ""
	}
	return label + " " + value
}
