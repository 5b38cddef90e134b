package sandbox

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// at returns an entry of details.issues for a path as a list, which is empty if there is no issue. It has the form of the zod
// library (version 3), which the pages name.
func (o object) at(path ...any) []object {
	if o == nil {
		return nil
	}
	o["path"] = path
	return []object{o}
}

// custom is an issue that zod has no code for.
func custom(format string, args ...any) object {
	return object{"code": "custom", "message": fmt.Sprintf(format, args...)}
}

// decodeAll reads fields, or returns all of their problems.
func (v Variant) decodeAll(body map[string]json.RawMessage) (values, []object) {
	set, issues := values{}, []object(nil)
	if len(body) == 0 {
		issues = custom("At least one field is required").at([]any{}...)
	}
	for _, f := range updateFields() {
		if raw, given := body[f.Key]; given {
			value, problems := v.decode(f, raw)
			set[f.Key], issues = value, append(issues, problems...)
			delete(body, f.Key)
		}
	}
	if unknown := slices.Sorted(maps.Keys(body)); unknown != nil {
		issues = append(issues, object{"code": "unrecognized_keys", "keys": unknown, "path": []any{},
			"message": "Unrecognized key(s) in object: " + quoted(unknown, ", ")})
	}
	return set, issues
}

// decode reads the value of a field, or says what is wrong with it. null is nil.
func (v Variant) decode(f field, raw json.RawMessage, path ...any) (any, []object) {
	path = append(slices.Clone(path), f.Key)
	switch {
	case typeOf(raw) == "null":
		return nil, nil
	case f.Type != "array":
		value, problem := v.decodeOne(f, raw)
		return value, problem.at(path...)
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, wrongType("array", raw).at(path...)
	}
	list, issues := []string{}, []object(nil)
	for i, item := range items {
		value, problem := v.decodeOne(f, item)
		issues = append(issues, problem.at(append(slices.Clone(path), i)...)...)
		texts, _ := value.([]string)
		if text, isText := value.(string); isText {
			texts = []string{text}
		}
		for _, text := range texts {
			if !slices.Contains(list, text) {
				list = append(list, text)
			}
		}
	}
	return list, issues
}

// decodeOne reads a single value, or one item of a list.
func (v Variant) decodeOne(f field, raw json.RawMessage) (any, object) {
	wanted := cmp.Or(map[string]string{"number": "number", "boolean": "boolean"}[f.Type], "string")
	expected, options := wanted, f.options(v)
	if options != nil {
		expected = quoted(options, " | ")
	}
	if typeOf(raw) != wanted {
		return nil, wrongType(expected, raw)
	}
	var value any
	err := json.Unmarshal(raw, &value)
	text, _ := value.(string)
	n, _ := value.(float64)
	switch {
	case err != nil: // only a number beyond float64 fails here
		return nil, object{"code": "not_finite", "message": "Number must be finite"}
	case wanted == "number" && n <= 0:
		return nil, object{"code": "too_small", "minimum": 0, "type": wanted, "inclusive": false, "exact": false,
			"message": "Number must be greater than 0"}
	case f.Of == "whole" && n != math.Trunc(n):
		return nil, object{"code": "invalid_type", "expected": "integer", "received": "float", "message": "Expected integer, received float"}
	case options != nil && !slices.Contains(options, text):
		return nil, object{"code": "invalid_enum_value", "options": options, "received": text,
			"message": fmt.Sprintf("Invalid enum value. Expected %s, received '%s'", expected, text)}
	case wanted == "string" && strings.TrimSpace(text) == "":
		return nil, object{"code": "too_small", "minimum": 1, "type": wanted, "inclusive": true, "exact": false,
			"message": "String must contain at least 1 character(s)"}
	case f.Key == "jobDescription" && utf8.RuneCountInString(text) > maxDescription:
		return nil, tooLong(maxDescription)
	case f.Type == "array" && options == nil:
		return decodePlaces(f.Of, strings.TrimSpace(text))
	}
	return value, nil
}

