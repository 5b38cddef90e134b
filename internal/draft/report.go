package draft

import (
	"fmt"
	"maps"
	"slices"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const (
	maxValue = 600 // the longest value of a draft that the result of a change repeats, in characters: the caller wrote it
	maxJobID = 100 // the longest job id that a report shows, in characters
)

// Report is the report on a draft. What the API left out, and what is in Next, is absent.
type Report struct {
	JobID               string        `json:"jobId" jsonschema_description:"Id for every later call."`
	Status              string        `json:"status,omitempty" jsonschema_description:"DRAFT until published."`
	PublishReady        bool          `json:"publishReady" jsonschema_description:"True when nothing is missing."`
	DraftURL            string        `json:"draftUrl,omitempty"`
	ReviewURL           string        `json:"reviewUrl,omitempty"`
	MissingFields       []Question    `json:"missingFields,omitempty" jsonschema_description:"Open questions; next asks the first."`
	NormalizedFields    Content       `json:"normalizedFields,omitempty" jsonschema_description:"The draft by key; long texts are cut."`
	FieldsSet           Content       `json:"fieldsSet,omitempty"`
	Answered            Content       `json:"answered,omitempty"`
	LowConfidenceFields []tool.Remark `json:"lowConfidenceFields,omitempty"`
	Warnings            []tool.Remark `json:"warnings,omitempty" jsonschema_description:"Remarks that don't block publishing."`
	UnmappedFields      []tool.Remark `json:"unmappedFields,omitempty" jsonschema_description:"Input that fits no field."`
	Issues              []tool.Remark `json:"issues,omitempty" jsonschema_description:"Issues that block publishing."`
	Cut                 []string      `json:"cut,omitempty" jsonschema_description:"What was left out; it is on the draft's page."`
	Interpreted         []string      `json:"interpreted,omitempty" jsonschema_description:"Arguments that were read as something else."`
	Next                tool.Next     `json:"next" jsonschema_description:"What to do now."`

	questions      []Question      // all of them, whole
	content        Content         // what is known of the draft, as far as a human sees it before a yes
	longest        int             // the longest value of it that the report itself shows, in characters
	guesses        []tool.Remark   // about content
	warnings       []tool.Remark   // of OpenTrain
	unmapped       []tool.Remark   // what the caller hasn't seen of the input that fits no field
	unused         [][]tool.Remark // all of it, grouped
	problems       []tool.Remark   // with a form's answers
	patched        bool            // by this call
	whole          bool            // content is the whole draft
	completed      bool            // content is from an earlier report
	contradictions []string        // within content
	created        bool            // by this call
	listedTitle    string          // instead of the content, when only that is known
	heading        string          // instead of the usual one
	open           int             // questions in all, also those that were cut
	types          fieldTypes
	cuts           []func(*Report) // for a report that is too long, the least needed first
	outcome        string          // for the audit log, "" when nothing was written
}

// JSONSchemaExtend adds the descriptions that are too long for a tag.
func (Report) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"fieldsSet":           "What this call set, when the whole draft isn't known.",
		"lowConfidenceFields": "Guesses to confirm with the human: field, value, reason.",
	})
}

// Content is what a draft contains, by update key.
type Content opentrain.Fields

// JSONSchema implements the generator's interface: the API decides on the keys.
func (Content) JSONSchema() *schema.Node { return tool.PlainObject("") }

// Shortened is the content of a draft with its long values cut.
func Shortened(fields opentrain.Fields) Content { return Content(fields).Short(maxValue) }

// Short cuts the values that are longer than limit characters.
func (c Content) Short(limit int) Content {
	return Content(confirm.ShortFields(opentrain.Fields(c), limit))
}

// Effect returns what the call wrote.
func (r Report) Effect() tool.Effect { return tool.Effect{JobID: r.JobID, Outcome: r.outcome} }

func (types fieldTypes) report(draft *opentrain.Draft, interpreted []string, options ReportOptions) Report {
	report := Report{
		JobID: text.Clean(draft.JobID, maxJobID), Status: text.Clean(draft.Status, 40), PublishReady: draft.Validation.PublishReady,
		DraftURL: text.URL(draft.DraftURL), ReviewURL: text.URL(draft.ReviewURL),
		problems: options.problems, warnings: Remarks(draft.Warnings), Issues: Remarks(draft.Validation.Issues),
		unmapped: newRemarks(draft.UnmappedFields, options.unmapped), unused: grouped(Remarks(draft.UnmappedFields)),
		Interpreted: interpreted, outcome: opentrain.StatusDraft,
		created: options.Source != "", patched: options.Set != nil, questions: tool.Map(draft.MissingFields, types.question),
		content: Content(draft.NormalizedFields).Short(maxChange), longest: maxValue, guesses: Remarks(draft.LowConfidenceFields),
		types: types, whole: draft.NormalizedFields != nil, completed: options.completed, contradictions: options.contradictions.warnings,
	}
	if !report.whole {
		report.content = Content(options.Set).Short(maxChange)
	}
	if options.long {
		report.longest = maxChange
	}
	if report.Status != "" && report.Status != opentrain.StatusDraft {
		report.DraftURL, report.ReviewURL = "", "" // their pages are gone
	}
	if report.ReviewURL == report.DraftURL {
		report.ReviewURL = ""
	}
	report.open = len(report.questions)
	whole := report
	report = report.with(report.next(types, options))
	cutTo := func(limit int, cut func(*Report, int)) func(*Report) {
		return func(r *Report) {
			cut(r, limit)
			r.DraftURL = whole.DraftURL // the step may have it
			*r = r.with(r.next(types, options))
			r.Cut = r.missingFrom(whole)
		}
	}
	remarks, fields, questions := (*Report).cutRemarks, (*Report).cutFields, (*Report).cutQuestions
	report.cuts = []func(*Report){
		cutTo(10, remarks), cutTo(maxValue, fields), cutTo(100, fields), cutTo(10, questions),
		cutTo(2, remarks), cutTo(2, questions), cutTo(0, fields), cutTo(0, remarks),
	}
	return report
}

