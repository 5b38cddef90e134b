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

// updateDraft sends fields. The API names the values of some fields only when it refuses one: then the answers are read
// by these, and sent once more. A refused call changed nothing. fields then hold what was sent.
func (d *Desk) updateDraft(ctx context.Context, call *tool.Call, jobID string, fields opentrain.Fields) (*opentrain.Draft, error) {
	draft, err := d.API.UpdateDraft(ctx, jobID, fields)
	apiError, refused := errors.AsType[*opentrain.Error](err)
	if !refused || apiError.Code != opentrain.CodeBadRequest {
		return draft, err
	}
	options := opentrain.DraftForm{Enums: map[string][]string{}}
	refusedFields := opentrain.Fields{}
	for _, issue := range tool.IssuesOf(apiError.Details) {
		key := keyOf(string(issue.Path))
		if len(issue.Options) == 0 || fields[key] == nil {
			return nil, err
		}
		options.Enums[key], refusedFields[key] = issue.Options, fields[key]
	}
	raw, errJSON := json.Marshal(refusedFields)
	clean, interpreted, errRead := schema.DecodePart(fieldsOf(options), "fields", raw, tool.Dialect())
	var read opentrain.Fields
	if errors.Join(errJSON, errRead) != nil || len(interpreted) == 0 || json.Unmarshal(clean, &read) != nil {
		return nil, err
	}
	maps.Copy(fields, read)
	call.Interpreted = append(call.Interpreted, interpreted...)
	return d.API.UpdateDraft(ctx, jobID, fields)
}

// splitCommas makes a list of the parts between commas.
func splitCommas(list string) []string {
	var entries []string
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			entries = append(entries, part)
		}
	}
	return entries
}

// splitLanguages makes a list of "English, Spanish and French". "English or Spanish" is no list: it leaves a choice.
func splitLanguages(list string) []string {
	var entries []string
	for _, part := range splitCommas(strings.ReplaceAll(list, "&", ",")) {
		var words []string
		for _, word := range append(strings.Fields(part), "and") {
			switch {
			case strings.EqualFold(word, "or"):
				return nil
			case !strings.EqualFold(word, "and"):
				words = append(words, word)
			case len(words) > 0:
				entries, words = append(entries, strings.Join(words, " ")), nil
			}
		}
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
	if len(name) > 4 && strings.EqualFold(name[:4], "the ") {
		name = name[4:] // "the UK" would be listed as it is
	}
	return name, nil
}

// language refuses words that leave the language open.
func language(name string) (string, error) {
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
