package sandbox

import (
	"cmp"
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

// format is an import format: its name, the key of the body that holds its document, and what describes a job in it.
type format struct{ name, payload, job string }

// formats lists the import formats in the order of developers/api-reference/job-drafts/capabilities.
func formats() []format {
	return []format{
		{name: "text"},
		{"opentrain_canonical", "job", ""},
		{"schema_org_job_posting", "jsonLd", "JobPosting"},
		{"indeed_xml", "xml", "job"},
		{"hr_xml", "xml", "PositionOpening JobPositionPosting"},
	}
}

func importFormats() (names []string) {
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// member is a value in the body of a request, and its path.
type member struct {
	raw  json.RawMessage
	path []any
}

// createDraft is POST /job-drafts (developers/api-reference/job-drafts/create). A repeated idempotency key returns the job that
// it created, whatever its status is now and whatever the body is. The pages do not document the status code of a success, so
// each variant has its own.
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
	draft, failure := s.cfg.Variant.readDraft(cmp.Or(name, "text"), text, members)
	if failure != nil {
		return failure
	}
	if j := c.account.byKey[idempotencyKey]; idempotencyKey != "" && j != nil {
		return ok(s.report(j, true))
	}
	now := s.cfg.Now()
	j := s.add(&job{owner: c.account, status: statusDraft, parsed: draft, created: now, updated: now})
	c.account.byKey[idempotencyKey] = j
	return &reply{status: map[Variant]int{Guide: http.StatusOK, Reference: http.StatusCreated}[s.cfg.Variant], body: s.report(j, true)}
}

// membersOf returns the members of the body, and those of its source with them. The pages show three forms: rawJobDescription,
// source, and format with its payload. That source can have the same payloads as the body is our assumption.
func membersOf(body map[string]json.RawMessage) (map[string]member, *apiError) {
	members := map[string]member{}
	add := func(key string, raw json.RawMessage, path ...any) {
		if typeOf(raw) != "null" {
			members[key] = member{raw, path}
		}
	}
	for key, raw := range body {
		add(key, raw, key)
	}
	raw, given := body["source"]
	if !given {
		return members, nil
	}
	var source map[string]json.RawMessage
	if json.Unmarshal(raw, &source) != nil || source == nil {
		return nil, typeFailure("object", member{raw, []any{"source"}})
	}
	for key, raw := range source {
		name := key
		if key == "type" {
			name = "format"
		}
		add(name, raw, "source", key)
	}
	return members, nil
}

// readDraft extracts the fields of a draft from a text or a document.
func (v Variant) readDraft(name, text string, members map[string]member) (parsed, *apiError) {
	i := slices.IndexFunc(formats(), func(f format) bool { return f.name == name })
	if i < 0 {
		return parsed{}, badRequest(fmt.Sprintf("The import format %q is not supported.", name),
			details{"supportedFormats": importFormats()})
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
	var document imported
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
			details{"maxLength": maxDescription, "length": n})
	case f.payload != "":
		return document.fillFromDescription(), nil
	case strings.TrimSpace(text) == "":
		return parsed{}, badRequest("The job description is empty: send rawJobDescription, or source with type and text.")
	}
	return parse(text), nil
}

func typeFailure(expected string, m member) *apiError {
	return badRequest("The body has invalid fields. No draft was made.",
		details{"issues": wrongType(expected, m.raw).at(m.path...)})
}
