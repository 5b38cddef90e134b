package draft

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// TestListsAsPeopleWriteThem: an entry of a list is read as a text in the list's place.
func TestListsAsPeopleWriteThem(t *testing.T) {
	expectReadings(t, map[string]map[string]string{
		"languages": {
			`"English and Spanish"`: `["English","Spanish"]`, `"English, Spanish, and Brazilian Portuguese"`: `["English","Spanish","Brazilian Portuguese"]`,
			`"English & Spanish"`: `["English","Spanish"]`, `"English AND Spanish"`: `["English","Spanish"]`, `"Spanish,"`: `["Spanish"]`,
			`"Dusun Sandakan"`: `["Dusun Sandakan"]`, `["English and Spanish"]`: `["English","Spanish"]`, `null`: `null`, `[]`: `[]`,
			`"English; Spanish"`: `["English","Spanish"]`, "\"English\\nSpanish\"": `["English","Spanish"]`, `["English, Spanish"]`: "is not one language",
			`["Thai","English and Spanish & French","Urdu"]`: `["Thai","English","Spanish","French","Urdu"]`,
			`"English/Spanish"`: "fields.languages[0]: \"English/Spanish\" is not one language; send each", `["English / Spanish"]`: "is not one language", `["or"]`: `["or"]`, `"En, or"`: `["En","or"]`, `"en,or,hi"`: `["en","or","hi"]`, `"N/A"`: "is not one language", `["Greek, Modern"]`: "is not one language",
			`["Chinese (Simplified, Traditional)"]`: `["Chinese (Simplified, Traditional)"]`, `"Thai, Spanish (Peru and/und Chile)"`: `["Thai","Spanish (Peru and/und Chile)"]`,
			`"Thai (a"`: "is not a list", `"1) English, 2) Spanish"`: "is not a list", `"Chinese (Simplified, Traditional), Thai"`: "is not a list",
			`"Chinese (Simplified, Traditional); Thai"`: `["Chinese (Simplified, Traditional)","Thai"]`, `[" Thai "]`: `["Thai"]`, `[""]`: `[""]`, `["Thai",3]`: `["Thai","3"]`,
			`"English or Spanish"`: "is not a list: it leaves a choice", `["English or Spanish"]`: "fields.languages[0]: \"English or Spanish\" leaves a choice; ask the human which",
			`["Thai","English/or/Spanish"]`: "fields.languages[1]: \"English/or/Spanish\" leaves a choice", `["English and/or Spanish"]`: "leaves a choice",
			`["English (or Spanish)"]`: "leaves a choice", `["or Spanish"]`: "is not one entry of a list", `["[English"]`: "is not one entry of a list",
			`["<answer: a or b>"]`: "fields.languages[0] still has the placeholder", `"and"`: "is not a list", `","`: "is not a list", `[","]`: "is not one language",
			`["English and any"]`: `fields.languages[0]: "any" is not a language`,
			`"any"`:               `"any" is not a language. Ask the human`, `["All languages"]`: "is not a language",
		},
		"countries": {
			`"Mexico, Peru"`: `["Mexico","Peru"]`, `"Trinidad and Tobago"`: `["Trinidad and Tobago"]`, `"US"`: `["US"]`, `["Korea, South"]`: `["Korea, South"]`,
			`["Taiwan, Province of China"]`: `["Taiwan, Province of China"]`, `"Mexico, Dominican Rep."`: `["Mexico","Dominican Rep."]`, `"Korea, South; Peru"`: `["Korea, South","Peru"]`, `"Peru; Congo, Democratic Republic of the; Chile"`: `["Peru","Congo, Democratic Republic of the","Chile"]`,
			`"US or Canada"`: `["US","Canada"]`, `["US or Canada"]`: `["US","Canada"]`, `"Mexico, the US, or Canada"`: `["Mexico","US","Canada"]`, `["US and/or Peru","Chile"]`: `["US","Peru","Chile"]`,
			`["Mexico, Peru"]`: `["Mexico, Peru"]`, `"US/Canada"`: "is not one country", `"Mexico, Peru, and Chile"`: `["Mexico","Peru","Chile"]`, `"or Peru"`: `["Peru"]`,
			`["US or anywhere"]`: `"anywhere" is not a country. Ask the human`, `"and"`: "is not a list", `["South"]`: `["South"]`,
			`"Germany, Austria & Switzerland"`: `["Germany","Austria & Switzerland"]`,
			`"Bosnia and Herzegovina"`:         `["Bosnia and Herzegovina"]`, `"Peru and Chilé"`: `["Peru and Chilé"]`,
			`"Antigua & Barbuda"`: `["Antigua & Barbuda"]`, `"worldwide"`: `"worldwide" is not a country. Ask the human`, `["Any-Where"]`: `["Any-Where"]`,
			`["Anywhere!"]`: "is not a country", `["Peru","the world"]`: "fields.countries[1]: ", `"World-wide"`: "leave countries out if there's no limit",
		},
		"labelTypes": {
			`"bounding boxes, polygons"`: `["BOUNDING_BOX","POLYGON"]`, `["Bounding Box"]`: `["BOUNDING_BOX"]`, `"3D cuboids"`: `["CUBOID_3D"]`,
			`"bounding boxes and polygons"`: "is not one of: BOUNDING_BOX, POLYGON, CUBOID_3D", `["circles"]`: "fields.labelTypes[0]: ",
			`["bounding boxes, polygons"]`: "is not one of: BOUNDING_BOX", `"polygons; 3D cuboids"`: `["POLYGON","CUBOID_3D"]`,
			`["bounding boxes or polygons"]`:  "fields.labelTypes[0]: \"bounding boxes or polygons\" leaves a choice; ask the human which",
			`["bounding boxes and polygons"]`: "is not one of: BOUNDING_BOX",
		},
	})
}

