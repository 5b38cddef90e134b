package opentrain_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"opentrain-mcp/opentrain"
)

// Responses of the posting guide and of the API reference (developers/guides/post-a-job,
// developers/api-reference/job-drafts/create).
const (
	guideAnswer = `{"ok":true,"jobId":"j","status":"DRAFT","draftUrl":"https://app.opentrain.ai/job-post?job=j",
		"validation":{"publishReady":false,"issueCount":0,"missingFieldCount":2,
			"missingFields":["experienceLevel","dataVolumeUnit"],"issues":[]},
		"missingFields":[{"field":"experienceLevel","label":"Experience level","message":"Experience level is required",
			"code":"MISSING_EXPERIENCE_LEVEL",
			"prompt":"What experience level should AI trainers have for this job?","type":"enum",
			"enumValues":["EXPERT","INTERMEDIATE","ENTRY_LEVEL","ANY_EXPERIENCE_LEVEL"],"updateKeys":["experienceLevel"],
			"example":{"experienceLevel":"INTERMEDIATE"}}],
		"normalizedFields":{"jobTitle":"T","pricePerHour":18},
		"lowConfidenceFields":[],"warnings":[],"unmappedFields":[],"newThing":{"a":1}}`
	referenceAnswer = `{"ok":true,"jobId":"j","status":"DRAFT","draftUrl":"https://app.opentrain.ai/job-post?jobId=j",
		"reviewUrl":"https://app.opentrain.ai/job-post?jobId=j",
		"validation":{"publishReady":false,"issueCount":0,"missingFieldCount":2,"missingFields":[],"issues":[]},
		"missingFields":[{"field":"experienceLevel","prompt":"ask: What level? (EXPERT)","type":"enum","enumValues":["EXPERT"],
				"updateKeys":["experienceLevel"],"example":"EXPERT","hint":"Pick."},
			{"field":"pricePerLabel","prompt":"ask: How much?","type":"number","enumValues":null,
				"updateKeys":["pricePerLabel"],"example":"0.05","hint":null}],
		"normalizedFields":{"headcount":5}}`
	shortAnswer = `{"ok":true,"jobId":"j","status":"DRAFT","draftUrl":"u",
		"validation":{"publishReady":false,"issueCount":1,"missingFieldCount":1,
			"missingFields":[{"field":"languages","prompt":"Which?","type":"array"}],
			"issues":["vague",{"path":["a",0],"message":"m","code":"c"}]}}`
)

func decodeDraft(t *testing.T, answer string) opentrain.Draft {
	t.Helper()
	var draft opentrain.Draft
	if !(&opentrain.Error{Details: json.RawMessage(answer)}).DecodeDetails(&draft) { // decodes as for a response
		t.Fatalf("not an object: %s", answer)
	}
	return draft
}

func TestBothFormsDecodeToOneType(t *testing.T) {
	guide := decodeDraft(t, guideAnswer)
	missing := guide.Missing()
	const question = "What experience level should AI trainers have for this job?"
	if len(missing) != 2 || missing[0].Question() != question || missing[1].Field != "dataVolumeUnit" || missing[1].Prompt != "" {
		t.Errorf("guide: %+v", missing)
	}
	if got := string(missing[0].ExampleValues()["experienceLevel"]); got != `"INTERMEDIATE"` {
		t.Errorf("guide: example %s", got)
	}
	if guide.LowConfidenceFields == nil || guide.Warnings == nil || guide.UnmappedFields == nil {
		t.Error("guide: an empty list decoded to nil")
	}

	reference := decodeDraft(t, referenceAnswer)
	missing = reference.Missing()
	if len(missing) != 2 || missing[0].Question() != "What level? (EXPERT)" || missing[0].ExampleValues() != nil ||
		string(missing[0].Example) != `"EXPERT"` || missing[1].EnumValues != nil || missing[1].Hint != "" {
		t.Errorf("reference: %+v", missing)
	}
	if reference.LowConfidenceFields != nil || reference.Warnings != nil {
		t.Error("reference: an absent list did not decode to nil")
	}

	short := decodeDraft(t, shortAnswer)
	if missing = short.Missing(); len(missing) != 1 || missing[0].Field != "languages" || short.NormalizedFields != nil {
		t.Errorf("short: %+v", missing)
	}
	if issues := short.Validation.Issues; len(issues) != 2 || issues[0].Message != "vague" || issues[1].Path != "a.0" {
		t.Errorf("short: %+v", issues)
	}
}

// TestOddMembersDoNotLoseTheJob: members of an unexpected type and unknown members fail neither the response
// nor its other members.
func TestOddMembersDoNotLoseTheJob(t *testing.T) {
	draft := decodeDraft(t, `{"jobId":"j","status":7,"draftUrl":null,"validation":"none","brandNew":[1,{"x":"y"}],
		"missingFields":[{"field":"a","enumValues":[1,2],"updateKeys":[1,"a"],"hint":{"x":1},"label":"A","other":{}},null,"b","b"],
		"normalizedFields":[1],"warnings":"x","unmappedFields":[[],{"message":"m","path":7,"code":"c"}]}`)
	want := opentrain.Draft{
		JobID:          "j",
		MissingFields:  []opentrain.MissingField{{Field: "a", Label: "A", UpdateKeys: []string{"a"}}, {}, {Field: "b"}, {Field: "b"}},
		UnmappedFields: []opentrain.Note{{Message: "m", Code: "c"}},
	}
	if !reflect.DeepEqual(draft, want) {
		t.Errorf("got  %+v\nwant %+v", draft, want)
	}
	if missing := draft.Missing(); len(missing) != 2 || missing[1].Field != "b" {
		t.Errorf("missing: %+v", missing)
	}
}

