package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// reading is the expected result of reading a description. testdata/truth has more of them, with what is true of each;
// these show what the sandbox makes of them.
type reading struct {
	text    string
	fields  object   // expected values; nil means absent
	gaps    string   // all, separated by spaces
	guesses string   // fields of all, separated by spaces
	says    []string // parts of the remarks
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, group := range [][]reading{samples, payments, casual, counts, people, hostile} {
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
	guesses, said := []string{}, ""
	for _, g := range list(got["lowConfidenceFields"]) {
		field := str(dig(g, "field"))
		guesses = append(guesses, field)
		equal(t, "guessed "+field, dig(g, "value"), dig(got, "normalizedFields", field))
		said += str(dig(g, "reason")) + "\n"
	}
	slices.Sort(guesses)
	equal(t, "guesses", guesses, strings.Fields(want.guesses))
	for _, u := range list(got["unmappedFields"]) {
		equal(t, "path", dig(u, "path"), "source.text")
		said += str(dig(u, "reason")) + "\n"
	}
	for _, part := range want.says {
		if !strings.Contains(said, part) {
			t.Errorf("%q is not in\n%s", part, said)
		}
	}
	if want.says == nil && len(list(got["unmappedFields"])) > 0 {
		t.Errorf("reported: %s", said)
	}
	if t.Failed() {
		data, _ := json.Marshal(got["normalizedFields"])
		t.Logf("fields: %s\nremarks: %s", data, said)
	}
}

var samples = []reading{
	{text: guideText, gaps: "experienceLevel dataVolumeUnit",
		fields: object{"jobTitle": "Bounding Box Annotation for Dashcam Images", "dataType": "IMAGE", "labelTypes": []string{"BOUNDING_BOX"},
			"dataVolume": 50000, "headcount": 10, "paymentType": "PAY_PER_HOUR", "pricePerHour": 18, "languages": []string{"English"},
			"projectDuration": "about six weeks", "dataVolumeUnit": nil, "experienceLevel": nil}},
	{text: referenceText, gaps: "experienceLevel pricePerLabel",
		fields: object{"jobTitle": "Spanish Sentiment Labeling — Social Media Posts", "labelTypes": []string{"SENTIMENT_ANALYSIS"},
			"dataVolume": 20000, "dataVolumeUnit": "NUMBER_OF_FILES", "headcount": 5, "paymentType": "PAY_PER_LABEL", "languages": []string{"Spanish"}}},
	{text: "We're looking for 5 fluent Spanish speakers to label the sentiment of 20,000 social media posts. Pay is per label.",
		gaps:   "experienceLevel pricePerLabel",
		fields: object{"jobTitle": "Spanish Sentiment Labeling — Social Media Posts", "headcount": 5, "dataVolume": 20000}},
	{text: "Transcribe 300 hours of Portuguese customer calls, $0.80 per audio minute, 12 people in Brazil and Portugal",
		gaps: "experienceLevel pay", guesses: "headcount languages",
		says: []string{`"$0.80 per audio minute": it's not a plain rate per hour, per label or for the whole job.`,
			`The text says "12 people"; 12 may not be the number of all people.`},
		fields: object{"jobTitle": "Transcription — Customer Calls", "dataVolume": 300, "dataVolumeUnit": "HOURS_OF_RECORDING_AUDIO_VIDEO",
			"headcount": 12, "countries": []string{"Brazil", "Portugal"}, "languages": []string{"Portuguese"}, "paymentType": nil}},
	{text: "Translate 120,000 words from English to German, 8 cents a word", gaps: "experienceLevel", guesses: "languages paymentType pricePerLabel",
		says: []string{"0.08 was read as US cents per label."},
		fields: object{"jobTitle": "Translation", "dataVolume": 120000, "dataVolumeUnit": "NUMBER_OF_WORDS",
			"languages": []string{"English", "German"}, "paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.08, "headcount": nil}},
	{text: "Label 500 chest X-rays for a fixed price of $2,500; radiologists only", gaps: "labelTypes experienceLevel", guesses: "jobTitle",
		fields: object{"dataVolume": 500, "dataVolumeUnit": "NUMBER_OF_FILES", "paymentType": "FIXED_PRICE", "fixedPrice": 2500}},
	{text: "Polygons on 500 chest X-rays", gaps: "experienceLevel pay", fields: object{"jobTitle": "Polygon Annotation for Chest X-Rays"}},
	{text: "Annotators in Kenya, India and the Philippines for product categorisation of 1.5M items at $0.03 per label",
		gaps: "experienceLevel dataVolumeUnit", fields: object{"jobTitle": "Product Categorization", "countries": []string{"Kenya", "India", "Philippines"},
			"dataVolume": 1500000, "paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.03}},
	{text: "Bounding boxes on 2,500 photos, and transcribe what the signs say. $9/hour", gaps: "experienceLevel languages", guesses: "jobTitle",
		fields: object{"labelTypes": []string{"BOUNDING_BOX", "TRANSCRIPTION"}, "dataType": "IMAGE"}},
}

var payments = []reading{
	{text: "Bounding boxes on 2,500 photos. $18 per hour.", gaps: "experienceLevel", fields: object{"pricePerHour": 18, "dataVolume": 2500}},
	{text: "Bounding boxes on 2,500 photos, 18 USD/hr", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, USD 18 hourly", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, US$18 an hour", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos. Hourly rate: $18", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, 18 dollars per hour", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, $18 p/h", gaps: "experienceLevel", fields: object{"pricePerHour": 18}},
	{text: "Bounding boxes on 2,500 photos, €20 per hour", gaps: "experienceLevel pricePerHour",
		says:   []string{`"€20 per hour": it's not in US dollars, and this sandbox does not convert.`},
		fields: object{"paymentType": "PAY_PER_HOUR", "pricePerHour": nil}},
	{text: "Bounding boxes on 2,500 photos, C$20 per hour", gaps: "experienceLevel pricePerHour", says: []string{`"C$20 per hour": it's not in US dollars`}},
	{text: "Bounding boxes on 2,500 photos, $20 CAD per hour", gaps: "experienceLevel pricePerHour", says: []string{`"$20 CAD per hour": it's not in US dollars`}},
	{text: "Bounding boxes on 2,500 photos, $15 to $20 per hour", gaps: "experienceLevel", guesses: "pricePerHour", fields: object{"pricePerHour": 15},
		says: []string{`The text says "$15 to $20 per hour"; 15 is the lower end of the range.`}},
	{text: "Bounding boxes on 2,500 photos, $15+/hour", gaps: "experienceLevel", guesses: "pricePerHour", fields: object{"pricePerHour": 15},
		says: []string{`15 is the lower limit.`}},
	{text: "Bounding boxes on 2,500 photos, up to $20/hr", gaps: "experienceLevel pricePerHour", fields: object{"paymentType": "PAY_PER_HOUR"},
		says: []string{`"up to $20/hr": it only limits the rate, so the rate is asked.`}},
	{text: "Bounding boxes on 2,500 photos, 5c per image", gaps: "experienceLevel", guesses: "paymentType pricePerLabel", fields: object{"pricePerLabel": 0.05},
		says: []string{"read as US cents"}},
	{text: "Bounding boxes on 2,500 photos. Paid per label: $0.05", gaps: "experienceLevel", fields: object{"paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.05}},
	{text: "Bounding boxes on 2,500 photos. $0.05 each", gaps: "experienceLevel pay", says: []string{`"$0.05 each": it's not a plain rate`}},
	{text: "Bounding boxes on 2,500 photos. Budget $500", gaps: "experienceLevel pay", says: []string{`"$500": the text doesn't clearly say what it's paid for.`}},
	{text: "Bounding boxes on 2,500 photos, $900 in total", gaps: "experienceLevel", fields: object{"fixedPrice": 900, "paymentType": "FIXED_PRICE"}},
	{text: "Bounding boxes on 2,500 photos; $0.20 per image", gaps: "experienceLevel", guesses: "paymentType pricePerLabel", fields: object{"pricePerLabel": 0.2},
		says: []string{`The text says "$0.20 per image"; 0.2 was read as the pay per label.`}},
	{text: "Bounding boxes on 2,500 photos, paid by the image", gaps: "experienceLevel pricePerLabel", guesses: "paymentType", says: []string{"by the piece"}},
	{text: "Bounding boxes on 2,500 photos, paid hourly", gaps: "experienceLevel pricePerHour", fields: object{"paymentType": "PAY_PER_HOUR"}},
	{text: "Bounding boxes on 2,500 photos, fixed price", gaps: "experienceLevel fixedPrice"},
	{text: "Bounding boxes on 2,500 photos, $18/hour for day shifts, $22/hour at night", gaps: "experienceLevel pay", fields: object{"paymentType": nil},
		says: []string{`"$18/hour": the text names several, so none was used. "$22/hour": the text names several`}},
	{text: "Bounding boxes on 2,500 photos, $18/hour, $50 bonus", gaps: "experienceLevel", guesses: "pricePerHour", fields: object{"pricePerHour": 18},
		says: []string{"18 is not the only amount in the text.", `"$50": the text doesn't clearly say`}},
	{text: "Bounding boxes on 2,500 photos, bonus of $5/hour", gaps: "experienceLevel", guesses: "paymentType pricePerHour", says: []string{"5 may not be the pay"}},
	{text: "Bounding boxes on 2,500 photos. Paid per label. $18/hour", gaps: "experienceLevel pay", says: []string{"the text says something else about the pay too"}},
	{text: "Transcription in French, $30 per hour of audio", gaps: "experienceLevel pay dataVolume", guesses: "languages",
		says: []string{`"$30 per hour of audio": it's not a plain rate`}},
}

// casual has what people write without care, and what only looks like it.
var casual = []reading{
	{text: "Polygons on 10 photos, senior annotators, 15-18 bucks an hour", guesses: "pricePerHour", says: []string{"15 is the lower end of the range."},
		fields: object{"paymentType": "PAY_PER_HOUR", "pricePerHour": 15}},
	{text: "Polygons on 10 photos, senior annotators, 15 bucks an hour", fields: object{"pricePerHour": 15}},
	{text: "Polygons on 10 photos, senior annotators, $15–18/hr", guesses: "pricePerHour", says: []string{"15 is the lower end of the range."},
		fields: object{"pricePerHour": 15}},
	{text: "We need 5 US experts. Polygons on 10 photos, $9/hour",
		fields: object{"headcount": 5, "experienceLevel": "EXPERT", "countries": []string{"United States"}}},
	{text: "Looking for US and UK experts to draw polygons on 10 photos, $9/hour", gaps: "experienceLevel",
		fields: object{"countries": []string{"United States", "United Kingdom"}}},
	{text: "Polygons on 10 photos by US experts, $9/hour", gaps: "experienceLevel", guesses: "countries",
		fields: object{"countries": []string{"United States"}}, says: []string{"The text doesn't clearly say that AI trainers must be there."}},
	{text: "UK-based senior annotators", gaps: "labelTypes pay", guesses: "jobTitle", says: []string{`"UK"`}, fields: object{"countries": nil}},
	{text: "Polygons on 10 photos, senior annotators, UK-based, $9/hour", fields: object{"countries": []string{"United Kingdom"}}},
	{text: "Polygons on 10 photos, senior annotators, US-based. $9/hour", fields: object{"countries": []string{"United States"}}},
	{text: "Polygons on 10 photos, $9/hour. For questions, contact us experts", gaps: "experienceLevel", fields: object{"countries": nil}},
	{text: "Polygons on 10 photos, $9/hour. Us experts pay on time.", gaps: "experienceLevel", fields: object{"countries": nil}},
	{text: "Polygons on 10 photos, $9/hour, senior annotators. Give us feedback", fields: object{"countries": nil}},
	{text: "Polygons on 10 photos, $9/hour, senior annotators, no US experts", says: []string{`"US"`}, fields: object{"countries": nil}},
}

var counts = []reading{
	{text: "Keypoints in 3 million selfies, $9/hour. We need 1C annotators", gaps: "experienceLevel", guesses: "pricePerHour",
		fields: object{"dataVolume": 3000000, "headcount": nil},
		says:   []string{`9 is not the only amount in the text.`, `"1C": the text doesn't clearly say what it's paid for.`}},
	{text: "Keypoints in 3 million selfies, $9/hour", gaps: "experienceLevel", fields: object{"dataVolume": 3000000}},
	{text: "Object tracking in 500 video clips, $9/hour", gaps: "experienceLevel dataVolumeUnit", fields: object{"dataVolume": 500}},
	{text: "Object tracking in 90.5 hours of CCTV footage, $9/hour", gaps: "experienceLevel",
		fields: object{"dataVolume": 90.5, "dataVolumeUnit": "HOURS_OF_RECORDING_AUDIO_VIDEO", "jobTitle": "Object Tracking for CCTV Footage"}},
	{text: "Polygons on 50 000 photos, $9/hour, 5-10 annotators", gaps: "experienceLevel", guesses: "headcount", fields: object{"dataVolume": 50000, "headcount": 5},
		says: []string{`The text says "5-10 annotators"; 5 is the lower end of the range.`}},
	{text: "Polygons on 10-20k photos, $9/hour", gaps: "experienceLevel", guesses: "dataVolume", fields: object{"dataVolume": 10000}, says: []string{"10000 is the lower end"}},
	{text: "Polygons on 500 photos and 20 drawings, $9/hour", gaps: "experienceLevel dataVolume",
		says: []string{`"500 photos": this may not be the amount of data. "20 drawings": this may not be the amount of data.`}},
	{text: "Polygons on 1.500 photos, $9/hour, four annotators, 20 hours per week", gaps: "experienceLevel dataVolume", guesses: "headcount",
		fields: object{"headcount": 4}, says: []string{`"1.500 photos": this may not be`, `"20 hours": no field was set from it.`}},
	{text: "We need 12 annotators for polygons on 1,000 photos, $9/hour. Each photo is seen by 3 annotators.", gaps: "experienceLevel", guesses: "headcount",
		fields: object{"headcount": 12}, says: []string{"12 is not the only such number in the text.", `"3 annotators": this may not be the number of people that you need.`}},
	{text: "Headcount: 10\nPolygons on 1,000 photos\nPay: $9/hour\nDuration: 3 months", gaps: "experienceLevel",
		fields: object{"headcount": 10, "pricePerHour": 9, "projectDuration": "3 months"}},
	{text: "Draw polygons around every car in 50,000 photos, $9/hour", gaps: "experienceLevel", guesses: "dataVolume", fields: object{"dataVolume": 50000},
		says: []string{"50000 may not be the amount of all data."}},
	{text: "We need 5 annotators and 20 reviewers for polygons on 100 photos, $9/hour. We need 7 people.", gaps: "experienceLevel",
		says: []string{"7 is not the only"}, guesses: "headcount"},
}

var people = []reading{
	{text: "Entry-level US-based annotators, polygons on 10 photos, $9/hour", fields: object{"experienceLevel": "ENTRY_LEVEL", "countries": []string{"United States"}}},
	{text: "Polygons on 10 photos from Kenya, any experience level, $9/hour", fields: object{"experienceLevel": "ANY_EXPERIENCE_LEVEL", "countries": nil},
		says: []string{`"Kenya": the text doesn't clearly say that AI trainers must be there.`}},
	{text: "Polygons on 10 photos, senior annotators, U.K. only, $9/hour", fields: object{"experienceLevel": "EXPERT", "countries": []string{"United Kingdom"}}},
	{text: "Polygons on 10 photos, senior annotators, UK only, $9/hour", fields: object{"experienceLevel": "EXPERT", "countries": []string{"United Kingdom"}}},
	{text: "Polygons on 10 photos, annotators in Georgia, $9/hour", gaps: "experienceLevel", fields: object{"countries": nil}, says: []string{`"Georgia"`}},
	{text: "Polygons on 10 photos, beginners and experts, $9/hour", gaps: "experienceLevel"},
	{text: "Mid-level people, polygons on 10 Japanese street signs, not Polish, $9/hour", gaps: "dataVolume languages",
		fields: object{"languages": nil, "experienceLevel": "INTERMEDIATE"}, says: []string{`"Japanese": the text doesn't clearly say that AI trainers must know it.`, `"Polish"`}},
	{text: "Polygons on 10 photos, $9/hour. Fluent Polish or Czech speakers.", gaps: "experienceLevel", guesses: "languages",
		fields: object{"languages": []string{"Polish", "Czech"}}, says: []string{"The text names these as alternatives."}},
	{text: "Sentiment of 10 Thai restaurant reviews, $9/hour", gaps: "experienceLevel", guesses: "languages", fields: object{"languages": []string{"Thai"}},
		says: []string{"The text doesn't clearly say that AI trainers must know it."}},
	{text: "Polygons on 10 photos, $9/hour. Hindi-speaking people, NDA required", gaps: "experienceLevel", fields: object{"ndaRequired": true, "languages": []string{"Hindi"}}},
	{text: "Polygons on 10 photos, $9/hour. The data is confidential.", gaps: "experienceLevel ndaRequired"},
	{text: "Polygons on 10 photos, $9/hour, no NDA", gaps: "experienceLevel", fields: object{"ndaRequired": false}},
	{text: "Polygons on 10 photos, $9/hour. You must sign an NDA. No NDA is needed.", gaps: "experienceLevel ndaRequired", says: []string{"names several"}},
}

var hostile = []reading{
	{text: "On 2026-01-05 at 10:30, 50% of images, version 1.2.3 images, 3D boxes, 24/7 annotators", gaps: "experienceLevel pay dataVolume",
		fields: object{"headcount": nil, "dataVolume": nil, "labelTypes": []string{"CUBOID_3D"}},
		says:   []string{`"2026-01-05": no field`, `"10:30": no field`, `"50%": no field`, `"1.2.3 images": this may not be`, `"24/7 annotators": this may not be`}},
	{text: "我们需要10名标注员为行车记录仪图像画框 🙂", gaps: "labelTypes experienceLevel pay dataVolume languages", guesses: "jobTitle",
		says: []string{"This sandbox reads only English; OpenTrain may read more."}},
	{text: "We need 10 annotators. Нужны 5 разметчиков.", gaps: "labelTypes experienceLevel pay dataVolume languages", guesses: "jobTitle",
		fields: object{"headcount": 10}, says: []string{"only English"}},
	{text: "🙂 -- !!", gaps: "jobTitle labelTypes experienceLevel pay"},
	{text: "x", gaps: "labelTypes experienceLevel pay", guesses: "jobTitle", fields: object{"jobTitle": "x"}},
	{text: "0 annotators, -5 images, $0 per hour, 99999999999999999999999 photos, 1,00,00 photos", gaps: "labelTypes experienceLevel pay dataVolume", guesses: "jobTitle",
		fields: object{"headcount": nil, "pricePerHour": nil}, says: []string{`"0 annotators"`, `"5 images"`, `"1,00,00 photos"`}},
	{text: "$#/hour, $*/hour, $^/hour, $_/hour", gaps: "labelTypes experienceLevel pay", guesses: "jobTitle"},
	{text: "We need 1.5 annotators and 200,000 annotators", gaps: "labelTypes experienceLevel pay", guesses: "jobTitle", fields: object{"headcount": nil}, says: []string{"1.5", "200,000"}},
}

// TestParseCountsWhatItDoesNotShow: a long text has a limited number of remarks.
func TestParseCountsWhatItDoesNotShow(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("Привет, мир ", 100) + ". "
	for i := range 100 {
		text += fmt.Sprintf("We need %d pens. ", i)
	}
	got := newAPI(t, sandbox.Config{}).create(text)
	parts := list(got["unmappedFields"])
	if len(parts) != 51 || !strings.Contains(str(dig(parts[50], "reason")), "51 more parts of the text set no field.") {
		t.Errorf("%d parts, the last one: %v", len(parts), parts[len(parts)-1])
	}
	if first := str(dig(parts[0], "valuePreview")); len(first) > 700 || !strings.HasSuffix(first, "…") {
		t.Errorf("%d bytes: %s", len(first), first)
	}
}

// TestParseIsQuick reads long texts that repeat the words of the rules, and catches quadratic time.
func TestParseIsQuick(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"We need 10 English annotators, Kenya, must have ", "$1-2 per ", "10 to ", "Kenya and ", "French or ", "a,", "1", "x\n", "x?", "我",
		"$18 per hour ", "$18 ", "1.5; ", "10 annotators, ", "500 images "} {
		parse := func(size int) time.Duration {
			start := time.Now()
			newAPI(t, sandbox.Config{}).create(strings.Repeat(part, size/len(part)))
			return time.Since(start)
		}
		// Ten times the text takes about ten times as long. Other tests keep the machine busy, so the best times count.
		short, long := time.Hour, time.Hour
		for try := 0; try < 2 || try < 30 && long > 40*max(short, time.Millisecond); try++ {
			short, long = min(short, parse(3_000)), min(long, parse(30_000))
		}
		if long > 40*max(short, time.Millisecond) {
			t.Errorf("%q: 3,000 bytes take %v, and 30,000 take %v", part, short, long)
		}
	}
}

// BenchmarkParse reads texts of 60,000 characters.
func BenchmarkParse(b *testing.B) {
	for name, part := range map[string]string{
		"text": guideText + " ", "amounts": "$18 per hour ", "counts": "10 annotators, ", "ranges": "10 to 20 ", "numbers": "1.5; ",
	} {
		text := strings.Repeat(part, 60_000/len(part))
		b.Run(name, func(b *testing.B) {
			box := sandbox.New(sandbox.Config{})
			for b.Loop() {
				body, _ := json.Marshal(object{"rawJobDescription": text})
				req, _ := http.NewRequest(http.MethodPost, "http://x/api/public/v1/job-drafts", bytes.NewReader(body))
				req.Header.Set("Authorization", "Bearer "+sandbox.DemoToken)
				if resp, err := box.Transport().RoundTrip(req); err != nil || resp.StatusCode != http.StatusOK {
					b.Fatal(resp, err)
				}
			}
		})
	}
}

// FuzzParse checks that every text gives a valid draft: values that PATCH accepts, known gaps, the text unchanged.
func FuzzParse(f *testing.F) {
	for _, group := range [][]reading{samples, payments, casual, counts, people, hostile} {
		for _, r := range group {
			f.Add(r.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\uFFFD")
		a := newAPI(t, sandbox.Config{})
		start := time.Now()
		resp, got := a.do("POST", "/job-drafts", object{"rawJobDescription": text})
		if duration := time.Since(start); duration > 30*time.Second {
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
