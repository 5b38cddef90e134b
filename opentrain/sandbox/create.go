package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxDescription is the length limit of a description in characters
// (developers/api-reference/job-drafts/create).
const maxDescription = 60_000

// importFormats lists the formats that the API accepts, in the order of
// developers/api-reference/job-drafts/capabilities.
func importFormats() []string {
	return []string{"text", "opentrain_canonical", "schema_org_job_posting", "indeed_xml", "hr_xml"}
}

// source is the source of a draft, in any of the request's forms.
type source struct {
	Type           *string
	Text           *string
	ExternalID     *string
	IdempotencyKey *string
	// documents are the documents in the request, by their key in the body.
	documents map[string]document
}

// document is a payload and its path in the body.
type document struct {
	raw  json.RawMessage
	path []any
}

// createDraft is POST /job-drafts (developers/api-reference/job-drafts/create). A repeated idempotency key
// returns the job that it created, whatever its status is now and whatever the body is. The pages do not
// document the status code of a success, so each variant has its own.
func (s *Sandbox) createDraft(c *call) (reply, *apiError) {
	body, failure := c.object()
	if failure != nil {
		return reply{}, failure
	}
	src, failure := readSource(body)
	if failure != nil {
		return reply{}, failure
	}
	read, failure := s.read(&src)
	if failure != nil {
		return reply{}, failure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := deref(src.IdempotencyKey)
	if j := c.account.byKey[key]; key != "" && j != nil {
		return ok(s.createReport(j))
	}
	j := s.newJob(c.account, read)
	j.externalID = deref(src.ExternalID)
	if key != "" {
		c.account.byKey[key] = j
	}
	status := http.StatusOK
	if s.variant == Reference {
		status = http.StatusCreated
	}
	return reply{status: status, body: s.createReport(j)}, nil
}

// newJob stores a draft. The caller holds s.mu.
func (s *Sandbox) newJob(owner *account, read parsed) *job {
	seq := len(s.order) + 1
	now := s.now()
	j := &job{
		seq: seq, id: fmt.Sprintf("job_%d", seq), owner: owner, status: statusDraft,
		fields: read.fields, demands: read.demands, guesses: read.guesses, unmapped: read.unmapped,
		created: now, updated: now,
	}
	s.jobs[j.id] = j
	s.order = append(s.order, j)
	return j
}

// readSource reads the forms of the body that the pages show: rawJobDescription, source, and format with its
// payload. We assume that source has a payload under the same key as the body.
func readSource(body map[string]json.RawMessage) (source, *apiError) {
	src := source{documents: map[string]document{}}
	fields := map[string]**string{
		"format": &src.Type, "type": &src.Type, "text": &src.Text, "rawJobDescription": &src.Text,
		"externalId": &src.ExternalID, "idempotencyKey": &src.IdempotencyKey,
	}
	read := func(object map[string]json.RawMessage, path []any, keys ...string) *apiError {
		for _, key := range keys {
			if failure := readString(object, key, childPath(path, key), fields[key]); failure != nil {
				return failure
			}
		}
		for _, format := range formats() {
			if raw, given := object[format.payload]; given && typeOf(raw) != "null" {
				src.documents[format.payload] = document{raw, childPath(path, format.payload)}
			}
		}
		return nil
	}
	if failure := read(body, nil, "format", "text", "rawJobDescription", "externalId", "idempotencyKey"); failure != nil {
		return src, failure
	}
	if raw, given := body["source"]; given {
		var inner map[string]json.RawMessage
		if json.Unmarshal(raw, &inner) != nil || inner == nil {
			return src, typeFailure("object", raw, []any{"source"})
		}
		if failure := read(inner, []any{"source"}, "type", "text", "externalId", "idempotencyKey"); failure != nil {
			return src, failure
		}
	}
	return src, nil
}

// read extracts the fields of a draft from a source.
func (s *Sandbox) read(src *source) (parsed, *apiError) {
	name := deref(src.Type)
	if name == "" || name == "text" {
		if failure := checkText(*src); failure != nil {
			return parsed{}, failure
		}
		return parse(*src.Text), nil
	}
	format, known := formats()[name]
	if !known {
		failure := badRequest(fmt.Sprintf("The import format %q is not supported.", name))
		failure.details = details{"supportedFormats": importFormats()}
		return parsed{}, failure
	}
	for key := range src.documents {
		if key != format.payload {
			return parsed{}, badDocument([]any{key}, "The format %s takes its document in %s, not in %s.", name, format.payload, key)
		}
	}
	document, given := src.documents[format.payload]
	if !given {
		return parsed{}, badDocument([]any{format.payload}, "The format %s needs its document in %s, and there is none.", name, format.payload)
	}
	m, failure := format.read(s.variant, document.raw, document.path)
	if failure != nil {
		return parsed{}, failure
	}
	if n := utf8.RuneCountInString(m.description); n > maxDescription {
		return parsed{}, tooLong(n)
	}
	if src.ExternalID == nil && m.externalID != "" {
		src.ExternalID = &m.externalID
	}
	return m.fillFromDescription(), nil
}

func readString(object map[string]json.RawMessage, key string, path []any, to **string) *apiError {
	raw, given := object[key]
	if !given {
		return nil
	}
	var text *string
	if json.Unmarshal(raw, &text) != nil {
		return typeFailure("string", raw, path)
	}
	if text != nil {
		*to = text
	}
	return nil
}

func typeFailure(expected string, raw json.RawMessage, path []any) *apiError {
	failure := badRequest("The body has invalid fields. No draft was made.")
	failure.details = details{"issues": []issue{wrongType(expected, raw, path)}}
	return failure
}

func checkText(src source) *apiError {
	for key := range src.documents {
		return badDocument([]any{key}, "A document in %s needs its format.", key)
	}
	if src.Text == nil {
		return badRequest("There is no job description: send rawJobDescription, or source with type and text.")
	}
	if strings.TrimSpace(*src.Text) == "" {
		return badRequest("The job description is empty.")
	}
	if n := utf8.RuneCountInString(*src.Text); n > maxDescription {
		return tooLong(n)
	}
	return nil
}

func tooLong(n int) *apiError {
	failure := badRequest(fmt.Sprintf("The job description has %d characters; at most %d are allowed.", n, maxDescription))
	failure.details = details{"maxLength": maxDescription, "length": n}
	return failure
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
