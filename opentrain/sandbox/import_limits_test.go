package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

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
		"malformed XML":           {object{"format": "indeed_xml", "xml": "<job>\n  <title>x</job>"}, "element <title> closed by </job>. Close it first (line 2, column 17 in job/title)", []any{"xml"}},
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
		"many attributes":         {indeed("<a" + strings.Repeat(` b="c"`, 100_000) + "/><b/>"), "too long", []any{"xml"}},
		"another root":            {object{"format": "indeed_xml", "xml": "<jobs/>"}, "must have one job, not 0. Send one job per call.", []any{"xml"}},
		"several jobs":            {object{"format": "indeed_xml", "xml": "<source><job/><job/></source>"}, "must have one job, not 2. Send one job per call.", []any{"xml"}},
		"several openings":        {object{"format": "hr_xml", "xml": "<a><PositionOpening/><b><JobPositionPosting/></b></a>"}, "one PositionOpening or JobPositionPosting, not 2", []any{"xml"}},
		"no opening":              {object{"source": object{"type": "hr_xml", "xml": "<Candidate/>"}}, "one PositionOpening or JobPositionPosting, not 0", []any{"source", "xml"}},
		"XML that is no text":     {object{"format": "hr_xml", "xml": object{}}, "are invalid", []any{"xml"}},
		"posting as text":         {object{"format": "schema_org_job_posting", "jsonLd": "{}"}, "one JobPosting, not 0", []any{"jsonLd"}},
		"another type":            {object{"format": "schema_org_job_posting", "jsonLd": object{"@type": "Event"}}, "one JobPosting, not 0", []any{"jsonLd"}},
		"two postings":            {object{"format": "schema_org_job_posting", "jsonLd": object{"@graph": []any{object{"@type": "JobPosting"}, object{"@type": "JobPosting"}}}}, "one JobPosting, not 2", []any{"jsonLd"}},
		"job that is a list":      {object{"format": "opentrain_canonical", "job": []any{}}, "are invalid", []any{"job"}},
		"job with a bad value":    {object{"format": "opentrain_canonical", "job": object{"experienceLevel": "Guru"}}, "are invalid", []any{"job", "experienceLevel"}},
		"job with a bad list":     {object{"source": object{"type": "opentrain_canonical", "job": object{"labelTypes": []any{"POLYGON", "x"}}}}, "are invalid", []any{"source", "job", "labelTypes", 1}},
		"no document":             {object{"format": "hr_xml"}, "and there is none", []any{"xml"}},
		"another document":        {object{"format": "hr_xml", "job": object{}}, "takes its document in xml, not in job", []any{"job"}},
		"document without format": {object{"job": object{}}, "needs its format", []any{"job"}},
	} {
		got := a.want(http.StatusBadRequest, "POST", "/job-drafts", test.body)
		if got["code"] != "BAD_REQUEST" || strings.Count(fmt.Sprint(got), test.says) != 1 {
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
		"attributes": indeed("<a" + strings.Repeat(` b="c"`, 9_000) + "/>"),
		"comments":   indeed("<description>" + strings.Repeat("a<!-- -->", 4000) + "</description>"),
	} {
		entries := list(a.want(200, "POST", "/job-drafts", document)["unmappedFields"])
		if len(entries) > 200 || name == "members" && dig(entries[199], "reason") != "101 more parts set no field." {
			t.Errorf("%s: %d entries, the last %v", name, len(entries), entries[len(entries)-1])
		}
	}
}