// TestUnknownMembersAreIgnored: a member that no field has does not fail any type and does not hide the known
// members.
func TestUnknownMembersAreIgnored(t *testing.T) {
	for known, target := range map[string]any{
		`"jobId":"j"`: &opentrain.Draft{}, `"alreadyPublished":true`: &opentrain.Publication{}, `"title":"T"`: &opentrain.PublicJob{},
		`"published":true`: &opentrain.OwnJob{}, `"field":"f"`: &opentrain.MissingField{}, `"reason":"r"`: &opentrain.Note{},
		`"issueCount":2`: &opentrain.Validation{},
	} {
		if err := json.Unmarshal([]byte(`{"brandNew":[1,{"x":"y"}],`+known+`}`), target); err != nil {
			t.Fatal(err)
		}
		if out, err := json.Marshal(target); err != nil || !bytes.Contains(out, []byte(known)) || bytes.Contains(out, []byte("brandNew")) {
			t.Errorf("%T: %s, %v", target, out, err)
		}
	}
}

// FuzzAnswer feeds arbitrary bytes as responses: they decode or fail, and a value that decodes survives a
// round trip.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		guideAnswer, referenceAnswer, shortAnswer, `{"jobs":[{"id":1}]}`, `{"validation":{"missingFields":[{}]}}`, `null`, `[]`, `"x"`,
		`{"missingFields":[["a"]]}`, `{"":1E1111}`, `{"proposal":{"id":"p","ok":true}}`, `{"ok":[1],"messages":{"":[]}}`,
	} {
		f.Add([]byte(seed))
	}
	for _, e := range endpoints() {
		f.Add([]byte(e.answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		roundTrip[opentrain.Draft](t, answer)
		roundTrip[opentrain.Publication](t, answer)
		roundTrip[opentrain.PublicJob](t, answer)
		roundTrip[opentrain.OwnJob](t, answer)
		roundTrip[opentrain.Event](t, answer)
		var draft opentrain.Draft
		if json.Unmarshal(answer, &draft) == nil {
			for _, gap := range draft.Missing() {
				_, _ = gap.Question(), gap.ExampleValues()
			}
		}
		everyCall(t, answer)
	})
}

// everyCall makes every call with one response: each returns a value or an *Error.
func everyCall(t *testing.T, answer []byte) {
	t.Helper()
	client, err := opentrain.New(opentrain.Config{Transport: always(answer)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := opentrain.WithToken(t.Context(), secret)
	calls := writes()
	for name, call := range map[string]func() error{
		"search":       func() error { _, err := client.SearchJobs(ctx, opentrain.JobQuery{}); return err },
		"mine":         func() error { _, err := client.ListOwnJobs(ctx, opentrain.OwnJobQuery{}); return err },
		"job":          func() error { _, err := client.GetJob(ctx, "j"); return err },
		"facets":       func() error { _, err := client.Facets(ctx); return err },
		"changes":      func() error { _, err := client.ListChanges(ctx, time.Time{}); return err },
		"me":           func() error { _, err := client.Me(ctx); return err },
		"capabilities": func() error { _, err := client.Capabilities(ctx); return err },
	} {
		calls[name] = func(context.Context, *opentrain.Client) error { return call() }
	}
	for name, e := range endpoints() {
		calls[name] = func(ctx context.Context, c *opentrain.Client) error { _, err := e.make(ctx, c); return err }
	}
	for name, call := range calls {
		var failure *opentrain.Error
		if err := call(ctx, client); err != nil && !errors.As(err, &failure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// always is an API with one response.
type always []byte

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(a)), Request: r}, nil
}

func roundTrip[T any](t *testing.T, answer []byte) {
	t.Helper()
	var first, second T
	if json.Unmarshal(answer, &first) != nil {
		return
	}
	out, err := json.Marshal(first)
	if err != nil {
		t.Fatalf("%s decodes but does not encode: %v", answer, err)
	}
	if err := json.Unmarshal(out, &second); err != nil {
		t.Fatalf("%s encodes as %s, which does not decode: %v", answer, out, err)
	}
	again, err := json.Marshal(second)
	if err != nil || !sameJSON(out, again) {
		t.Fatalf("%s encodes as %s, then as %s (%v)", answer, out, again, err)
	}
}

// sameJSON compares JSON texts, numbers by their digits: some overflow a float.
func sameJSON(a, b []byte) bool {
	var values [2]any
	for i, data := range [][]byte{a, b} {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if decoder.Decode(&values[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}

// BenchmarkDraft decodes the response to a create.
func BenchmarkDraft(b *testing.B) {
	for name, answer := range map[string]string{"guide": guideAnswer, "reference": referenceAnswer} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var draft opentrain.Draft
				if !(&opentrain.Error{Details: json.RawMessage(answer)}).DecodeDetails(&draft) {
					b.Fatal("not an object")
				}
			}
		})
	}
}
