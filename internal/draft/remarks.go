package draft

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// The bounds of what is shown of remarks, in characters.
const (
	maxRemark = 400 // a message, a reason or a value
	maxPath   = 100 // a path; its end says most
	maxGroup  = 600 // all fields that share a reason
	maxMember = 80  // the value of one of them
)

// Remarks are the API's notes, cleaned, each once.
func Remarks(notes []opentrain.Note) []tool.Remark { return newRemarks(notes, nil) }

// newRemarks are those of the notes that say something new after earlier ones.
func newRemarks(notes, earlier []opentrain.Note) []tool.Remark {
	if notes == nil {
		return nil
	}
	remarks, said := make([]tool.Remark, 0, len(notes)), map[string]bool{"": true}
	for _, remark := range Remarks(earlier) {
		said[remark.Line()] = true
	}
	for _, note := range notes {
		remark := tool.Remark{
			Field:   text.CleanEnd(cmp.Or(note.Field, string(note.Path)), maxPath),
			Message: text.Stranger(note.Message, maxRemark), Reason: text.Stranger(note.Reason, maxRemark), Value: note.Value,
		}
		if string(remark.Value) == "null" {
			remark.Value = nil
		}
		if remark.Value == nil && note.ValuePreview != "" {
			remark.Value = json.RawMessage(text.JSON(text.Inert(note.ValuePreview))) // a document from anywhere
		}
		remark.Value = confirm.ShortValue(remark.Value, maxRemark)
		if line := remark.Line(); !said[line] {
			said[line], remarks = true, append(remarks, remark)
		}
	}
	return remarks
}

// withoutFields leaves out the remarks on some fields.
func withoutFields(remarks []tool.Remark, fields opentrain.Fields) []tool.Remark {
	return slices.DeleteFunc(slices.Clone(remarks), func(r tool.Remark) bool { return fields[r.Field] != nil })
}

// remarkLine is a remark as one line for people.
func remarkLine(r tool.Remark) string { return r.Labeled().Line() }

// AddRemarks adds a line for each remark. Those that differ only in field and value share one.
func AddRemarks(l *text.Lines, name string, remarks []tool.Remark) {
	for _, group := range grouped(remarks) {
		l.Field(name, lineOf(group))
	}
}

// grouped puts remarks with the same message and reason together, in the order in which each group begins.
func grouped(remarks []tool.Remark) [][]tool.Remark {
	var groups [][]tool.Remark
	positions := map[[2]string]int{}
	for _, remark := range remarks {
		key := [2]string{remark.Message, remark.Reason}
		position, found := positions[key]
		if !found {
			position = len(groups)
			positions[key], groups = position, append(groups, nil)
		}
		groups[position] = append(groups[position], remark)
	}
	return groups
}

// lineOf writes a group as one line: its fields as far as there is room, then what they share.
func lineOf(group []tool.Remark) string {
	if len(group) == 1 {
		return group[0].Line()
	}
	members, size := "", 0
	for i, remark := range group {
		value := remark.Value
		if words := textOf(value); words != "" {
			value = json.RawMessage(text.JSON(text.Clip(words, maxMember)))
		}
		member := tool.Remark{Field: remark.Field, Value: value}.Line()
		if size += len([]rune(member)); size > maxGroup {
			members += fmt.Sprintf("; and %d more", len(group)-i)
			break
		}
		members = text.Join("; ", members, member)
	}
	return tool.Remark{Field: members, Message: group[0].Message, Reason: group[0].Reason}.Line()
}

// unusedLine writes a group of parts of the input as one line for people, without the API's paths: the parts, then why none is used.
func unusedLine(group []tool.Remark) string {
	const most, maxReason = 3, 300
	parts := ""
	for _, remark := range group[:min(len(group), most)] {
		part := ""
		if value := cmp.Or(textOf(remark.Value), text.Canonical(remark.Value)); value != "" {
			part = text.InQuotes(clipWords(value, maxMember), maxMember)
		}
		if isText := strings.HasPrefix(remark.Field, "source."); !isText || part == "" {
			name := remark.Field[strings.LastIndexByte(remark.Field, '.')+1:]
			part = text.Join(": ", tool.FieldLabel(name), part)
		}
		parts = text.Join("; ", parts, part)
	}
	if more := len(group) - most; more > 0 {
		parts += "; and " + text.Count(more, "more part")
	}
	return text.Join(" — ", parts, clipWords(text.Join(" ", group[0].Message, group[0].Reason), maxReason))
}

// clipWords cuts a text between words.
func clipWords(s string, limit int) string {
	short := text.Clip(s, limit)
	if at := strings.LastIndexByte(short, ' '); short != s && at > limit/2 {
		return short[:at] + "…"
	}
	return short
}

// withLabels writes the keys of fields in a sentence as people read them, but not those in an address.
func (types fieldTypes) withLabels(s string) string {
	const address = "/?=&#"
	var b strings.Builder
	for before := ""; s != ""; {
		end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
		if end < 0 {
			end = len(s)
		}
		word := s[:end]
		_, isKey := types[word]
		_, size := utf8.DecodeRuneInString(s[end:])
		after := s[end : end+size]
		isKey = (isKey || slices.Contains(untypedKeys(), word)) && !strings.ContainsAny(before+after, address)
		if isKey && word != strings.ToLower(word) {
			word = tool.FieldLabel(word)
		}
		b.WriteString(word + after)
		before, s = after, s[end+size:]
	}
	return b.String()
}
