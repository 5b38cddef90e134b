package sandbox_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// payload is a document of testdata in the form of the request body.
func payload(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(file, ".xml") {
		return string(data)
	}
	return json.RawMessage(data)
}

// leftOver returns the unmapped parts of a response as "path: reason".
func leftOver(got object) string {
	var lines []string
	for _, entry := range list(got["unmappedFields"]) {
		lines = append(lines, str(dig(entry, "path"))+": "+str(dig(entry, "reason")))
	}
	return strings.Join(lines, "\n")
}

func TestImportsOfRealDocuments(t *testing.T) {
	for _, test := range []struct {
		format, key, file string
		fields            object // among normalizedFields
		guesses           []string
		unmapped          []string
		missing           []string
	}{
		{"opentrain_canonical", "job", "canonical.json",
			object{"jobTitle": "Bounding boxes on dashcam images", "paymentType": "PAY_PER_HOUR", "pricePerHour": 18.5, "countries": []string{"Kenya", "India"}, "labelingSoftware": "CVAT, Label Studio",
				"experienceLevel": "INTERMEDIATE", "headcount": 10, "dataVolume": 50000, "subjectMatter": "Autonomous Driving"},
			nil, []string{"job.rate: No draft field", "source.text: A start date"}, []string{"dataVolumeUnit"}},
		{"schema_org_job_posting", "jsonLd", "job_posting.jsonld",
			object{"jobTitle": "Sentiment labelling of social media posts", "jobDescription": "Label the sentiment of 20,000 social media posts.\n- Fluent Spanish speakers\n- NDA required",
				"countries": []string{"Spain", "Mexico", "Colombia"}, "paymentType": "PAY_PER_HOUR", "pricePerHour": 9, "headcount": 5, "experienceLevel": "INTERMEDIATE", "languages": []string{"Spanish"}, "ndaRequired": true, "labelTypes": []string{"SENTIMENT_ANALYSIS"}},
			[]string{"pricePerHour", "experienceLevel"},
			[]string{"jsonLd.datePosted: The marketplace", "jsonLd.hiringOrganization: The company", "jsonLd.jobBenefits: No draft field", "jsonLd.jobLocation: Work is restricted by country", "jsonLd.jobLocationType: All work"}, nil},
		{"indeed_xml", "xml", "indeed.xml",
			object{"jobTitle": "Transcribers for customer calls", "jobDescription": "Transcribe 300 hours of Portuguese customer calls.\nTone & timing matter.", "countries": []string{"Portugal"},
				"paymentType": "PAY_PER_HOUR", "pricePerHour": 14, "experienceLevel": "ENTRY_LEVEL", "labelTypes": []string{"TRANSCRIPTION"}, "dataVolume": 300, "dataVolumeUnit": "HOURS_OF_RECORDING_AUDIO_VIDEO", "languages": []string{"Portuguese"}},
			nil, []string{"source/publisher: This describes the feed", "source/job/city: Work is restricted", "source/job/company: The company", "source/job/jobtype: AI trainers are contractors", "source/job/url: The marketplace"}, nil},
		{"hr_xml", "xml", "position_opening.xml",
			object{"jobTitle": "Segmentation of satellite images", "jobDescription": "Segmentation of 2,000 satellite images.", "countries": []string{"Kenya"}, "paymentType": "PAY_PER_HOUR", "pricePerHour": 12,
				"headcount": 4, "experienceLevel": "ENTRY_LEVEL", "languages": []string{"English"}, "labelTypes": []string{"SEGMENTATION"}},
			nil, []string{"PositionOpening/PositionProfile/WorkingConditions: No draft field", "MaximumAmount: A job has one rate", "CityName: Work is restricted"}, nil},
		{"hr_xml", "xml", "job_position_posting.xml",
			object{"jobTitle": "Polygon annotation of crop photos", "countries": []string{"India"}, "experienceLevel": "EXPERT", "labelTypes": []string{"POLYGON"}},
			nil, []string{"PayRate: Rates are in US dollars; this one is in EUR", "NumberToFill: This is not a number"}, []string{"pay"}},
	} {
		bothVariants(t, func(t *testing.T, v sandbox.Variant) {
			a := newAPI(t, sandbox.Config{Variant: v})
			created := 200
			if v == sandbox.Reference {
				created = 201
			}
			document := payload(t, test.file)
			got := a.want(created, "POST", "/job-drafts", object{"format": test.format, test.key: document, "idempotencyKey": "k"})
			fields, _ := got["normalizedFields"].(object)
			for key, want := range test.fields {
				equal(t, test.file+" "+key, fields[key], want)
			}
			var guessed []string
			for _, g := range list(got["lowConfidenceFields"]) {
				guessed = append(guessed, str(dig(g, "field")))
			}
			for _, want := range test.guesses {
				if !strings.Contains(strings.Join(guessed, " "), want) {
					t.Errorf("%s: %s is no guess among %v", test.file, want, guessed)
				}
			}
			for _, want := range test.unmapped {
				if !strings.Contains(leftOver(got), want) {
					t.Errorf("%s: %q is not in\n%s", test.file, want, leftOver(got))
				}
			}
			var missing []string
			for _, gap := range list(got["missingFields"]) {
				missing = append(missing, str(dig(gap, "field")))
			}
			if strings.Join(missing, " ") != strings.Join(test.missing, " ") {
				t.Errorf("%s: missing %v", test.file, missing)
			}
			// The same key and the other form of the body find the same draft.
			equal(t, "again", a.want(200, "POST", "/job-drafts", object{"source": object{"type": test.format, test.key: document, "idempotencyKey": "k"}}), got)
			other := a.want(created, "POST", "/job-drafts", object{"source": object{"type": test.format, test.key: document}})
			equal(t, "the other shape", other["missingFields"], got["missingFields"])
		})
	}
}

