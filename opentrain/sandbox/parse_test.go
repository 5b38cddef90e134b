package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// reading is the expected result of parsing a description.
type reading struct {
	text     string
	fields   object   // expected values; nil means absent
	gaps     string   // all, separated by spaces
	guesses  string   // fields of all, separated by spaces
	unmapped []string // previews of all
}

func TestParse(t *testing.T) {
	for _, group := range [][]reading{samples, payments, counts, people, hostile} {
		for _, r := range group {
			t.Run(r.text[:min(len(r.text), 40)], func(t *testing.T) { checkReading(t, r) })
		}
	}
}

func checkReading(t *testing.T, want reading) {
	t.Helper()
	got := newAPI(t, sandbox.Config{}).create(want.text)
	for key, value := range want.fields {
		equal(t, key, dig(got, "normalizedFields", key), value)
	}
	equal(t, "gaps", missing(got), strings.Fields(want.gaps))
	guesses := []string{}
	for _, g := range list(got["lowConfidenceFields"]) {
		field := str(dig(g, "field"))
		guesses = append(guesses, field)
		equal(t, "guessed "+field, dig(g, "value"), dig(got, "normalizedFields", field))
		if dig(g, "reason") == "" {
			t.Errorf("no reason for the guess of %s", field)
		}
	}
	slices.Sort(guesses)
	equal(t, "guesses", guesses, strings.Fields(want.guesses))
	previews := []string{}
	for _, u := range list(got["unmappedFields"]) {
		previews = append(previews, str(dig(u, "valuePreview")))
	}
	if want.unmapped == nil {
		want.unmapped = []string{}
	}
	equal(t, "unmapped", previews, want.unmapped)
	if t.Failed() {
		data, _ := json.Marshal(got["normalizedFields"])
		t.Logf("fields: %s", data)
	}
}