// Short is the report, cut if it's too long to be a part of a result.
func (r Report) Short() Report { return tool.Fit(r, r.cuts...) }

// Shorten has the report in a result cut if the result is too long. in returns the report in the result.
func Shorten[Out tool.Output](call tool.Call, report Report, in func(*Out) *Report) {
	tool.Shorten(call, tool.Map(report.cuts, func(cut func(*Report)) func(*Out) {
		return func(out *Out) { cut(in(out)) }
	})...)
}

// with gives the report its next step. What the step has is not repeated.
func (r Report) with(next tool.Next) Report {
	r.Next, r.MissingFields, r.NormalizedFields, r.FieldsSet = next, slices.Clone(r.questions), nil, nil
	r.LowConfidenceFields, r.Warnings, r.UnmappedFields = nil, nil, nil
	if next.Action == tool.AskHuman && len(r.questions) > 0 && r.questions[0].Field == next.Field {
		r.MissingFields[0] = Question{Field: next.Field}
	}
	switch {
	case next.Show != nil:
		r.DraftURL = ""
		return r
	case r.whole:
		r.NormalizedFields = r.content.Short(r.longest)
	default:
		r.FieldsSet = r.content.Short(r.longest)
	}
	r.LowConfidenceFields, r.Warnings, r.UnmappedFields = r.guesses, slices.Concat(r.problems, r.warnings), r.unmapped
	for _, warning := range r.contradictions {
		r.Warnings = append(r.Warnings, tool.Remark{Message: warning})
	}
	return r
}

// restored is a report that was carried as JSON.
func (r Report) restored() Report {
	r.questions, r.guesses, r.warnings, r.unmapped = r.MissingFields, r.LowConfidenceFields, r.Warnings, r.UnmappedFields
	r.content, r.whole, r.longest = r.NormalizedFields, r.NormalizedFields != nil, maxValue
	if !r.whole {
		r.content = r.FieldsSet
	}
	return r
}

// What the cuts leave out. The first question always stays as it is.

func (r *Report) cutRemarks(entries int) {
	for _, list := range []*[]tool.Remark{&r.guesses, &r.warnings, &r.unmapped, &r.Issues} {
		*list = (*list)[:min(len(*list), entries)]
	}
}

func (r *Report) cutFields(limit int) {
	if limit == 0 {
		r.content = nil
	}
	r.content = r.content.Short(limit)
}

func (r *Report) cutQuestions(entries int) {
	r.questions = slices.Clone(r.questions[:min(len(r.questions), entries)])
	for i := 1; i < len(r.questions); i++ {
		r.questions[i].cutOptions()
	}
}

// missingFrom lists what a cut report lacks compared to the whole one.
func (r Report) missingFrom(whole Report) []string {
	var cut []string
	add := func(before, now int, what string) {
		if before > now {
			cut = append(cut, text.Count(before-now, what)+", to keep the result short")
		}
	}
	add(len(whole.questions), len(r.questions), "more question")
	add(len(whole.guesses), len(r.guesses), "more guess")
	add(len(whole.warnings), len(r.warnings), "more warning")
	add(len(whole.unmapped), len(r.unmapped), "more unused part")
	add(len(whole.Issues), len(r.Issues), "more issue")
	add(len(whole.content), len(r.content), "draft field")
	return cut
}

// Text implements tool.Output.
func (r Report) Text() string {
	l := r.Lines()
	return l.With(r.Next)
}

// Lines describes the report, without the next step.
func (r Report) Lines() *text.Lines {
	l := new(text.Lines)
	l.Add("%s", r.headline())
	// The caller has seen the rest, or it isn't about a draft.
	again := r.patched && r.Next.Action == tool.AskHuman || r.heading == "" && r.Status != "" && r.Status != opentrain.StatusDraft
	if !again {
		l.Field("Draft page", r.DraftURL)
	}
	l.Field("Review page", r.ReviewURL)
	l.Field("Answered by the human in a form", r.answeredLine())
	l.Fields("Interpreted", r.Interpreted)
	l.Field("Title", r.listedTitle)
	if len(r.NormalizedFields) > 0 && r.listedTitle == "" && !again {
		fields := maps.Clone(r.NormalizedFields)
		if r.created {
			delete(fields, "jobDescription") // the caller wrote it
		}
		l.Field("Draft so far", text.Shown(fields))
	}
	if len(r.FieldsSet) > 0 {
		l.Field("Set", text.Shown(r.FieldsSet))
	}
	AddRemarks(l, "Guess to confirm", tool.Map(r.LowConfidenceFields, tool.Remark.Labeled))
	AddRemarks(l, "Warning", r.Warnings)
	AddRemarks(l, "Not used", r.UnmappedFields)
	AddRemarks(l, "Issue", r.Issues)
	AddQuestions(l, r.MissingFields)
	l.Fields("Left out", r.Cut)
	return l
}

func (r Report) headline() string {
	switch {
	case r.heading != "":
		return r.heading
	case r.Status != "" && r.Status != opentrain.StatusDraft:
		return fmt.Sprintf("Job %s already exists and is %s.", r.JobID, tool.StatusWords(r.Status))
	case r.PublishReady:
		return fmt.Sprintf("Draft %s is ready to publish.", r.JobID)
	case r.open > 0:
		return fmt.Sprintf("Draft %s needs %s.", r.JobID, text.Count(r.open, "more answer"))
	}
	return fmt.Sprintf("Draft %s can't be published yet.", r.JobID)
}
