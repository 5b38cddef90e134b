package schema_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"opentrain-mcp/schema"
)

// TestMatchReadsWhatPeopleSay: a value is meant when every word of the answer is in its name or label and in no
// other's.
func TestMatchReadsWhatPeopleSay(t *testing.T) {
	levels := []string{"EXPERT", "INTERMEDIATE", "ENTRY_LEVEL", "ANY_EXPERIENCE_LEVEL"}
	units := []string{"HOURS_OF_RECORDING_AUDIO_VIDEO", "NUMBER_OF_FILES", "NUMBER_OF_WORDS", "UNKNOWN_NOT_SPECIFIED"}
	kinds := []string{"BOUNDING_BOX", "POLYGON", "CUBOID_3D", "TEXT_CLASSIFICATION", "IMAGE_CLASSIFICATION"}
	pay := []string{"PAY_PER_HOUR", "FIXED_PRICE", "PAY_PER_LABEL"}
	labels := func(value string) string {
		switch value {
		case "UNKNOWN_NOT_SPECIFIED":
			return "Not sure"
		case "ENTRY_LEVEL":
			return "Beginner"
		}
		return ""
	}
	for _, test := range []struct {
		answer  string
		allowed []string
		want    string
	}{
		{"bounding boxes", kinds, "BOUNDING_BOX"}, {"Bounding-box", kinds, "BOUNDING_BOX"}, {"boundingBox", kinds, "BOUNDING_BOX"},
		{"polygons", kinds, "POLYGON"}, {"3D cuboids", kinds, "CUBOID_3D"}, {"boxes", kinds, "BOUNDING_BOX"},
		{"classification", kinds, ""}, {"classification of images", kinds, ""}, {"image classification", kinds, "IMAGE_CLASSIFICATION"},
		{"bounding boxes and polygons", kinds, ""}, {"bounding polygon", kinds, ""},
		{"classification", append([]string{"CLASSIFICATION"}, kinds...), "CLASSIFICATION"},
		{"classification", append(kinds[:len(kinds):len(kinds)], "CLASSIFICATION"), "CLASSIFICATION"},
		{"files", units, "NUMBER_OF_FILES"}, {"hours of video", units, "HOURS_OF_RECORDING_AUDIO_VIDEO"}, {"number", units, ""},
		{"audio", units, ""}, {"video", units, ""}, {"recordings", units, ""}, {"audio and video", units, ""}, {"hours", units, "HOURS_OF_RECORDING_AUDIO_VIDEO"},
		{"audio hours", units, "HOURS_OF_RECORDING_AUDIO_VIDEO"}, {"words", units, "NUMBER_OF_WORDS"},
		{"minutes", []string{"MINUTES_OF_AUDIO", "PAGES_OF_TEXT"}, "MINUTES_OF_AUDIO"}, {"text", []string{"MINUTES_OF_AUDIO", "PAGES_OF_TEXT"}, ""},
		{"not sure", units, "UNKNOWN_NOT_SPECIFIED"}, {"not specified", units, "UNKNOWN_NOT_SPECIFIED"}, {"unknown", units, "UNKNOWN_NOT_SPECIFIED"},
		{"sure", units, ""}, {"specified", units, ""}, {"not", units, ""}, {"of", units[:1], ""},
		{"expert", levels, "EXPERT"}, {"experts", levels, "EXPERT"}, {"beginners", levels, "ENTRY_LEVEL"}, {"any", levels, "ANY_EXPERIENCE_LEVEL"},
		{"any level", levels, "ANY_EXPERIENCE_LEVEL"}, {"experience", levels, ""}, {"experience level", levels, ""},
		{"not expert", levels, ""}, {"no expert", levels, ""}, {"non-expert", levels, ""}, {"level", levels, ""}, {"expert or intermediate", levels, ""},
		{"", levels, ""}, {" - ", levels, ""}, {"senior", levels, ""}, {"", []string{""}, ""}, {"EXPERT", levels, "EXPERT"},
		{"per hour", pay, "PAY_PER_HOUR"}, {"fixed", pay, "FIXED_PRICE"}, {"pay", pay, ""}, {"hourly", pay, ""}, {"per", pay[:1], ""},
	} {
		got, found := schema.Match(test.answer, test.allowed, labels)
		wantFound := test.want != "" || test.answer == "" && test.allowed[0] == ""
		if got != test.want || found != wantFound {
			t.Errorf("%q: %q, %v; want %q", test.answer, got, found, test.want)
		}
	}
	if got, found := schema.Match("expert", levels, nil); got != "EXPERT" || !found {
		t.Errorf("without labels: %q, %v", got, found)
	}
}

