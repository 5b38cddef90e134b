package sandbox

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// readXML adds the passages of an XML document. It is Unicode, whatever encoding it declares.
func (d *reading) readXML(source string, path []any) *apiError {
	decoder := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(source, "\ufeff")))
	decoder.CharsetReader = func(_ string, text io.Reader) (io.Reader, error) { return text, nil }
	err := d.addElement(decoder, "", "")
	if err == nil {
		return nil
	}
	line, column := decoder.InputPos()
	where := cmp.Or(d.open, "the document")
	failure := badDocument(path, "The XML cannot be read: %s (line %d, column %d in %s).", xmlFault(err), line, column, where)
	failure.details["line"], failure.details["column"] = line, column
	return failure
}

// addElement adds the passages of the element that was opened last.
func (d *reading) addElement(decoder *xml.Decoder, path, key string) error {
	var text strings.Builder
	elements := 0
	for {
		d.open = path
		token, err := decoder.Token()
		if d.tokens++; d.tokens > maxTokens || len(path) > maxPath || strings.Count(path, "/") > 64 {
			return errors.New(tooLarge)
		}
		switch token := token.(type) {
		case nil:
			if path == "" && elements == 1 && errors.Is(err, io.EOF) && strings.TrimSpace(text.String()) == "" {
				return nil
			}
			return err
		case xml.Directive: // it could declare entities or refer to other documents
			return errors.New("a DOCTYPE isn't accepted. Remove it")
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			d.add(path, key, text.String())
			return nil
		case xml.StartElement:
			elements++
			text.WriteByte(' ')
			name := preview(token.Name.Local)
			inner, innerKey := strings.TrimPrefix(path+"/"+name, "/"), ""
			if key != "" {
				innerKey = key + "/" + strings.ToLower(name)
			} else if oneOf(strings.ToLower(name), strings.ToLower(d.job)) {
				d.jobs++
				innerKey = "job"
			}
			for _, attr := range token.Attr {
				if attr.Name.Space != "xmlns" && attr.Name.Local != "xmlns" {
					d.add(inner+"/@"+preview(attr.Name.Local), innerKey+"/@"+strings.ToLower(attr.Name.Local), attr.Value)
				}
			}
			if !oneOf(roleOf(key), "title description section") {
				err = d.addElement(decoder, inner, innerKey)
			} else { // elements in a text are HTML
				var content struct {
					HTML string `xml:",innerxml"`
				}
				err = decoder.DecodeElement(&content, &token)
				text.WriteString("<" + name + ">" + content.HTML + "</" + name + ">")
			}
			if err != nil {
				return err
			}
		}
	}
}

// xmlFault tells what is wrong with XML and what to change. Most often, a & or < stands for itself.
func xmlFault(err error) string {
	fault := err.Error()[strings.LastIndex(err.Error(), ": ")+1:]
	_, entity, _ := strings.Cut(fault, "character entity ")
	if character := []rune(html.UnescapeString(entity)); len(character) == 1 {
		return fmt.Sprintf("%s is an entity of HTML, not of XML. Write &#%d; instead", entity, character[0])
	}
	for _, hint := range [][2]string{
		{"character entity", "Write & as &amp;"}, {"after <", "Write < as &lt;"}, {"attribute", "Put its value in quotes"},
		{"closed by", "Close it before"}, {"unexpected EOF", "Send all of it"}, {"EOF", "Send one root element, and no text beside it"},
	} {
		if strings.Contains(fault, hint[0]) {
			return strings.TrimSpace(fault) + ". " + hint[1]
		}
	}
	return strings.TrimSpace(fault)
}

// plainText converts HTML, also if it is escaped as a whole, to text in which blocks are lines. Other text keeps its form.
func plainText(source string) string {
	if !strings.ContainsAny(source, "<&") {
		return strings.TrimSpace(source)
	}
	decoded := html.UnescapeString(source)
	for _, candidate := range []string{source, decoded} {
		if text, isHTML := withoutTags(candidate); isHTML {
			return text
		}
	}
	return strings.TrimSpace(decoded)
}

// withoutTags returns the text in HTML, and whether there is markup. Other names in angle brackets, as <PERSON>, are text.
func withoutTags(source string) (text string, isHTML bool) {
	var b strings.Builder
	tokens, skip := html.NewTokenizer(strings.NewReader(source)), ""
	for kind := html.TextToken; kind != html.ErrorToken; {
		kind = tokens.Next()
		raw := string(tokens.Raw())
		token := tokens.Token()
		isEnd, isOfWord := kind == html.EndTagToken, token.Data == "xml" || strings.Contains(strings.TrimSuffix(token.Data, ":"), ":")
		isTag := token.DataAtom != 0 || isOfWord
		switch {
		case kind == html.CommentToken:
			isHTML = true
		case skip != "":
			if isEnd && token.Data == skip {
				skip = ""
			}
		case kind == html.TextToken:
			b.WriteString(strings.ReplaceAll(token.Data, "\n", " "))
		case !isTag:
			b.WriteString(raw)
		case kind == html.StartTagToken && oneOf(token.Data, "script style xml head"):
			skip = token.Data
		case kind == html.StartTagToken && token.Data == "li":
			b.WriteString("\n- ")
		case oneOf(token.Data, "p br div ul ol li h1 h2 h3 h4 h5 h6 tr td th section dt dd"):
			b.WriteString("\n")
		}
		isHTML = isHTML || kind != html.TextToken && isTag && (isEnd || oneOf(token.Data, "p br li img"))
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && line != "-" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n"), isHTML
}
