package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// issue is one entry of details.issues, in the form of the zod library (version 3), which the pages name.
type issue map[string]any

// decodeAll reads fields, or returns all of their problems.
func (v Variant) decodeAll(body map[string]json.RawMessage) (values, []issue) {
	set, issues := values{}, []issue(nil)
	if len(body) == 0 {
		issues = []issue{{"code": "custom", "path": []any{}, "message": "At least one field is required"}}
	}
	for _, f := range updateFields() {
		if raw, given := body[f.key]; given {
			value, problems := v.decode(f, raw)
			set[f.key], issues = value, append(issues, problems...)
			delete(body, f.key)
		}
	}
	if unknown := slices.Sorted(maps.Keys(body)); unknown != nil {
		message := "Unrecognized key(s) in object: " + quoted(unknown, ", ")
		issues = append(issues, issue{"code": "unrecognized_keys", "keys": unknown, "path": []any{}, "message": message})
	}
	return set, issues
}

// decode reads the value of a field, or says what is wrong with it. null is nil.
func (v Variant) decode(f field, raw json.RawMessage) (any, []issue) {
	switch {
	case typeOf(raw) == "null":
		return nil, nil
	case f.jsonType() != "array":
		return v.decodeOne(f, raw, []any{f.key})
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, wrongType("array", raw, []any{f.key})
	}
	list, issues := []string{}, []issue(nil)
	for i, item := range items {
		value, problems := v.decodeOne(f, item, []any{f.key, i})
		issues = append(issues, problems...)
		if text, isText := value.(string); isText && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list, issues
}

// decodeOne reads a single value, or one item of a list.
func (v Variant) decodeOne(f field, raw json.RawMessage, path []any) (any, []issue) {
	wanted := cmp.Or(map[kind]string{kindNumber: "number", kindCount: "number", kindBool: "boolean"}[f.kind], "string")
	expected, options := wanted, v.enum(f.key)
	if options != nil {
		expected = quoted(options, " | ")
	}
	if typeOf(raw) != wanted {
		return nil, wrongType(expected, raw, path)
	}
	var value any
	err := json.Unmarshal(raw, &value)
	text, _ := value.(string)
	n, _ := value.(float64)
	switch {
	case err != nil: // only a number beyond float64 fails here
		return nil, []issue{{"code": "not_finite", "path": path, "message": "Number must be finite"}}
	case wanted == "number" && n <= 0:
		return nil, []issue{{"code": "too_small", "minimum": 0, "type": "number", "inclusive": false, "exact": false,
			"path": path, "message": "Number must be greater than 0"}}
	case f.kind == kindCount && n != math.Trunc(n):
		return nil, []issue{{"code": "invalid_type", "expected": "integer", "received": "float", "path": path,
			"message": "Expected integer, received float"}}
	case options != nil && !slices.Contains(options, text):
		return nil, []issue{{"code": "invalid_enum_value", "options": options, "received": text, "path": path,
			"message": fmt.Sprintf("Invalid enum value. Expected %s, received '%s'", expected, text)}}
	case wanted == "string" && strings.TrimSpace(text) == "":
		return nil, []issue{{"code": "too_small", "minimum": 1, "type": "string", "inclusive": true, "exact": false,
			"path": path, "message": "String must contain at least 1 character(s)"}}
	case f.key == "jobDescription" && utf8.RuneCountInString(text) > maxDescription:
		return nil, []issue{{"code": "too_big", "maximum": maxDescription, "type": "string", "inclusive": true, "exact": false,
			"path": path, "message": fmt.Sprintf("String must contain at most %d character(s)", maxDescription)}}
	case f.kind == kindCountries, f.kind == kindLanguages:
		return decodePlace(f.kind, strings.TrimSpace(text), path)
	}
	return value, nil
}

// decodePlace reads the name or code of a country or language, and returns its English name. The pages do not say what the
// API does with other texts. That it refuses them is our assumption: a job in Narnia finds nobody.
func decodePlace(k kind, text string, path []any) (any, []issue) {
	what, example := "language", `"Spanish" or "es"`
	name, known := namedLanguage(text)
	if !known {
		name, known = codedLanguage(text)
	}
	if k == kindCountries {
		var found country
		what, example = "country", `"Kenya" or "KE"`
		if found, known = namedCountry(text); !known {
			found, known = codedCountry(text)
		}
		name = found.name
	}
	if known {
		return name, nil
	}
	advice := "Send the English name or ISO code of each " + what + ", such as " + example + "."
	switch strings.ToLower(text) {
	case "remote", "worldwide", "global", "international", "anywhere", "everywhere", "any", "all":
		advice = "To allow every " + what + ", send an empty list."
	}
	return nil, []issue{{"code": "custom", "path": path, "message": fmt.Sprintf("%q isn't a %s. %s", text, what, advice)}}
}

func wrongType(expected string, raw json.RawMessage, path []any) []issue {
	received := typeOf(raw)
	message := "Expected " + expected + ", received " + received
	if received == "undefined" {
		message = "Required"
	}
	return []issue{{"code": "invalid_type", "expected": expected, "received": received, "path": path, "message": message}}
}

// typeOf names the JSON type of a valid value; an absent one is undefined.
func typeOf(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "undefined"
	}
	types := map[byte]string{'{': "object", '[': "array", '"': "string", 't': "boolean", 'f': "boolean", 'n': "null"}
	return cmp.Or(types[raw[0]], "number")
}

func quoted(words []string, separator string) string {
	return "'" + strings.Join(words, "'"+separator+"'") + "'"
}