func TestImportsThatAreRefused(t *testing.T) {
	deep := strings.Repeat("<a>", 30_000)
	bomb := `<?xml version="1.0"?><!DOCTYPE job [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><job><title>&b;</title></job>`
	outside := `<!DOCTYPE job [<!ENTITY x SYSTEM "file:///etc/passwd">]><job><title>&x;</title></job>`
	a := newAPI(t, sandbox.Config{})
	for name, test := range map[string]struct {
		body object
		says string
		path []any // of details.issues[0]
	}{
		"malformed XML":           {object{"format": "indeed_xml", "xml": "<job>\n  <title>x</job>"}, "line 2, column", []any{"xml"}},
		"no XML":                  {object{"format": "indeed_xml", "xml": "hello"}, "one root element", []any{"xml"}},
		"empty XML":               {object{"format": "hr_xml", "xml": ""}, "one root element", []any{"xml"}},
		"two roots":               {object{"format": "hr_xml", "xml": "<a/><b/>"}, "one root element", []any{"xml"}},
		"unknown entity":          {object{"format": "indeed_xml", "xml": "<job><title>&nbsp;</title></job>"}, "entity", []any{"xml"}},
		"entity bomb":             {object{"format": "indeed_xml", "xml": bomb}, "DOCTYPE", []any{"xml"}},
		"external entity":         {object{"format": "indeed_xml", "xml": outside}, "DOCTYPE", []any{"xml"}},
		"deep XML":                {object{"format": "hr_xml", "xml": deep}, "inside each other", []any{"xml"}},
		"many elements":           {object{"format": "hr_xml", "xml": "<PositionOpening>" + strings.Repeat("<a/>", 6000) + "</PositionOpening>"}, "more than 5000 elements", []any{"xml"}},
		"another encoding":        {object{"format": "hr_xml", "xml": `<?xml version="1.0" encoding="ISO-8859-1"?><PositionOpening/>`}, "must be in UTF-8", []any{"xml"}},
		"another root":            {object{"format": "indeed_xml", "xml": "<jobs/>"}, "The root is <jobs>", []any{"xml"}},
		"several jobs":            {object{"format": "indeed_xml", "xml": "<source><job/><job/></source>"}, "has 2 <job> elements", []any{"xml"}},
		"no opening":              {object{"source": object{"type": "hr_xml", "xml": "<Candidate/>"}}, "no <PositionOpening>", []any{"source", "xml"}},
		"XML that is no text":     {object{"format": "hr_xml", "xml": object{}}, "invalid fields", []any{"xml"}},
		"posting as text":         {object{"format": "schema_org_job_posting", "jsonLd": "{}"}, "no object with the @type JobPosting", []any{"jsonLd"}},
		"another type":            {object{"format": "schema_org_job_posting", "jsonLd": object{"@type": "Event"}}, "@type JobPosting", []any{"jsonLd"}},
		"two postings":            {object{"format": "schema_org_job_posting", "jsonLd": object{"@graph": []any{object{"@type": "JobPosting"}, object{"@type": "JobPosting"}}}}, "more than one", []any{"jsonLd", "@graph", 1}},
		"job that is a list":      {object{"format": "opentrain_canonical", "job": []any{}}, "invalid fields", []any{"job"}},
		"job with a bad value":    {object{"format": "opentrain_canonical", "job": object{"experienceLevel": "Guru"}}, "invalid fields", []any{"job", "experienceLevel"}},
		"job with a bad list":     {object{"source": object{"type": "opentrain_canonical", "job": object{"labelTypes": []any{"POLYGON", "x"}}}}, "invalid fields", []any{"source", "job", "labelTypes", 1}},
		"job with a bad rate":     {object{"format": "opentrain_canonical", "job": object{"paymentType": "PAY_PER_HOUR", "rateAmount": -1}}, "invalid fields", []any{"job", "rateAmount"}},
		"no document":             {object{"format": "hr_xml"}, "and there is none", []any{"xml"}},
		"another document":        {object{"format": "hr_xml", "job": object{}}, "takes its document in xml, not in job", []any{"job"}},
		"document without format": {object{"job": object{}}, "needs its format", []any{"job"}},
	} {
		got := a.want(http.StatusBadRequest, "POST", "/job-drafts", test.body)
		if got["code"] != "BAD_REQUEST" || !strings.Contains(str(got["error"]), test.says) {
			t.Errorf("%s: %v", name, got["error"])
		}
		equal(t, name, dig(got, "details", "issues", 0, "path"), test.path)
	}
	equal(t, "line", dig(a.want(400, "POST", "/job-drafts", object{"format": "indeed_xml", "xml": "<job>\n  <title>x</job>"}), "details", "line"), 2)
	if jobs := list(a.want(200, "GET", "/jobs/mine", nil)["jobs"]); len(jobs) != 0 {
		t.Errorf("%d drafts were made", len(jobs))
	}
}

