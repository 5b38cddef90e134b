package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDescription is the length limit of a description in characters (developers/api-reference/job-drafts/create).
const maxDescription = 60_000

// format is an import format: its name, the key of the body that holds its document, the JSON type of that if it must have one,
// and what describes a job in it.
type format struct{ name, payload, kind, job string }

// formats lists the import formats in the order of developers/api-reference/job-drafts/capabilities.
func formats() []format {
	return []format{
		{name: "text"},
		{"opentrain_canonical", "job", "object", ""},
		{"schema_org_job_posting", "jsonLd", "", "JobPosting"},
		{"indeed_xml", "xml", "string", "job"},
		{"hr_xml", "xml", "string", "PositionOpening JobPositionPosting"},
	}
}

// MarshalText makes a format its name in JSON.
func (f format) MarshalText() ([]byte, error) { return []byte(f.name), nil }

// member is a value in the body of a request, and its path.
type member struct {
	raw  json.RawMessage
	path []any
}

// createDraft is POST /job-drafts (developers/api-reference/job-drafts/create). A repeated idempotency key returns the job that
// it created, whatever its status is now and whatever job the body describes. The pages do not document the status code of a
// success, so each variant has its own.
func (s *Sandbox) createDraft(c *call) *reply {
	members, failure := membersOf(c.body)
	var name, text, idempotencyKey string
	for _, known := range []struct {
		key string
		to  *string
	}{{"format", &name}, {"rawJobDescription", &text}, {"text", &text}, {"externalId", new(string)}, {"idempotencyKey", &idempotencyKey}} {
		if m, given := members[known.key]; given && json.Unmarshal(m.raw, known.to) != nil {
			failure = cmp.Or(failure, typeFailure("string", m))
		}
	}
	if failure != nil {
		return failure
	}
	if j := c.account.byKey[idempotencyKey]; idempotencyKey != "" && j != nil {
		return ok(s.report(j, true))
	}
	draft, failure := s.cfg.Variant.readDraft(cmp.Or(name, "text"), text, members)
	if failure != nil {
		return failure
	}
	now := s.cfg.Now()
	j := s.add(&job{owner: c.account, status: statusDraft, parsed: draft, created: now, updated: now})
	if idempotencyKey != "" {
		c.account.byKey[idempotencyKey] = j
	}
	s.grow(j, c.body)
	return &reply{status: map[Variant]int{Guide: http.StatusOK, Reference: http.StatusCreated}[s.cfg.Variant], body: s.report(j, true)}
}

// membersOf returns the members of the body, and those of its source with them. The pages show three forms: rawJobDescription,
// source, and format with its payload. That source can have the same payloads as the body is our assumption.
func membersOf(body map[string]json.RawMessage) (map[string]member, *apiError) {
	members := map[string]member{}
	for key, raw := range body {
		members[key] = member{raw, []any{key}}
	}
	var source map[string]json.RawMessage
	if m, given := members["source"]; given && (json.Unmarshal(m.raw, &source) != nil || source == nil) {
		return nil, typeFailure("object", m)
	}
	for key, raw := range source {
		members[key] = member{raw, []any{"source", key}}
	}
	if raw, given := source["type"]; given {
		members["format"] = member{raw, []any{"source", "type"}}
	}
	maps.DeleteFunc(members, func(_ string, m member) bool { return typeOf(m.raw) == "null" })
	return members, nil
}

