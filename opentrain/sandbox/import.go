package sandbox

import (
	"cmp"
	_ "embed"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// rolesText lists the roles of the parts of documents by the end of their path from the job on, in lower case and without
// namespaces. The pages don't document how the API reads documents, so they are our assumption. Other parts are reported.
//
//go:embed import_roles.txt
var rolesText string

func roleOf(path string) string {
	for line := range strings.Lines(rolesText) {
		role, ends, _ := strings.Cut(line, ":")
		for end := range strings.FieldsSeq(ends) {
			if strings.HasSuffix(path, end) && strings.HasSuffix("/"+path, "/"+end) {
				return role
			}
		}
	}
	return ""
}

// passage is a text of a document.
type passage struct{ path, text string }

// reading is a document that is being read.
type reading struct {
	parsed
	otherPay bool                 // it has pay that set no field
	job      string               // the names of the elements, or the type of the object, that describe a job
	jobs     int                  // how many there are
	tokens   int                  // how many were read
	open     string               // the path of the element that is open
	heading  string               // that of the next section
	currency string               // that of amounts without one
	passages map[string][]passage // by role
}

// add adds a passage under its role, as plain text, or reports it.
func (d *reading) add(path, key, text string) {
	if d.tokens++; d.tokens > maxTokens {
		return
	}
	if d.heading != "" && strings.HasSuffix(key, "formattedpositiondescription/value") {
		path, key, d.heading = path+"["+d.heading+"]", key+"/"+strings.ToLower(d.heading), ""
	}
	f, plain := passage{path, strings.TrimSpace(text)}, plainText(text)
	switch role := roleOf(key); {
	case f.text == "" || role == "no-fact":
	case role == "":
		d.report(notRead, f)
	case plain == "":
		d.report("Nothing is left of it without its markup.", f)
	case role == "heading":
		d.heading = plain
	case d.passages[role] != nil && oneOf(role, "title description"):
		d.report(notUsed, f)
	default:
		d.passages[role] = append(d.passages[role], passage{path, plain})
	}
}

func (d *reading) addJSON(path, key string, value any) {
	if d.tokens++; d.tokens > maxTokens || len(path) > maxPath {
		d.tokens = maxTokens + 1
		return
	}
	switch value := value.(type) {
	case map[string]any:
		types := strings.Fields(strings.NewReplacer("[", "", "]", "", "/", " ", "#", " ", ":", " ").Replace(fmt.Sprint(value["@type"])))
		if key == "" && slices.Contains(types, d.job) {
			d.jobs++
			key = "job"
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			local, inner := strings.ToLower(name[strings.LastIndexAny(name, "/#:")+1:]), key
			if key != "" && local != "@value" {
				inner += "/" + local
			}
			if local == "name" && !slices.ContainsFunc(types, func(t string) bool { return oneOf(t, "<nil> Country Language JobPosting") }) {
				inner += " of another type" // as Georgia, the state
			}
			if !oneOf(local, "@context @type position") {
				d.addJSON(path+"."+preview(name), inner, value[name])
			}
		}
	case []any:
		for i, entry := range value {
			d.addJSON(fmt.Sprintf("%s[%d]", path, i), key, entry)
		}
	case nil:
	default:
		d.add(path, key, fmt.Sprint(value))
	}
}

func (d *reading) setFields() {
	for _, other := range [][2]string{{"title", "name"}, {"countries", "office"}} { // applicants needn't be where the office is
		if d.passages[other[0]] == nil {
			d.passages[other[0]], d.passages[other[1]] = d.passages[other[1]], nil
		}
		d.report(notUsed, d.passages[other[1]]...)
	}
	d.passages["description"] = append(d.passages["description"], d.passages["section"]...)
	for key, text := range map[string]string{"jobTitle": strings.ReplaceAll(d.texts("title", " "), "\n", " "),
		"jobDescription": d.texts("description", "\n\n"), "labelingSoftware": d.texts("tools", ", ")} {
		if text != "" {
			d.fields[key] = text
		}
	}
	d.setPlaces("languages")
	d.setPlaces("countries")
	d.setPay()
}

// texts joins the different texts with a role.
func (d *reading) texts(role, separator string) string {
	var texts []string
	for _, f := range d.passages[role] {
		if !slices.Contains(texts, f.text) {
			texts = append(texts, f.text)
		}
	}
	return strings.Join(texts, separator)
}

func (d *reading) setPlaces(key string) {
	for _, f := range d.passages[key] {
		names, issue := decodePlaces(key, f.text)
		if issue != nil {
			d.report(fmt.Sprint(issue["message"]), f)
		}
		for _, name := range names {
			if list := d.fields.list(key); !slices.Contains(list, name) {
				d.fields[key] = append(list, name)
			}
		}
	}
}

// setPay sets a rate that is plainly in US dollars, or in words. It reports other pay.
func (d *reading) setPay() {
	amount, least, most := d.texts("amount", " and "), d.texts("least", " and "), d.texts("most", " and ")
	all := slices.Concat(d.passages["amount"], d.passages["least"], d.passages["most"], d.passages["currency"], d.passages["unit"])
	currency, paymentType := cmp.Or(strings.ToUpper(d.texts("currency", ", ")), d.currency, "not given"), d.fields.text("paymentType")
	if oneOf(strings.ToLower(d.texts("unit", " ")), "hour hourly hr hur") {
		paymentType = payPerHour
	}
	number := cmp.Or(amount, least)
	rate, err := strconv.ParseFloat(number, 64)
	isRate := err == nil && rate > 0 && strings.Trim(number, "0123456789.") == ""
	read, reason := parsed{fields: values{"paymentType": paymentType, rateKey(paymentType): rate}}, ""
	switch {
	case amount+least+most == "":
		reason = notRead
	case amount != "" && !isRate && len(all) == 1 && len(amount) < 1000:
		if read = parse(amount, nil); !read.fields.has(rateKey(read.fields.text("paymentType"))) {
			reason = "This sandbox reads no rate in US dollars here; OpenTrain may."
		}
	case currency != "USD":
		reason = "Rates are in US dollars; the currency here is " + currency + "."
	case paymentType == "" || !isRate || amount != "" && least+most != "":
		reason = "This isn't one plain rate per hour; OpenTrain may read more."
	case least != most:
		read.doubt(rateKey(paymentType), fmt.Sprintf("The document gives a range from %s to %s; this is its lower end.", least, most))
	}
	if reason != "" {
		d.otherPay = reason != notRead
		d.report(reason, all...)
		return
	}
	key := rateKey(read.fields.text("paymentType"))
	d.fields["paymentType"], d.fields[key] = read.fields["paymentType"], read.fields[key]
	d.guesses = slices.DeleteFunc(read.guesses, func(g guess) bool { return !oneOf(g.Field, "paymentType "+key) })
	for _, u := range read.unmapped {
		d.report(u.Reason, passage{all[0].path, u.ValuePreview})
	}
}

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
		if d.tokens++; d.tokens > maxTokens || len(path) > maxPath {
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
		{"closed by", "Close it first"}, {"unexpected EOF", "Send all of it"}, {"EOF", "Send one root element, and no text beside it"},
	} {
		if strings.Contains(fault, hint[0]) {
			return strings.TrimSpace(fault) + ". " + hint[1]
		}
	}
	return strings.TrimSpace(fault)
}

// plainText converts HTML, also if it is escaped as a whole, to text in which blocks are lines. Other text keeps its form.
func plainText(source string) string {
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
