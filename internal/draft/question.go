package draft

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const (
	maxQuestion   = 1000 // the longest question, in characters
	maxKeys       = 12   // how many keys one question asks for
	maxOptions    = 5000 // the longest options of one question, as JSON, in characters of all of them
	maxCutOptions = 5    // how many options a question that isn't the next one shows in a result that is too long
)

// Question is one open question about a draft.
type Question struct {
	Field    string       `json:"field"`
	Question string       `json:"question,omitempty"` // absent, like all the rest, for the question that next asks
	Type     string       `json:"type,omitempty"`
	Options  []string     `json:"options,omitempty"`
	Inputs   []tool.Input `json:"inputs,omitempty"` // replace Type and Options when there are several keys
	Keys     []string     `json:"keys,omitempty"`   // the update keys that answer it
	Message  string       `json:"-"`                // why it is asked; comes with a question that is asked again
	Hint     string       `json:"hint,omitempty"`

	more  bool   // there are more options than fit
	label string // for people
}

// JSONSchema implements the generator's interface.
func (Question) JSONSchema() *schema.Node {
	return tool.PlainObject("field, question, type, options, keys; with several keys: inputs.")
}

func (types fieldTypes) question(missing opentrain.MissingField) Question {
	examples, room := missing.ExampleValues(), maxOptions
	keys, name := updateKeys(missing, examples), text.Clean(cmp.Or(missing.Label, text.Words(missing.Field)), 100)
	defaultPrompt := "What should “" + name + "” be?"
	q := Question{
		Field: text.Clean(missing.Field, 100), Question: cmp.Or(text.Clean(missing.Question(), maxQuestion), defaultPrompt),
		Message: text.Clean(missing.Message, maxRemark), Hint: text.Clean(missing.Hint, maxRemark),
		Keys: text.CleanAll(keys, maxKeys, 100), label: text.Clean(missing.Label, 100),
	}
	for i, key := range keys[:len(q.Keys)] {
		input := types.input(missing, examples, key, len(q.Keys))
		input.Key = q.Keys[i]
		_, shown := examples[key]
		input.Alternative = len(examples) > 0 && !shown
		if slices.Contains(keys, "paymentType") {
			input.For = paymentTypeOf(key)
		}
		options, left := firstOptions(input.Options, room)
		room = left
		q.more = q.more || len(options) < len(input.Options)
		input.Options = options
		q.Inputs = append(q.Inputs, input)
	}
	if len(q.Keys) == 1 {
		q.Type, q.Options, q.Inputs = q.Inputs[0].Type, q.Inputs[0].Options, nil
	}
	return q
}

// firstOptions keeps as many options as there is room for, and returns the room that is left.
func firstOptions(options []string, room int) (first []string, left int) {
	for i, option := range options {
		length := text.Length(option) + 1
		if length > room {
			return options[:i], room
		}
		room -= length
	}
	return options, room
}

// cutOptions leaves out most options. All of them come when the question is the next one.
func (q *Question) cutOptions() {
	cut := func(options []string) []string {
		if len(options) <= maxCutOptions {
			return options
		}
		return append(slices.Clone(options[:maxCutOptions]), ellipsis)
	}
	q.Options = cut(q.Options)
	q.Inputs = slices.Clone(q.Inputs)
	for i := range q.Inputs {
		q.Inputs[i].Options = cut(q.Inputs[i].Options)
	}
	q.Question, q.Message, q.Hint = text.Clip(q.Question, 300), text.Clip(q.Message, 200), text.Clip(q.Hint, 200)
}

// ellipsis stands for the options that were cut.
const ellipsis = "…"

