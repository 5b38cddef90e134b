package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
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
	const unread = "This sandbox doesn't read this part; OpenTrain may."
	for _, test := range []struct {
		format, key, file string
		fields            object // normalizedFields
		guesses           []string
		unmapped          []string
		missing           []string
	}{
		{"opentrain_canonical", "job", "canonical.json",
			object{"jobTitle": "Bounding boxes on dashcam images", "paymentType": "PAY_PER_HOUR", "pricePerHour": 18.5, "countries": []string{"Kenya", "India"}, "labelingSoftware": "CVAT, Label Studio",
				"experienceLevel": "INTERMEDIATE", "headcount": 10, "languages": []string{"English"}, "labelTypes": []string{"BOUNDING_BOX"}},
			nil, []string{"job.rate: " + unread}, nil},
		{"schema_org_job_posting", "jsonLd", "job_posting.jsonld",
			object{"jobTitle": "Sentiment labelling of social media posts", "jobDescription": "Label the sentiment of 20,000 social media posts.\n- Fluent Spanish speakers\n- NDA required",
				"countries": []string{"Spain", "Mexico"}, "paymentType": "PAY_PER_HOUR", "pricePerHour": 9, "languages": []string{"Spanish"}, "ndaRequired": true, "labelTypes": []string{"SENTIMENT_ANALYSIS"}},
			[]string{"pricePerHour"},
			[]string{"jsonLd.datePosted: " + unread, "jsonLd.hiringOrganization.name: " + unread, "jsonLd.jobBenefits: " + unread, "jsonLd.identifier.value: " + unread, "jsonLd.employmentType[0]: " + unread,
				"jsonLd.jobLocation.address.addressCountry: The draft already has another value", "jsonLd.jobLocationType: " + unread, "jsonLd.totalJobOpenings: " + unread,
				"jsonLd.experienceRequirements.monthsOfExperience: " + unread, "jsonLd.industry: " + unread},
			[]string{"experienceLevel"}},
		{"indeed_xml", "xml", "indeed.xml",
			object{"jobTitle": "Transcribers for customer calls", "jobDescription": "Transcribe 300 hours of Portuguese customer calls.\nTone & timing matter.", "countries": []string{"Portugal"},
				"paymentType": "PAY_PER_HOUR", "pricePerHour": 14, "labelTypes": []string{"TRANSCRIPTION"}},
			nil, []string{"source/publisher: " + unread, "source/job/city: " + unread, "source/job/company: " + unread, "source/job/jobtype: " + unread, "source/job/url: " + unread, "source/job/experience: " + unread},
			nil},
		{"hr_xml", "xml", "position_opening.xml",
			object{"jobTitle": "Segmentation of satellite images", "jobDescription": "Segmentation of 2,000 satellite images.", "countries": []string{"Kenya"}, "paymentType": "PAY_PER_HOUR", "pricePerHour": 12,
				"languages": []string{"English"}, "labelTypes": []string{"SEGMENTATION"}},
			[]string{"pricePerHour"}, []string{"PositionOpening/PositionProfile/WorkingConditions: " + unread, "CityName: " + unread, "OpenQuantity: " + unread, "DocumentID: " + unread}, nil},
		{"hr_xml", "xml", "position_opening_2.xml",
			object{"jobTitle": "Praktikum Bildannotation (w/m/d)", "countries": []string{"Germany"}, "jobDescription": "Wir zeichnen Polygone & Boxen.\n\n- Genau arbeiten\n- Fragen stellen"},
			nil, []string{"Value[Mode]: " + unread, "Value[Color]: " + unread, "Value[CompanyDescription]: " + unread, "HowToApply/PositionTitle: " + unread, "/@lang: " + unread, "/@validFrom: " + unread, "/Municipality: " + unread},
			nil},
		{"hr_xml", "xml", "job_position_posting.xml",
			object{"jobTitle": "Polygon annotation of crop photos", "countries": []string{"India"}, "labelTypes": []string{"POLYGON"}, "paymentType": nil},
			nil, []string{"PayRate: Rates are in US dollars; the currency here is EUR", "NumberToFill: " + unread, "/@status: " + unread}, nil},
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
			if test.missing != nil && !slices.Equal(missing, test.missing) {
				t.Errorf("%s: missing %v", test.file, missing)
			}
			// The same key and the other form of the body find the same draft.
			equal(t, "again", a.want(200, "POST", "/job-drafts", object{"source": object{"type": test.format, test.key: document, "idempotencyKey": "k"}}), got)
			other := a.want(created, "POST", "/job-drafts", object{"source": object{"type": test.format, test.key: document}})
			equal(t, "the other shape", other["missingFields"], got["missingFields"])
		})
	}
}

