package schema_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"opentrain-mcp/schema"
)

type order struct {
	ID     string   `json:"id" jsonschema:"minLength=1,maxLength=5" jsonschema_description:"Order id, from the list."`
	Size   float64  `json:"size,omitempty" jsonschema:"exclusiveMinimum=0,maximum=100" jsonschema_description:"Size."`
	Count  int      `json:"count,omitempty" jsonschema:"minimum=1" jsonschema_description:"Count."`
	Urgent bool     `json:"urgent,omitempty" jsonschema_description:"Urgent."`
	Level  string   `json:"level,omitempty" jsonschema:"enum=ANY_LEVEL,enum=EXPERT" jsonschema_description:"Level."`
	Tags   []string `json:"tags,omitempty" jsonschema:"minItems=1" jsonschema_description:"Tags."`
	Open   openPart `json:"open,omitempty" jsonschema_description:"Open part."`
}

type openPart map[string]json.RawMessage

func (openPart) JSONSchema() *schema.Node {
	return schema.Open[struct {
		Level string  `json:"level" jsonschema:"enum=ANY_LEVEL,enum=EXPERT" jsonschema_description:"Level."`
		Price float64 `json:"price" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Price."`
	}]()
}

// decodeInto decodes arguments into new ones.
func decodeInto[T any](in *schema.Input, raw json.RawMessage, live map[string]*schema.Node) (args T, interpreted []string, err error) {
	interpreted, err = in.Decode(raw, live, &args)
	return args, interpreted, err
}

