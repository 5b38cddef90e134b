package text_test

import (
	"encoding/json"
	"testing"

	"opentrain-mcp/internal/text"
)

// TestJoiners: joiners that change how letters or emoji look stay, and every other one is hidden.
func TestJoiners(t *testing.T) {
	for _, seen := range []string{
		"می\u200cخواهم کتاب\u200cها", "क्\u200dष", "නුවර ශ්\u200dරී", "ন্\u200cত", "👨\u200d👩\u200d👧", "👩🏽\u200d🏫", "🏳\ufe0f\u200d🌈", "✔\ufe0f done", "↔\ufe0f",
	} {
		for name, got := range map[string]string{
			"Clean": text.Clean(seen, 100), "Plain": text.Plain(seen), "Visible": text.Visible(seen), "VisibleLine": text.VisibleLine(seen),
			"Stranger": text.Stranger(seen, 100), "Paragraphs": text.Paragraphs(seen, 100), "InQuotes": text.InQuotes(seen, 100),
		} {
			if got != seen && got != "“"+seen+"”" {
				t.Errorf("%s: %+q became %+q", name, seen, got)
			}
		}
		shown, err := text.PlainJSON(map[string]string{"a": seen}, func(string) bool { return false })
		var decoded map[string]string
		if err != nil || json.Unmarshal(shown, &decoded) != nil || decoded["a"] != seen {
			t.Errorf("%+q became %s", seen, shown)
		}
		if got := string(text.VisibleJSON(json.RawMessage(`["` + seen + `"]`))); got != `["`+seen+`"]` {
			t.Errorf("%+q became %s", seen, got)
		}
	}
	for hidden, want := range map[string]string{
		"a\u200cb": "ab", "a\u200db": "ab", "می\u200c": "می", "\u200cمی": "می", "می\u200c\u200cخ": "میخ", "می\u200bخ": "میخ", "a\ufe0f": "a", "1\ufe0f": "1",
		"✔\ufe0f\ufe0f": "✔\ufe0f", "👨\u200d": "👨", "👨\u200dx": "👨x", "\xff\ufe0f": "", "✔\u200c✔": "✔✔",
		"a\ufe0f\u200d🌈": "a🌈", "ا\u061c\u200cب": "اب", "ا\u200c\u061cب": "اب", "\u0600\u200dب": "ب",
	} {
		if got := text.Plain(hidden); got != want {
			t.Errorf("%+q became %+q, not %+q", hidden, got, want)
		}
	}
}
