package draft

import (
	"encoding/json"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// TestFieldsAsPeopleWriteThem: each field says itself how it is read.
func TestFieldsAsPeopleWriteThem(t *testing.T) {
	for key, tests := range map[string]map[string]string{
		"languages": {
			`"English and Spanish"`: `["English","Spanish"]`, `"English, Spanish, and Brazilian Portuguese"`: `["English","Spanish","Brazilian Portuguese"]`,
			`"English & Spanish"`: `["English","Spanish"]`, `"English AND Spanish"`: `["English","Spanish"]`, `"Spanish,"`: `["Spanish"]`,
			`"Dusun Sandakan"`: `["Dusun Sandakan"]`, `["English and Spanish"]`: `["English and Spanish"]`, `null`: `null`, `[]`: `[]`,
			`"English or Spanish"`: "is not a list", `"English; Spanish"`: "is not a list", `"and"`: "is not a list", `","`: "is not a list",
			`"any"`: `"any" is not a language. Ask the human`, `["All languages"]`: "is not a language",
		},
		"countries": {
			`"Mexico, Peru"`: `["Mexico","Peru"]`, `"Trinidad and Tobago"`: `["Trinidad and Tobago"]`, `"US"`: `["US"]`, `["Korea, South"]`: `["Korea, South"]`,
			`"Antigua & Barbuda"`: `["Antigua & Barbuda"]`, `"worldwide"`: `"worldwide" is not a country. Ask the human`, `["Any-Where"]`: `["Any-Where"]`,
			`["Anywhere!"]`: "is not a country", `["Peru","the world"]`: "fields.countries[1]: ", `"World-wide"`: "leave countries out if there's no limit",
		},
		"labelTypes": {
			`"bounding boxes, polygons"`: `["BOUNDING_BOX","POLYGON"]`, `["Bounding Box"]`: `["BOUNDING_BOX"]`, `"3D cuboids"`: `["CUBOID_3D"]`,
			`"bounding boxes and polygons"`: "is not one of: BOUNDING_BOX, POLYGON, CUBOID_3D", `["circles"]`: "fields.labelTypes[0]: ",
		},
		"pricePerHour": {
			`"$18"`: `18`, `18.50`: `18.50`, `"$22/h"`: `22`, `"18 per hour"`: `18`, `"18 USD an hour"`: `18`, `0`: "must be above 0",
			`"$18 per label"`: "is not a number of US dollars", `"18-20/hour"`: "is not a number of US dollars", `"/h"`: "is not a number",
		},
		"pricePerLabel": {`"$0.06/label"`: `0.06`, `"6/hour"`: "is not a number of US dollars"},
		"fixedPrice":    {`"$900/hour"`: "is not a number of US dollars"},
		"headcount":     {`"1,000"`: `1000`, `"10 people"`: "is not a number; send digits only", `"$10"`: "is not a number; send digits only"},
		"experienceLevel": {
			`"experts"`: `"EXPERT"`, `"any"`: `"ANY_EXPERIENCE_LEVEL"`, `"VETERAN"`: `"VETERAN"`, // the API may have more values
		},
		"shift": {`"early"`: `"EARLY_MORNING"`, `["late","early morning"]`: `["LATE","EARLY_MORNING"]`, `{"new":"form"}`: `{"new":"form"}`, `""`: "is not one of"},
		"new":   {`{"a":[1.50]}`: `{"a":[1.50]}`, `"<answer>"`: "still has the placeholder", `null`: `null`},
	} {
		for given, want := range tests {
			form := opentrain.DraftForm{Enums: map[string][]string{
				"labelTypes": {"BOUNDING_BOX", "POLYGON", "CUBOID_3D"}, "shift": {"EARLY_MORNING", "LATE"}, "none": {},
			}}
			raw := json.RawMessage(`{"` + key + `":` + given + `}`)
			clean, _, err := schema.DecodePart(fieldsOf(form), "fields", raw, tool.Dialect())
			if refused := strings.Contains(want, " ") && !strings.HasPrefix(want, "["); refused || strings.HasPrefix(want, "fields.") {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s %s: %s, %v; want %q", key, given, clean, err, want)
				}
			} else if err != nil || string(clean) != `{"`+key+`":`+want+`}` {
				t.Errorf("%s %s: %s, %v; want %s", key, given, clean, err, want)
			}
		}
	}
}

// TestFieldsOfAnAccount: its capabilities decide on keys and values, and on what is asked.
func TestFieldsOfAnAccount(t *testing.T) {
	form := opentrain.DraftForm{
		UpdateKeys: []string{"experienceLevel", "languages", "shift"},
		Enums:      map[string][]string{"experienceLevel": {"SENIOR", "JUNIOR"}, "languages": {"English", "Spanish"}, "shift": {"LATE"}},
	}
	types := typesOf(fieldsOf(form))
	for key, want := range map[string]string{
		"experienceLevel": `enum ["SENIOR","JUNIOR"]`, "languages": `array ["English","Spanish"]`, "shift": `enum ["LATE"]`, "headcount": "number",
	} {
		if got := types[key].Text(); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	for given, problem := range map[string]string{
		`{"headcount":1}`:                     "fields.headcount is not a draft field. Fields: experienceLevel, languages, shift",
		`{"experienceLevel":"EXPERT"}`:        `fields.experienceLevel: "EXPERT" is not one of: SENIOR, JUNIOR`,
		`{"languages":"English and Klingon"}`: `fields.languages[1]: "Klingon" is not one of: English, Spanish`,
		`{}`:                                  "fields is empty; name at least one field. opentrain_get_draft shows a draft, opentrain_get_job a live job",
	} {
		_, _, err := schema.DecodePart(fieldsOf(form), "fields", json.RawMessage(given), tool.Dialect())
		if err == nil || err.Error() != problem {
			t.Errorf("%s: %v", given, err)
		}
	}
	form.UpdateKeys = append(form.UpdateKeys, "…")
	if _, _, err := schema.DecodePart(fieldsOf(form), "fields", json.RawMessage(`{"headcount":1}`), tool.Dialect()); err != nil {
		t.Errorf("the list of keys is not complete: %v", err)
	}
}
