package schema_test

import (
	"encoding/json"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/schema"
)

type wide struct {
	List  []string `json:"list,omitempty"`
	Words []string `json:"words,omitempty"`
	Date  string   `json:"date,omitempty"`
	Level string   `json:"level,omitempty" jsonschema:"enum=ANY_LEVEL,enum=EXPERT"`
	Count int      `json:"count,omitempty"`
	Yes   bool     `json:"yes,omitempty"`
	Open  openPart `json:"open,omitempty"`
}

func (wide) JSONSchemaExtend(s *schema.Node) {
	words := func(text string) []string {
		return strings.FieldsFunc(strings.ReplaceAll(text, " and ", ","), func(r rune) bool { return strings.ContainsRune(",;\n", r) })
	}
	schema.ReadProperty(s, "list", schema.Reading{Split: words})
	schema.ReadEntries(s, "list", schema.Reading{Text: func(text string) (string, error) { return strings.ToUpper(text) + "!1", nil }})
	schema.ReadProperty(s, "date", schema.Reading{Text: func(text string) (string, error) { return strings.Join(strings.Fields(text), ""), nil }})
}

func newWide(t testing.TB) *schema.Input {
	t.Helper()
	input, err := schema.NewInput(new(wide), schema.Dialect{Label: strings.ToLower, Refuse: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	return input
}

// members are those of an object with n members.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"` + strconv.Itoa(i) + `":1`)
	}
	return "{" + b.String()[1:] + "}"
}

// TestLargeArguments: a megabyte in one argument can have half a million parts, which take many times its bytes once they are split.
// It is refused before that.
func TestLargeArguments(t *testing.T) {
	const size = 1 << 20
	many := func(part string) string { return strings.Repeat(part, size/len(part)) }
	for name, test := range map[string]struct{ args, want string }{
		"a list by commas":           {`{"list":"` + many("a,") + `a"}`, "list: more than 10000 values"},
		"a list by words":            {`{"list":"` + many("a and ") + `a"}`, "list: more than 10000 values"},
		"words where a list belongs": {`{"words":"` + many("a ") + `"}`, "words: more than 10000 values"},
		"an entry of a list":         {`{"list":["` + many("a and ") + `a"]}`, "list[0]: more than 10000 values"},
		"entries of a list":          {`{"list":["a"` + strings.Repeat(`,"`+many("a ")[:size/1000]+`"`, 1000) + `]}`, "more than 10000 values"},
		"a list in a text":           {`{"list":"[1` + many(",1") + `]"}`, "list: more than 10000 values"},
		"a broken list in a text":    {`{"list":"[ ` + many("a ") + `"}`, "is not a list"},
		"an object in a text":        {`{"open":` + strconv.Quote(members(90_000)) + `}`, "open: more than 10000 values"},
		"the arguments in a text":    {strconv.Quote(members(90_000)), "arguments: more than 10000 values"},
		"unknown members":            {members(90_000), "arguments: more than 10000 values"},
		"unknown members inside":     {`{"open":` + members(90_000) + `}`, "arguments: more than 10000 values"},
		"a list":                     {`{"list":[1` + many(",1") + `]}`, "arguments: more than 10000 values"},
		"nested lists":               {`{"open":{"x":` + strings.Repeat("[", size/2) + strings.Repeat("]", size/2) + `}}`, "arguments: more than"},
		"no value of an enum":        {`{"level":"` + many("a ") + `"}`, "is not one of"},
		"no number":                  {`{"count":"` + many("1 ") + `"}`, "is not a number"},
		"no boolean":                 {`{"yes":"` + many("yes ") + `"}`, "is not a boolean"},
		"no date":                    {`{"date":"` + many("1 ") + `"}`, "date has 1048576 characters; the limit is 4000"},
	} {
		t.Run(name, func(t *testing.T) {
			const bound = 16 // a text is copied a few times
			input, raw := newWide(t), json.RawMessage(test.args)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := input.Decode(raw, nil, new(wide))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			allocated := after.TotalAlloc - before.TotalAlloc
			t.Logf("%.1f bytes for each, %v", float64(allocated)/float64(len(raw)), took)
			var bad *schema.ArgumentError
			if !errors.As(err, &bad) || len(bad.Problems) != 1 || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %.300v", err)
			}
			if allocated > bound*uint64(len(raw)) {
				t.Errorf("%d bytes for %d", allocated, len(raw))
			}
		})
	}
}

// TestLongLists: a list of hundreds of entries is read in every form, with one sentence for each form that isn't a list.
func TestLongLists(t *testing.T) {
	const entries = 800
	text := strings.Repeat("Bosnia and Herzegovina, ", entries/2) + "Peru"
	list := strings.Split(strings.Repeat("x,", entries)+"x", ",")
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args            string
		want, sentences int
	}{
		"a text":           {`{"list":"` + text + `"}`, entries + 1, 1},
		"a list in a text": {`{"list":` + strconv.Quote(string(data)) + `}`, entries + 1, 1},
		"a list":           {`{"list":` + string(data) + `}`, entries + 1, entries + 1},
	} {
		args := new(wide)
		interpreted, err := newWide(t).Decode(json.RawMessage(test.args), nil, args)
		if err != nil || len(args.List) != test.want || len(interpreted) != test.sentences {
			t.Errorf("%s: %d entries, %d sentences, %v", name, len(args.List), len(interpreted), err)
		}
	}
}

// TestManyInterpretations: 50 sentences are enough, whatever there is to say.
func TestManyInterpretations(t *testing.T) {
	interpreted, err := newWide(t).Decode(json.RawMessage(`{"list":["x"`+strings.Repeat(`,"x"`, 200)+`]}`), nil, new(wide))
	const last, more = `list[49]: "x" was read as "X!1"`, "another value was read in another form"
	if err != nil || len(interpreted) != 201 || interpreted[49] != last || interpreted[50] != more || interpreted[200] != more {
		t.Errorf("got %q, %v", interpreted, err)
	}
}
