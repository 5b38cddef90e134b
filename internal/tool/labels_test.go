package tool_test

import (
	"encoding/json"
	"testing"

	"opentrain-mcp/internal/tool"
)

func TestLabel(t *testing.T) {
	for value, want := range map[string]string{
		"PAY_PER_HOUR": "Per hour", "PAY_PER_LABEL": "Per label", "FIXED_PRICE": "Fixed price",
		"EXPERT": "Expert", "ENTRY_LEVEL": "Entry level", "ANY_EXPERIENCE_LEVEL": "Any experience level",
		"HOURS_OF_RECORDING_AUDIO_VIDEO": "Hours of audio or video", "NUMBER_OF_FILES": "Number of files", "UNKNOWN_NOT_SPECIFIED": "Not sure",
		"CUBOID_3D": "3D cuboid", "POLYGON_3D": "Polygon 3D", "BOUNDING_BOX": "Bounding box", "OCR_TEXT": "OCR text", "RLHF": "RLHF",
		"DRAFT": "Draft", "PENDING_APPROVAL": "Pending approval", "NOT_A_FIT": "Not a fit",
		"Spanish": "Spanish", "USA": "USA", "GPT4": "GPT4", "2_3": "2_3", "job_1": "job_1", "A__B": "A__B", "ÄÖÜß": "ÄÖÜß", "": "",
	} {
		if got := tool.Label(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

func TestFieldLabel(t *testing.T) {
	for key, want := range map[string]string{
		"pricePerHour": "Price per hour", "headcount": "Number of people", "dataVolumeUnit": "Data volume unit", "jobTitle": "Job title",
		"aiInterviewRequirements": "AI interview requirements", "someNewKey": "Some new key", "": "",
	} {
		if got := tool.FieldLabel(key); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}

func TestReadable(t *testing.T) {
	for _, test := range []struct{ key, value, want string }{
		{"pricePerHour", `18`, "$18 per hour"}, {"pricePerHour", `18.5`, "$18.50 per hour"}, {"pricePerHour", `18.50`, "$18.50 per hour"},
		{"pricePerLabel", `0.05`, "$0.05 per label"}, {"pricePerLabel", `0.1`, "$0.10 per label"}, {"pricePerLabel", `0.0125`, "$0.0125 per label"},
		{"pricePerLabel", `1e-7`, "$0.0000001 per label"}, {"pricePerLabel", `1e-300`, "$1e-300 per label"},
		{"fixedPrice", `500`, "$500 in total"}, {"fixedPrice", `1234567.25`, "$1,234,567.25 in total"}, {"fixedPrice", `-1500`, "-$1,500 in total"},
		{"fixedPrice", `9007199254740993`, "$9,007,199,254,740,993 in total"}, {"fixedPrice", `1.5e3`, "$1,500 in total"},
		{"fixedPrice", `1e999`, "$1e999 in total"}, {"fixedPrice", `"on request"`, "on request"},
		{"dataVolume", `50000`, "50,000"}, {"dataVolume", `999`, "999"}, {"dataVolume", `-100`, "-100"}, {"dataVolume", `0`, "0"},
		{"headcount", `10`, "10 people"}, {"headcount", `1`, "1 person"}, {"startYear", `2027`, "2027"},
		{"experienceLevel", `"ANY_EXPERIENCE_LEVEL"`, "Any experience level"}, {"labelTypes", `["BOUNDING_BOX","CUBOID_3D"]`, "Bounding box, 3D cuboid"},
		{"languages", `["Spanish","English"]`, "Spanish, English"}, {"countries", `["Korea, South","Peru"]`, "Korea, South; Peru"},
		{"jobTitle", `"URGENT"`, "URGENT"}, {"visibility", `"PUBLIC"`, "Public"},
		{"experienceLevel", `null`, "not set"}, {"experienceLevel", ``, "not set"}, {"jobTitle", `""`, "empty"}, {"visibility", `""`, "empty"},
		{"countries", `[]`, "all countries"}, {"countries", `[ ]`, "all countries"}, {"countries", `null`, "not set"}, {"languages", `[]`, "empty"}, {"countries", `["",""]`, "empty, empty"}, {"countries", `["Peru",null]`, `["Peru",null]`}, {"subjects", `["null"]`, "null"},
		{"ndaRequired", `true`, "yes"}, {"ndaRequired", `false`, "no"}, {"ndaRequired", `"true"`, "true"}, {"new", ` true `, "yes"}, {"questions", `{"b":[1.50],"a":"x"}`, `{"a":"x","b":[1.50]}`},
	} {
		if got := tool.Readable(test.key, json.RawMessage(test.value)); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.key, test.value, got, test.want)
		}
	}
}

// TestReadableShowsHiddenCharacters: in every shape of JSON, and also where JSON escapes them.
func TestReadableShowsHiddenCharacters(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"\"a\u202eb\"", "a[U+202E]b"}, {`"a\u202eb"`, "a[U+202E]b"}, {"[\"a\u200b\",\"b\"]", "a[U+200B], b"},
		{"[{\"q\":\"Visible?\U000e0041\"}]", `[{"q":"Visible?[U+E0041]"}]`}, {`{"k\u202e":{"deep":["\u2066"]}}`, `{"k[U+202E]":{"deep":["[U+2066]"]}}`},
		{`[1,"\u200b"]`, `[1,"[U+200B]"]`},
	} {
		for _, key := range []string{"jobTitle", "new"} {
			if got := tool.Readable(key, json.RawMessage(test.value)); got != test.want {
				t.Errorf("%s %s: %q, want %q", key, test.value, got, test.want)
			}
		}
	}
}
