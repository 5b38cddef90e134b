package demo

import (
	"fmt"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
)

func levels() []string {
	return []string{"EXPERT", "INTERMEDIATE", "ENTRY_LEVEL", "ANY_EXPERIENCE_LEVEL"}
}

func units() []string {
	return []string{"HOURS_OF_RECORDING_AUDIO_VIDEO", "NUMBER_OF_FILES", "NUMBER_OF_WORDS", unknownUnit}
}

// TestAnswersArePlain: answers as people type them. "?" is an answer that is asked again.
func TestAnswersArePlain(t *testing.T) {
	t.Parallel()
	level := tool.Input{Key: "experienceLevel", Type: "enum", Options: levels()}
	unit := tool.Input{Key: "dataVolumeUnit", Type: "enum", Options: units()}
	data := tool.Input{Key: "dataType", Type: "enum", Options: []string{"IMAGE", "VIDEO", "DOCUMENT"}}
	kinds := tool.Input{Key: "labelTypes", Type: "array", Options: []string{
		"BOUNDING_BOX", "CUBOID_3D", "SEGMENTATION", "POLYGON", "NAMED_ENTITY_RECOGNITION", "TRANSCRIPTION", "TRANSLATION", "OTHER"}}
	languages, countries := tool.Input{Key: "languages", Type: "array"}, tool.Input{Key: "countries", Type: "array"}
	nda := tool.Input{Key: "ndaRequired", Type: "boolean"}
	people, amount := tool.Input{Key: "headcount", Type: "number"}, tool.Input{Key: "dataVolume", Type: "number"}
	hour, label := tool.Input{Key: "pricePerHour", Type: "number"}, tool.Input{Key: "pricePerLabel", Type: "number"}
	total := tool.Input{Key: "fixedPrice", Type: "number"}
	for _, test := range []struct {
		input   tool.Input
		answers string // separated by |
		want    string
	}{
		{level, "1|1.|#1| (1) |option 1|no. 1|EXPERT|Expert|experts|senior|Senior!|senior folks|seniors only, please|specialists|we need experts", "EXPERT"},
		{level, "2|intermediate|mid|mid-level|the middle one|medium", "INTERMEDIATE"},
		{level, "3|entry level|entry-level|ENTRY_LEVEL|junior|juniors|beginners|entry", "ENTRY_LEVEL"},
		{level, "4|any|anyone|any level|any experience level|anybody", "ANY_EXPERIENCE_LEVEL"},
		{level, "guru|0|5|9|-1|not senior|no experts|senior or junior|experienced|1 and 2|level|experience|!!!||the", "?"},
		{unit, "files|file|number of files|images|pictures|photos|FILES|documents|PDFs|2", "NUMBER_OF_FILES"},
		{unit, "hours|hours of video|hours of audio|audio hours|1|h", "HOURS_OF_RECORDING_AUDIO_VIDEO"},
		{unit, "words|number of words", "NUMBER_OF_WORDS"},
		{unit, "not sure|Not sure.|don't know|i don't know|no idea|unknown|idk|4", unknownUnit},
		{unit, "videos|video|audio|recordings|sentences|minutes|sure|number|files or words", "?"},
		{data, "images|photos|a picture", "IMAGE"}, {data, "videos|video", "VIDEO"}, {data, "PDFs|documents", "DOCUMENT"},
		{kinds, "1 and 4|1, 4|1,4|1 4|1 & 4|1;4|bounding boxes and polygons|bboxes, polygon|1 and polygon|1, 4, and 1", "[BOUNDING_BOX POLYGON]"},
		{kinds, "NER|1 to 4|1-4|1 and 99|bounding boxes or polygons|,|and", "?"}, {kinds, "8|other", "[OTHER]"},
		{kinds, "transcription and translation", "[TRANSCRIPTION TRANSLATION]"}, {kinds, "3d|cuboids|3D cuboid", "[CUBOID_3D]"},
		{languages, "English and Spanish|English, Spanish|English & Spanish|English, and Spanish", "[English Spanish]"},
		{countries, "Trinidad and Tobago", "[Trinidad and Tobago]"}, {countries, "Kenya, Peru", "[Kenya Peru]"},
		{nda, "y|Y|yes|Yes.|yep|yeah|sure|ok|okay", "true"}, {nda, "n|no|No!|nope", "false"}, {nda, "maybe|yes and no|1||not sure", "?"},
		{people, "10|10 people|10 annotators|ten|ten people|about 10|~10|10.0|10 of them", "10"}, {people, "1|one person|one", "1"},
		{people, "2.5|0|-3|none|10-20|10 to 20|ten or so|many|10 apples|NaN|Inf", "?"},
		{amount, "5k|5,000|5000|5 thousand|five thousand|about 5k|around 5,000|5K", "5000"}, {amount, "2 million|2m|two million", "2e+06"},
		{amount, "5 batches|lots|5.000|5,00|1e999", "?"},
		{hour, "18|$18|18$|$18/h|18/hr|$18 / hour|$18 an hour|18 dollars an hour|18 bucks|18 USD per hour|US$18|$18 hourly|18.|about $18", "18"},
		{hour, "$1,500.50|1500.50", "1500.5"}, {hour, ".50|$.50|50 cents|50c|50¢", "0.5"},
		{hour, "€18|18 eur|18 euros|£18|500 rupees|$18 a day|$18 per week|15-20|$15 to $20|up to $20|0|-5|free|5 cents per label|per hour|18,50", "?"},
		{label, "0.05|$0.05|5 cents|5c|5 ct|$0.05 per label|5 cents a label|.05|0.05/label", "0.05"}, {label, "29 cents|29c", "0.29"},
		{label, "5 cents per image|$18 an hour", "?"},
		{total, "2000|$2,000|2k|$2k in total|fixed price of $2,000|2,000 flat|two thousand dollars", "2000"},
		{tool.Input{Type: "string"}, "hello", "hello"}, {tool.Input{Type: "string"}, "|   |...", "?"},
	} {
		for answer := range strings.SplitSeq(test.answers, "|") {
			value, problem := parse(test.input, answer)
			got := fmt.Sprint(value)
			if problem != "" {
				got = "?"
			}
			if got != test.want {
				t.Errorf("%s %q: got %s (%s), want %s", test.input.Key, answer, got, problem, test.want)
			}
		}
	}
}

