package draft

import (
	"cmp"
	"slices"
	"strings"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// ReportOptions are what a report's next step has to take into account.
type ReportOptions struct {
	Set      opentrain.Fields // what this call set; nil when it set nothing
	Source   string           // the description that the draft was made from
	Repeated tool.Next        // the step after a repeated create when the job is no longer a draft

	titleSaved     bool             // unchanged, to read the draft
	sent           opentrain.Fields // the fields of Set that this answer is about
	skipped        []string         // the keys that the human left out of this call's forms
	again          bool             // the caller has seen the report before this one
	unmapped       []opentrain.Note // what that said of the input
	problems       []tool.Remark    // with a form's answers
	note           string           // comes before the step's own note
	noForm         bool             // the questions are asked in the conversation, not in another form
	answers        opentrain.Fields // are sent along with the next answer
	token          string           // the confirmation of the draft as it is reported
	form           bool             // a form will ask the human to publish
	completed      bool             // the report's content is from an earlier one
	long           bool             // the report is what a human asked to see
	contradictions contradictions
}

func (r Report) next(types fieldTypes, options ReportOptions) tool.Next {
	next := r.step(types, options)
	if len(options.contradictions.patch) > 0 && next.Action != tool.Done {
		next.Change = &tool.Change{Tool: tool.PatchDraft, Arguments: map[string]any{
			"jobId": r.JobID, "fields": options.contradictions.patch,
		}}
	}
	return next
}

func (r Report) step(types fieldTypes, options ReportOptions) tool.Next {
	switch {
	case r.Status != "" && r.Status != opentrain.StatusDraft:
		next := options.Repeated
		next.Action, next.Note = cmp.Or(next.Action, tool.Done), text.Join(" ", options.note, next.Note)
		return next
	case r.PublishReady:
		return r.publish(options)
	case len(r.questions) > 0:
		return r.askQuestion(r.questions[0], options)
	case len(r.Issues) > 0:
		return r.resolve(r.Issues[0], types, options)
	}
	return r.fix("OpenTrain says the draft isn't ready to publish but doesn't say why. The draft's page shows what is missing.", options)
}

// The words about publishing, here and in opentrain_publish.
const (
	PublishQuestion = "Publish this job on OpenTrain?"
	PublishMeans    = "With a yes, the job goes live."
	PublishIfNo     = "The job stays a draft. To change it, use " + tool.PatchDraft + "."
)

func (r Report) publish(options ReportOptions) tool.Next {
	arguments := map[string]any{"jobId": r.JobID}
	if options.form {
		return tool.Next{
			Action: tool.CallTool, Tool: tool.Publish, Arguments: arguments,
			Note: text.Join(" ", options.note, "First, a form shows the human the draft and asks for approval."),
		}
	}
	if options.token != "" {
		arguments["confirmationToken"] = options.token
	}
	preview := r.preview().Visible()
	return tool.Next{
		Action: tool.ConfirmWithHuman, Question: PublishQuestion + " " + PublishMeans, Show: &preview, Tool: tool.Publish,
		Arguments: arguments, Otherwise: PublishIfNo, Note: options.note,
	}
}

// preview is what a human sees of a draft before it is published.
func (r Report) preview() tool.Preview {
	preview := tool.Preview{
		JobID: r.JobID, Guesses: r.guesses, DraftURL: r.DraftURL,
	}
	for _, warning := range slices.Concat(r.problems, r.warnings) {
		preview.Warnings = append(preview.Warnings, r.types.withLabels(remarkLine(warning)))
	}
	preview.Warnings = append(preview.Warnings, r.contradictions...)
	switch {
	case len(r.content) > 0 && r.completed:
		preview.Fields = opentrain.Fields(r.content)
		preview.Notes = []string{"If someone changed the draft in the app, that isn't shown here. The draft's page shows it."}
	case len(r.content) > 0 && r.whole:
		preview.Fields = opentrain.Fields(r.content)
	case len(r.content) > 0:
		preview.Fields = opentrain.Fields(r.content)
		preview.Notes = []string{"Only the fields set in the last call are shown. The draft's page shows everything."}
	default:
		preview.Notes = []string{"The draft's content can't be shown here. Look at its page."}
	}
	if r.whole && len(r.content) > 0 {
		preview.Notes = append(preview.Notes, optional(r.content)...)
	}
	const most = 3
	for _, group := range r.unused[:min(len(r.unused), most)] {
		preview.Notes = append(preview.Notes, "Not used by OpenTrain: "+r.types.withLabels(unusedLine(group)))
	}
	if more := len(r.unused) - most; more > 0 {
		preview.Notes = append(preview.Notes, "OpenTrain gave "+text.Count(more, "more reason")+" for not using a part of the description.")
	}
	return confirm.WarnOfCuts(preview)
}

// optional names what a job can lack, for a human who approves it: what was lost on the way shows nowhere else.
func optional(fields Content) []string {
	unset := slices.DeleteFunc([]string{"headcount", "countries", "languages"}, func(key string) bool { return !isEmpty(fields[key]) })
	if len(unset) == 0 {
		return nil
	}
	words := tool.Map(unset, func(key string) string {
		if key == "countries" {
			return tool.FieldLabel(key) + " (open to all)"
		}
		return tool.FieldLabel(key)
	})
	return []string{"Not set: " + strings.Join(words, ", ") + "."}
}

// askQuestion makes the step that asks an open question.
func (r Report) askQuestion(q Question, options ReportOptions) tool.Next {
	if len(q.Keys) == 0 {
		return r.fix("OpenTrain asks “"+q.Question+"” but names no field for the answer. Answer it on the draft's page.", options)
	}
	rest, saved := r.remaining(q)
	note := ""
	switch {
	case skips(options.skipped, rest):
		note = "The human skipped this. " + askLater
	case saved != "":
		note = saved
	case slices.ContainsFunc(q.Keys, func(key string) bool { return options.Set[key] != nil }):
		note = q.Message // says why the question comes again
	case len(r.unmapped) == 0: // it has been shown before
		note = r.paySaid(q)
	}
	return r.ask(rest, r.open, note, options)
}

// askLater says what to do about questions that the human left out.
const askLater = "Don't repeat the question now. Say that the draft needs the answer before it can be published, and " +
	"make the call when the human has one."

// skips reports whether the human left out all keys of a question.
func skips(skipped []string, q Question) bool {
	return len(skipped) > 0 && !slices.ContainsFunc(q.Keys, func(key string) bool { return !slices.Contains(skipped, key) })
}

// paySaid quotes what the description says about the pay and OpenTrain didn't use, if a question asks for that.
func (r Report) paySaid(q Question) string {
	if !slices.Contains(q.Keys, "paymentType") {
		return ""
	}
	var said []string
	for _, remark := range slices.Concat(r.unused...) {
		if words := textOf(remark.Value); isAboutPay(words) {
			said = append(said, text.InQuotes(clipWords(words, maxMember), maxMember))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "The description says " + strings.Join(said[:min(len(said), 3)], " and ") + "."
}

// resolve makes the step that answers an issue for which the API has no question.
func (r Report) resolve(issue tool.Remark, types fieldTypes, options ReportOptions) tool.Next {
	problem := cmp.Or(issue.Message, issue.Reason)
	if issue.Field == "" || strings.ContainsAny(issue.Field, ".[") {
		return r.fix(problem, options)
	}
	return r.ask(types.question(opentrain.MissingField{Field: issue.Field, Prompt: problem}), len(r.Issues), "", options)
}

// fix makes the step for a problem that a human solves on the draft's page.
func (r Report) fix(problem string, options ReportOptions) tool.Next {
	return tool.Next{Action: tool.Fix, By: "human", URL: r.DraftURL, Note: options.note, Problem: problem}
}

func (r Report) ask(q Question, remaining int, note string, options ReportOptions) tool.Next {
	fields := map[string]any{}
	for key, value := range options.answers {
		fields[key] = value
	}
	for _, input := range q.inputs() {
		if !input.Alternative {
			fields[input.Key] = tool.AnswerTo(input.Key)
		}
	}
	if len(q.Keys) == 1 {
		fields[q.Keys[0]] = tool.Answer
	}
	arguments := map[string]any{"jobId": r.JobID, "fields": fields}
	if options.noForm {
		arguments["askHuman"] = false
	}
	more := ""
	if q.more {
		more = "There are more values than fit here. The draft's page lists them all."
	}
	return tool.Next{
		Action: tool.AskHuman, Question: q.Question, Field: q.Field,
		Note: text.Join(" ", options.note, note, more, onePrice(q.Inputs), notSure(q.Inputs)),
		Type: q.Type, Options: q.Options, Inputs: q.Inputs, Remaining: remaining,
		Tool: tool.PatchDraft, Arguments: arguments,
	}
}

// onePrice says which of several prices to send.
func onePrice(inputs []tool.Input) string {
	if slices.ContainsFunc(inputs, func(i tool.Input) bool { return i.For != "" }) {
		return "Send only the price that belongs to the payment type."
	}
	return ""
}

// notSure says how to answer a question for a number that the human doesn't know.
func notSure(inputs []tool.Input) string {
	hasNumber := slices.ContainsFunc(inputs, func(i tool.Input) bool { return i.Type == "number" })
	if !hasNumber || !slices.ContainsFunc(inputs, func(i tool.Input) bool { return slices.Contains(i.Options, unknownUnit) }) {
		return ""
	}
	return "If the number isn't known, leave it out and choose “" + tool.Label(unknownUnit) + "” as the unit."
}

// unknownUnit is the unit of an amount of data that isn't known (developers/api-reference/job-drafts/update).
const unknownUnit = "UNKNOWN_NOT_SPECIFIED"