func newOrder(t testing.TB) *schema.Input {
	t.Helper()
	input, err := schema.NewInput(new(order), schema.Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	return input
}

func TestDecodeAcceptsPlainMeaning(t *testing.T) {
	for _, test := range []struct {
		name, args  string
		want        order
		interpreted string // part of the only sentence, "" for none
	}{
		{"exact", `{"id":"a","size":1.5,"count":2,"urgent":true,"level":"EXPERT","tags":["x"]}`,
			order{ID: "a", Size: 1.5, Count: 2, Urgent: true, Level: "EXPERT", Tags: []string{"x"}}, ""},
		{"null is absent", `{"id":"a","size":null,"tags":null,"open":null}`, order{ID: "a"}, ""},
		{"number in a string", `{"id":"a","size":" 18 "}`, order{ID: "a", Size: 18}, ""},
		{"whole float", `{"id":"a","count":3.0}`, order{ID: "a", Count: 3}, ""},
		{"boolean in a string", `{"id":"a","urgent":"True"}`, order{ID: "a", Urgent: true}, ""},
		{"string for a list", `{"id":"a","tags":"Spanish"}`, order{ID: "a", Tags: []string{"Spanish"}}, ""},
		{"string for a list, with spaces", `{"id":"a","tags":" Spanish "}`, order{ID: "a", Tags: []string{"Spanish"}}, ""},
		{"number for a string", `{"id":12}`, order{ID: "12"}, ""},
		{"code that looks like a word", `{"id":"a","tags":"or"}`, order{ID: "a", Tags: []string{"or"}}, ""},
		{"list in a string", `{"id":"a","tags":"[\"x\",\"y\"]"}`, order{ID: "a", Tags: []string{"x", "y"}}, ""},
		{"enum in other case", `{"id":"a","level":"expert"}`, order{ID: "a", Level: "EXPERT"}, ""},
		{"enum with spaces", `{"id":"a","level":"any level"}`, order{ID: "a", Level: "ANY_LEVEL"}, ""},
		{"enum with hyphens", `{"id":"a","level":"Any-Level"}`, order{ID: "a", Level: "ANY_LEVEL"}, ""},
		{"number for a string", `{"id":123}`, order{ID: "123"}, ""},
		{"thousands", `{"id":"a","count":"50,000"}`, order{ID: "a", Count: 50000}, ""},
		{"thousands in short", `{"id":"a","count":"50k"}`, order{ID: "a", Count: 50000}, `count: "50k" was read as 50000`},
		{"enum by a part of its name", `{"id":"a","level":"any"}`, order{ID: "a", Level: "ANY_LEVEL"}, `level: "any" was read as "ANY_LEVEL"`},
		{"enum in other words", `{"id":"a","level":"experts"}`, order{ID: "a", Level: "EXPERT"}, ""},
		{"empty list for no arguments inside", `{"id":"a","open":[]}`, order{ID: "a", Open: openPart{}}, ""},
		{"empty list with space for an object", `{"id":"a","open":[ ]}`, order{ID: "a", Open: openPart{}}, ""},
		{"empty list in a string for an object", `{"id":"a","open":"[]"}`, order{ID: "a", Open: openPart{}}, ""},
		{"object in a string", `{"id":"a","open":"{\"price\":2}"}`, order{ID: "a", Open: openPart{"price": json.RawMessage("2")}}, ""},
		{"arguments in a string", `"{\"id\":\"a\"}"`, order{ID: "a"}, ""},
		{"open part keeps unknown keys and nulls", `{"id":"a","open":{"new":{"deep":[1]},"level":null}}`,
			order{ID: "a", Open: openPart{"new": json.RawMessage(`{"deep":[1]}`), "level": json.RawMessage("null")}}, ""},
		{"open part folds its enums", `{"id":"a","open":{"level":"expert"}}`,
			order{ID: "a", Open: openPart{"level": json.RawMessage(`"EXPERT"`)}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, interpreted, err := decodeInto[order](newOrder(t), json.RawMessage(test.args), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			switch joined := strings.Join(interpreted, "\n"); {
			case test.interpreted == "" && joined != "":
				t.Errorf("interpreted %q, want nothing", joined)
			case !strings.Contains(joined, test.interpreted):
				t.Errorf("interpreted %q, want %q in it", joined, test.interpreted)
			}
		})
	}
}

func TestDecodeRejectsTheRest(t *testing.T) {
	for _, test := range []struct {
		name, args string
		want       []string // one part of each problem
	}{
		{"nothing", ``, []string{"id is required: Order id, from the list."}},
		{"null", `null`, []string{"id is required"}},
		{"required is null", `{"id":null}`, []string{"id is required"}},
		{"a list", `[1]`, []string{"is not an object"}},
		{"text", `"hello"`, []string{"is not an object"}},
		{"broken JSON", `{"id":`, []string{"is not an object"}},
		{"blank", `{"id":"  "}`, []string{"id must not be empty"}},
		{"choice", `{"id":"a","tags":"Spanish or English"}`, []string{`tags: "Spanish or English" is not a list: it leaves a choice; ask the human which`}},
		{"empty list in a string", `{"id":"a","tags":"[]"}`, []string{"tags has too few entries"}},
		{"too long", `{"id":"äöüßäö"}`, []string{"id has 6 characters; the limit is 5"}},
		{"unknown, near", `{"id":"a","sizes":1}`, []string{"sizes is not an argument of this tool; did you mean size?"}},
		{"unknown, other spelling", `{"id":"a","ID":"b"}`, []string{"did you mean id?"}},
		{"unknown, far", `{"id":"a","zzz":1}`, []string{"Arguments: id, size, count"}},
		{"word for a number", `{"id":"a","size":"lots"}`, []string{`size: "lots" is not a number`}},
		{"comma for a point", `{"id":"a","size":"18,50"}`, []string{`size: "18,50" is not a number; send digits only`}},
		{"a point that may separate thousands", `{"id":"a","size":"2.000"}`, []string{`size: "2.000" can be read in two ways; ask the human`}},
		{"a number in scientific notation in a text", `{"id":"a","size":"1e3"}`, []string{`size: "1e3" is not a number`}},
		{"dollars for a plain number", `{"id":"a","size":"$18"}`, []string{"send digits only"}},
		{"a number and a word", `{"id":"a","size":"10 hours"}`, []string{`size: "10 hours" is not a number; send digits only, without a unit`}},
		{"a range", `{"id":"a","size":"10-15"}`, []string{`size: "10-15" is not a number: it leaves a choice; ask the human which`}},
		{"one of two", `{"id":"a","size":"10 or 15"}`, []string{"it leaves a choice; ask the human which"}},
		{"no number", `{"id":"a","size":"a lot"}`, []string{"send digits only"}},
		{"list for a number", `{"id":"a","size":[1]}`, []string{"is not a number"}},
		{"zero", `{"id":"a","size":0}`, []string{"must be above 0"}},
		{"too large", `{"id":"a","size":101}`, []string{"at most 100"}},
		{"out of range", `{"id":"a","size":1e999}`, []string{"out of range"}},
		{"not whole", `{"id":"a","count":1.5}`, []string{"is not a whole number"}},
		{"whole, too large for any number", `{"id":"a","count":1e19}`, []string{"count: 1e19 is out of range"}},
		{"whole, beyond the last number", `{"id":"a","count":9223372036854775808}`, []string{"is out of range"}},
		{"too small", `{"id":"a","count":0}`, []string{"at least 1"}},
		{"not a boolean", `{"id":"a","urgent":"maybe"}`, []string{"send true or false"}},
		{"enum, near", `{"id":"a","level":"EXPRT"}`, []string{"is not one of: ANY_LEVEL, EXPERT; did you mean EXPERT?"}},
		{"enum, far", `{"id":"a","level":"GURU"}`, []string{`"GURU" is not one of: ANY_LEVEL, EXPERT`}},
		{"number for an enum", `{"id":"a","level":3}`, []string{"send one of"}},
		{"object for a string", `{"id":{"a":1}}`, []string{"is not a string"}},
		{"empty list", `{"id":"a","tags":[]}`, []string{"has too few entries; send at least 1"}},
		{"several in one string", `{"id":"a","tags":"Spanish, English"}`, []string{"is not a list"}},
		{"wrong item", `{"id":"a","tags":["x",{}]}`, []string{"tags[1]: {} is not a string"}},
		{"null in a list", `{"id":"a","tags":[null]}`, []string{"tags[0]"}},
		{"inside the open part", `{"id":"a","open":{"price":-1}}`, []string{"open.price: -1 is too small"}},
		{"all at once", `{"size":"x","level":"y","what":1}`, []string{"what is not an argument", "id is required", "size:", "level:"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := decodeInto[order](newOrder(t), json.RawMessage(test.args), nil)
			var bad *schema.ArgumentError
			if !errors.As(err, &bad) {
				t.Fatalf("got %v, want an ArgumentError", err)
			}
			if len(bad.Problems) != len(test.want) {
				t.Errorf("got %d problems, want %d:\n%v", len(bad.Problems), len(test.want), err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in:\n%v", want, err)
				}
			}
		})
	}
}

// TestABlankTextIsAPlainProblem: what the argument is for doesn't follow "must not be empty", as if it explained that.
func TestABlankTextIsAPlainProblem(t *testing.T) {
	if _, _, err := decodeInto[order](newOrder(t), json.RawMessage(`{"id":"  "}`), nil); err == nil || err.Error() != "id must not be empty" {
		t.Error(err)
	}
}

func TestLargeNumbersKeepTheirDigits(t *testing.T) {
	const digits = "9007199254740993"
	got, _, err := decodeInto[order](newOrder(t), json.RawMessage(`{"id":"a","open":{"price":`+digits+`}}`), nil)
	if err != nil || string(got.Open["price"]) != digits {
		t.Errorf("got %s, %v", got.Open["price"], err)
	}
	for args, want := range map[string]int{
		`9007199254740993`: 9007199254740993, `"9007199254740993"`: 9007199254740993, `9007199254740993.0`: 9007199254740993,
		`9223372036854775807`: math.MaxInt64, `1e3`: 1000, `3.00`: 3,
	} {
		got, _, err := decodeInto[order](newOrder(t), json.RawMessage(`{"id":"a","count":`+args+`}`), nil)
		if err != nil || got.Count != want {
			t.Errorf("count %s: got %d, %v", args, got.Count, err)
		}
	}
}

// TestNestedTooDeep: a JSON string inside a JSON string can nest deeper than encoding/json allows.
func TestNestedTooDeep(t *testing.T) {
	const limit = 10_000
	deep := `{"x":` + strings.Repeat("[", limit-1) + strings.Repeat("]", limit-1) + `}`
	_, _, err := decodeInto[order](newOrder(t), json.RawMessage(`{"id":"a","open":`+strconv.Quote(deep)+`}`), nil)
	var bad *schema.ArgumentError
	if !errors.As(err, &bad) {
		t.Errorf("got %v, want an ArgumentError", err)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"jobId", "fields", "description"}
	for given, want := range map[string]string{
		"job_id": "jobId", "jobid": "jobId", "field": "fields", "desciption": "description", "xyz": "", "": "",
	} {
		if got := schema.Nearest(given, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", given, got, want)
		}
	}
}

// FuzzDecode feeds arbitrary bytes as arguments. Decode either returns values that satisfy the schema or
// explains what is wrong.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a","size":"18","tags":"x","level":"any level"}`, `"{\"id\":\"a\"}"`, `{"id":{}}`, `[`, `null`, `{"id":"\ud800"}`,
		`{"id":"a","count":"5k","size":"1,000.50","level":"experts"}`, `[]`, `{"id":"a","tags":"x, y"}`,
		`{"id":"a","open":{"level":null,"x":[{}]}}`, `{"id":"a","count":"9e99"}`, `{"id":1e400}`, "{\"id\":\"\\u0000\"}",
	} {
		f.Add([]byte(seed))
	}
	input := newOrder(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		args, _, err := decodeInto[order](input, raw, nil)
		if err != nil {
			var bad *schema.ArgumentError
			if !errors.As(err, &bad) || len(bad.Problems) == 0 || err.Error() == "" {
				t.Fatalf("an error without a message: %v", err)
			}
			return
		}
		if strings.TrimSpace(args.ID) == "" || args.Size < 0 || args.Size > 100 || args.Count < 0 || args.Tags != nil && len(args.Tags) == 0 {
			t.Fatalf("%s was read as %+v", raw, args)
		}
		if args.Level != "" && args.Level != "ANY_LEVEL" && args.Level != "EXPERT" {
			t.Fatalf("%s gave the level %q", raw, args.Level)
		}
		again, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		twice, interpreted, err := decodeInto[order](input, again, nil)
		if err != nil || len(interpreted) > 0 || !reflect.DeepEqual(normal(args), normal(twice)) {
			t.Fatalf("%s decodes to %+v, and that to %+v (%v, %v)", raw, args, twice, interpreted, err)
		}
	})
}

// normal removes the differences between an empty and an absent open part, and between spellings of its
// values.
func normal(args order) string {
	if len(args.Open) == 0 {
		args.Open = nil
	}
	data, _ := json.Marshal(args) // it came from JSON
	return string(data)
}
