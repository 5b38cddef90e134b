package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// pageTypes are the types of the API's pages.
func pageTypes() fieldTypes { return typesOf(Fields{}.JSONSchema()) }

func TestQuestionsFromMissingFields(t *testing.T) {
	long := strings.Repeat("x", maxOptions/3)
	for name, test := range map[string]struct {
		missing string
		want    Question
	}{
		"name only, typed by the pages": {`"experienceLevel"`, Question{
			Field: "experienceLevel", Question: "What should “experience level” be?", Keys: []string{"experienceLevel"},
			Type: "enum", Options: []string{"EXPERT", "INTERMEDIATE", "ENTRY_LEVEL", "ANY_EXPERIENCE_LEVEL"},
		}},
		"the API's own type and values come first": {`{"field":"headcount","prompt":"ask: Who?","type":"select","enumValues":["A","B"]}`, Question{
			Field: "headcount", Question: "Who?", Keys: []string{"headcount"}, Type: "enum", Options: []string{"A", "B"},
		}},
		"several values": {`{"field":"tags","prompt":"Which?","type":"multiselect","enumValues":["A","B"]}`, Question{
			Field: "tags", Question: "Which?", Keys: []string{"tags"}, Type: "array", Options: []string{"A", "B"},
		}},
		"type of the example": {`{"field":"new","prompt":"Really?","example":true}`, Question{
			Field: "new", Question: "Really?", Keys: []string{"new"}, Type: "boolean",
		}},
		"keys of the example first, in the API's order": {
			`{"field":"pay","prompt":"How much?","updateKeys":["paymentType","pricePerHour","fixedPrice"],"enumValues":["X"],"example":{"z":"z","pricePerHour":18}}`,
			Question{Field: "pay", Question: "How much?", Keys: []string{"pricePerHour", "z", "paymentType", "fixedPrice"}, Inputs: []tool.Input{
				{Key: "pricePerHour", Type: "number", For: "PAY_PER_HOUR"}, {Key: "z", Type: "string"},
				{Key: "paymentType", Type: "enum", Options: []string{"PAY_PER_HOUR", "PAY_PER_LABEL", "FIXED_PRICE"}, Alternative: true},
				{Key: "fixedPrice", Type: "number", Alternative: true, For: "FIXED_PRICE"},
			}},
		},
		"values belong to the key with the field's name": {
			`{"field":"unit","prompt":"Volume?","updateKeys":["dataVolume","unit"],"enumValues":["H","F"]}`,
			Question{Field: "unit", Question: "Volume?", Keys: []string{"dataVolume", "unit"}, Inputs: []tool.Input{
				{Key: "dataVolume", Type: "number"}, {Key: "unit", Type: "enum", Options: []string{"H", "F"}},
			}},
		},
		"nothing says where the answer goes": {`{"prompt":"Anything else?"}`, Question{Question: "Anything else?", Keys: []string{}}},
		"more options than fit": {`{"field":"f","prompt":"Which?","enumValues":["` + long + `","` + long + `","` + long + `","D"]}`, Question{
			Field: "f", Question: "Which?", Keys: []string{"f"}, Type: "enum", Options: []string{long, long}, more: true,
		}},
	} {
		var missing opentrain.MissingField
		if err := json.Unmarshal([]byte(test.missing), &missing); err != nil {
			t.Fatal(err)
		}
		if got := pageTypes().question(missing); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", name, got, test.want)
		}
	}
}

func TestGuessesInForms(t *testing.T) {
	types := fieldTypes{
		"level": {Key: "level", Type: "enum", Options: []string{"A", "B"}}, "tags": {Key: "tags", Type: "array", Options: []string{"A", "B"}},
		"cut": {Key: "cut", Type: "enum", Options: []string{"A", ellipsis}}, "count": {Key: "count", Type: "number"},
	}
	for name, test := range map[string]struct {
		field, value string
		lists, want  bool
	}{
		"allowed value":        {field: "level", value: `"A"`, want: true},
		"unknown value":        {field: "level", value: `"C"`},
		"list":                 {field: "tags", value: `["A","B"]`, lists: true, want: true},
		"list without lists":   {field: "tags", value: `["A"]`},
		"unknown value inside": {field: "tags", value: `["A","C"]`, lists: true},
		"not a list":           {field: "tags", value: `"A"`, lists: true},
		"cut options":          {field: "cut", value: `"A"`},
		"number":               {field: "count", value: `3`, want: true},
		"text for a number":    {field: "count", value: `"3"`},
		"free text":            {field: "new", value: `"text"`, want: true},
		"free list":            {field: "new", value: `["text"]`, lists: true},
		"free object":          {field: "new", value: `{"a":1}`},
		"free yes or no":       {field: "new", value: `true`, want: true},
		"long text, was cut":   {field: "new", value: `"` + strings.Repeat("x", maxRemark) + `"`},
		"no value":             {field: "new"},
		"no field":             {value: `"text"`},
		"already in the form":  {field: "asked", value: `"text"`},
	} {
		guess := tool.Remark{Field: test.field, Value: json.RawMessage(test.value), Reason: "The text says so"}
		fields := types.addGuesses([]tool.Field{{Name: "asked"}}, []tool.Remark{guess, guess}, test.lists)
		if got := len(fields) == 2; got != test.want {
			t.Errorf("%s: %+v", name, fields)
			continue
		}
		if test.want && (string(fields[1].Default) != test.value || fields[1].Prompt != "OpenTrain guessed this. Correct it if it's wrong. The text says so.") {
			t.Errorf("%s: %+v", name, fields[1])
		}
	}
	full := make([]tool.Field, maxFormFields)
	if got := types.addGuesses(full, []tool.Remark{{Field: "count", Value: []byte("1")}}, true); len(got) != maxFormFields {
		t.Errorf("%d fields", len(got))
	}
}

