package draft

import (
	"encoding/json"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// same reports whether a field has a value already, as OpenTrain would store it: numbers by value, and of a list of countries, languages
// or types of labels the same entries. The public list writes enum values in other letters than the API reads. A country's code isn't
// compared with its name: the tables for that have 2 MB.
func same(key string, current, value json.RawMessage) bool {
	switch key {
	case "paymentType", "experienceLevel", "dataType":
		return len(current) > 0 && strings.EqualFold(tool.Readable(key, current), tool.Readable(key, value))
	case "labelTypes", "languages", "countries":
		return len(current) > 0 && slices.Equal(entriesOf(key, current), entriesOf(key, value))
	}
	number := numberOf(value)
	return number != "" && numberOf(current) == number || text.Canonical(current) == text.Canonical(value)
}

// valuesOf are the entries of a list, or the one value of an enum, as people read them.
func valuesOf(value json.RawMessage) []string {
	var list []string
	if json.Unmarshal(value, &list) != nil {
		if one := textOf(value); one != tool.Label(one) {
			list = []string{one}
		}
	}
	return tool.Map(list, tool.Label)
}

// entriesOf are the entries of a list as people read them, in small letters and in order. Any other value is one.
func entriesOf(key string, value json.RawMessage) []string {
	entries := tool.Map(valuesOf(value), strings.ToLower)
	if len(entries) == 0 {
		return []string{strings.ToLower(tool.Readable(key, value))}
	}
	slices.Sort(entries)
	return slices.Compact(entries)
}
