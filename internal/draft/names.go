package draft

import (
	"encoding/json"
	"slices"
	"strings"

	lang "golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// named writes the codes in a list of countries or languages as names: BR is Brazil, pt is Portuguese. Everything else stays as it is.
func named(key string, value json.RawMessage) json.RawMessage {
	var list []string
	if key != "countries" && key != "languages" || json.Unmarshal(value, &list) != nil || list == nil {
		return value
	}
	for i, entry := range list {
		list[i] = nameOf(key, entry)
	}
	return json.RawMessage(text.JSON(list))
}

func nameOf(key, entry string) string {
	name := ""
	switch isCode := entry == strings.ToUpper(entry) || entry == strings.ToLower(entry); {
	case !isCode || len(entry) > 3: // Mon is a language, mon the code of another
	case key == "languages":
		if tag, err := lang.Parse(entry); err == nil {
			name = display.English.Languages().Name(tag)
		}
	default:
		name = countryName(entry)
	}
	if name == "" {
		return entry
	}
	return name
}

// countryName is the English name of a country's code, "" for any other text.
func countryName(code string) string {
	if region, err := lang.ParseRegion(code); err == nil && region.IsCountry() {
		return display.English.Regions().Name(region)
	}
	return ""
}

// same reports whether a field has a value already, as OpenTrain would store it: numbers by value, and of a list of countries, languages
// or types of labels the same entries. The public list writes enum values in other letters than the API reads, and countries as codes.
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
func valuesOf(key string, value json.RawMessage) []string {
	var list []string
	if json.Unmarshal(value, &list) != nil {
		if one := textOf(value); one != tool.Label(one) {
			list = []string{one}
		}
	}
	return tool.Map(list, func(entry string) string { return tool.Label(nameOf(key, entry)) })
}

// entriesOf are the entries of a list as people read them, in small letters and in order. Any other value is one.
func entriesOf(key string, value json.RawMessage) []string {
	entries := tool.Map(valuesOf(key, value), strings.ToLower)
	if len(entries) == 0 {
		return []string{strings.ToLower(tool.Readable(key, value))}
	}
	slices.Sort(entries)
	return slices.Compact(entries)
}