// decodePlaces reads names or codes of countries or languages, and returns their English names. The pages do not say
// what the API does with other texts. That it refuses them is our assumption: a job for a country that does not exist reaches no one.
func decodePlaces(what, text string) ([]string, object) {
	if names := findPlaces(what, text); names != nil {
		return names, nil
	}
	one, example := "country", `"Kenya" or "KE"`
	if what == "languages" {
		one, example = "language", `"Spanish" or "es"`
	}
	switch strings.ToLower(text) {
	case "remote", "worldwide", "global", "international", "anywhere", "everywhere", "any", "all":
		return nil, custom("%q isn't a %s. To allow every %s, send an empty list.", text, one, one)
	}
	return nil, custom("%q isn't a %s. Send the English name or ISO code of each %s, such as %s.", text, one, one, example)
}

func wrongType(expected string, raw json.RawMessage) object {
	received := typeOf(raw)
	message := cmp.Or(map[string]string{"undefined": "Required"}[received], "Expected "+expected+", received "+received)
	return object{"code": "invalid_type", "expected": expected, "received": received, "message": message}
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

// placesText lists the countries of ISO 3166 and languages of ISO 639. The names are those of the Unicode CLDR.
//
//go:embed places.txt
var placesText string

// place is a country or a language with its English name and its ISO code.
type place struct{ name, code string }

// places finds countries or languages by names and codes in lower case.
type places struct{ names, codes map[string]place }

// allPlaces reads placesText when it is first needed. It has the countries and the languages.
var allPlaces = sync.OnceValue(func() map[string]places {
	all := map[string]places{}
	for _, what := range []string{"countries", "languages"} {
		all[what] = places{map[string]place{}, map[string]place{}}
	}
	for line := range strings.Lines(placesText) {
		codes, names, found := strings.Cut(strings.TrimSpace(line), " = ")
		if !found {
			continue
		}
		of := all["languages"]
		if codes == strings.ToUpper(codes) {
			of = all["countries"]
		}
		name, _, _ := strings.Cut(names, "|")
		code, _, _ := strings.Cut(codes, " ")
		for other := range strings.SplitSeq(strings.ToLower(names), "|") {
			of.names[other] = place{name, code}
		}
		for other := range strings.FieldsSeq(strings.ToLower(codes)) {
			of.codes[other] = place{name, code}
		}
	}
	return all
})

// namedPlace finds one of the countries or languages by its English name or another common name, in any case.
func namedPlace(what, name string) (place, bool) {
	found, known := allPlaces()[what].names[strings.ToLower(name)]
	return found, known
}

// findPlace also finds it by its ISO code; a language also by a BCP 47 tag, such as pt-BR.
func findPlace(what, text string) (place, bool) {
	found, known := namedPlace(what, text)
	if code, region, _ := strings.Cut(strings.ToLower(text), "-"); !known && (region == "" || what == "languages") {
		found, known = allPlaces()[what].codes[code]
	}
	return found, known
}

var betweenPlaces = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\s*[,;/&]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+`)
})

// findPlaces finds one, or those of a list like "A, B and C". It returns nil if a part isn't the name of one: "CA, US" and
// "Georgia, US" are states. A name has at most one "and". "A or B" allows both countries, but doesn't require both languages.
func findPlaces(what, text string) (names []string) {
	if found, known := findPlace(what, text); known {
		return []string{found.name}
	}
	for rest := strings.ReplaceAll(text, " & ", " and "); rest != ""; {
		ends := append(betweenPlaces().FindAllStringIndex(rest, 2), []int{len(rest), len(rest)})
		for i := min(len(ends), 2) - 1; ; i-- {
			if i < 0 {
				return nil
			}
			choice := what == "languages" && strings.ContainsAny(rest[ends[i][0]:ends[i][1]], "rR/") // "or" and "and/or"
			if found, known := namedPlace(what, rest[:ends[i][0]]); known && found.name != "Georgia" && !choice {
				names, rest = append(names, found.name), rest[ends[i][1]:]
				break
			}
		}
	}
	return names
}

// countryCodes converts names of countries to ISO codes, the form of public jobs.
func countryCodes(countries []string) []string {
	codes := make([]string, 0, len(countries))
	for _, name := range countries {
		found, _ := namedPlace("countries", name)
		codes = append(codes, found.code)
	}
	return codes
}
