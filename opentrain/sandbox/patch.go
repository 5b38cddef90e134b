package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// patchDraft is PATCH /job-drafts/{jobId} (developers/api-reference/job-drafts/update). It applies all fields
// or none.
func (s *Sandbox) patchDraft(c *call) (reply, *apiError) {
	set, failure := s.readPatch(c)
	if failure != nil {
		return reply{}, failure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.own(c)
	if j == nil {
		return reply{}, noSuchJob()
	}
	if j.status != statusDraft {
		return reply{}, conflict("This job is no longer a draft. Edit a live job with PATCH /jobs/{id}.",
			details{"jobId": j.id, "status": j.status, "requiredStatus": statusDraft})
	}
	j.apply(set)
	j.updated = s.now()
	return ok(s.patchReport(j))
}

// readPatch reads the fields in a request body.
func (s *Sandbox) readPatch(c *call) (values, *apiError) {
	body, failure := c.object()
	if failure != nil {
		return nil, failure
	}
	return s.checkPatch(body)
}

// apply sets fields. A nil value clears a field. A field that was set is no longer a guess.
func (j *job) apply(set values) {
	for key, value := range set {
		if value == nil {
			delete(j.fields, key)
		} else {
			j.fields[key] = value
		}
	}
	j.guesses = slices.DeleteFunc(j.guesses, func(g guess) bool { return set.has(g.Field) })
}

// issue is one entry of details.issues, in the form of the zod library (version 3), which the pages name.
type issue map[string]any

// checkPatch decodes a body into values, or returns all of its problems.
func (s *Sandbox) checkPatch(body map[string]json.RawMessage) (values, *apiError) {
	if len(body) == 0 {
		failure := badRequest("The body names no field to change.")
		failure.details = details{"issues": []issue{{"code": "custom", "path": []any{}, "message": "At least one field is required"}}}
		return nil, failure
	}
	set := values{}
	var issues []issue
	known := updateFields()
	for _, f := range known {
		raw, given := body[f.key]
		if !given {
			continue
		}
		value, problems := s.variant.decode(f, raw)
		set[f.key] = value
		issues = append(issues, problems...)
	}
	var unknown []string
	for _, key := range slices.Sorted(maps.Keys(body)) {
		if !slices.ContainsFunc(known, func(f field) bool { return f.key == key }) {
			unknown = append(unknown, key)
		}
	}
	if unknown != nil {
		issues = append(issues, issue{"code": "unrecognized_keys", "keys": unknown, "path": []any{},
			"message": "Unrecognized key(s) in object: " + quoted(unknown, ", ")})
	}
	if issues != nil {
		failure := badRequest("The body has invalid fields.")
		failure.details = details{"issues": issues}
		return nil, failure
	}
	return set, nil
}

// decode reads the value of one field; null is nil.
func (v Variant) decode(f field, raw json.RawMessage) (any, []issue) {
	if bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	path := []any{f.key}
	switch f.kind {
	case kindNumber, kindCount:
		return decodeNumber(f.kind, raw, path)
	case kindBool:
		var b bool
		if json.Unmarshal(raw, &b) != nil {
			return nil, []issue{wrongType("boolean", raw, path)}
		}
		return b, nil
	case kindEnum:
		return decodeEnum(v.enum(f.key), raw, path)
	case kindStrings:
		return decodeList(nil, raw, path)
	case kindEnumList:
		return decodeList(v.enum(f.key), raw, path)
	case kindString:
	}
	limit := 0
	if f.key == "jobDescription" {
		limit = maxDescription
	}
	return decodeString(limit, raw, path)
}

func decodeString(limit int, raw json.RawMessage, path []any) (any, []issue) {
	var text string
	if typeOf(raw) != "string" || json.Unmarshal(raw, &text) != nil {
		return nil, []issue{wrongType("string", raw, path)}
	}
	if strings.TrimSpace(text) == "" {
		return nil, []issue{{"code": "too_small", "minimum": 1, "type": "string", "inclusive": true, "exact": false,
			"path": path, "message": "String must contain at least 1 character(s)"}}
	}
	if limit > 0 && utf8.RuneCountInString(text) > limit {
		return nil, []issue{{"code": "too_big", "maximum": limit, "type": "string", "inclusive": true, "exact": false,
			"path": path, "message": fmt.Sprintf("String must contain at most %d character(s)", limit)}}
	}
	return text, nil
}

func decodeNumber(k kind, raw json.RawMessage, path []any) (any, []issue) {
	if typeOf(raw) != "number" {
		return nil, []issue{wrongType("number", raw, path)}
	}
	var n float64
	if json.Unmarshal(raw, &n) != nil { // only a number beyond float64 fails here
		return nil, []issue{{"code": "not_finite", "path": path, "message": "Number must be finite"}}
	}
	if n <= 0 {
		return nil, []issue{{"code": "too_small", "minimum": 0, "type": "number", "inclusive": false, "exact": false,
			"path": path, "message": "Number must be greater than 0"}}
	}
	if k == kindCount && n != math.Trunc(n) {
		return nil, []issue{{"code": "invalid_type", "expected": "integer", "received": "float",
			"path": path, "message": "Expected integer, received float"}}
	}
	return n, nil
}

func decodeEnum(options []string, raw json.RawMessage, path []any) (any, []issue) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil, []issue{wrongType(quoted(options, " | "), raw, path)}
	}
	if !slices.Contains(options, text) {
		return nil, []issue{{"code": "invalid_enum_value", "options": options, "received": text, "path": path,
			"message": fmt.Sprintf("Invalid enum value. Expected %s, received '%s'", quoted(options, " | "), text)}}
	}
	return text, nil
}

// decodeList decodes a list of strings, or of options if there are any.
func decodeList(options []string, raw json.RawMessage, path []any) (any, []issue) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, []issue{wrongType("array", raw, path)}
	}
	list := []string{}
	var issues []issue
	for i, item := range items {
		at := append(slices.Clone(path), i)
		var value any
		var problems []issue
		if options != nil {
			value, problems = decodeEnum(options, item, at)
		} else {
			value, problems = decodeString(0, item, at)
		}
		issues = append(issues, problems...)
		if text, isText := value.(string); isText {
			list = append(list, text)
		}
	}
	return list, issues
}

func wrongType(expected string, raw json.RawMessage, path []any) issue {
	received := typeOf(raw)
	if received == "undefined" {
		return issue{"code": "invalid_type", "expected": expected, "received": received, "path": path, "message": "Required"}
	}
	return issue{"code": "invalid_type", "expected": expected, "received": received, "path": path,
		"message": "Expected " + expected + ", received " + received}
}

// typeOf names the JSON type of a valid value; an absent one is undefined.
func typeOf(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "undefined"
	}
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

func quoted(words []string, separator string) string {
	return "'" + strings.Join(words, "'"+separator+"'") + "'"
}