// updateKeys returns the update keys that a question asks for, those of its examples first. The others are alternatives.
func updateKeys(missing opentrain.MissingField, examples opentrain.Fields) []string {
	example, keys := slices.Sorted(maps.Keys(examples)), distinct(missing.UpdateKeys)
	switch {
	case len(example)+len(keys) > 0:
	case missing.Field == "":
		return []string{} // nothing says where the answer goes
	default:
		return []string{missing.Field}
	}
	isExample := func(key string) bool { return slices.Contains(example, key) }
	inOrder := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !isExample(key) })
	others := slices.DeleteFunc(slices.Clone(keys), isExample)
	unnamed := slices.DeleteFunc(example, func(key string) bool { return slices.Contains(inOrder, key) })
	return slices.Concat(inOrder, unnamed, others)
}

// distinct leaves out what occurs before.
func distinct(list []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		before := seen[s]
		seen[s] = true
		return before
	})
}

// input is the answer under one of the keys of a question. For a question with one key, the API's own words about
// the question come first, then its pages' words about the key, then the example.
func (types fieldTypes) input(missing opentrain.MissingField, examples opentrain.Fields, key string, keys int) tool.Input {
	known, isKnown := types[key]
	example, found := examples[key]
	if !found {
		example = missing.Example
	}
	input := tool.Input{Key: key, Type: known.Type, Options: known.Options}
	switch {
	case len(missing.EnumValues) > 0 && (keys == 1 || key == missing.Field):
		input.Type, input.Options = "enum", missing.EnumValues
		if keys == 1 && normalType(missing.Type) == "array" {
			input.Type = "array"
		}
	case keys == 1 && missing.Type != "":
		input.Type = normalType(missing.Type)
	case !isKnown:
		input.Type = typeOfJSON(example)
	}
	return input
}

func typeOfJSON(value json.RawMessage) string {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return "string"
	}
	switch v.(type) {
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "array"
	}
	return "string"
}

// line writes the question as one line of a result's text.
func (q Question) line() string {
	if len(q.Keys) == 0 {
		return q.Question
	}
	answers := tool.Map(q.inputs(), func(i tool.Input) string { return i.Key + ": " + i.Text() })
	return q.Question + " (" + strings.Join(answers, "; ") + ")"
}

// inputs are the values that the question asks for, one for each key.
func (q Question) inputs() []tool.Input {
	if len(q.Keys) == 1 {
		return []tool.Input{{Key: q.Keys[0], Type: q.Type, Options: q.Options}}
	}
	return q.Inputs
}

// AddQuestions adds the questions, without the one that the next step asks.
func AddQuestions(l *text.Lines, questions []Question) {
	heading := "Open questions:"
	if len(questions) > 0 && questions[0].Question == "" {
		heading, questions = "Open questions besides the next one (you can ask all at once):", questions[1:]
	}
	if len(questions) > 0 {
		l.Add("%s", heading)
	}
	for _, question := range questions {
		l.Add("- %s", question.line())
	}
}

// remaining is a question without the parts of the answer that the draft has, and without the prices of other payment types than the
// draft's. saved is a sentence with those parts, "" for none.
func (r Report) remaining(q Question) (rest Question, saved string) {
	paymentType, asks := textOf(r.content["paymentType"]), false
	rest, rest.Inputs, rest.Keys, rest.label = q, nil, nil, ""
	for _, input := range q.Inputs {
		value, isOwn := r.content[input.Key], input.For != "" && input.For == paymentType
		switch {
		case !isEmpty(value):
			saved = text.Join("; ", saved, tool.FieldLabel(input.Key)+": "+text.Clean(tool.WithoutUnit(input.Key, value), maxMember))
			continue
		case input.For != "" && paymentType != "" && !isOwn:
			continue
		}
		input.Alternative = input.Alternative && !isOwn
		asks = asks || !input.Alternative
		rest.Inputs, rest.Keys = append(rest.Inputs, input), append(rest.Keys, input.Key)
	}
	if !asks || saved == "" { // with the whole answer, a part of it may be wrong
		return q, ""
	}
	if len(rest.Keys) == 1 {
		rest.Type, rest.Options, rest.Inputs = rest.Inputs[0].Type, rest.Inputs[0].Options, nil
	}
	return rest, "Already saved: " + saved + "."
}