// indeed is an entry of an Indeed feed with a title and more elements, posting a schema.org posting with a title, a description
// and more properties.
func indeed(more string) object {
	return object{"format": "indeed_xml", "xml": "<job><title>T</title>" + more + "</job>"}
}

func posting(more string) object {
	return object{"format": "schema_org_job_posting", "jsonLd": json.RawMessage(`{"@type":"JobPosting","title":"T","description":"D",` + more + `}`)}
}

func canonical(members string) object {
	return object{"format": "opentrain_canonical", "job": json.RawMessage(`{"title":"T",` + members + `}`)}
}

func hr(profile string) object {
	return object{"format": "hr_xml", "xml": "<PositionOpening><PositionProfile>" + profile + "</PositionProfile></PositionOpening>"}
}

// TestPayOfDocuments reads pay in the forms that occur in practice: as sure, as a guess («9?»), or not at all, with a reason.
func TestPayOfDocuments(t *testing.T) {
	t.Parallel()
	const hourly = `,"value":{"unitText":"HOUR",`
	salary := func(amount string) object { return posting(`"baseSalary":` + amount) }
	for _, test := range []struct {
		document object
		want     string // PRICE, PRICE? or what the remarks say
	}{
		{salary(`{"currency":"USD","value":{"value":18,"unitText":"HOUR"}}`), "18"},
		{salary(`{"currency":"USD","value":{"value":"18.50","unitText":"hour"}}`), "18.5"},
		{salary(`[{"currency":"USD","value":{"minValue":18,"unitText":"HUR"}}]`), "18?"},
		{salary(`{"priceCurrency":"USD","price":21,"unitCode":"HUR"}`), "21"},
		{salary(`{"currency":"USD"` + hourly + `"minValue":9,"maxValue":12.5}}`), "9?"},
		{salary(`{"currency":"USD"` + hourly + `"minValue":9,"maxValue":9}}`), "9"},
		{posting(`"salaryCurrency":"USD","baseSalary":{"value":{"value":18,"unitText":"HOUR"}}`), "18"},
		{posting(`"salaryCurrency":"EUR","baseSalary":{"currency":"USD","value":{"value":18,"unitText":"HOUR"}}`), "the currency here is USD, EUR"},
		{salary(`{"currency":"USD"` + hourly + `"maxValue":20}}`), "20: This isn't one plain rate"},
		{salary(`{"currency":"USD"` + hourly + `"value":15,"minValue":9,"maxValue":20}}`), "15: This isn't one plain rate"},
		{salary(`[{"currency":"USD"` + hourly + `"value":15}},{"currency":"USD"` + hourly + `"value":16}}]`), "16: This isn't one plain rate"},
		{salary(`{"value":{"value":18,"unitText":"HOUR"}}`), "18: Rates are in US dollars; the currency here is not given"},
		{salary(`{"currency":"EUR","value":{"value":18,"unitText":"HOUR"}}`), "EUR: Rates are in US dollars; the currency here is EUR"},
		{salary(`{"currency":"USD","value":{"value":40000,"unitText":"YEAR"}}`), "YEAR: This isn't one plain rate per hour"},
		{salary(`{"currency":"USD","value":{"value":0,"unitText":"HOUR"}}`), "0: This isn't one plain rate"},
		{salary(`{"currency":"USD","value":{"value":"18,50","unitText":"HOUR"}}`), "18,50: This isn't one plain rate"},
		{salary(`{"currency":"USD","value":{"value":"Infinity","unitText":"HOUR"}}`), "Infinity: This isn't one plain rate"},
		{salary(`40000`), "40000: Rates are in US dollars; the currency"},
		{salary(`"$18 per hour"`), "18"},
		{salary(`"competitive"`), "competitive: This sandbox reads no rate"},
		{posting(`"salaryCurrency":"USD"`), "USD: This sandbox doesn't read this part"},
		{posting(`"estimatedSalary":{"currency":"USD","value":{"value":18,"unitText":"HOUR"}}`), "18: This sandbox doesn't read this part"},
		{indeed(`<salary>$14 per hour</salary>`), "14"},
		{indeed(`<salary>$14 - $18 per hour</salary>`), "14?"},
		{indeed(`<salary currency="USD" period="hour">14</salary>`), "14"},
		{indeed(`<salary currency="EUR">$14 per hour</salary>`), "the currency here is EUR"},
		{indeed(`<salary>€14 per hour</salary>`), "€14 per hour: This sandbox reads no rate"},
		{indeed(`<salary>$14 per hour</salary><salary>$16 per hour</salary>`), "$16 per hour: Rates"},
		{indeed(`<salary>$14 per hour</salary><description>Pay is $16 per hour.</description>`), "14?"},
		{indeed(`<salary>$14 per hour</salary><description>Pay is $14 per hour.</description>`), "14"},
		{indeed(`<salary>$14 per hour</salary><description>Pay is $14 to $18 per hour.</description>`), "14?"},
		{indeed(`<salary>€14 per hour</salary><description>Pay is $16 per hour.</description>`), "16?"},
		{indeed(`<salary>$14 per hour</salary><description>We pay $0.05 per image.</description>`), "14?"},
		{hr(`<OfferedRemunerationPackage><RemunerationRange><MinimumAmount currencyID="USD">7.5</MinimumAmount><RemunerationIntervalCode>Hour</RemunerationIntervalCode></RemunerationRange></OfferedRemunerationPackage>`), "7.5?"},
		{hr(`<PositionDetail><RemunerationPackage><BasePay currencyCode="USD" baseInterval="Hourly"><BasePayAmountMin>10</BasePayAmountMin><BasePayAmountMax>10</BasePayAmountMax></BasePay></RemunerationPackage></PositionDetail>`), "10"},
		{hr(`<PositionDetail><RemunerationPackage><BasePay currencyCode="USD" baseInterval="Monthly"><BasePayAmountMin>10</BasePayAmountMin></BasePay></RemunerationPackage></PositionDetail>`), "Monthly: This isn't one plain rate"},
		{canonical(`"paymentType":"PAY_PER_HOUR","rateAmount":12`), "12"},
		{canonical(`"paymentType":"PAY_PER_HOUR","pricePerHour":12`), "12"},
		{canonical(`"paymentType":"PAY_PER_HOUR","pricePerHour":12,"currency":"usd"`), "12"},
		{canonical(`"paymentType":"PAY_PER_HOUR","pricePerHour":12,"currency":"EUR"`), "12: Rates are in US dollars; the currency here is EUR"},
		{canonical(`"paymentType":"PAY_PER_HOUR","pricePerHour":12,"rateAmount":15`), "15: This isn't one plain rate"},
		{canonical(`"paymentType":"PAY_PER_HOUR","pricePerHour":12,"rateAmount":12`), "12"},
		{canonical(`"paymentType":"PAY_PER_HOUR","rateAmount":-1`), "-1: This sandbox reads no rate"},
		{canonical(`"rateAmount":12`), "12: This isn't one plain rate"},
		{canonical(`"paymentType":"PAY_PER_HOUR","description":"Rate ads, $20 per hour."`), "20"},
	} {
		got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", test.document)
		read := remarksOf(got)
		if price := dig(got, "normalizedFields", "pricePerHour"); price != nil {
			read = fmt.Sprint(price)
			if isGuess(got, "pricePerHour") {
				read += "?"
			}
		}
		isReason := strings.Contains(test.want, " ")
		if isReason && !strings.Contains(read, test.want) || !isReason && read != test.want {
			t.Errorf("%v\n got %s\nwant %s", test.document, read, test.want)
		}
	}
}