// TestFieldsAsPeopleWriteThem: each field says itself how it is read.
func TestFieldsAsPeopleWriteThem(t *testing.T) {
	expectReadings(t, map[string]map[string]string{
		"pricePerHour": {
			`"$18"`: `18`, `18.50`: `18.50`, `"$22/h"`: `22`, `"18 per hour"`: `18`, `"18 USD an hour"`: `18`, `0`: "must be above 0",
			`"$18 per label"`: "is not a number of US dollars", `"18-20/hour"`: "is not a number of US dollars", `"/h"`: "is not a number",
		},
		"pricePerLabel": {`"$0.06/label"`: `0.06`, `"6/hour"`: "is not a number of US dollars"},
		"fixedPrice":    {`"$900/hour"`: "is not a number of US dollars", `"$500 in total"`: `500`, `"500 dollars total"`: `500`, `"$500 each"`: "ask the human for one amount in dollars in total"},
		"dataVolume":    {`"5,000"`: `5000`, `"5,000 images"`: "is not a number", `"5,000 hours"`: "is not a number"},
		"headcount":     {`"1,000"`: `1000`, `"10 people"`: `10`, `"1 Person"`: `1`, `"10 hours"`: "is not a number; send digits only", `"people"`: "is not a number", `"$10"`: "is not a number; send digits only"},
		"experienceLevel": {
			`"experts"`: `"EXPERT"`, `"any"`: `"ANY_EXPERIENCE_LEVEL"`, `"VETERAN"`: `"VETERAN"`, // the API may have more values
		},
		"shift": {`"early"`: `"EARLY_MORNING"`, `["late","early morning"]`: `["LATE","EARLY_MORNING"]`, `{"new":"form"}`: `{"new":"form"}`, `""`: "is not one of"},
		"new":   {`{"a":[1.50]}`: `{"a":[1.50]}`, `"<answer>"`: "still has the placeholder", `null`: `null`},
	})
}