// offer has members that are read in ways of their own.
type offer struct {
	Price float64  `json:"price,omitempty" jsonschema_description:"Price."`
	Count float64  `json:"count,omitempty" jsonschema_description:"Count."`
	Tags  []string `json:"tags,omitempty" jsonschema_description:"Tags."`
	Code  string   `json:"code,omitempty" jsonschema:"maxLength=3" jsonschema_description:"Code."`
}

func (offer) JSONSchemaExtend(node *schema.Node) {
	upper := func(text string) (string, error) {
		if text == "no" {
			return "", errors.New("is no tag")
		}
		return strings.ToUpper(text), nil
	}
	schema.ReadProperty(node, "price", schema.Reading{Dollars: true})
	schema.ReadProperty(node, "tags", schema.Reading{Split: func(text string) []string {
		if text == "none" {
			return nil
		}
		return strings.Split(text, "+")
	}})
	schema.ReadEntries(node, "tags", schema.Reading{Text: upper})
}

func newOffer(t *testing.T, dialect schema.Dialect) *schema.Input {
	t.Helper()
	input, err := schema.NewInput(new(offer), dialect)
	if err != nil {
		t.Fatal(err)
	}
	return input
}

// TestNumbersAsPeopleWriteThem: what is plain is read, and reported if it has other digits; the rest is refused. Only a price has dollars.
func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for given, want := range map[string]struct{ price, count float64 }{
		"18": {18, 18}, " 007 ": {7, 7}, "0": {0, 0}, "0.05": {0.05, 0.05}, "50,000": {50000, 50000}, "1,234,567.5": {1234567.5, 1234567.5},
		"5k": {5000, 5000}, "5K": {5000, 5000}, "1.5k": {1500, 1500}, "10 k": {10000, 10000}, "1.0005k": {1000.5, 1000.5}, "0.5k": {500, 500},
		".5": {0.5, 0.5}, ".05": {0.05, 0.05}, ".500": {0.5, 0.5}, ".5k": {500, 500}, "$.05": {0.05, -1}, "$ .05": {0.05, -1},
		".05 USD": {0.05, -1}, ".": {-1, -1}, "..5": {-1, -1}, ".k": {-1, -1}, "$.": {-1, -1}, ". 5": {-1, -1}, "1,234.567": {1234.567, 1234.567},
		"$18": {18, -1}, "$ 18.50": {18.5, -1}, "US$18": {18, -1}, "18 USD": {18, -1}, "USD 18": {18, -1}, "18 dollars": {18, -1},
		"$1,500": {1500, -1}, "$18 USD": {18, -1}, "18$": {18, -1}, "$5k": {5000, -1},
		"18,50": {-1, -1}, "1,23,456": {-1, -1}, "12,3456": {-1, -1}, "1234,567": {-1, -1}, "0,500": {-1, -1}, ",500": {-1, -1}, "5,": {-1, -1},
		"€18": {-1, -1}, "18 EUR": {-1, -1}, "£5k": {-1, -1}, "A$18": {-1, -1}, "$18 CAD": {-1, -1}, "$$18": {-1, -1}, "$-5": {-1, -1},
		"18/hour": {-1, -1}, "18 per hour": {-1, -1}, "10-20": {-1, -1}, "about 5": {-1, -1}, "5 cents": {-1, -1}, "5kk": {-1, -1}, "2M": {-1, -1},
		"k": {-1, -1}, "$": {-1, -1}, "1.": {-1, -1}, "1.2.3": {-1, -1}, "1e3k": {-1, -1}, "": {-1, -1}, "٣": {-1, -1}, "0x10": {-1, -1},
	} {
		for name, want := range map[string]float64{"price": want.price, "count": want.count} {
			raw, err := json.Marshal(map[string]string{name: given})
			if err != nil {
				t.Fatal(err)
			}
			got, interpreted, err := decodeInto[offer](newOffer(t, schema.Dialect{}), raw, nil)
			switch value := got.Price + got.Count; {
			case want < 0 && (err == nil || !strings.Contains(err.Error(), "is not a number")):
				t.Errorf("%s %q: %v, %v", name, given, value, err)
			case want < 0 && strings.Contains(err.Error(), "of US dollars") != (name == "price"):
				t.Errorf("%s %q: %v", name, given, err)
			case want >= 0 && (err != nil || value != want || (len(interpreted) == 1) != strings.ContainsAny(given, "kK")):
				t.Errorf("%s %q: %v, %v, %v", name, given, value, interpreted, err)
			}
		}
	}
}