// readDraft extracts the fields of a draft from a text or a document.
func (v Variant) readDraft(name, text string, members map[string]member) (parsed, *apiError) {
	i := slices.IndexFunc(formats(), func(f format) bool { return f.name == name })
	if i < 0 {
		return parsed{}, badRequest(fmt.Sprintf("The import format %q is not supported.", name),
			object{"supportedFormats": formats()})
	}
	f := formats()[i]
	for _, other := range formats() {
		switch m, given := members[other.payload]; {
		case !given || other.payload == f.payload:
		case f.payload == "":
			return parsed{}, badDocument(m.path, "A document in %s needs its format.", other.payload)
		default:
			return parsed{}, badDocument(m.path, "The format %s takes its document in %s, not in %s.", name, f.payload, other.payload)
		}
	}
	var document reading
	if f.payload != "" {
		m, given := members[f.payload]
		if !given {
			return parsed{}, badDocument([]any{f.payload}, "The format %s needs its document in %s, and there is none.", name, f.payload)
		}
		var failure *apiError
		if document, failure = f.read(v, m); failure != nil {
			return parsed{}, failure
		}
		text = document.fields.text("jobDescription")
	}
	switch n := utf8.RuneCountInString(text); {
	case n > maxDescription:
		return parsed{}, badRequest(fmt.Sprintf("The job description has %d characters; at most %d are allowed.", n, maxDescription),
			object{"maxLength": maxDescription, "length": n})
	case f.payload != "":
		return document.fillFromDescription(), nil
	case strings.TrimSpace(text) == "":
		return parsed{}, badRequest("The job description is empty: send rawJobDescription, or source with type and text.")
	}
	return parse(text, nil), nil
}

func typeFailure(expected string, m member) *apiError {
	return badRequest("Some fields are invalid.",
		object{"issues": wrongType(expected, m.raw).at(m.path...)})
}

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
	notUsed = "The draft already has another value for this."
)

// read reads a document that describes one job.
func (f format) read(v Variant, document member) (d reading, failure *apiError) {
	if f.kind != "" && f.kind != typeOf(document.raw) {
		return d, typeFailure(f.kind, document)
	}
	d.job, d.passages = f.job, map[string][]passage{}
	d.fields = values{}
	decoder := json.NewDecoder(bytes.NewReader(document.raw))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // it's valid as a part of the body
	job, _ := value.(map[string]any)
	source, _ := value.(string)
	switch f.payload {
	case "job":
		failure = d.readCanonical(v, job, document.path)
	case "xml":
		failure = d.readXML(source, document.path)
	default:
		d.addJSON(f.payload, "", value)
	}
	switch {
	case failure != nil:
	case d.tokens > maxTokens:
		failure = badDocument(document.path, "The document cannot be read: %s.", tooLarge)
	case d.jobs != 1:
		failure = badDocument(document.path, "The document must have one %s, not %d. Send one job per call.",
			strings.ReplaceAll(f.job, " ", " or "), d.jobs)
	default:
		d.setFields()
	}
	return d, failure
}

// readCanonical adds the passages of OpenTrain's own job object (developers/api-reference/job-drafts/create). Its amounts are US
// dollars if it names no currency. Fields with the name of an update key are checked like those of a patch.
func (d *reading) readCanonical(v Variant, job map[string]any, path []any) *apiError {
	d.jobs, d.currency = 1, "USD"
	facts := "jobTitle jobDescription countries languages"
	if currency := job["currency"]; currency != nil && currency != "USD" || job["rateAmount"] != nil {
		facts += " pricePerHour pricePerLabel fixedPrice"
	}
	var issues []object
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
		return badRequest("Some fields of the job object are invalid.", object{"issues": issues})
	}
	return nil
}

// fillFromDescription parses the document's description and fills the fields that the document does not set. Where the two
// differ, neither is sure.
func (m reading) fillFromDescription() parsed {
	read := parsed{fields: values{}}
	if description := m.fields.text("jobDescription"); description != "" {
		read = parse(description, m.fields)
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
func (m *reading) report(reason string, passages ...passage) {
	for _, p := range passages {
		m.unmapped = append(m.unmapped, unmapped{p.path, reason, preview(p.text)})
	}
}

// oneOf tells whether a word is in a list.
func oneOf(word, list string) bool { return slices.Contains(strings.Fields(list), word) }

// badDocument returns the error for an invalid document, with the path of the problem.
func badDocument(path []any, format string, args ...any) *apiError {
	return badRequest("The document can't be used.", object{"issues": custom(format, args...).at(path...)})
}
