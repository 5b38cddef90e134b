package posting

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"unicode"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const maxWarnings = 10 // how many warnings a result shows

type publishInput struct {
	JobID string `json:"jobId" jsonschema:"minLength=1,maxLength=64"`

	confirm.Asking
}

func (publishInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"jobId": "The draft's id.",
	})
}

type publishOutput struct {
	JobID            string        `json:"jobId"`
	Published        bool          `json:"published"`
	Status           string        `json:"status,omitempty" jsonschema_description:"OPEN when live."`
	AlreadyPublished bool          `json:"alreadyPublished,omitempty"`
	JobURL           string        `json:"jobUrl,omitempty"`
	Warnings         []tool.Remark `json:"warnings,omitempty" jsonschema_description:"Remarks on the live job."`

	MissingFields []draft.Question `json:"missingFields,omitempty" jsonschema_description:"Open questions that blocked publishing."`
	Issues        []tool.Remark    `json:"issues,omitempty" jsonschema_description:"Issues that blocked publishing."`
	Reasons       []string         `json:"reasons,omitempty" jsonschema_description:"Why the content check blocked it."`

	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`

	blocked bool // by the content check
}

func (p posting) publishJob() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.Publish, Title: "Publish a job", Kind: tool.KindPublish,
		Description: "Publish a finished draft on OpenTrain and return the page of the live job. " +
			"The human approves it first, in a form or in the conversation. " +
			"A draft that is incomplete or fails the content check stays a draft, and the result says why. " +
			"Publishing a live job again changes nothing. " +
			"An account can publish 20 jobs a day, or 3 until a human claims it.",
		Scope: "jobs:write", Feature: publishingFeature(),
		OutcomeUnknown: "It's unclear whether the job was published. " + tool.ListJobs + " shows its status (OPEN when live).",
		Check:          tool.ListJobsNext("If the job is still a draft, publish it again."),
	}, p.publish)
}

func (p posting) publish(ctx context.Context, call tool.Call, in publishInput) (publishOutput, *tool.Ask, error) {
	out := publishOutput{JobID: in.JobID, Status: opentrain.StatusDraft, Interpreted: call.Interpreted}
	unlock, err := p.Confirm.Ledger.Lock(ctx, call.Caller, in.JobID)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: tool.Publish, JobID: in.JobID, Asking: in.Asking,
		Question: draft.PublishQuestion, Means: draft.PublishMeans, IfNo: draft.PublishIfNo,
	}
	answer := p.Confirm.Read(call, &intent)
	if answer.Declined != nil {
		out.Next = *answer.Declined
		return out, nil, nil
	}
	own, err := p.FindOwn(ctx, in.JobID, opentrain.StatusDraft)
	if err != nil {
		return out, nil, err
	}
	if own.Status == opentrain.StatusOpen {
		return out.alreadyLive(own), nil, nil
	}
	if err := own.Require(opentrain.StatusDraft); err != nil {
		return out, nil, err
	}
	if !p.Checks(call.Caller, own) {
		return out, nil, uncheckable(own)
	}
	if !answer.Yes {
		return p.askToPublish(ctx, call, intent, own, out, answer.Why)
	}
	view, again, err := p.Compare(ctx, call, own, answer.View)
	if err != nil || again != "" {
		return p.askAgain(call, intent, own, view, out, again, err)
	}
	if answer = p.Confirm.Spend(call, intent, answer); !answer.Yes {
		return p.askToPublish(ctx, call, intent, own, out, answer.Why)
	}
	call.Step("Publishing the job")
	answered, err := p.API.PublishJob(p.Recheck(ctx, &own, p.Unchanged(call.Caller, own, answer.View)), in.JobID)
	switch {
	case err != nil && own.Status == opentrain.StatusOpen: // since the first attempt, or someone else was faster
		answered, err = &opentrain.Publication{Status: opentrain.StatusOpen, JobURL: own.JobURL}, nil
	case errors.Is(err, draft.ErrChanged):
		p.Record(call.Caller, in.JobID, nil) // by someone else: earlier confirmations are void
		return p.askToPublish(ctx, call, intent, own, out, "The draft was changed while it was being published.")
	}
	p.Record(call.Caller, in.JobID, err)
	return p.published(ctx, call, own, out, answered, err)
}

// uncheckable refuses to publish a draft that may have changed since the human saw it.
func uncheckable(own draft.Own) error {
	const problem = "This account has so many jobs that the draft can't be checked here before it's published."
	return &tool.Refusal{
		Code: opentrain.CodeConflict, Lines: []string{problem + " Nothing was changed.", "The human can publish it on its page."},
		Next: tool.Next{Action: tool.Fix, By: "human", Problem: problem, URL: own.Page},
	}
}

// askToPublish shows the draft as it stands and asks for a yes, unless it isn't complete.
func (p posting) askToPublish(
	ctx context.Context, call tool.Call, intent confirm.Intent, own draft.Own, out publishOutput, why string,
) (publishOutput, *tool.Ask, error) {
	view, err := p.See(ctx, call, own)
	return p.askAgain(call, intent, own, view, out, why, err)
}

func (p posting) askAgain(
	call tool.Call, intent confirm.Intent, own draft.Own, view draft.View, out publishOutput, why string, err error,
) (publishOutput, *tool.Ask, error) {
	switch {
	case errors.Is(err, draft.ErrNoTitle):
		out.Next = draft.AskTitle(own.ID)
		return out, nil, nil
	case err != nil:
		return out, nil, err
	case !view.Report.PublishReady:
		return out.notReady(view.Report), nil, nil
	}
	if err := p.Accounts.PublishLimit(call.Caller); err != nil {
		return out, nil, err // no one is asked for a yes to what can't happen
	}
	ask, next := p.Confirm.Ask(call, intent, view.Preview(own), view.View, why)
	next.Change = view.Report.Next.Change
	out.Next = next
	return out, ask, nil
}

// published reads OpenTrain's answer.
func (p posting) published(
	ctx context.Context, call tool.Call, own draft.Own, out publishOutput, answer *opentrain.Publication, err error,
) (publishOutput, *tool.Ask, error) {
	if err != nil {
		if answer = publicationIn(err); answer == nil {
			return out, nil, err
		}
	}
	out.Status, out.Warnings = text.Clean(answer.Status, 40), draft.Remarks(answer.Warnings)
	out.Warnings = out.Warnings[:min(len(out.Warnings), maxWarnings)]
	blocked, reasons := contentCheck(answer.Moderation)
	switch {
	case answer.Status == opentrain.StatusOpen:
		if answer.AlreadyPublished { // perhaps after another change
			p.Forget(call.Caller, own.ID)
		} else {
			p.WentLive(call.Caller, own, nil, answer.Date)
		}
		out.Published, out.AlreadyPublished, out.JobURL = true, answer.AlreadyPublished, text.URL(answer.JobURL)
		out.Next = checkListing(own, out.JobURL)
	case blocked && (answer.Status == opentrain.StatusDraft || answer.Status == ""):
		out.Status, out.Reasons, out.blocked = opentrain.StatusDraft, reasons, true
		out.Next = changeContent(own.ID, "The job failed OpenTrain's content check.", nil)
	case answer.Validation != nil || len(answer.MissingFields) > 0:
		report := p.Report(ctx, call, &opentrain.Draft{
			JobID: own.ID, Status: opentrain.StatusDraft, MissingFields: answer.MissingFields,
			Validation: *cmp.Or(answer.Validation, &opentrain.Validation{}),
		}, draft.ReportOptions{})
		out = out.notReady(report.Short())
	case answer.Status == "":
		return out, nil, &opentrain.Error{Code: opentrain.CodeBadResponse, Message: "the response doesn't say whether the job was published"}
	default:
		out.Reasons = reasons
		out.Next = tool.ListJobsNext("OpenTrain says the job is " + tool.StatusWords(out.Status) + ".")
	}
	return out, nil, nil
}

// publicationIn turns the two errors that are results, not failures, into an answer: the content check blocked the
// draft, or the draft isn't ready. The API reference has errors for them, the posting guide ordinary answers.
func publicationIn(err error) *opentrain.Publication {
	if moderation := blockedBy(err, opentrain.CodeForbidden); moderation != nil {
		return &opentrain.Publication{Moderation: moderation}
	}
	var details struct {
		Validation    *opentrain.Validation    `json:"validation"`
		MissingFields []opentrain.MissingField `json:"missingFields"`
	}
	apiError, ok := errors.AsType[*opentrain.Error](err)
	if !ok || apiError.Code != opentrain.CodeBadRequest || !apiError.DecodeDetails(&details) || details.Validation == nil {
		return nil
	}
	return &opentrain.Publication{Validation: details.Validation, MissingFields: details.MissingFields}
}

// notReady says what the draft still needs.
func (o publishOutput) notReady(report draft.Report) publishOutput {
	o.Status, o.MissingFields, o.Issues, o.Next = report.Status, report.MissingFields, report.Issues, report.Next
	if report.PublishReady {
		o.Next = tool.ListJobsNext("OpenTrain didn't publish the job and didn't say what is missing.")
	}
	return o
}

func (o publishOutput) alreadyLive(own draft.Own) publishOutput {
	o.Status, o.Published, o.AlreadyPublished, o.JobURL = opentrain.StatusOpen, true, true, text.URL(own.JobURL)
	o.Next = tool.Next{Action: tool.Done, Note: "To edit the live job, use " + tool.UpdateJob + "."}
	if counts := own.ProposalCounts; counts != nil && counts.Total > 0 {
		o.Next = listProposals(own.ID, o.JobURL, o.Next.Note)
	}
	return o
}

// checkListing is the check that the posting guide advises: a search for the words of the job's title.
func checkListing(own draft.Own, page string) tool.Next {
	if words := keywords(own.Title); words != "" {
		return tool.Next{
			Action: tool.CallTool, Tool: tool.SearchJobs, Arguments: map[string]any{"q": words},
			Note: "Check how the job is listed. A new listing can take five minutes to show. " + applyNow,
			Page: page,
		}
	}
	next := tool.ListJobsNext("Check that the job is listed as OPEN. " + applyNow)
	next.Page = page
	return next
}

// applyNow says where the job's applicants will be.
const applyNow = "AI trainers can apply now: " + tool.ListProposals + " shows who did."

func keywords(title string) string {
	words := tool.Map(strings.Fields(text.Clean(title, 200)), func(word string) string {
		return strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	})
	return text.Clip(text.Join(" ", words...), 200)
}

func (o publishOutput) Effect() tool.Effect {
	if !o.Published && len(o.Reasons) == 0 {
		o.Status = ""
	}
	return tool.Effect{JobID: o.JobID, Outcome: cmp.Or(o.Status, "not published")}
}

func (o publishOutput) Text() string {
	var l text.Lines
	switch {
	case o.AlreadyPublished:
		l.Add("Job %s is already live.", o.JobID)
	case o.Published:
		l.Add("Job %s is live.", o.JobID)
	case o.blocked:
		l.Add("Job %s was not published: it failed the content check.", o.JobID)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("Job %s wasn't published by this call. Ask the human first.", o.JobID)
	case o.Next.Action == tool.AskHuman:
		l.Add("Job %s can't be published yet.", o.JobID)
	default:
		l.Add("Job %s was not published.", o.JobID)
	}
	l.Field("Job page", o.JobURL)
	l.Fields("Reason", o.Reasons)
	draft.AddRemarks(&l, "Warning", o.Warnings)
	draft.AddRemarks(&l, "Issue", o.Issues)
	l.Fields("Interpreted", o.Interpreted)
	draft.AddQuestions(&l, o.MissingFields)
	return l.With(o.Next)
}
