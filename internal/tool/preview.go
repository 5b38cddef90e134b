package tool

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// Preview is what a human sees before a yes, of a job in most cases. Its members are sorted by name.
type Preview struct {
	Changes  []string         `json:"changes,omitempty"` // of an edit: old → new
	DraftURL string           `json:"draftUrl,omitempty"`
	Fields   opentrain.Fields `json:"fields,omitzero"`
	Guesses  []Remark         `json:"guesses,omitempty"`
	JobID    string           `json:"jobId,omitempty"`
	Notes    []string         `json:"notes,omitempty"` // what else to know before a yes
	Title    string           `json:"title,omitempty"`
	URL      string           `json:"url,omitempty"`      // of a job that is no draft
	Warnings []string         `json:"warnings,omitempty"` // OpenTrain's, and where the draft contradicts itself
}

// Visible spells out hidden characters in all that a human sees.
func (p Preview) Visible() Preview {
	p.Title = text.Visible(p.Title)
	fields := opentrain.Fields{}
	for key, value := range p.Fields {
		fields[text.Visible(key)] = text.VisibleJSON(value)
	}
	if p.Fields != nil {
		p.Fields = fields
	}
	p.Guesses = slices.Clone(p.Guesses)
	for i, guess := range p.Guesses {
		guess.Value, guess.Message, guess.Reason = text.VisibleJSON(guess.Value), text.Visible(guess.Message), text.Visible(guess.Reason)
		p.Guesses[i] = guess
	}
	p.JobID = text.Visible(p.JobID)
	p.Changes, p.Notes, p.Warnings = Map(p.Changes, text.Visible), Map(p.Notes, text.Visible), Map(p.Warnings, text.Visible)
	return p
}

// maxShown is more than any value that is shown has, in characters.
const maxShown = 12_001

// Text is the preview as people read it, one line for each thing.
func (p Preview) Text() string {
	var l text.Lines
	l.Field("Title", p.Title)
	l.Field("Job id", text.Clean(p.JobID, 64))
	for _, key := range readingOrder(p.Fields) {
		addLines(&l, text.Clean(text.Visible(FieldLabel(key)), 100)+": ", text.Paragraphs(WithoutUnit(key, p.Fields[key]), maxShown))
	}
	for _, change := range p.Changes {
		addLines(&l, "", change)
	}
	for _, guess := range p.Guesses {
		value := ""
		if len(guess.Value) > 0 {
			value = WithoutUnit(guess.Field, guess.Value)
		}
		value = text.Join(": ", FieldLabel(guess.Field), value)
		l.Field("Guessed by OpenTrain", text.Clean(text.Join(" — ", value, guess.Message, guess.Reason), 500))
	}
	l.Fields("Warning", p.Warnings)
	l.Fields("Note", p.Notes)
	l.Field("Page", cmp.Or(p.DraftURL, p.URL))
	return l.String()
}

// addLines adds a value after its name. Several lines begin below the name, each marked as quoted.
func addLines(l *text.Lines, name, value string) {
	first, rest, several := strings.Cut(value, "\n")
	switch {
	case value == "":
	case several && name != "":
		l.Add("%s", strings.TrimRight(name, " "))
		l.Quoted("", value)
	default:
		l.Add("%s%s", name, first)
		l.Quoted("", rest)
	}
}

// readingOrder begins with the title and ends with the long text.
func readingOrder(fields opentrain.Fields) []string {
	rank := map[string]int{"jobTitle": -1, "jobDescription": 1}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), cmp.Compare(a, b))
	})
}
