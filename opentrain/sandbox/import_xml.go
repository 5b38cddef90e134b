package sandbox

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

const (
	// maxDepth and maxElements limit an XML document.
	maxDepth    = 64
	maxElements = 5000
)

// element is an element of an XML document. Namespaces and prefixes are ignored.
type element struct {
	name     string
	path     string // names from the root
	attrs    map[string]string
	text     string // without the text of its children
	children []*element
}

// readXML reads a document from a JSON string. It rejects a DOCTYPE, so that a document cannot declare
// entities or refer to external ones.
func readXML(raw json.RawMessage, path []any) (*element, *apiError) {
	var text *string
	if json.Unmarshal(raw, &text) != nil || text == nil {
		return nil, typeFailure("string", raw, path)
	}
	decoder := xml.NewDecoder(strings.NewReader(*text))
	root := &element{}
	open, count := []*element{root}, 0
	for {
		token, err := decoder.Token()
		line, column := decoder.InputPos()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badXML(path, line, column, xmlFault(err))
		}
		inside := open[len(open)-1]
		switch token := token.(type) {
		case xml.Directive:
			return nil, badXML(path, line, column, "a DOCTYPE or another declaration is not accepted")
		case xml.StartElement:
			if count++; count > maxElements || len(open) > maxDepth {
				return nil, badXML(path, line, column, fmt.Sprintf("more than %d elements, or more than %d inside each other", maxElements, maxDepth))
			}
			child := newElement(inside, token)
			inside.children = append(inside.children, child)
			open = append(open, child)
		case xml.EndElement:
			inside.text = strings.TrimSpace(inside.text)
			open = open[:len(open)-1]
		case xml.CharData:
			inside.text += string(token)
		}
	}
	if len(root.children) != 1 || strings.TrimSpace(root.text) != "" {
		return nil, badXML(path, 1, 1, "there must be one root element and no text beside it")
	}
	return root.children[0], nil
}

func newElement(parent *element, start xml.StartElement) *element {
	e := &element{name: start.Name.Local, path: strings.TrimPrefix(parent.path+"/"+start.Name.Local, "/"), attrs: map[string]string{}}
	for _, attr := range start.Attr {
		e.attrs[attr.Name.Local] = attr.Value
	}
	return e
}

func badXML(path []any, line, column int, fault string) *apiError {
	failure := badDocument(path, "The XML cannot be read: %s (line %d, column %d).", fault, line, column)
	failure.details["line"], failure.details["column"] = line, column
	return failure
}

// xmlFault returns the message for a parser error.
func xmlFault(err error) string {
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return syntax.Msg
	case strings.Contains(err.Error(), "CharsetReader"):
		return "it must be in UTF-8"
	}
	return strings.TrimPrefix(err.Error(), "xml: ")
}

// leaves returns the elements with their own text, in document order.
func (e *element) leaves() []*element {
	var found []*element
	if e.text != "" {
		found = append(found, e)
	}
	for _, child := range e.children {
		found = append(found, child.leaves()...)
	}
	return found
}

// find returns the first element below e, or e itself, with one of the names.
func (e *element) find(names ...string) *element {
	if slices.Contains(names, e.name) {
		return e
	}
	for _, child := range e.children {
		if found := child.find(names...); found != nil {
			return found
		}
	}
	return nil
}

// plainText converts HTML to text: blocks become lines, and list items start with a dash.
func plainText(source string) string {
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(source))
	skip := ""
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			break
		}
		token := tokens.Token()
		switch {
		case skip != "":
			if kind == html.EndTagToken && token.Data == skip {
				skip = ""
			}
		case kind == html.TextToken:
			b.WriteString(token.Data)
		case kind == html.StartTagToken && (token.Data == "script" || token.Data == "style"):
			skip = token.Data
		case token.Data == "li" && kind == html.StartTagToken:
			b.WriteString("\n- ")
		case slices.Contains([]string{"p", "br", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "tr"}, token.Data) && kind != html.CommentToken:
			b.WriteString("\n")
		}
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" && line != "-" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
