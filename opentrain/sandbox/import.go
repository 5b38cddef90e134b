package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxUnmapped is the maximum number of unmapped parts listed for one import. The last entry counts the
// others.
const maxUnmapped = 50

// imported holds the draft fields from a structured document. The pages do not document how the API maps
// documents, so the mappings are our assumption.
type imported struct {
	description string
	externalID  string
	fields      values
	guesses     []guess
	unmapped    []unmapped
}

// format is an import format and the key of the body that holds its document.
type format struct {
	payload string
	read    func(v Variant, raw json.RawMessage, path []any) (imported, *apiError)
}

// formats are the import formats besides text.
func formats() map[string]format {
	return map[string]format{
		"opentrain_canonical":    {"job", readCanonical},
		"schema_org_job_posting": {"jsonLd", readJobPosting},
		"indeed_xml":             {"xml", readIndeed},
		"hr_xml":                 {"xml", readHR},
	}
}

func (m *imported) set(key string, value any) {
	if m.fields == nil {
		m.fields = values{}
	}
	m.fields[key] = value
}

// guess sets a field that a human should confirm.
func (m *imported) guess(key string, value any, reason string) {
	m.set(key, value)
	m.guesses = append(m.guesses, guess{Field: key, Value: value, Reason: reason})
}

// addUnmapped records a part of the document that matches no field.
func (m *imported) addUnmapped(path, reason string, value any) {
	text, isText := value.(string)
	if !isText {
		text = strings.TrimSpace(string(encode(value)))
	}
	preview := []rune(strings.Join(strings.Fields(text), " "))
	if len(preview) > 80 {
		preview = append(preview[:79], '…')
	}
	m.unmapped = append(m.unmapped, unmapped{Path: path, Reason: reason, ValuePreview: string(preview)})
}

// setFromText parses a short text like a description and sets one field from it. It reports whether it found
// a value.
func (m *imported) setFromText(key, text string) bool {
	value, found := parse(text).fields[key]
	if found {
		m.set(key, value)
	}
	return found
}

// pay sets payment type and rate.
func (m *imported) pay(paymentType string, rate float64) {
	m.set("paymentType", paymentType)
	m.set(rateKey(paymentType), rate)
}

// country adds a country, by its name if that is known.
func (m *imported) country(name string) {
	if found, known := namedCountry(name); known {
		name = found.name
	} else if found, known := codedCountry(name); known {
		name = found.name
	}
	if list := m.fields.list("countries"); name != "" && !slices.Contains(list, name) {
		m.set("countries", append(list, name))
	}
}

// fillFromDescription parses the document's description and fills the fields that the document does not set.
func (m imported) fillFromDescription() parsed {
	read := parse(m.description)
	if strings.TrimSpace(m.description) == "" {
		read = parsed{fields: values{}}
	}
	if m.fields.has("paymentType") { // a rate in the text is for another payment type
		for _, key := range []string{"pricePerHour", "pricePerLabel", "fixedPrice"} {
			delete(read.fields, key)
		}
	}
	for key, value := range m.fields {
		read.fields[key] = value
	}
	read.guesses = slices.DeleteFunc(read.guesses, func(g guess) bool { return m.fields.has(g.Field) || !read.fields.has(g.Field) })
	read.guesses = append(read.guesses, m.guesses...)
	read.unmapped = append(m.unmapped, read.unmapped...)
	if more := len(read.unmapped) - maxUnmapped; more > 0 {
		read.unmapped = append(read.unmapped[:maxUnmapped-1], unmapped{Path: "…", Reason: fmt.Sprintf("%d more parts fit no field.", more+1)})
	}
	return read
}

// badDocument returns the error for an invalid document, with the path of the problem.
func badDocument(path []any, format string, args ...any) *apiError {
	failure := badRequest(fmt.Sprintf(format, args...) + " No draft was made.")
	failure.details = details{"issues": []issue{{"code": "custom", "path": path, "message": fmt.Sprintf(format, args...)}}}
	return failure
}

// join formats a path like the pages do: job.title, jsonLd.jobLocation[0].
func join(path []any) string {
	var b strings.Builder
	for _, part := range path {
		switch part := part.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", part)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, part)
		}
	}
	return b.String()
}

// childPath returns the path of a member.
func childPath(path []any, parts ...any) []any {
	return append(slices.Clone(path), parts...)
}