// expectReadings decodes values, by key, and compares them with what they mean or a part of the problem.
func expectReadings(t *testing.T, values map[string]map[string]string) {
	t.Helper()
	for key, tests := range values {
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

// TestEntriesSayHowTheyWereRead: one sentence for each entry that was read as something else.
func TestEntriesSayHowTheyWereRead(t *testing.T) {
	for given, want := range map[string]string{
		`{"languages":["Thai"]}`:                           "",
		`{"languages":["Thai","English and Spanish"]}`:     `fields.languages[1]: "English and Spanish" was read as ["English","Spanish"]`,
		`{"languages":["Spanish"," Thai "]}`:               "",
		`{"languages":"English and Spanish"}`:              `fields.languages: "English and Spanish" was read as ["English","Spanish"]`,
		`{"countries":"the US or Canada"}`:                 `fields.countries: "the US or Canada" was read as ["US","Canada"]`,
		`{"countries":["the US or the UK"]}`:               `fields.countries[0]: "the US or the UK" was read as ["US","UK"]`,
		`{"countries":["the UK"]}`:                         `fields.countries[0]: "the UK" was read as "UK"`,
		`{"languages":["English","en"],"countries":["X"]}`: "",
	} {
		_, interpreted, err := schema.DecodePart(fieldsOf(opentrain.DraftForm{}), "fields", json.RawMessage(given), tool.Dialect())
		if got := strings.Join(interpreted, "\n"); err != nil || got != want {
			t.Errorf("%s: %q, %v", given, got, err)
		}
	}
}

// TestValuesWithSeparators: an allowed value is one entry, whatever marks or words it has.
func TestValuesWithSeparators(t *testing.T) {
	form := opentrain.DraftForm{Enums: map[string][]string{"languages": {"Chinese, Simplified", "Serbian or Croatian", "English/US", "Thai"}}}
	for given, want := range map[string]string{
		`["Chinese, Simplified","Thai"]`: `["Chinese, Simplified","Thai"]`, `"chinese simplified"`: `["Chinese, Simplified"]`,
		`"Chinese, Simplified"`: `["Chinese, Simplified"]`, `["Serbian or Croatian"]`: `["Serbian or Croatian"]`, `"English/US"`: `["English/US"]`,
	} {
		clean, _, err := schema.DecodePart(fieldsOf(form), "fields", json.RawMessage(`{"languages":`+given+`}`), tool.Dialect())
		if err != nil || string(clean) != `{"languages":`+want+`}` {
			t.Errorf("%s: %s, %v", given, clean, err)
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
		`{"headcount":1}`:                     "fields.headcount is not a job field. Fields: experienceLevel, languages, shift",
		`{"experienceLevel":"EXPERT"}`:        `fields.experienceLevel: "EXPERT" is not one of: SENIOR, JUNIOR; ask the human which`,
		`{"languages":"English and Klingon"}`: `fields.languages[1]: "Klingon" is not one of: English, Spanish; ask the human which`,
		`{"deadline":"Friday"}`:               "fields.deadline is not a job field; put it in jobDescription",
		`{"status":"PAUSED"}`: "fields.status is not a job field; a job can't be paused: opentrain_publish publishes a draft, " +
			"opentrain_close_job closes a job for good",
		`{"Due date":"Friday","pay":5}`: "fields.Due date is not a job field; put it in jobDescription\n" +
			"fields.pay is not a job field; set paymentType and pricePerHour, pricePerLabel or fixedPrice",
		`{"headcounts":1}`: "fields.headcounts is not a job field. Fields: experienceLevel, languages, shift",
		`{}`:               "fields is empty; name at least one field. opentrain_get_draft shows a draft, opentrain_get_job a live job",
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

// TestWhatIsShownIsRead: what results and confirmations write as a value is read as that value. Left out: what stands for no
// value ("not set", "empty"; "all countries" is refused, since OpenTrain documents no value for it) and a number with exactly
// three decimals such as 5.125, which some people read as thousands.
func TestWhatIsShownIsRead(t *testing.T) {
	form := opentrain.DraftForm{Enums: map[string][]string{
		"labelTypes":   {"BOUNDING_BOX", "POLYGON", "POLYGON_3D", "CUBOID_3D", "OCR_TEXT", "TEXT_CLASSIFICATION", "CLASSIFICATION", "OTHER"},
		"projectScope": {"SMALL", "LONG_TERM_SCOPE", "NOT_SURE", "NO_SCOPE"},
	}}
	node := fieldsOf(form)
	node.Properties.Set("ndaRequired", &schema.Node{Type: "boolean"}) // as the API says when it refuses another type
	values := map[string][]string{
		"ndaRequired": {"true", "false"}, "languages": {`["Spanish"]`, `["Spanish","Brazilian Portuguese","Chinese (Simplified, Traditional)"]`},
		"countries":  {`["Peru"]`, `["Korea, South","Trinidad and Tobago","US"]`, `["Peru","Tanzania, United Republic of"]`},
		"labelTypes": {`["BOUNDING_BOX","CUBOID_3D"]`, `["TEXT_CLASSIFICATION","CLASSIFICATION","OCR_TEXT"]`},
	}
	for key, property := range node.Properties.FromOldest() {
		for _, value := range property.Enum {
			values[key] = append(values[key], strconv.Quote(fmt.Sprint(value)))
		}
		if property.Type == "array" && property.Items != nil {
			for _, value := range property.Items.Enum {
				values[key] = append(values[key], "["+strconv.Quote(fmt.Sprint(value))+"]")
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		whole := random.IntN(3_000_000) >> random.IntN(22)
		values["headcount"] = append(values["headcount"], strconv.Itoa(whole+1))
		for _, decimals := range []int{0, 1, 2, 4, 5} {
			number := strconv.FormatFloat(float64(whole)+float64(1+random.IntN(99998))/100_000, 'f', decimals, 64)
			if _, fraction, _ := strings.Cut(strings.TrimRight(number, "0"), "."); len(fraction) == 3 || strings.Trim(number, "0.") == "" {
				continue
			}
			for _, key := range append(rates(), "dataVolume") {
				values[key] = append(values[key], number)
			}
		}
	}
	for key, list := range values {
		for _, value := range list {
			for _, shown := range []string{tool.Readable(key, json.RawMessage(value)), tool.WithoutUnit(key, json.RawMessage(value))} {
				raw, err := json.Marshal(map[string]string{key: shown})
				if err != nil {
					t.Fatal(err)
				}
				clean, _, err := schema.DecodePart(node, "fields", raw, tool.Dialect())
				var read opentrain.Fields
				if err != nil || json.Unmarshal(clean, &read) != nil || !sameValue(read[key], json.RawMessage(value)) {
					t.Errorf("%s %s is shown as %q and read as %s: %v", key, value, shown, clean, err)
				}
			}
		}
	}
}

// sameValue compares values, and numbers however they are written.
func sameValue(a, b json.RawMessage) bool {
	var one, other any
	return json.Unmarshal(a, &one) == nil && json.Unmarshal(b, &other) == nil && reflect.DeepEqual(one, other)
}
