package draft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// updateDraft sends fields. The API names the values or the type of some fields only when it refuses one: then the answers are
// read by these, and sent once more. A refused call changed nothing. fields then hold what was sent.
func (d *Desk) updateDraft(ctx context.Context, call *tool.Call, jobID string, fields opentrain.Fields) (*opentrain.Draft, error) {
	draft, err := d.API.UpdateDraft(ctx, jobID, fields)
	apiError, refused := errors.AsType[*opentrain.Error](err)
	if !refused || apiError.Code != opentrain.CodeBadRequest {
		return draft, err
	}
	options, types := opentrain.DraftForm{Enums: map[string][]string{}}, map[string]string{}
	refusedFields := opentrain.Fields{}
	for _, issue := range tool.IssuesOf(apiError.Details) {
		key, expected := keyOf(string(issue.Path)), normalType(issue.Expected)
		switch {
		case fields[key] == nil:
			return nil, err
		case len(issue.Options) > 0:
			options.Enums[key] = issue.Options
		case expected == "boolean" || expected == "number":
			types[key] = expected
		default:
			return nil, err
		}
		refusedFields[key] = fields[key]
	}
	node := fieldsOf(options)
	for key, name := range types {
		if _, typed := node.Properties.Get(key); !typed {
			node.Properties.Set(key, &schema.Node{Type: name})
		}
	}
	raw, errJSON := json.Marshal(refusedFields)
	clean, interpreted, errRead := schema.DecodePart(node, "fields", raw, tool.Dialect())
	var read opentrain.Fields
	if errors.Join(errJSON, errRead) != nil || text.Canonical(clean) == text.Canonical(raw) || json.Unmarshal(clean, &read) != nil {
		return nil, err
	}
	maps.Copy(fields, read)
	call.Interpreted = append(call.Interpreted, interpreted...)
	return d.API.UpdateDraft(ctx, jobID, fields)
}

// separate makes a list of the parts of a text: between lines or semicolons, or else between commas, and between words such as
// "and". With semicolons, commas belong to names: "Korea, South; Peru". Without whole parts it is no list.
func separate(list string, between ...string) []string {
	marks := ","
	if strings.ContainsAny(list, ";\n") {
		marks = ";\n"
	}
	var entries []string
	for part := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(marks, r) }) {
		var words []string
		end := func() {
			if len(words) > 0 {
				entries, words = append(entries, strings.Join(words, " ")), nil
			}
		}
		for word := range strings.FieldsSeq(part) {
			if slices.ContainsFunc(between, func(other string) bool { return strings.EqualFold(word, other) }) {
				end()
				continue
			}
			words = append(words, word)
		}
		end()
	}
	isPart := func(entry string) bool { return strings.Count(entry, "(") != strings.Count(entry, ")") }
	if slices.ContainsFunc(entries, isPart) { // "Chinese (Simplified, Traditional)"
		return nil
	}
	return entries
}

func splitLabelTypes(list string) []string { return separate(list) }

// splitLanguages makes a list of "English, Spanish and French". "or Spanish" is no list: something is missing.
func splitLanguages(list string) []string {
	entries := separate(strings.ReplaceAll(list, "&", " & "), "and", "&")
	isHalf := func(entry string) bool {
		words := strings.Fields(strings.ToLower(entry))
		return len(words) > 1 && (words[0] == "or" || words[len(words)-1] == "or")
	}
	if slices.ContainsFunc(entries, isHalf) {
		return nil
	}
	return entries
}

// splitCountries makes a list of "Mexico, US or Canada". Many countries have an "and" in their names.
func splitCountries(list string) []string {
	entries := separate(list, "or", "and/or")
	for i, entry := range entries { // Mexico, and Peru
		if first, rest, more := strings.Cut(entry, " "); more && strings.EqualFold(first, "and") {
			entries[i] = rest
		}
	}
	if len(entries) == 1 && strings.EqualFold(entries[0], "and") {
		return nil
	}
	return entries
}

// country refuses words for the whole world: OpenTrain doesn't document a value for it.
func country(name string) (string, error) {
	everywhere := []string{
		"anywhere", "everywhere", "worldwide", "world wide", "world", "the world", "whole world", "the whole world", "global", "globally",
		"international", "any", "any country", "all", "all countries", "every country", "no restriction", "no restrictions", "no limit",
	}
	if slices.Contains(everywhere, plain(name)) {
		return "", fmt.Errorf("\"%s\" is not a country. Ask the human which countries people may work from; "+
			"OpenTrain documents no value for all countries; leave countries out if there's no limit", text.Clean(name, 60))
	}
	if strings.Contains(name, "/") {
		return "", fmt.Errorf("\"%s\" is not one country; send each as an entry of its own", text.Clean(name, 60))
	}
	if len(name) > 4 && strings.EqualFold(name[:4], "the ") {
		name = name[4:] // "the UK" would be listed as it is
	}
	return name, nil
}

// language refuses words that leave the language open, and entries that name several: a slash may mean a choice, or two names of
// one language.
func language(name string) (string, error) {
	if before, _, _ := strings.Cut(name, "("); strings.ContainsAny(before, ",;/\n") {
		return "", fmt.Errorf("\"%s\" is not one language; send each that people must know as an entry of its own", text.Clean(name, 60))
	}
	open := []string{
		"any", "any language", "any languages", "none", "all", "all languages", "every language",
		"no preference", "no requirement", "no requirements",
	}
	if slices.Contains(open, plain(name)) {
		return "", fmt.Errorf("\"%s\" is not a language. Ask the human which languages people must know; "+
			"leave languages out if none is required and OpenTrain doesn't ask for one", text.Clean(name, 60))
	}
	return name, nil
}

// plain writes a name in small letters, with single spaces for everything between its words.
func plain(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune(" -_.\t!", r) }), " ")
}