// TestSalaries reads salaries of schema.org postings in the forms that occur in practice.
func TestSalaries(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	for salary, want := range map[string]string{ // JSON of baseSalary to pay, or the reason against it
		`{"currency":"USD","value":{"value":18,"unitText":"HOUR"}}`:      "PAY_PER_HOUR 18",
		`{"currency":"USD","value":{"value":"18.50","unitText":"hour"}}`: "PAY_PER_HOUR 18.5",
		`[{"currency":"USD","value":{"minValue":18,"unitText":"HOUR"}}]`: "PAY_PER_HOUR 18",
		`{"value":{"maxValue":20,"unitText":"HOUR"}}`:                    "PAY_PER_HOUR 20",
		`{"priceCurrency":"USD","price":21,"unitText":"HOUR"}`:           "PAY_PER_HOUR 21",
		`{"currency":"USD","value":{"value":40000,"unitText":"YEAR"}}`:   "not by the year",
		`{"currency":"EUR","value":{"value":18,"unitText":"HOUR"}}`:      "this one is in EUR",
		`40000`: "doesn't say what the amount is paid for",
		`{"currency":"USD","value":{"value":0,"unitText":"HOUR"}}`: "no amount above zero",
		`"competitive"`: "no amount above zero",
		`{}`:            "no amount above zero",
	} {
		posting := json.RawMessage(`{"@type":["JobPosting"],"title":"T","description":"D","baseSalary":` + salary + `}`)
		answer := a.want(200, "POST", "/job-drafts", object{"format": "schema_org_job_posting", "jsonLd": []any{posting}})
		fields, _ := answer["normalizedFields"].(object)
		read := leftOver(answer)
		if fields["paymentType"] != nil {
			data, err := json.Marshal(fields["pricePerHour"])
			if err != nil {
				t.Fatal(err)
			}
			read = str(fields["paymentType"]) + " " + string(data)
		}
		if !strings.Contains(read, want) {
			t.Errorf("%s: %s, want %s", salary, read, want)
		}
	}
}

func TestUnmappedPartsAreCounted(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	job := object{"description": "x"}
	for i := range 80 {
		job[strings.Repeat("k", i+1)] = i
	}
	entries := list(a.want(200, "POST", "/job-drafts", object{"format": "opentrain_canonical", "job": job})["unmappedFields"])
	if len(entries) != 50 || dig(entries[49], "reason") != "31 more parts fit no field." {
		t.Errorf("%d entries, the last %v", len(entries), entries[len(entries)-1])
	}
}

// FuzzImport: no document breaks the sandbox, and a key finds the draft that it created.
func FuzzImport(f *testing.F) {
	for _, seed := range [][2]string{{"opentrain_canonical", "canonical.json"}, {"schema_org_job_posting", "job_posting.jsonld"},
		{"indeed_xml", "indeed.xml"}, {"hr_xml", "position_opening.xml"}, {"hr_xml", "job_position_posting.xml"}} {
		data, err := os.ReadFile("testdata/" + seed[1])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed[0], string(data))
	}
	keys := map[string]string{"opentrain_canonical": "job", "schema_org_job_posting": "jsonLd", "indeed_xml": "xml", "hr_xml": "xml"}
	f.Fuzz(func(t *testing.T, format, document string) {
		body := object{"format": format, "idempotencyKey": "k"}
		switch key := keys[format]; {
		case key == "xml":
			body[key] = document
		case key != "" && json.Valid([]byte(document)):
			body[key] = json.RawMessage(document)
		default:
			return
		}
		a := newAPI(t, sandbox.Config{})
		answer, first := a.do("POST", "/job-drafts", body)
		if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusBadRequest && answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Fatalf("status %d: %v", answer.StatusCode, first)
		}
		if answer.StatusCode == http.StatusOK {
			equal(t, "again", a.want(200, "POST", "/job-drafts", body), first)
		}
	})
}
