package tool

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"opentrain-mcp/internal/text"
)

// The bounds of an error's details: texts in characters, lists and objects in entries, all of it in characters.
const (
	maxDetail        = 400
	maxDetailKey     = 60
	maxDetailEntries = 50
	maxDetailDepth   = 8
)

// cleanDetails makes the API's details safe to show. It returns nil for none, and for more than a failure may say.
func cleanDetails(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // 9007199254740993 stays what it is
	var details any
	if len(raw) == 0 || decoder.Decode(&details) != nil {
		return nil
	}
	if details = cleanValue(details, maxDetailDepth); text.Length(details) > maxFailureText {
		return nil
	}
	return details
}

func cleanValue(value any, depth int) any {
	switch value := value.(type) {
	case string:
		return text.Clean(value, maxDetail)
	case json.Number:
		if len(value) > maxDetailKey {
			return text.Clean(value.String(), maxDetailKey)
		}
	case []any:
		if depth == 0 {
			return nil
		}
		return Map(value[:min(len(value), maxDetailEntries)], func(entry any) any { return cleanValue(entry, depth-1) })
	case map[string]any:
		if depth == 0 {
			return nil
		}
		clean := make(map[string]any, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			clean[text.Clean(key, maxDetailKey)] = cleanValue(value[key], depth-1)
		}
		return clean
	}
	return value // a number, true, false, null
}