// remarksOf returns the unmapped parts of a response as "value: reason".
func remarksOf(got object) string {
	var lines []string
	for _, entry := range list(got["unmappedFields"]) {
		lines = append(lines, str(dig(entry, "valuePreview"))+": "+str(dig(entry, "reason")))
	}
	return strings.Join(lines, "\n")
}

func isGuess(got object, key string) bool {
	return slices.ContainsFunc(list(got["lowConfidenceFields"]), func(g any) bool { return dig(g, "field") == key })
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestPartsOfDocuments: each part sets its field, or is reported.
func TestPartsOfDocuments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		document object
		fields   string // as JSON, of title, countries and languages
		remarks  []string
	}{
		{posting(`"name":"N"`), `{"jobTitle":"T"}`, []string{"N: The draft already has another value"}},
		{object{"format": "schema_org_job_posting", "jsonLd": json.RawMessage(`{"@type":"JobPosting","name":"N"}`)}, `{"jobTitle":"N"}`, nil},
		{object{"format": "schema_org_job_posting", "jsonLd": json.RawMessage(`{"@type":"schema:JobPosting","schema:title":[{"@value":"A","@language":"en"},"B"]}`)}, `{"jobTitle":"A"}`,
			[]string{"en: This sandbox", "B: The draft already has another value"}},
		{object{"format": "schema_org_job_posting", "jsonLd": json.RawMessage(`{"@type":"WebPage","name":"Jobs","mainEntity":{"@type":["Thing","http://schema.org/JobPosting"],"title":"T","similar":{"@type":"JobPosting","title":"U"}}}`)},
			`{"jobTitle":"T"}`, []string{"Jobs: This sandbox", "U: This sandbox"}},
		{indeed(`<title>U</title><title>T</title><contact><title>Boss</title></contact>`), `{"jobTitle":"T"}`, []string{"U: The draft already has another value", "Boss: This sandbox"}},
		{indeed(`<country>Remote</country><country>POL</country><country>in</country><country>Poland</country><country>Narnia</country>`), `{"countries":["Poland","India"],"jobTitle":"T"}`,
			[]string{"Remote: \"Remote\" isn't a country", "Narnia: \"Narnia\" isn't a country"}},
		{posting(`"applicantLocationRequirements":[{"name":"United States"},{"@type":"State","name":"Georgia"},"KE",{"@type":"Country","address":{"addressCountry":"Peru"}}]`), `{"countries":["United States","Kenya","Peru"],"jobTitle":"T"}`,
			[]string{"Georgia: This sandbox"}},
		{posting(`"jobLocation":[{"address":{"addressCountry":{"@type":"Country","name":"IND"}}},"Berlin"]`), `{"countries":["India"],"jobTitle":"T"}`, []string{"Berlin: \"Berlin\" isn't a country"}},
		{posting(`"knowsLanguage":[{"@type":"Language","name":"Spanish"},"pt-BR","Klingon"],"inLanguage":"fr"`), `{"jobTitle":"T","languages":["Spanish","Portuguese"]}`, []string{"Klingon: \"Klingon\" isn't a language", "fr: This sandbox"}},
		{hr(`<PositionTitle>T</PositionTitle><LanguageCode>fa</LanguageCode><PersonContact><PositionTitle>Boss</PositionTitle><Address><CountryCode>NL</CountryCode></Address></PersonContact>`), `{"jobTitle":"T","languages":["Persian"]}`,
			[]string{"Boss: This sandbox", "NL: This sandbox"}},
		{canonical(`"jobTitle":"U","countries":["jp","Narnia"],"languages":["es","English","es"],"tools":"CVAT","x":{"y":[1,null,true,""]},"z":null`), `{"countries":["Japan"],"jobTitle":"U","languages":["Spanish","English"]}`,
			[]string{"T: The draft already has another value", "Narnia: \"Narnia\"", "1: This sandbox", "true: This sandbox"}},
		{canonical(`"description":"Speak fluent Hindi. 10 annotators.","languages":["Tamil"],"headcount":5`), `{"jobTitle":"T","languages":["Tamil"]}`, nil},
	} {
		got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", test.document)
		fields := object{}
		for _, key := range []string{"jobTitle", "countries", "languages"} {
			if value := dig(got, "normalizedFields", key); value != nil {
				fields[key] = value
			}
		}
		if read := jsonOf(t, fields); read != test.fields {
			t.Errorf("%v\n got %s\nwant %s", test.document, read, test.fields)
		}
		for _, want := range test.remarks {
			if !strings.Contains(remarksOf(got), want) {
				t.Errorf("%v: %q is not in\n%s", test.document, want, remarksOf(got))
			}
		}
	}
	contradicting := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", canonical(`"description":"Fluent Hindi required. 10 annotators.","languages":["Tamil"],"headcount":5`))
	if !isGuess(contradicting, "languages") || !isGuess(contradicting, "headcount") {
		t.Errorf("Sure in spite of the description: %v", contradicting)
	}
	untitled := object{"format": "opentrain_canonical", "job": object{"description": "Polygons on 500 photos."}}
	if got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", untitled); !isGuess(got, "jobTitle") {
		t.Errorf("Sure of a title that the document doesn't have: %v", got)
	}
}

// FuzzImport: no document breaks the sandbox, and a key finds the draft that it created.
func FuzzImport(f *testing.F) {
	for _, seed := range [][2]string{{"opentrain_canonical", "canonical.json"}, {"schema_org_job_posting", "job_posting.jsonld"},
		{"indeed_xml", "indeed.xml"}, {"hr_xml", "position_opening.xml"}, {"hr_xml", "position_opening_2.xml"}, {"hr_xml", "job_position_posting.xml"}} {
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