// TestPayAndDataInOneAnswer: what a person says about both, or about one after the other. "?" is asked again.
func TestPayAndDataInOneAnswer(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"$18/h": "pricePerHour 18", "18 dollars an hour": "pricePerHour 18", "18|per hour": "pricePerHour 18", "hourly|18": "pricePerHour 18",
		"per hour|$18": "pricePerHour 18", "hour|18": "pricePerHour 18", "5 cents a label": "pricePerLabel 0.05", "5c/label": "pricePerLabel 0.05",
		"$2k in total": "fixedPrice 2000", "fixed price of $2,000": "fixedPrice 2000", "total|two thousand": "fixedPrice 2000",
		"1 hour": "?", "5 cents per image": "?", "€18 per hour": "?", "$15-20/h": "?", "$18 per hour or 5 cents per label": "?", "18": "?", "per label": "?", "cheap": "?",
	} {
		var given pay
		var problem string
		for answer := range strings.SplitSeq(typed, "|") {
			problem = given.add(answer)
		}
		if got := fmt.Sprint(given.key, " ", given.amount); problem == "" && got != want || (problem != "") != (want == "?") {
			t.Errorf("pay %q: %s (%s), want %s", typed, got, problem, want)
		}
	}
	for typed, want := range map[string]string{
		"5k images": "NUMBER_OF_FILES 5000", "5,000 files": "NUMBER_OF_FILES 5000", "two thousand photos": "NUMBER_OF_FILES 2000", "5k|images": "NUMBER_OF_FILES 5000",
		"files|5k": "NUMBER_OF_FILES 5000", "10,000 words": "NUMBER_OF_WORDS 10000", "20 hours of video": "HOURS_OF_RECORDING_AUDIO_VIDEO 20",
		"20 h": "HOURS_OF_RECORDING_AUDIO_VIDEO 20", "about 20 hours": "HOURS_OF_RECORDING_AUDIO_VIDEO 20", "not sure": unknownUnit + " 0",
		"5 batches": "?", "5 batches of images": "?", "10 to 20 files": "?", "5 batches of 200 images": "?", "500 videos": "?", "30 minutes": "?",
		"500 words per file": "?", "50 hours a week": "?", "5000": "?", "files": "?", "a lot": "?",
	} {
		var given volume
		var problem string
		for answer := range strings.SplitSeq(typed, "|") {
			problem = given.add(units(), answer)
		}
		if got := fmt.Sprint(given.unit, " ", given.amount); problem == "" && got != want || (problem != "") != (want == "?") {
			t.Errorf("data %q: %s (%s), want %s", typed, got, problem, want)
		}
	}
}
