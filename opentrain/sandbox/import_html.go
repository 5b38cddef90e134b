package sandbox

import (
	"strings"

	"golang.org/x/net/html"
)

// plainText converts HTML to text: blocks become lines, and list items begin with a dash. HTML that is escaped as a
// whole is HTML too. Text without markup keeps its form.
func plainText(source string) string {
	source = strings.TrimSpace(source)
	if inner, isCDATA := strings.CutPrefix(source, "<![CDATA["); isCDATA {
		source = strings.TrimSuffix(inner, "]]>")
	}
	decoded := html.UnescapeString(source)
	for _, candidate := range []string{source, decoded} {
		if text, isHTML := withoutTags(candidate); isHTML {
			return text
		}
	}
	return strings.TrimSpace(decoded)
}

// withoutTags returns the text in HTML, and whether there is markup. Other names in angle brackets, such as <PERSON>,
// are text.
func withoutTags(source string) (text string, isHTML bool) {
	var b strings.Builder
	skip := ""
	tokens := html.NewTokenizer(strings.NewReader(source))
	for kind := html.TextToken; kind != html.ErrorToken; {
		kind = tokens.Next()
		raw := string(tokens.Raw())
		token := tokens.Token()
		isTag := token.DataAtom != 0 || token.Data == "xml" || strings.Contains(token.Data, ":") // as Word's <o:p>
		switch {
		case skip != "":
			if kind == html.EndTagToken && token.Data == skip {
				skip = ""
			}
		case kind == html.TextToken:
			b.WriteString(strings.ReplaceAll(token.Data, "\n", " "))
		case kind == html.CommentToken:
			isHTML = true
		case !isTag:
			b.WriteString(raw)
		case kind == html.StartTagToken && oneOf(token.Data, "script style xml head"):
			skip = token.Data
		case kind == html.StartTagToken && token.Data == "li":
			b.WriteString("\n- ")
		case oneOf(token.Data, "p br div ul ol li h1 h2 h3 h4 h5 h6 tr td th section dt dd"):
			b.WriteString("\n")
		}
		isHTML = isHTML || isTag && (kind == html.EndTagToken || oneOf(token.Data, "p br li img"))
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && line != "-" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n"), isHTML
}
