package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDescription is the longest description taken, in characters
// (developers/api-reference/job-drafts/create).
const maxDescription = 60_000

// importFormats are the inputs that the API takes, in the order of
// developers/api-reference/job-drafts/capabilities.
func importFormats() []string {
	return []string{"text", "opentrain_canonical", "schema_org_job_posting", "indeed_xml", "hr_xml"}
}

// source is what a draft is made from, whichever shape it came in.
type source struct {
	Type           *string `json:"type"`
	Text           *string `json:"text"`
	ExternalID     *string `json:"externalId"`
	IdempotencyKey *string `json:"idempotencyKey"`
}

// createDraft is POST /job-drafts (developers/api-reference/job-drafts/create).
// A repeated idempotency key finds the job that it made, whatever has become
// of that and whatever the body says now. No page tells the status of a
// success, so the variants differ in it.
func (s *Sandbox) createDraft(c *call) (reply, *apiError) {
	body, failure := c.object()
	if failure != nil {
		return reply{}, failure
	}
	src, failure := readSource(body)
	if failure != nil {
		return reply{}, failure
	}
	read := parse(*src.Text)

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

// readSource understands the shapes of the body that the pages show:
// rawJobDescription, source, and format with its payload.
func readSource(body map[string]json.RawMessage) (source, *apiError) {
	var src source
	fields := map[string]**string{
		"format": &src.Type, "text": &src.Text, "rawJobDescription": &src.Text,
		"externalId": &src.ExternalID, "idempotencyKey": &src.IdempotencyKey,
	}
	for _, key := range []string{"format", "text", "rawJobDescription", "externalId", "idempotencyKey"} {
		if failure := readString(body, key, []any{key}, fields[key]); failure != nil {
			return src, failure
		}
	}
	if raw, given := body["source"]; given {
		var inner map[string]json.RawMessage
		if json.Unmarshal(raw, &inner) != nil || inner == nil {
			return src, typeFailure("object", raw, []any{"source"})
		}
		fields["type"] = &src.Type
		for _, key := range []string{"type", "text", "externalId", "idempotencyKey"} {
			if failure := readString(inner, key, []any{"source", key}, fields[key]); failure != nil {
				return src, failure
			}
		}
	}
	return src, checkSource(src)
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
	failure := badRequest("The body has fields that cannot be taken. No draft was made.")
	failure.details = details{"issues": []issue{wrongType(expected, raw, path)}}
	return failure
}

func checkSource(src source) *apiError {
	format := "text"
	if src.Type != nil {
		format = *src.Type
	}
	if format != "text" {
		failure := badRequest(fmt.Sprintf("The import format %q is not supported.", format))
		if slices.Contains(importFormats(), format) {
			failure.message = fmt.Sprintf("This sandbox reads only text yet, not the format %q.", format)
		}
		failure.details = details{"supportedFormats": importFormats()}
		return failure
	}
	if src.Text == nil {
		return badRequest("There is no job description: send rawJobDescription, or source with type and text.")
	}
	if strings.TrimSpace(*src.Text) == "" {
		return badRequest("The job description is empty.")
	}
	if n := utf8.RuneCountInString(*src.Text); n > maxDescription {
		failure := badRequest(fmt.Sprintf("The job description has %d characters; at most %d are taken.", n, maxDescription))
		failure.details = details{"maxLength": maxDescription, "length": n}
		return failure
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