var samples = []reading{
	{text: guideText, gaps: "experienceLevel dataVolumeUnit",
		fields: object{"jobTitle": "Bounding Box Annotation for Dashcam Images", "dataType": "IMAGE", "labelTypes": []string{"BOUNDING_BOX"},
			"dataVolume": 50000, "headcount": 10, "paymentType": "PAY_PER_HOUR", "pricePerHour": 18, "languages": []string{"English"},
			"projectDuration": "about six weeks", "subjectMatter": "Autonomous Driving", "dataVolumeUnit": nil, "experienceLevel": nil}},
	{text: referenceText, gaps: "experienceLevel pricePerLabel",
		fields: object{"jobTitle": "Spanish Sentiment Labeling — Social Media Posts", "dataType": "TEXT", "labelTypes": []string{"SENTIMENT_ANALYSIS"},
			"dataVolume": 20000, "dataVolumeUnit": "NUMBER_OF_FILES", "headcount": 5, "paymentType": "PAY_PER_LABEL", "languages": []string{"Spanish"}}},
	{text: "We're looking for 5 fluent Spanish speakers to label the sentiment of 20,000 social media posts. Pay is per label.",
		gaps:   "experienceLevel pricePerLabel",
		fields: object{"jobTitle": "Spanish Sentiment Labeling — Social Media Posts", "headcount": 5, "dataVolume": 20000}},
	{text: "Transcribe 300 hours of Portuguese customer calls, $0.80 per audio minute, 12 people in Brazil and Portugal",
		gaps: "experienceLevel pay", unmapped: []string{"$0.80 per audio minute"},
		fields: object{"jobTitle": "Portuguese Transcription — Customer Calls", "dataVolume": 300, "dataVolumeUnit": "HOURS_OF_RECORDING_AUDIO_VIDEO",
			"headcount": 12, "countries": []string{"Brazil", "Portugal"}, "languages": []string{"Portuguese"}, "paymentType": nil}},
	{text: "Translate 120,000 words from English to German, 8 cents a word", gaps: "experienceLevel", guesses: "paymentType pricePerLabel",
		fields: object{"jobTitle": "English to German Translation", "dataVolume": 120000, "dataVolumeUnit": "NUMBER_OF_WORDS",
			"languages": []string{"English", "German"}, "paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.08, "headcount": nil}},
	{text: "Label 500 chest X-rays for a fixed price of $2,500; radiologists only", gaps: "labelTypes", guesses: "experienceLevel jobTitle",
		fields: object{"jobTitle": "Data Labeling for Chest X-Rays", "dataVolume": 500, "dataVolumeUnit": "NUMBER_OF_FILES",
			"paymentType": "FIXED_PRICE", "fixedPrice": 2500, "experienceLevel": "EXPERT", "subjectMatter": "Medicine"}},
	{text: "Rate chatbot answers, flexible hours", gaps: "experienceLevel pay languages",
		fields: object{"jobTitle": "Response Rating — Chatbot Answers", "labelTypes": []string{"RESPONSE_RATING"}, "paymentType": nil, "timeRequirement": nil}},
	{text: "Annotators in Kenya, India and the Philippines for product categorisation of 1.5M items at 3 cents per label", gaps: "experienceLevel",
		fields: object{"jobTitle": "Product Categorization", "countries": []string{"Kenya", "India", "Philippines"}, "dataVolume": 1500000,
			"dataVolumeUnit": "NUMBER_OF_FILES", "paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.03}},
	{text: "Need ten annotators to draw polygons on 50k satellite images, $15-20/hour, must own a GPU, start on Monday",
		gaps: "experienceLevel", guesses: "pricePerHour", unmapped: []string{"start on Monday", "must own a GPU"},
		fields: object{"headcount": 10, "dataVolume": 50000, "pricePerHour": 15}},
}

var payments = []reading{
	{text: "Bounding boxes on 2,500 photos. $18 per hour.", gaps: "experienceLevel", fields: object{"pricePerHour": 18, "dataVolume": 2500}},
	{text: "Bounding boxes on 2,500 photos, 18 USD/hr", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, USD 18 hourly", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, US$18 an hour", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos. Hourly rate: $18", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, 18 dollars per hour", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, $18USD p/h", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, €15/hour", gaps: "experienceLevel pricePerHour", unmapped: []string{"€15/hour"},
		fields: object{"paymentType": "PAY_PER_HOUR", "pricePerHour": nil}},
	{text: "Bounding boxes on 2,500 photos, C$20 per hour", gaps: "experienceLevel pricePerHour", unmapped: []string{"$20 per hour"}},
	{text: "Bounding boxes on 2,500 photos, 20 CAD per hour", gaps: "experienceLevel pricePerHour", unmapped: []string{"20 CAD per hour"}},
	{text: "Bounding boxes on 2,500 photos, $15 to $20 per hour", gaps: "experienceLevel", guesses: "pricePerHour", fields: object{"pricePerHour": 15}},
	{text: "Bounding boxes on 2,500 photos, 5c per image", gaps: "experienceLevel", guesses: "paymentType pricePerLabel", fields: object{"pricePerLabel": 0.05}},
	{text: "Bounding boxes on 2,500 photos. Paid per label: $0.05", gaps: "experienceLevel", fields: object{"paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.05}},
	{text: "Bounding boxes on 2,500 photos. Budget $500", gaps: "experienceLevel", guesses: "fixedPrice paymentType", fields: object{"fixedPrice": 500}},
	{text: "Bounding boxes on 2,500 photos, $900 in total", gaps: "experienceLevel", fields: object{"fixedPrice": 900, "paymentType": "FIXED_PRICE"}},
	{text: "Bounding boxes on 2,500 photos. Pay: $18", gaps: "experienceLevel pay", unmapped: []string{"$18"}},
	{text: "Bounding boxes on 2,500 photos, $25 per person", gaps: "experienceLevel pay", unmapped: []string{"$25 per person"}},
	{text: "Bounding boxes on 2,500 photos; pay per image 0.20 dollars", gaps: "experienceLevel", guesses: "paymentType pricePerLabel", fields: object{"pricePerLabel": 0.2}},
	{text: "Bounding boxes on 2,500 photos, paid by the image", gaps: "experienceLevel pricePerLabel", guesses: "paymentType"},
	{text: "Bounding boxes on 2,500 photos, paid hourly", gaps: "experienceLevel pricePerHour", fields: object{"paymentType": "PAY_PER_HOUR"}},
	{text: "Bounding boxes on 2,500 photos, fixed price", gaps: "experienceLevel fixedPrice"},
	{text: "Bounding boxes on 2,500 photos, $18/hour for day shifts, $22/hour at night, $50 bonus", gaps: "experienceLevel",
		unmapped: []string{"$22/hour", "$50"}, fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, $3000 per month", gaps: "experienceLevel pay", unmapped: []string{"$3000 per month"}},
	{text: "Transcription in French of 40 recorded hours, $30 per hour of audio", gaps: "experienceLevel pay", unmapped: []string{"$30 per hour of audio"},
		fields: object{"dataVolume": 40, "dataVolumeUnit": "HOURS_OF_RECORDING_AUDIO_VIDEO"}},
	{text: "Our company is worth $5 million. Bounding boxes on 2,500 photos, $12/h", gaps: "experienceLevel", fields: object{"pricePerHour": 12}},
}

var counts = []reading{
	{text: "Team of ten for keypoints in 3 million selfies, $9/hour", gaps: "experienceLevel", fields: object{"headcount": 10, "dataVolume": 3000000}},
	{text: "Object tracking in 500 video clips, $9/hour", gaps: "experienceLevel dataVolumeUnit", fields: object{"dataVolume": 500, "dataType": "VIDEO"}},
	{text: "Object tracking in 90 minutes of CCTV footage, $9/hour", gaps: "experienceLevel",
		fields: object{"dataVolume": 1.5, "dataVolumeUnit": "HOURS_OF_RECORDING_AUDIO_VIDEO", "jobTitle": "Object Tracking for CCTV Footage"}},
	{text: "Polygons on 2.500.000 photos, $9/hour", gaps: "experienceLevel", fields: object{"dataVolume": 2500000}},
	{text: "Polygons on 50 000 photos, $9/hour, 5-10 annotators", gaps: "experienceLevel", guesses: "headcount", fields: object{"dataVolume": 50000, "headcount": 5}},
	{text: "Between 5 and 8 annotators for polygons on 4K video frames, $9/hour", gaps: "experienceLevel dataVolume", guesses: "headcount", fields: object{"headcount": 5}},
	{text: "Polygons on 500 photos and 20 drawings, $9/hour", gaps: "experienceLevel", guesses: "dataVolume", fields: object{"dataVolume": 500}},
	{text: "Polygons on two hundred photos, twenty-five annotators, a dozen a day, $9/hour", gaps: "experienceLevel", fields: object{"dataVolume": 200, "headcount": 25}},
	{text: "Polygons, about 100 photos per day, 20 hours per week, 6-week project, $9/hour", gaps: "experienceLevel dataVolume",
		fields: object{"dataVolume": nil, "timeRequirement": "20 hours per week", "projectDuration": "6-week"}},
	{text: "Annotators needed: 12. Polygons on 1,000 photos, $9/hour. A 3-person team checks.", gaps: "experienceLevel", guesses: "headcount", fields: object{"headcount": 12}},
	{text: "# Cat outlines\nPolygons on 1,000 photos, $9/hour, for 3 months", gaps: "experienceLevel", fields: object{"jobTitle": "Cat outlines", "projectDuration": "3 months"}},
}

var people = []reading{
	{text: "Entry-level US-based annotators, polygons on 10 photos, $9/hour", fields: object{"experienceLevel": "ENTRY_LEVEL", "countries": []string{"United States"}}},
	{text: "Polygons on 10 photos from Kenya, any experience level, $9/hour", fields: object{"experienceLevel": "ANY_EXPERIENCE_LEVEL", "countries": nil}},
	{text: "Polygons on 10 photos, 3 senior experts, UK only, $9/hour", fields: object{"experienceLevel": "EXPERT", "headcount": 3, "countries": []string{"United Kingdom"}}},
	{text: "Polygons on 10 photos, no experience needed, $9/hour. Work in Peru.", guesses: "countries experienceLevel", fields: object{"experienceLevel": "ENTRY_LEVEL"}},
	{text: "Polygons on 10 photos, 5+ years of experience, $9/hour", guesses: "experienceLevel", fields: object{"experienceLevel": "EXPERT"}},
	{text: "Polygons on 1,000.5 hours of footage by 3 native Arabic speakers (Egypt, Jordan or Morocco), $9/hour", gaps: "experienceLevel",
		fields: object{"countries": []string{"Egypt", "Jordan", "Morocco"}, "languages": []string{"Arabic"}, "dataVolume": 1000.5}},
	{text: "Polygons on 10 photos, beginners and experts, $9/hour", gaps: "experienceLevel"},
	{text: "Mid-level people, polygons on 10 Japanese street signs, not Polish, $9/hour", fields: object{"languages": nil, "experienceLevel": "INTERMEDIATE"}},
	{text: "Polish our data: classify 10 tweets in Polish or Czech, $9/hour", gaps: "experienceLevel", fields: object{"languages": []string{"Polish", "Czech"}}},
	{text: "Sentiment of 10 Thai restaurant reviews, $9/hour", gaps: "experienceLevel", guesses: "languages", fields: object{"languages": []string{"Thai"}}},
	{text: "Hindi-speaking people to transcribe 10 hours of calls, $9/hour, NDA required", gaps: "experienceLevel", fields: object{"ndaRequired": true, "languages": []string{"Hindi"}}},
	{text: "Polygons on 10 photos, $9/hour. The data is confidential.", gaps: "experienceLevel ndaRequired"},
	{text: "Polygons on 10 photos, $9/hour, no NDA", gaps: "experienceLevel", fields: object{"ndaRequired": false}},
}

var hostile = []reading{
	{text: "Read 5-star reviews 24 hours a day, finish within 3 days in 2026, call +1 (555) 010-9999 or 555-123-4567 images.",
		gaps: "labelTypes experienceLevel pay dataVolume languages", guesses: "jobTitle", unmapped: []string{"within 3 days in 2026"},
		fields: object{"headcount": nil, "dataVolume": nil, "timeRequirement": nil, "projectDuration": nil}},
	{text: "On 2026-01-05 at 10:30, 50% of images, version 1.2.3 images, 3D boxes, 24/7 annotators", gaps: "experienceLevel pay dataVolume",
		fields: object{"headcount": nil, "dataVolume": nil, "labelTypes": []string{"CUBOID_3D"}}},
	{text: "我们需要10名标注员为行车记录仪图像画框 🙂", gaps: "labelTypes experienceLevel pay", guesses: "jobTitle",
		fields: object{"jobTitle": "我们需要10名标注员为行车记录仪图像画框 🙂"}},
	{text: "🙂 -- !!", gaps: "jobTitle labelTypes experienceLevel pay"},
	{text: "Нужны 5 разметчиков", gaps: "labelTypes experienceLevel pay", guesses: "jobTitle", fields: object{"jobTitle": "Нужны 5 разметчиков"}},
	{text: "x", gaps: "labelTypes experienceLevel pay", guesses: "jobTitle", fields: object{"jobTitle": "x"}},
	{text: "0 annotators, -5 images, $0 per hour, 99999999999999999999999 photos, 1,00,00 photos", gaps: "labelTypes experienceLevel pay dataVolume", guesses: "jobTitle",
		fields: object{"headcount": nil, "pricePerHour": nil}},
	{text: "5 people to label images and the team of 3", gaps: "labelTypes experienceLevel pay dataVolume", guesses: "headcount jobTitle", fields: object{"headcount": 5, "dataVolume": nil}},
}

// TestParseIsQuick parses long texts that repeat the words of the rules. The limit is far above the usual
// time, even with -race: it catches quadratic time.
func TestParseIsQuick(t *testing.T) {
	for _, part := range []string{"We need 10 English annotators, Kenya, must have ", "$1-2 per "} {
		start := time.Now()
		newAPI(t, sandbox.Config{}).create(strings.Repeat(part, 60_000/len(part)))
		if duration := time.Since(start); duration > 3*time.Second {
			t.Errorf("%q: parsing ended after %v", part, duration)
		}
	}
}

// FuzzParse checks that every text gives a valid draft: values that PATCH accepts, known gaps, the text
// unchanged.
func FuzzParse(f *testing.F) {
	for _, group := range [][]reading{samples, payments, counts, people, hostile} {
		for _, r := range group {
			f.Add(r.text)
		}
	}
	f.Add("#\v\v\v\v") // a line that is not a title
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\uFFFD")
		a := newAPI(t, sandbox.Config{})
		start := time.Now()
		resp, got := a.do("POST", "/job-drafts", object{"rawJobDescription": text})
		if duration := time.Since(start); duration > 5*time.Second {
			t.Fatalf("ended after %v", duration)
		}
		if resp.StatusCode != http.StatusOK {
			if strings.TrimSpace(text) != "" && len(text) <= 60_000 {
				t.Fatalf("refused: %v", got)
			}
			return
		}
		fields := obj(got["normalizedFields"])
		if fields["jobDescription"] != text {
			t.Errorf("description %q became %q", text, fields["jobDescription"])
		}
		again := a.want(200, "PATCH", "/job-drafts/job_1", fields)
		equal(t, "gaps", missing(again), missing(got))
		if n := dig(got, "validation", "missingFieldCount"); fmt.Sprint(n) != fmt.Sprint(len(missing(got))) {
			t.Errorf("missingFieldCount %v", n)
		}
		for _, g := range list(got["lowConfidenceFields"]) {
			equal(t, "guess", dig(g, "value"), fields[str(dig(g, "field"))])
		}
	})
}
