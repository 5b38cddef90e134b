package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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
	format, text, idempotencyKey string
	// documents are the documents in the request, by their key in the body.
	documents map[string]document
}

// document is a payload and its path in the body.
type document struct {
	raw  json.RawMessage
	path []any
}

// createDraft is POST /job-drafts (developers/api-reference/job-drafts/create). A repeated idempotency key returns the job that
// it created, whatever its status is now and whatever the body is. The pages do not document the status code of a success, so
// each variant has its own.
func (s *Sandbox) createDraft(c *call) *reply {
	src := source{documents: map[string]document{}}
	failure := src.read(c.body, nil, "format")
	if raw, given := c.body["source"]; given && failure == nil {
		var inner map[string]json.RawMessage
		if json.Unmarshal(raw, &inner) != nil || inner == nil {
			return typeFailure("object", raw, []any{"source"})
		}
		failure = src.read(inner, []any{"source"}, "type")
	}
	if failure != nil {
		return failure
	}
	draft, failure := s.parseSource(src)
	if failure != nil {
		return failure
	}
	if j := c.account.byKey[src.idempotencyKey]; src.idempotencyKey != "" && j != nil {
		return ok(s.report(j, true))
	}
	now := s.cfg.Now()
	j := s.add(&job{owner: c.account, status: statusDraft, fields: draft.fields,
		demands: draft.demands, guesses: draft.guesses, unmapped: draft.unmapped, created: now, updated: now})
	c.account.byKey[src.idempotencyKey] = j
	return &reply{status: map[Variant]int{Guide: http.StatusOK, Reference: http.StatusCreated}[s.cfg.Variant], body: s.report(j, true)}
}

// read reads the forms of the body that the pages show: rawJobDescription, source, and format with its payload. We assume that
// source has a payload under the same key as the body.
func (src *source) read(object map[string]json.RawMessage, path []any, selector string) *apiError {
	for _, member := range []struct {
		key string
		to  *string
	}{
		{selector, &src.format}, {"text", &src.text}, {"rawJobDescription", &src.text},
		{"externalId", new(string)}, {"idempotencyKey", &src.idempotencyKey},
	} {
		if raw, given := object[member.key]; given && json.Unmarshal(raw, member.to) != nil { // null changes nothing
			return typeFailure("string", raw, append(slices.Clone(path), member.key))
		}
	}
	for _, format := range formats() {
		if raw, given := object[format.payload]; given && typeOf(raw) != "null" {
			src.documents[format.payload] = document{raw, append(slices.Clone(path), format.payload)}
		}
	}
	return nil
}

// parseSource extracts the fields of a draft from a source.
func (s *Sandbox) parseSource(src source) (parsed, *apiError) {
	format, known := formats()[src.format]
	isText := src.format == "" || src.format == "text"
	for key := range src.documents {
		if isText {
			return parsed{}, badDocument([]any{key}, "A document in %s needs its format.", key)
		}
		if known && key != format.payload {
			return parsed{}, badDocument([]any{key}, "The format %s takes its document in %s, not in %s.", src.format, format.payload, key)
		}
	}
	document, given := src.documents[format.payload]
	switch {
	case isText && strings.TrimSpace(src.text) == "":
		return parsed{}, badRequest("The job description is empty: send rawJobDescription, or source with type and text.")
	case isText:
		if failure := checkLength(src.text); failure != nil {
			return parsed{}, failure
		}
		return parse(src.text), nil
	case !known:
		return parsed{}, badRequest(fmt.Sprintf("The import format %q is not supported.", src.format),
			details{"supportedFormats": importFormats()})
	case !given:
		return parsed{}, badDocument([]any{format.payload}, "The format %s needs its document in %s, and there is none.",
			src.format, format.payload)
	}
	m, failure := format.read(s.cfg.Variant, document.raw, document.path)
	if failure == nil {
		failure = checkLength(m.fields.text("jobDescription"))
	}
	if failure != nil {
		return parsed{}, failure
	}
	return m.fillFromDescription(), nil
}

func checkLength(description string) *apiError {
	n := utf8.RuneCountInString(description)
	if n <= maxDescription {
		return nil
	}
	return badRequest(fmt.Sprintf("The job description has %d characters; at most %d are allowed.", n, maxDescription),
		details{"maxLength": maxDescription, "length": n})
}

func typeFailure(expected string, raw json.RawMessage, path []any) *apiError {
	return badRequest("The body has invalid fields. No draft was made.",
		details{"issues": wrongType(expected, raw, path)})
}
