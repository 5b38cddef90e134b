package tools

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Question is one open question about a draft.
type Question struct {
	Field    string   `json:"field"`
	Question string   `json:"question"`
	Type     string   `json:"type,omitempty"`
	Options  []string `json:"options,omitempty"`
	// Inputs are set instead of Type and Options when there are several keys.
	Inputs []NextInput `json:"inputs,omitempty"`
	// Keys are the update keys that answer it.
	Keys    []string `json:"keys"`
	Message string   `json:"message,omitempty"`
	Hint    string   `json:"hint,omitempty"`

	more  bool   // there are more options than fit
	label string // for people
}

// JSONSchema describes a Question as a plain object, as Next.JSONSchema does.
func (Question) JSONSchema() *schema.Node {
	return &schema.Node{Type: "object", Description: "field, question, type, options, keys; with several keys: inputs."}
}

// question makes the question that fills a gap.
func (f fieldForms) question(gap opentrain.MissingField) Question {
	q := Question{Field: plain(gap.Field, 100), Question: plain(gap.Question(), maxQuestion), Message: plain(gap.Message, maxRemark), Hint: plain(gap.Hint, maxRemark), Keys: keysOf(gap), label: plain(gap.Label, 100)}
	if len(q.Keys) > maxKeys {
		q.Keys = q.Keys[:maxKeys]
	}
	if q.Question == "" {
		q.Question = madeQuestion(gap)
	}
	if len(q.Keys) == 1 {
		q.Type, q.Options = f.of(gap, q.Keys[0], 1)
		q.Options, q.more = withinReach(q.Options)
		return q
	}
	for _, key := range q.Keys {
		kind, options := f.of(gap, key, len(q.Keys))
		options, more := withinReach(options)
		q.more = q.more || more
		q.Inputs = append(q.Inputs, NextInput{Key: key, Type: kind, Options: options})
	}
	return q
}

// maxOptions is how many options a question shows when the result is too long
// and the question is not the next one.
const maxOptions = 5

// cutOptions leaves out most options; all of them come when the question is the
// next one.
func (q *Question) cutOptions() {
	q.Options = someOf(q.Options)
	q.Inputs = slices.Clone(q.Inputs)
	for i := range q.Inputs {
		q.Inputs[i].Options = someOf(q.Inputs[i].Options)
	}
	q.Question, q.Message, q.Hint = clip(q.Question, 300), clip(q.Message, 200), clip(q.Hint, 200)
}

func someOf(options []string) []string {
	if len(options) <= maxOptions {
		return options
	}
	return append(slices.Clone(options[:maxOptions]), "…")
}

const (
	// maxQuestion is the longest question, in characters.
	maxQuestion = 1000
	// maxKeys is how many keys one question asks for.
	maxKeys = 12
	// maxChoice bounds the options of one question, in characters of all of them.
	maxChoice = 5000
)

// withinReach keeps as many options as a result can hold, and reports whether
// there are more.
func withinReach(options []string) (some []string, more bool) {
	total := 0
	for i, option := range options {
		if total += utf8.RuneCountInString(option) + 3; total > maxChoice {
			return options[:i], true
		}
	}
	return options, false
}

// keysOf returns the update keys that a question asks for: those of its
// example, which shows what belongs together, else all that the API names.
func keysOf(gap opentrain.MissingField) []string {
	example := gap.ExampleValues()
	if len(example) == 0 {
		if len(gap.UpdateKeys) > 0 {
			return gap.UpdateKeys
		}
		if gap.Field == "" {
			return []string{} // nothing says where the answer goes
		}
		return []string{gap.Field}
	}
	var keys []string
	for _, key := range gap.UpdateKeys {
		if _, found := example[key]; found {
			keys = append(keys, key)
			delete(example, key)
		}
	}
	return append(keys, slices.Sorted(maps.Keys(example))...)
}

// of returns type and options of the answer under one key of a question:
// of a question with one key as the API says for the question, else as its
// pages say for the key, else as the example shows.
func (f fieldForms) of(gap opentrain.MissingField, key string, keys int) (kind string, options []string) {
	known, isKnown := f[key]
	example, shown := gap.ExampleValues()[key]
	if !shown {
		example = gap.Example
	}
	switch {
	case len(gap.EnumValues) > 0 && (keys == 1 || key == gap.Field):
		if keys == 1 && normalType(gap.Type) == "array" {
			return "array", gap.EnumValues
		}
		return "enum", gap.EnumValues
	case keys == 1 && gap.Type != "":
		return normalType(gap.Type), known.Options
	case isKnown:
		return known.Type, known.Options
	}
	return typeOfJSON(example), nil
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

// madeQuestion words a gap that the API named without a prompt.
func madeQuestion(gap opentrain.MissingField) string {
	if gap.Label != "" {
		return "What should be set for “" + gap.Label + "”?"
	}
	return "What should be set for “" + wordsOf(gap.Field) + "”?"
}

// wordsOf spells a key out: dataVolumeUnit becomes "data volume unit".
func wordsOf(key string) string {
	var b strings.Builder
	for _, r := range key {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// ask makes the step that asks a question about a draft.
func (q Question) ask(jobID string, remaining int, note string) Next {
	fields := map[string]any{}
	for _, key := range q.Keys {
		fields[key] = answerTo(key)
	}
	if len(q.Keys) == 1 {
		fields[q.Keys[0]] = Answer
	}
	if q.more {
		note = strings.TrimSpace(note + " More values are taken than fit here; the draft's page lists them all.")
	}
	return Next{
		Action: AskHuman, Question: q.Question, Note: note, Field: q.Field,
		Type: q.Type, Options: q.Options, Inputs: q.Inputs, Remaining: remaining,
		Tool: patchDraftName, Arguments: map[string]any{"jobId": jobID, "fields": fields},
	}
}

// line says the question in one line of a result's text.
func (q Question) line() string {
	answers := make([]string, 0, max(1, len(q.Inputs)))
	if len(q.Keys) == 0 {
		return q.Question
	}
	if len(q.Inputs) == 0 {
		answers = append(answers, q.Keys[0]+": "+q.Type+optionsText(q.Options))
	}
	for _, input := range q.Inputs {
		answers = append(answers, input.Key+": "+input.Type+optionsText(input.Options))
	}
	return q.Question + " [" + strings.Join(answers, "; ") + "]"
}

func optionsText(options []string) string {
	if len(options) == 0 {
		return ""
	}
	return " " + compact(options)
}