// TestReadings: a member says how it is read, and clients don't see it.
func TestReadings(t *testing.T) {
	input := newOffer(t, schema.Dialect{
		Ignored:  []string{"host", "code"},
		Readings: map[string]schema.Reading{"code": {Text: func(text string) (string, error) { return strings.Trim(text, "!"), nil }}},
		Refuse: func(text string) string {
			if text == "?" {
				return "is open"
			}
			return ""
		},
	})
	if strings.Contains(string(input.JSON()), "reading") || strings.Contains(string(input.JSON()), "Dollars") {
		t.Errorf("%s", input.JSON())
	}
	for name, test := range map[string]struct{ args, want, interpreted, problem string }{
		"split":                 {args: `{"tags":"a+b"}`, want: `{"tags":["A","B"]}`},
		"split into one":        {args: `{"tags":"a"}`, want: `{"tags":["A"]}`},
		"only brackets":         {args: `{"tags":"A"}`, want: `{"tags":["A"]}`},
		"entries":               {args: `{"tags":["a","B"]}`, want: `{"tags":["A","B"]}`},
		"read from a number":    {args: `{"code":12}`, want: `{"code":"12"}`},
		"a choice":              {args: `{"tags":"a and/or b"}`, problem: `tags: "a and/or b" is not a list: it leaves a choice; ask the human which`},
		"not split":             {args: `{"tags":"none"}`, problem: `tags: "none" is not a list`},
		"entries are split":     {args: `{"tags":["C","a+B"]}`, want: `{"tags":["C","A","B"]}`},
		"an entry with a space": {args: `{"tags":["A","B "]}`, want: `{"tags":["A","B"]}`},
		"an entry's choice":     {args: `{"tags":["A","b/or/c"]}`, problem: `tags[1]: "b/or/c" leaves a choice; ask the human which`},
		"an entry not split":    {args: `{"tags":["A","none"]}`, problem: `tags[1]: "none" is not one entry of a list; send ["…", "…"]`},
		"entry refused":         {args: `{"tags":["A","no"]}`, problem: "tags[1] is no tag"},
		"read, then measured":   {args: `{"code":"abc!!!"}`, want: `{"code":"abc"}`},
		"too long after all":    {args: `{"code":"abcd!"}`, problem: "code has 4 characters"},
		"ignored":               {args: `{"host":{"a":1}}`, want: `{}`, interpreted: "host: was ignored; some hosts add it, but no tool has it"},
		"not ignored, a member": {args: `{"code":"abc"}`, want: `{"code":"abc"}`},
		"refused":               {args: `{"price":"?","tags":["?"]}`, problem: "price is open\ntags[0] is open"},
		"empty arguments":       {args: `[]`, want: `{}`},
	} {
		got, interpreted, err := decodeInto[offer](input, json.RawMessage(test.args), nil)
		if test.problem != "" {
			if err == nil || !strings.HasPrefix(err.Error(), test.problem) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		data, errJSON := json.Marshal(got)
		if err != nil || errJSON != nil || string(data) != test.want || strings.Join(interpreted, "\n") != test.interpreted {
			t.Errorf("%s: %s, %q, %v", name, data, interpreted, err)
		}
	}
}

// TestLiveSchemas: a schema that a call brings decides on its argument, together with the published one on the others.
func TestLiveSchemas(t *testing.T) {
	live := schema.Open[struct {
		Level string `json:"level" jsonschema:"enum=OLD" jsonschema_description:"Level."`
	}]()
	schema.Enum(live, "level", "SENIOR", "JUNIOR")
	schema.ReadProperty(live, "level", schema.Reading{Complete: true})
	live.Properties.Set("tags", schema.Read(&schema.Node{Enum: []any{"A_B", "C"}}, schema.Reading{Complete: true}))
	schema.Read(live, schema.Reading{Members: []string{"level", "tags", "free"}, Noun: "a field", Empty: "name one", Instead: map[string]string{"DEADLINE": "say it in free"}})
	for name, test := range map[string]struct{ open, want, problems string }{
		"exact":              {open: `{"level":"SENIOR","tags":["C"],"free":1}`},
		"other words":        {open: `{"level":"seniors","tags":"a b"}`, want: `{"level":"SENIOR","tags":"A_B"}`},
		"in a list":          {open: `{"tags":["C","a b"]}`, want: `{"tags":["C","A_B"]}`},
		"empty list":         {open: `{"tags":[]}`},
		"null clears":        {open: `{"level":null,"tags":null,"free":null}`},
		"members twice":      {open: `{"free":{"a":1,"a":{"b":1,"b":2}}}`, want: `{"free":{"a":{"b":2}}}`},
		"digits are kept":    {open: `{"free":[9007199254740993,1.50]}`},
		"empty":              {open: `{}`, problems: "open is empty; name one"},
		"empty text":         {open: `{"level":"","tags":["C",""]}`, problems: "open.level: \"\" is not one of: SENIOR, JUNIOR; ask the human which\nopen.tags[1]: \"\" is not one of"},
		"another type":       {open: `{"level":["SENIOR"]}`, problems: "open.level: [\"SENIOR\"] is not a string; send one of SENIOR, JUNIOR"},
		"a form of its own":  {open: `{"tags":[{"a":1},null]}`},
		"unknown value":      {open: `{"level":"SENOIR"}`, problems: `open.level: "SENOIR" is not one of: SENIOR, JUNIOR; did you mean SENIOR?`},
		"the published enum": {open: `{"level":"EXPERT"}`, problems: `open.level: "EXPERT" is not one of: SENIOR, JUNIOR`},
		"instead":            {open: `{"dead_line":"x","free":1}`, problems: "open.dead_line is not a field; say it in free"},
		"unknown name":       {open: `{"levels":"x"}`, problems: "open.levels is not a field; did you mean level? Fields: level, tags, free"},
	} {
		input := newOrder(t)
		raw := json.RawMessage(`{"id":"a","open":` + test.open + `}`)
		got, _, err := decodeInto[order](input, raw, map[string]*schema.Node{"open": live})
		if test.problems != "" {
			if err == nil || !strings.HasPrefix(err.Error(), test.problems) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if test.want == "" {
			test.want = test.open
		}
		var want openPart
		if err := json.Unmarshal([]byte(test.want), &want); err != nil {
			t.Fatal(err)
		}
		if err != nil || normal(got) != normal(order{ID: "a", Open: want}) {
			t.Errorf("%s: %s, %v", name, normal(got), err)
		}
	}
	_, _, err := decodeInto[order](newOrder(t), json.RawMessage(`{"size":"x","what":1,"open":{"level":"boss","levels":1}}`), map[string]*schema.Node{"open": live})
	for _, want := range []string{"id is required", "size: ", "what is not an argument", "open.level: ", "open.levels is not a field"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}

// leveled has an enum whose values people name with words of the argument.
type leveled struct {
	ExperienceLevel string   `json:"experienceLevel,omitempty" jsonschema_description:"Level."`
	DataVolumeUnit  string   `json:"dataVolumeUnit,omitempty" jsonschema_description:"Unit."`
	Access          string   `json:"access,omitempty" jsonschema_description:"Access."`
	LabelTypes      []string `json:"labelTypes,omitempty" jsonschema_description:"Kinds."`
}

func (leveled) JSONSchemaExtend(node *schema.Node) {
	schema.Enum(node, "experienceLevel", "EXPERT", "INTERMEDIATE", "ENTRY_LEVEL", "ANY_EXPERIENCE_LEVEL")
	schema.Enum(node, "dataVolumeUnit", "HOURS_OF_RECORDING_AUDIO_VIDEO", "NUMBER_OF_FILES", "NUMBER_OF_WORDS", "UNKNOWN_NOT_SPECIFIED")
	schema.Enum(node, "access", "INTERNAL", "ACTIVE", "PAID", "MINIMUM", "POLYGON_3D")
	node.Properties.Value("labelTypes").Items.Enum = []any{"BOUNDING_BOX", "POLYGON"}
}

// TestSuggestionsAreForTypos: an argument's own words say nothing about its value, and what isn't a typo gets no suggestion:
// a similar word may mean the opposite.
func TestSuggestionsAreForTypos(t *testing.T) {
	input, err := schema.NewInput(new(leveled), schema.Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	const refused = ""
	for name, answers := range map[string]map[string]string{ // the value, "?" and a suggestion, or refused
		"experienceLevel": {
			"Expert level": "EXPERT", "expert experience": "EXPERT", "level: expert": "EXPERT", "Experience level: intermediate": "INTERMEDIATE",
			"entry-level experience": "ENTRY_LEVEL", "any level": "ANY_EXPERIENCE_LEVEL", "experience level": refused, "level": refused,
			"non-expert": refused, "nonexpert": refused, "not expert": refused, "not expert level": refused, "anything but expert": refused,
			"anything but exprt": refused, "not exprt": refused, "no experience": refused, "inexpert": refused, "expert or intermediate": refused,
			"exprt": "?EXPERT", "expret level": "?EXPERT", "Intermediatte": "?INTERMEDIATE", "entry levl": "?ENTRY_LEVEL", "ENTRYLEVL": "?ENTRY_LEVEL",
			"veteran": refused, strings.Repeat("exprt ", 30): refused,
		},
		"dataVolumeUnit": {
			"fils": "?NUMBER_OF_FILES", "wrods": "?NUMBER_OF_WORDS", "unit: files": "NUMBER_OF_FILES", "data": refused, "audio": refused, "audioo": refused,
			"houers of audio": "?HOURS_OF_RECORDING_AUDIO_VIDEO", "not speciffied": "?UNKNOWN_NOT_SPECIFIED", "speciffied": refused,
		},
		"access": {
			"external": refused, "inactive": refused, "unpaid": refused, "maximum": refused, "minimun": "?MINIMUM", "polygon 2d": refused,
			"polygon_2d": refused, "polygn 3d": "?POLYGON_3D", "access: active": "ACTIVE",
		},
		"labelTypes": {"polygon labels": "POLYGON", "polgyons": "?POLYGON", "no polygon type": refused},
	} {
		for answer, want := range answers {
			raw, err := json.Marshal(map[string]any{name: answer})
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := decodeInto[leveled](input, raw, nil)
			value := strings.Join(append(got.LabelTypes, got.ExperienceLevel, got.DataVolumeUnit, got.Access), "")
			suggested, isSuggestion := strings.CutPrefix(want, "?")
			switch {
			case isSuggestion && (err == nil || !strings.HasSuffix(err.Error(), "; did you mean "+suggested+"?")):
				t.Errorf("%s %q: %q, %v; want the suggestion %s", name, answer, value, err, suggested)
			case want == refused && (err == nil || strings.Contains(err.Error(), "did you mean")):
				t.Errorf("%s %q: %q, %v; want no value and no suggestion", name, answer, value, err)
			case want != refused && !isSuggestion && (err != nil || value != want):
				t.Errorf("%s %q: %q, %v; want %s", name, answer, value, err, want)
			}
		}
	}
}
