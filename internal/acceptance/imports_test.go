package acceptance_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestEveryImportFormatMakesADraft: every format creates a draft, and a repeated call
// finds it again.
func TestEveryImportFormatMakesADraft(t *testing.T) {
	s := start(t, sandbox.Guide)
	posting := `{"@context":"https://schema.org","@type":"JobPosting","title":"Label cats","description":"<p>Draw boxes</p>",` +
		`"baseSalary":{"currency":"USD","value":{"value":18,"unitText":"HOUR"}}}`
	for i, test := range []struct{ arguments, title, interpreted string }{
		{`{"format":"opentrain_canonical","job":{"title":"Label dogs","paymentType":"PAY_PER_HOUR","rateAmount":18}}`, "Label dogs", ""},
		{`{"job":{"title":"Label mice"}}`, "Label mice", "format: read as opentrain_canonical, because job was given"},
		{`{"format":"schema org job posting","jsonLd":` + posting + `}`, "Label cats", ""},
		{`{"format":"indeed_xml","xml":"<job><title><![CDATA[Label birds]]></title><unknown>x</unknown></job>"}`, "Label birds", ""},
		{`{"format":"hr_xml","xml":"<PositionOpening><PositionTitle>Label fish</PositionTitle></PositionOpening>"}`, "Label fish", ""},
	} {
		want := fmt.Sprintf(`"jobId":"job_%d"`, i+1)
		for range 2 { // a repeated call finds the draft
			got := call(t, s.host, "opentrain_create_draft", json.RawMessage(test.arguments))
			if got.isError || !strings.Contains(string(got.structured), want) || !strings.Contains(string(got.structured), test.title) ||
				!strings.Contains(string(got.structured), test.interpreted) {
				t.Errorf("%s: %s %s", test.arguments, got.text, got.structured)
			}
		}
	}
	// The members of a document have no order.
	reordered := `{"format":"opentrain_canonical","job":{"rateAmount":18,"paymentType":"PAY_PER_HOUR","title":"Label dogs"}}`
	if got := call(t, s.host, "opentrain_create_draft", json.RawMessage(reordered)); !strings.Contains(string(got.structured),
		`"jobId":"job_1"`) {
		t.Errorf("another key order created another draft: %s", got.structured)
	}
	if got := call(t, s.host, "opentrain_create_draft",
		json.RawMessage(`{"format":"indeed_xml","xml":"<job>\n<title>x</job>"}`)); !got.isError || !strings.Contains(got.text, "line 2, column") {
		t.Errorf("got %s", got.text)
	}
	for arguments, want := range map[string]string{
		`{"description":"x","job":{"title":"y"}}`:   "job can't be combined with description",
		`{"xml":"<job/>"}`:                          "format is required with xml: indeed_xml or hr_xml",
		`{"format":"indeed_xml"}`:                   "xml is required with format indeed_xml",
		`{"format":"hr_xml","job":{"title":"y"}}`:   "job can't be used with format hr_xml; send xml",
		`{"format":"text","xml":"<a/>"}`:            "xml can't be used with format text; send description",
		`{"format":"csv","description":"x"}`:        `format: "csv" is not one of: text, opentrain_canonical`,
		`{"format":"hr_xml","description":"x"}`:     "description can't be used with format hr_xml",
		`{"format":"opentrain_canonical","job":[]}`: "job is required with format opentrain_canonical",
	} {
		if got := call(t, s.host, "opentrain_create_draft", json.RawMessage(arguments)); !got.isError || !strings.Contains(got.text, want) {
			t.Errorf("%s: %q is not in\n%s", arguments, want, got.text)
		}
	}
}
