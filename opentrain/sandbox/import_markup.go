package sandbox

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// The limits of an XML document.
const (
	maxTokens = 20_000
	maxDepth  = 64
)

// addJSON adds the facts of valid JSON.
func (d *reading) addJSON(raw json.RawMessage, path string) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value)
	d.addValue(path, "", value)
}

func (d *reading) addValue(path, key string, value any) {
	switch value := value.(type) {
	case map[string]any:
		types := strings.NewReplacer("[", " ", "]", " ", "/", " ", "#", " ", ":", " ").Replace(fmt.Sprint(value["@type"]))
		if key == "" && oneOf(d.names, types) {
			d.jobs++
			key = "job"
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			inner, local := key, strings.ToLower(name[strings.LastIndexAny(name, "/#:")+1:])
			if kinds := strings.Fields(types); local == "name" && !oneOf(kinds[len(kinds)-1], "<nil> Country Language JobPosting") {
				local = "of " + local // {"@type": "State", "name": "Georgia"} is no country
			}
			if key != "" && local != "@value" {
				inner += "/" + local
			}
			if !oneOf(local, "@context @type position") {
				d.addValue(path+"."+preview(name), inner, value[name])
			}
		}
	case []any:
		for i, entry := range value {
			d.addValue(fmt.Sprintf("%s[%d]", path, i), key, entry)
		}
	case nil:
	default:
		d.add(path, key, fmt.Sprint(value))
	}
}

// readXML adds the facts of XML in a JSON string, which is Unicode whatever encoding it declares.
func (d *reading) readXML(raw json.RawMessage, path []any) *apiError {
	var source string
	if typeOf(raw) != "string" || json.Unmarshal(raw, &source) != nil {
		return typeFailure("string", raw, path)
	}
	decoder := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(source, "\ufeff")))
	decoder.CharsetReader = func(_ string, text io.Reader) (io.Reader, error) { return text, nil }
	err := d.addElement(decoder, "", "")
	if err == nil {
		return nil
	}
	line, column := decoder.InputPos()
	failure := badDocument(path, "The XML cannot be read: %s (line %d, column %d).", xmlFault(err, d.open), line, column)
	failure.details["line"], failure.details["column"] = line, column
	return failure
}

// addElement adds the facts of the element that was opened last. It refuses a DOCTYPE, so that a document can't declare
// entities or refer to other documents.
func (d *reading) addElement(decoder *xml.Decoder, path, key string) error {
	var text strings.Builder
	children, heading := 0, ""
	for {
		d.open = path
		d.size++
		token, err := decoder.Token()
		switch token := token.(type) {
		case nil:
			if path == "" && children == 1 && errors.Is(err, io.EOF) && strings.TrimSpace(text.String()) == "" {
				return nil
			}
			return err
		case xml.Directive:
			return errors.New("a DOCTYPE isn't accepted. Remove it")
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			d.add(path, key, text.String())
			return nil
		case xml.StartElement:
			children++
			name := preview(token.Name.Local)
			inner, innerKey := strings.TrimPrefix(path+"/"+name, "/"), ""
			if key != "" {
				innerKey = key + "/" + strings.ToLower(name)
			} else if oneOf(name, d.names) {
				d.jobs++
				innerKey = "job"
			}
			for _, attr := range token.Attr {
				if attr.Name.Space != "xmlns" && attr.Name.Local != "xmlns" {
					d.add(inner+"/@"+preview(attr.Name.Local), innerKey+"/@"+strings.ToLower(attr.Name.Local), attr.Value)
				}
			}
			if d.size > maxTokens || strings.Count(inner, "/") >= maxDepth {
				return fmt.Errorf("it has more than %d elements or texts, or more than %d inside each other. Send one job only", maxTokens, maxDepth)
			}
			if heading != "" {
				inner, innerKey = inner+"["+heading+"]", innerKey+"/"+strings.ToLower(heading)
			}
			role := roleOf(innerKey)
			if !oneOf(role, "title description section heading") {
				if err := d.addElement(decoder, inner, innerKey); err != nil {
					return err
				}
				continue
			}
			var content struct {
				Text   string     `xml:",chardata"`
				Markup string     `xml:",innerxml"`
				Parts  []struct{} `xml:",any"`
			}
			d.open = inner
			if err := decoder.DecodeElement(&content, &token); err != nil {
				return err
			}
			if content.Parts != nil {
				content.Text = content.Markup
			}
			if role == "heading" {
				heading = strings.TrimSpace(content.Text)
			} else {
				d.add(inner, innerKey, content.Text)
			}
		}
	}
}

// xmlFault tells what is wrong with XML and what to change. Most often, a & or < stands for itself.
func xmlFault(err error, open string) string {
	fault := err.Error()[strings.LastIndex(err.Error(), ": ")+1:]
	entity, isEntity := strings.CutPrefix(fault, " invalid character entity ")
	character := []rune(html.UnescapeString(entity))
	switch {
	case isEntity && strings.HasSuffix(entity, ";") && len(character) == 1:
		return fmt.Sprintf("%s is an entity of HTML, not of XML. Write &#%d; instead", entity, character[0])
	case isEntity:
		return "there's a bare & in it. Write &amp; instead"
	case strings.Contains(fault, "after <"):
		return "there's a bare < in it. Write &lt; instead"
	case strings.Contains(fault, "EOF") && open != "":
		return "it ends before " + open + " is closed. Send all of it"
	case strings.Contains(fault, "EOF"):
		return "there must be one root element and no text beside it"
	}
	return strings.TrimSpace(fault) + ". Correct this"
}
