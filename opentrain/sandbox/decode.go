package sandbox

import (
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

// decode reads the value of a field, or says what is wrong with it. null is nil.
func (v Variant) decode(f field, raw json.RawMessage) (any, []issue) {
	switch {
	case typeOf(raw) == "null":
		return nil, nil
	case !f.isList():
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
	switch f.kind {
	case kindNumber, kindCount:
		return decodeNumber(f.kind, raw, path)
	case kindBool:
		if typeOf(raw) != "boolean" {
			return nil, wrongType("boolean", raw, path)
		}
		return raw[0] == 't', nil
	case kindEnum, kindEnums:
		return decodeEnum(v.enum(f.key), raw, path)
	case kindCountries:
		return decodeName(findCountry, raw, path)
	case kindLanguages:
		return decodeName(findLanguage, raw, path)
	case kindString:
	}
	limit := 0
	if f.key == "jobDescription" {
		limit = maxDescription
	}
	return decodeString(limit, raw, path)
}

func newIssue(path []any, code, message string, more issue) []issue {
	all := issue{"code": code, "path": path, "message": message}
	maps.Copy(all, more)
	return []issue{all}
}

func decodeString(limit int, raw json.RawMessage, path []any) (any, []issue) {
	var text string
	switch {
	case typeOf(raw) != "string" || json.Unmarshal(raw, &text) != nil:
		return nil, wrongType("string", raw, path)
	case strings.TrimSpace(text) == "":
		return nil, newIssue(path, "too_small", "String must contain at least 1 character(s)",
			issue{"minimum": 1, "type": "string", "inclusive": true, "exact": false})
	case limit > 0 && utf8.RuneCountInString(text) > limit:
		return nil, newIssue(path, "too_big", fmt.Sprintf("String must contain at most %d character(s)", limit),
			issue{"maximum": limit, "type": "string", "inclusive": true, "exact": false})
	}
	return text, nil
}

func decodeNumber(k kind, raw json.RawMessage, path []any) (any, []issue) {
	var n float64
	switch {
	case typeOf(raw) != "number":
		return nil, wrongType("number", raw, path)
	case json.Unmarshal(raw, &n) != nil: // only a number beyond float64 fails here
		return nil, newIssue(path, "not_finite", "Number must be finite", nil)
	case n <= 0:
		return nil, newIssue(path, "too_small", "Number must be greater than 0",
			issue{"minimum": 0, "type": "number", "inclusive": false, "exact": false})
	case k == kindCount && n != math.Trunc(n):
		return nil, newIssue(path, "invalid_type", "Expected integer, received float", issue{"expected": "integer", "received": "float"})
	}
	return n, nil
}

func decodeEnum(options []string, raw json.RawMessage, path []any) (any, []issue) {
	var text string
	expected := quoted(options, " | ")
	if json.Unmarshal(raw, &text) != nil {
		return nil, wrongType(expected, raw, path)
	}
	if !slices.Contains(options, text) {
		return nil, newIssue(path, "invalid_enum_value", fmt.Sprintf("Invalid enum value. Expected %s, received '%s'", expected, text),
			issue{"options": options, "received": text})
	}
	return text, nil
}

// decodeName reads the name or code of something that find knows, and returns its English name.
func decodeName(find func(string) (name, problem string), raw json.RawMessage, path []any) (any, []issue) {
	value, issues := decodeString(0, raw, path)
	text, isText := value.(string)
	if !isText {
		return nil, issues
	}
	name, problem := find(strings.TrimSpace(text))
	if problem != "" {
		return nil, newIssue(path, "custom", fmt.Sprintf("%q %s", text, problem), nil)
	}
	return name, nil
}

// findCountry returns the name of a country, or what to send instead. The pages do not say what the API does
// with other texts. That it refuses them is our assumption: a job for Narnia finds nobody.
func findCountry(text string) (name, problem string) {
	found, known := namedCountry(text)
	if !known {
		found, known = codedCountry(text)
	}
	anywhere := []string{"remote", "worldwide", "global", "international", "anywhere", "any", "all", "everywhere"}
	switch {
	case known:
		return found.name, ""
	case slices.Contains(anywhere, strings.ToLower(text)):
		return "", "isn't a country. To hire anywhere, send an empty list."
	}
	return "", `isn't a country. Send the English name or ISO code of each country, such as "Kenya" or "KE".`
}

// findLanguage returns the name of a language, or what to send instead, like findCountry.
func findLanguage(text string) (name, problem string) {
	found, known := namedLanguage(text)
	if !known {
		found, known = codedLanguage(text)
	}
	if known {
		return found, ""
	}
	return "", `isn't a language. Send the English name or ISO code of each language, such as "Spanish" or "es".`
}

func wrongType(expected string, raw json.RawMessage, path []any) []issue {
	received := typeOf(raw)
	message := "Expected " + expected + ", received " + received
	if received == "undefined" {
		message = "Required"
	}
	return newIssue(path, "invalid_type", message, issue{"expected": expected, "received": received})
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