func TestKeyOf(t *testing.T) {
	for path, want := range map[string]string{
		"fields.languages[0]": "languages", "fields.a": "a", "a": "a", "a.b.c": "a", "fields.a[0].b": "a", "": "",
	} {
		if got := keyOf(path); got != want {
			t.Errorf("%q gave %q, want %q", path, got, want)
		}
	}
}

func TestFormOf(t *testing.T) {
	for name, test := range map[string]struct {
		call  tool.Call
		found bool
		over  bool
	}{
		"first round":   {},
		"form":          {call: tool.Call{State: []byte(`{"report":{"jobId":"j"},"open":3}`)}, found: true},
		"bad state":     {call: tool.Call{BadState: true}, over: true},
		"another state": {call: tool.Call{State: []byte(`"token"`)}, over: true},
		"no job":        {call: tool.Call{State: []byte(`{"report":{}}`)}, over: true},
	} {
		form, err := FormOf(test.call)
		if (form != nil) != test.found || (err != nil) != test.over {
			t.Errorf("%s: %+v, %v", name, form, err)
		}
		if form != nil && form.Report.open != 3 {
			t.Errorf("%s: %d open questions", name, form.Report.open)
		}
	}
}

func TestRemarks(t *testing.T) {
	if Remarks(nil) != nil {
		t.Error("the API didn't say that there are none")
	}
	long := strings.Repeat("x", maxRemark+1)
	got := Remarks([]opentrain.Note{
		{Field: "a", Value: []byte("null")}, {Path: "b.0", Message: "m\nn"}, {Field: "c", ValuePreview: "start"}, {},
		{Field: "d", Value: []byte(`"` + long + `"`)},
	})
	want := []tool.Remark{
		{Field: "a"}, {Field: "b.0", Message: "m n"}, {Field: "c", Value: []byte(`"start"`)},
		{Field: "d", Value: []byte(`"` + long[1:] + `… (401 characters in all; only the first 400 are shown)"`)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestLongReports: a report is cut until it fits, and says what was left out. The first question stays whole.
func TestLongReports(t *testing.T) {
	draft := &opentrain.Draft{JobID: "j", NormalizedFields: opentrain.Fields{}}
	options := strings.Fields(strings.Repeat("OPTION ", 30))
	for _, name := range names(61) {
		draft.MissingFields = append(draft.MissingFields, opentrain.MissingField{Field: name, Prompt: strings.Repeat("p", 300), EnumValues: options})
		draft.NormalizedFields[name] = []byte(`"` + strings.Repeat("v", 500) + `"`)
		draft.Warnings = append(draft.Warnings, opentrain.Note{Field: name, Message: "w"})
	}
	whole := pageTypes().report(draft, nil, ReportOptions{})
	report := whole.Short()
	if tool.Size(report) > tool.MaxResult {
		t.Errorf("%d characters", tool.Size(report))
	}
	made := tool.New(tool.Spec{Name: "report", Kind: tool.KindRead}, func(_ context.Context, call tool.Call, _ struct{}) (Report, *tool.Ask, error) {
		Shorten(call, whole, func(r *Report) *Report { return r })
		return whole, nil, nil
	})
	result, _, failure := tool.Runner{Accounts: tool.NewAccounts(nil)}.Run(t.Context(), &made, tool.Call{}, nil)
	if failure != nil {
		t.Fatal(failure)
	}
	if want := text.JSON(report); string(result.Structured) != want || result.Text != report.Text() {
		t.Errorf("as a result\n%s\nwant\n%s", result.Structured, want)
	}
	draft.Validation.PublishReady, draft.DraftURL = true, "https://app.opentrain.ai/drafts/j"
	if ready := pageTypes().report(draft, nil, ReportOptions{token: "t"}).Short(); len(ready.Cut) == 0 || ready.Next.Show == nil ||
		ready.Next.Show.DraftURL != draft.DraftURL {
		t.Errorf("a ready draft lost its page: %+v", ready.Next)
	}
	if report.MissingFields[0].Field != report.Next.Field || len(report.Next.Options) != 30 || report.open != 61 {
		t.Errorf("first question %+v, %d open", report.MissingFields[0], report.open)
	}
	if cut := strings.Join(report.Cut, "\n"); !strings.Contains(cut, "more questions") || !strings.Contains(cut, "more warnings") {
		t.Error(cut)
	}
}

func names(n int) []string {
	all := make([]string, 0, n)
	for i := range n {
		all = append(all, fmt.Sprintf("field%02d", i))
	}
	return all
}
