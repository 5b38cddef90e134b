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
				"jsonLd.jobLocation.address.addressCountry: The draft has another value", "jsonLd.jobLocationType: " + unread, "jsonLd.totalJobOpenings: " + unread,
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

func TestImportsThatAreRefused(t *testing.T) {
	t.Parallel()
	bomb := `<?xml version="1.0"?><!DOCTYPE job [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><job><title>&b;</title></job>`
	outside := `<!DOCTYPE job [<!ENTITY x SYSTEM "file:///etc/passwd">]><job><title>&x;</title></job>`
	a := newAPI(t, sandbox.Config{})
	for name, test := range map[string]struct {
		body object
		says string
		path []any // of details.issues[0]
	}{
		"malformed XML":           {object{"format": "indeed_xml", "xml": "<job>\n  <title>x</job>"}, "element <title> closed by </job>. Close it before (line 2, column 17 in job/title)", []any{"xml"}},
		"no XML":                  {object{"format": "indeed_xml", "xml": "hello"}, "one root element", []any{"xml"}},
		"empty XML":               {object{"format": "hr_xml", "xml": ""}, "one root element", []any{"xml"}},
		"two roots":               {object{"format": "hr_xml", "xml": "<a/><b/>"}, "one root element", []any{"xml"}},
		"half a tag":              {object{"format": "hr_xml", "xml": "<PositionOpening><a"}, "Send all of it (line 1, column 20 in PositionOpening)", []any{"xml"}},
		"unknown entity":          {object{"format": "indeed_xml", "xml": "<job><title>&foo;</title></job>"}, "Write & as &amp;", []any{"xml"}},
		"an entity of HTML":       {object{"format": "indeed_xml", "xml": "<job><title>&eacute;</title></job>"}, "Write &#233; instead", []any{"xml"}},
		"a bare ampersand":        {object{"format": "indeed_xml", "xml": "<job><url>?a=1&copy=2</url></job>"}, "Write & as &amp;", []any{"xml"}},
		"a bare less-than":        {object{"format": "indeed_xml", "xml": "<job><description>a < b</description></job>"}, "Write < as &lt;", []any{"xml"}},
		"an unquoted attribute":   {object{"format": "indeed_xml", "xml": "<job a=1/>"}, "Put its value in quotes", []any{"xml"}},
		"a control character":     {object{"format": "indeed_xml", "xml": "<job>\u0001</job>"}, "illegal character code", []any{"xml"}},
		"XML 1.1":                 {object{"format": "indeed_xml", "xml": "<?xml version='1.1'?><job/>"}, "only version 1.0", []any{"xml"}},
		"entity bomb":             {object{"format": "indeed_xml", "xml": bomb}, "DOCTYPE", []any{"xml"}},
		"external entity":         {object{"format": "indeed_xml", "xml": outside}, "DOCTYPE", []any{"xml"}},
		"deep XML":                {object{"format": "hr_xml", "xml": strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000)}, "nested too deeply", []any{"xml"}},
		"many elements":           {object{"format": "hr_xml", "xml": "<PositionOpening>" + strings.Repeat("<a/>", 6000) + "</PositionOpening>"}, "too long", []any{"xml"}},
		"a long description":      {object{"format": "indeed_xml", "xml": "<job><description>" + strings.Repeat("word ", 13_000) + "</description></job>"}, "has 64999 characters", nil},
		"deep JSON":               {object{"format": "opentrain_canonical", "job": object{"x": json.RawMessage(strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000))}}, "nested too deeply", []any{"job"}},
		"many values":             {posting(`"baseSalary":[` + strings.Repeat(`1,`, 300_000) + `2]`), "too long", []any{"jsonLd"}},
		"another root":            {object{"format": "indeed_xml", "xml": "<jobs/>"}, "made from one job, and there are 0", []any{"xml"}},
		"several jobs":            {object{"format": "indeed_xml", "xml": "<source><job/><job/></source>"}, "made from one job, and there are 2", []any{"xml"}},
		"several openings":        {object{"format": "hr_xml", "xml": "<a><PositionOpening/><b><JobPositionPosting/></b></a>"}, "from one PositionOpening or JobPositionPosting, and there are 2", []any{"xml"}},
		"no opening":              {object{"source": object{"type": "hr_xml", "xml": "<Candidate/>"}}, "one PositionOpening or JobPositionPosting, and there are 0", []any{"source", "xml"}},
		"XML that is no text":     {object{"format": "hr_xml", "xml": object{}}, "invalid fields", []any{"xml"}},
		"posting as text":         {object{"format": "schema_org_job_posting", "jsonLd": "{}"}, "one JobPosting, and there are 0", []any{"jsonLd"}},
		"another type":            {object{"format": "schema_org_job_posting", "jsonLd": object{"@type": "Event"}}, "one JobPosting, and there are 0", []any{"jsonLd"}},
		"two postings":            {object{"format": "schema_org_job_posting", "jsonLd": object{"@graph": []any{object{"@type": "JobPosting"}, object{"@type": "JobPosting"}}}}, "there are 2", []any{"jsonLd"}},
		"job that is a list":      {object{"format": "opentrain_canonical", "job": []any{}}, "invalid fields", []any{"job"}},
		"job with a bad value":    {object{"format": "opentrain_canonical", "job": object{"experienceLevel": "Guru"}}, "invalid fields", []any{"job", "experienceLevel"}},
		"job with a bad list":     {object{"source": object{"type": "opentrain_canonical", "job": object{"labelTypes": []any{"POLYGON", "x"}}}}, "invalid fields", []any{"source", "job", "labelTypes", 1}},
		"no document":             {object{"format": "hr_xml"}, "and there is none", []any{"xml"}},
		"another document":        {object{"format": "hr_xml", "job": object{}}, "takes its document in xml, not in job", []any{"job"}},
		"document without format": {object{"job": object{}}, "needs its format", []any{"job"}},
	} {
		got := a.want(http.StatusBadRequest, "POST", "/job-drafts", test.body)
		if got["code"] != "BAD_REQUEST" || !strings.Contains(str(got["error"]), test.says) {
			t.Errorf("%s: %v", name, got["error"])
		}
		if test.path != nil {
			equal(t, name, dig(got, "details", "issues", 0, "path"), test.path)
		}
	}
	equal(t, "line", dig(a.want(400, "POST", "/job-drafts", object{"format": "indeed_xml", "xml": "<job>\n  <title>x</job>"}), "details", "line"), 2)
	if jobs := list(a.want(200, "GET", "/jobs/mine", nil)["jobs"]); len(jobs) != 0 {
		t.Errorf("%d drafts were made", len(jobs))
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
		if read != test.want && !(strings.Contains(test.want, " ") && strings.Contains(read, test.want)) {
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

// TestTextsOfDocuments: markup becomes text once, and what isn't markup stays.
func TestTextsOfDocuments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ markup, want string }{
		{"Plain text,\n\n  as it is", "Plain text,\n\n  as it is"},
		{"<p>One\ntwo</p><p>three</p>", "One two\nthree"},
		{"a<br>b<br/>c", "a\nb\nc"},
		{"<ul><li>a</li><li></li><li>b</li></ul>", "- a\n- b"},
		{"<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"},
		{"R&amp;D, caf&eacute; &amp;lt;", "R&D, café &lt;"},
		{"<p>Mark &lt;b&gt; &amp;amp;</p>", "Mark <b> &amp;"},
		{"&lt;p&gt;One &amp;amp; two&lt;/p&gt;&lt;p&gt;three&lt;/p&gt;", "One & two\nthree"},
		{"Mark <PERSON> and <ORG>, see <https://x.example/a>", "Mark <PERSON> and <ORG>, see <https://x.example/a>"},
		{"<p>Mark <PERSON></p>", "Mark <PERSON>"},
		{"accuracy < 95% and > 90%, a<cost", "accuracy < 95% and > 90%, a<cost"},
		{"<script>alert(1)</script><style>p{}</style><p>x</p><!-- y -->", "x"},
		{"<xml><w:Zoom>140</w:Zoom></xml><o:p></o:p><p>x</p>", "x"},
		{"<img src='x'>", ""},
		{"<![CDATA[ ]]>", ""},
		{"<p>&nbsp;</p>", ""},
	} {
		want := test.want
		got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", canonical(`"description":`+jsonOf(t, test.markup)))
		if text := str(dig(got, "normalizedFields", "jobDescription")); text != want {
			t.Errorf("%q = %q, want %q", test.markup, text, want)
		}
		if want == "" && (!strings.Contains(remarksOf(got), "without its markup") || !strings.Contains(fmt.Sprint(got["missingFields"]), "jobDescription")) {
			t.Errorf("%q: not asked for, or not reported: %v", test.markup, got)
		}
		title := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", object{"format": "opentrain_canonical", "job": object{"title": test.markup}})
		if text := str(dig(title, "normalizedFields", "jobTitle")); text != strings.ReplaceAll(want, "\n", " ") {
			t.Errorf("the title %q = %q", test.markup, text)
		}
	}
	for xml, want := range map[string]string{
		"<description>&lt;p&gt;R&amp;amp;D&lt;/p&gt;</description>":                   "R&D",
		"<description><![CDATA[<p>R&amp;D</p>]]></description>":                       "R&D",
		"<description><p>R&amp;D, &lt;b&gt;</p>and <b>more</b></description>":         "R&D, <b>\nand more",
		"<description>a<!-- x -->b<![CDATA[c]]></description>":                        "abc",
		"<x:description xmlns:x='urn:x' x:y='z'>d</x:description>":                    "d",
		"<description/><description>second</description><description>3</description>": "second",
	} {
		got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", indeed(xml))
		if text := str(dig(got, "normalizedFields", "jobDescription")); text != want {
			t.Errorf("%s = %q, want %q", xml, text, want)
		}
	}
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
		{posting(`"name":"N"`), `{"jobTitle":"T"}`, []string{"N: The draft has another value"}},
		{object{"format": "schema_org_job_posting", "jsonLd": json.RawMessage(`{"@type":"JobPosting","name":"N"}`)}, `{"jobTitle":"N"}`, nil},
		{object{"format": "schema_org_job_posting", "jsonLd": json.RawMessage(`{"@type":"schema:JobPosting","schema:title":[{"@value":"A","@language":"en"},"B"]}`)}, `{"jobTitle":"A"}`,
			[]string{"en: This sandbox", "B: The draft has another value"}},
		{object{"format": "schema_org_job_posting", "jsonLd": json.RawMessage(`{"@type":"WebPage","name":"Jobs","mainEntity":{"@type":["Thing","http://schema.org/JobPosting"],"title":"T","similar":{"@type":"JobPosting","title":"U"}}}`)},
			`{"jobTitle":"T"}`, []string{"Jobs: This sandbox", "U: This sandbox"}},
		{indeed(`<title>U</title><title>T</title><contact><title>Boss</title></contact>`), `{"jobTitle":"T"}`, []string{"U: The draft has another value", "Boss: This sandbox"}},
		{indeed(`<country>Remote</country><country>POL</country><country>in</country><country>Poland</country><country>Narnia</country>`), `{"countries":["Poland","India"],"jobTitle":"T"}`,
			[]string{"Remote: \"Remote\" isn't a country", "Narnia: \"Narnia\" isn't a country"}},
		{posting(`"applicantLocationRequirements":[{"name":"United States"},{"@type":"State","name":"Georgia"},"KE",{"@type":"Country","address":{"addressCountry":"Peru"}}]`), `{"countries":["United States","Kenya","Peru"],"jobTitle":"T"}`,
			[]string{"Georgia: This sandbox"}},
		{posting(`"jobLocation":[{"address":{"addressCountry":{"@type":"Country","name":"IND"}}},"Berlin"]`), `{"countries":["India"],"jobTitle":"T"}`, []string{"Berlin: \"Berlin\" isn't a country"}},
		{posting(`"knowsLanguage":[{"@type":"Language","name":"Spanish"},"pt-BR","Klingon"],"inLanguage":"fr"`), `{"jobTitle":"T","languages":["Spanish","Portuguese"]}`, []string{"Klingon: \"Klingon\" isn't a language", "fr: This sandbox"}},
		{hr(`<PositionTitle>T</PositionTitle><LanguageCode>fa</LanguageCode><PersonContact><PositionTitle>Boss</PositionTitle><Address><CountryCode>NL</CountryCode></Address></PersonContact>`), `{"jobTitle":"T","languages":["Persian"]}`,
			[]string{"Boss: This sandbox", "NL: This sandbox"}},
		{canonical(`"jobTitle":"U","countries":["jp","Narnia"],"languages":["es","English","es"],"tools":"CVAT","x":{"y":[1,null,true,""]},"z":null`), `{"countries":["Japan"],"jobTitle":"U","languages":["Spanish","English"]}`,
			[]string{"T: The draft has another value", "Narnia: \"Narnia\"", "1: This sandbox", "true: This sandbox"}},
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
}

// TestLargeDocuments: what a document repeats a thousandfold is counted.
func TestLargeDocuments(t *testing.T) {
	t.Parallel()
	a := newAPI(t, sandbox.Config{})
	many := object{"description": "x"}
	for i := range 300 {
		many[fmt.Sprintf("k%d", i)] = i
	}
	for name, document := range map[string]object{
		"members":    {"format": "opentrain_canonical", "job": many},
		"attributes": indeed("<a" + strings.Repeat(` b="c"`, 100_000) + "/>"),
		"comments":   indeed("<description>" + strings.Repeat("a<!-- -->", 4000) + "</description>"),
	} {
		entries := list(a.want(200, "POST", "/job-drafts", document)["unmappedFields"])
		if len(entries) > 200 || name == "members" && dig(entries[199], "reason") != "101 more parts set no field." {
			t.Errorf("%s: %d entries, the last %v", name, len(entries), entries[len(entries)-1])
		}
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
