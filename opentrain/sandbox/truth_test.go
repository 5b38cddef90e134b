package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"opentrain-mcp/opentrain/sandbox"
)

// truth is what is true of a description or a document. The columns are explained in testdata/truth.
type truth struct {
	Name, Text, Lang, From string
	Must                   map[string]any
	May                    map[string][]any
	Guess                  map[string]any
	Asked                  []string
	Facts                  []map[string]string

	Format, Document string
	Description, Not []string
	Unsaid           []string
	Refused          *refusal
	Refusable        bool
}

// refusal is how a document has to be refused. Line is 0 where the document has no syntax error.
type refusal struct {
	Line    int
	Columns [2]int
	Says    []string
}

func truths(tb testing.TB, file string) []truth {
	tb.Helper()
	data, err := os.ReadFile("testdata/truth/" + file)
	if err != nil {
		tb.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var all []truth
	if err := decoder.Decode(&all); err != nil {
		tb.Fatal(err)
	}
	for _, want := range all {
		for _, f := range want.facts() {
			if !speller(f.piece)(want.Text + want.Document) {
				tb.Errorf("%s is not in %s%s", f, want.Text, want.Document)
			}
		}
	}
	return all
}

func (want truth) source() string {
	if want.From == "" {
		return ""
	}
	return " (" + want.From + ")"
}

// TestNothingIsMadeUp checks the descriptions of texts.yaml: nothing that is stated as sure is wrong, and
// nothing that was seen is lost.
func TestNothingIsMadeUp(t *testing.T) {
	t.Parallel()
	var sum verdict
	for _, want := range truths(t, "texts.yaml") {
		got := newAPI(t, sandbox.Config{}).create(want.Text)
		v := judge(want, got)
		if text := dig(got, "normalizedFields", "jobDescription"); text != want.Text {
			v.wrong = append(v.wrong, fmt.Sprintf("jobDescription = %q", text))
		}
		sum.add(t, want.Text+want.source(), v)
	}
	sum.log(t)
}

// TestNoDocumentIsMisread checks the documents of documents.yaml.
func TestNoDocumentIsMisread(t *testing.T) {
	t.Parallel()
	var sum verdict
	for _, want := range truths(t, "documents.yaml") {
		sum.add(t, want.Name+want.source(), judgeDocument(t, want))
	}
	sum.log(t)
}

// TestCountriesThatDontExist: a patch with a country or a language that doesn't exist is refused, or the report
// names it.
func TestCountriesThatDontExist(t *testing.T) {
	t.Parallel()
	a := newAPI(t, sandbox.Config{})
	a.create(readyText)
	for key, name := range map[string]string{"countries": "Narnia", "languages": "Simlish"} {
		_, got := a.do("PATCH", "/job-drafts/job_1", object{key: []string{name}})
		if said := fmt.Sprint(got["error"], got["details"], remarks(got)); !strings.Contains(said, name) {
			t.Errorf("%s of %s: %v", name, key, got)
		}
	}
}

func judgeDocument(t *testing.T, want truth) verdict {
	body := object{"format": want.Format}
	switch want.Format {
	case "opentrain_canonical":
		body["job"] = json.RawMessage(want.Document)
	case "schema_org_job_posting":
		body["jsonLd"] = json.RawMessage(want.Document)
	default:
		body["xml"] = want.Document
	}
	a := newAPI(t, sandbox.Config{})
	resp, got := a.do("POST", "/job-drafts", body)
	var v verdict
	switch {
	case want.Refused != nil && resp.StatusCode == http.StatusBadRequest:
		v.wrong = want.Refused.misses(got)
		return v
	case want.Refused != nil:
		v.wrong = []string{"not refused"}
		return v
	case resp.StatusCode == http.StatusBadRequest && want.Refusable:
		for _, f := range want.facts() {
			if !strings.Contains(str(got["error"])+fmt.Sprint(got["details"]), f.piece) {
				v.lost = append(v.lost, f.String())
			}
		}
		return v
	case resp.StatusCode != http.StatusOK:
		v.wrong = []string{fmt.Sprintf("refused: %v", got["error"])}
		got = object{}
	}
	v = judge(want, got).and(v)
	v.wrong = append(v.wrong, want.misprints(str(dig(got, "normalizedFields", "jobDescription")))...)
	return v
}

// markup matches elements of HTML that make no sense in a description.
var markup = regexp.MustCompile(`(?i)</?(p|div|ul|li|em|strong|img|br|style|script|h[1-6])[ />]|&(nbsp|eacute|uuml);|<!`)

// misprints returns what is wrong with the text of a description.
func (want truth) misprints(text string) []string {
	var wrong []string
	rest := text
	for _, piece := range want.Description {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			wrong = append(wrong, fmt.Sprintf("jobDescription %q lacks %q", text, piece))
			continue
		}
		rest = after
	}
	for _, piece := range want.Not {
		if strings.Contains(text, piece) && !contains(want.Description, piece) {
			wrong = append(wrong, fmt.Sprintf("jobDescription %q has %q", text, piece))
		}
	}
	if found := markup.FindString(text); found != "" {
		wrong = append(wrong, fmt.Sprintf("jobDescription %q has markup: %s", text, found))
	}
	return wrong
}

var position = regexp.MustCompile(`(?i)line (\d+), column (\d+)`)

// misses returns what is wrong with a refusal.
func (r refusal) misses(got object) []string {
	var wrong []string
	text := fmt.Sprint(got["error"], " ", dig(got, "details", "issues"))
	if r.Line > 0 {
		var line, column int
		if at := position.FindStringSubmatch(text); at != nil {
			line, _ = strconv.Atoi(at[1])
			column, _ = strconv.Atoi(at[2])
		}
		if line != r.Line || column < r.Columns[0] || column > r.Columns[1] {
			wrong = append(wrong, fmt.Sprintf("refused without «line %d, column %d to %d»: %s", r.Line, r.Columns[0], r.Columns[1], text))
		}
	}
	for _, says := range r.Says {
		alternatives := strings.Split(says, "|")
		if !slices.ContainsFunc(alternatives, func(s string) bool { return strings.Contains(text, s) }) {
			wrong = append(wrong, fmt.Sprintf("refused without %q: %s", says, text))
		}
	}
	return wrong
}

func contains(list []string, piece string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, piece) })
}

// verdict is what is wrong with a report, or with several.
type verdict struct {
	wrong  []string // stated as sure, and not true
	lost   []string // seen, and neither read nor reported
	unread []string // said plainly, and not read
	plain  int      // how many facts are said plainly
	seen   int      // how many facts there are
}

func (v verdict) and(other verdict) verdict {
	return verdict{
		slices.Concat(v.wrong, other.wrong), slices.Concat(v.lost, other.lost), slices.Concat(v.unread, other.unread),
		v.plain + other.plain, v.seen + other.seen,
	}
}

// add adds the verdict of one text and fails the test if it isn't clean.
func (v *verdict) add(t *testing.T, text string, one verdict) {
	t.Helper()
	*v = v.and(one)
	for _, fault := range []struct {
		name string
		list []string
	}{{"wrong", one.wrong}, {"lost", one.lost}, {"not read", one.unread}} {
		for _, what := range fault.list {
			t.Errorf("%s: %s\n   in: %s", fault.name, what, text)
		}
	}
}

func (v *verdict) log(t *testing.T) {
	t.Helper()
	t.Logf("wrong sure facts: %d; lost facts: %d of %d; plain facts read: %d of %d",
		len(v.wrong), len(v.lost), v.seen, v.plain-len(v.unread), v.plain)
}
