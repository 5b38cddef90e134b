package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// The limits of a document.
const (
	maxTokens   = 10_000
	maxPath     = 2000 // of a part, in bytes
	maxUnmapped = 200
	tooLarge    = "it's too long or nested too deeply. Send one job only"
)

// The reasons why a part of a document sets no field.
const (
	notRead = "This sandbox doesn't read this part; OpenTrain may."
	notUsed = "The draft has another value for this already."
)

// imported is what a structured document says.
type imported struct {
	parsed
	otherPay bool // the document has pay that set no field
}

// read reads a document that describes one job.
func (f format) read(v Variant, document member) (imported, *apiError) {
	d := reading{job: f.job, passages: map[string][]passage{}}
	d.fields = values{}
	decoder := json.NewDecoder(bytes.NewReader(document.raw))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // it's valid as a part of the body
	object, isObject := value.(map[string]any)
	source, isText := value.(string)
	var failure *apiError
	switch {
	case f.payload == "job" && isObject:
		failure = d.readCanonical(v, object, document.path)
	case f.payload == "job":
		failure = typeFailure("object", document)
	case f.payload == "xml" && isText:
		failure = d.readXML(source, document.path)
	case f.payload == "xml":
		failure = typeFailure("string", document)
	default:
		d.addJSON("jsonLd", "", value)
	}
	switch {
	case failure != nil:
	case d.tokens > maxTokens:
		failure = badDocument(document.path, "The document cannot be read: %s.", tooLarge)
	case d.jobs != 1:
		failure = badDocument(document.path, "A draft is made from one %s, and there are %d.", strings.ReplaceAll(f.job, " ", " or "), d.jobs)
	default:
		d.setFields()
	}
	return d.imported, failure
}

// readCanonical adds the passages of OpenTrain's own job object (developers/api-reference/job-drafts/create). Its amounts are US
// dollars if it names no currency. Fields with the name of an update key are checked like those of a patch.
func (d *reading) readCanonical(v Variant, job map[string]any, path []any) *apiError {
	d.jobs, d.currency = 1, "USD"
	facts := "jobTitle jobDescription countries languages"
	if currency := job["currency"]; currency != nil && currency != "USD" || job["rateAmount"] != nil {
		facts += " pricePerHour pricePerLabel fixedPrice"
	}
	var issues []issue
	for _, name := range slices.Sorted(maps.Keys(job)) {
		f, known := fieldOf(name)
		if !known || oneOf(name, facts) || job[name] == nil {
			d.addJSON("job."+name, "job/"+strings.ToLower(name), job[name])
			continue
		}
		decoded, problems := v.decode(f, encode(job[name]), path...)
		d.fields[name], issues = decoded, append(issues, problems...)
	}
	if issues != nil {
		return badRequest("The job object has invalid fields. No draft was made.", details{"issues": issues})
	}
	return nil
}

// fillFromDescription parses the document's description and fills the fields that the document does not set. Where the two
// differ, neither is sure.
func (m imported) fillFromDescription() parsed {
	read := parsed{fields: values{}}
	if description := m.fields.text("jobDescription"); description != "" {
		read = parse(description)
	}
	for i := range read.unmapped {
		read.unmapped[i].Path = "jobDescription"
	}
	if more := len(m.unmapped) - maxUnmapped; more > 0 {
		m.unmapped = append(m.unmapped[:maxUnmapped-1], unmapped{"…", fmt.Sprintf("%d more parts set no field.", more+1), ""})
	}
	if !m.fields.has("jobTitle") {
		read.doubt("jobTitle", "The document has no title; this one is from its description.")
	}
	if m.otherPay {
		read.doubtPay("The document has other pay.")
	}
	paymentType := m.fields.text("paymentType")
	for _, f := range updateFields() {
		value, said := m.fields[f.Key], read.fields[f.Key]
		switch conflict := fmt.Sprintf("The description says %s %v.", f.Key, said); {
		case said == nil || f.Type == "string" && value != nil || reflect.DeepEqual(said, value):
		case value != nil:
			m.doubt(f.Key, conflict)
		case oneOf(f.Key, "pricePerHour pricePerLabel fixedPrice") && paymentType != "" && f.Key != rateKey(paymentType):
			m.doubtPay(conflict)
			delete(read.fields, f.Key)
		}
		if value != nil {
			read.fields[f.Key] = value
		}
	}
	for _, g := range read.guesses {
		if !m.fields.has(g.Field) && read.fields.has(g.Field) {
			m.guesses = append(m.guesses, g)
		} else if g.Field != "jobTitle" {
			m.doubt(g.Field, g.Reason)
		}
	}
	read.guesses, read.unmapped = m.guesses, append(m.unmapped, read.unmapped...)
	return read
}

// doubt makes a field a guess, or adds a reason to the guess that it is.
func (p *parsed) doubt(key, reason string) {
	if i := slices.IndexFunc(p.guesses, func(g guess) bool { return g.Field == key }); i >= 0 {
		p.guesses[i].Reason = strings.TrimSuffix(p.guesses[i].Reason, " "+reason) + " " + reason
	} else if p.fields.has(key) {
		p.guesses = append(p.guesses, guess{Field: key, Value: p.fields[key], Reason: reason})
	}
}

func (p *parsed) doubtPay(reason string) {
	p.doubt("paymentType", reason)
	p.doubt(rateKey(p.fields.text("paymentType")), reason)
}

// report records passages that set no field.
func (m *imported) report(reason string, passages ...passage) {
	for _, p := range passages {
		m.unmapped = append(m.unmapped, unmapped{p.path, reason, preview(p.text)})
	}
}

// oneOf tells whether a word is in a list.
func oneOf(word, list string) bool { return slices.Contains(strings.Fields(list), word) }

// badDocument returns the error for an invalid document, with the path of the problem.
func badDocument(path []any, format string, args ...any) *apiError {
	problem := custom(format, args...)
	return badRequest(fmt.Sprint(problem["message"], " No draft was made."), details{"issues": problem.at(path...)})
}
