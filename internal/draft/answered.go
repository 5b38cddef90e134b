package draft

import (
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// withAnswered adds what the human answered in the forms of this call, so that the model can speak of it.
func (r Report) withAnswered(earlier Content, fields opentrain.Fields) Report {
	r.Answered = Shortened(merged(opentrain.Fields(earlier), fields))
	cut := func(r *Report) { r.Answered = r.Answered.Short(100) } // the draft's fields have the answers too
	r.cuts = append([]func(*Report){cut}, r.cuts...)
	return r
}

// answeredLine writes the answers as people read them.
func (r Report) answeredLine() string {
	parts := make([]string, 0, len(r.Answered))
	for _, key := range slices.Sorted(maps.Keys(r.Answered)) {
		parts = append(parts, text.Clean(tool.FieldLabel(key)+": "+tool.WithoutUnit(key, r.Answered[key]), maxValue))
	}
	return strings.Join(parts, "; ")
}
