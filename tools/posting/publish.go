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
	JobID             string `json:"jobId" jsonschema:"minLength=1,maxLength=64"`
	ConfirmationToken string `json:"confirmationToken,omitempty"`
}

func (publishInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"jobId":             "Id of the draft, from opentrain_create_draft.",
		"confirmationToken": "Only as given in the arguments of a next step; leave out otherwise.",
	})
}

type publishOutput struct {
	JobID            string        `json:"jobId"`
	Published        bool          `json:"published"`
	Status           string        `json:"status,omitempty" jsonschema_description:"OPEN when public."`
	AlreadyPublished bool          `json:"alreadyPublished,omitempty"`
	JobURL           string        `json:"jobUrl,omitempty"`
	Warnings         []tool.Remark `json:"warnings,omitempty" jsonschema_description:"Remarks on the published job."`

	MissingFields []draft.Question `json:"missingFields,omitempty" jsonschema_description:"Open questions that kept it from being published."`
	Issues        []tool.Remark    `json:"issues,omitempty" jsonschema_description:"Faults that kept it from being published."`
	Reasons       []string         `json:"reasons,omitempty" jsonschema_description:"Why the content check blocked it."`

	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (p posting) publishJob() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.Publish, Title: "Publish a job", Kind: tool.KindPublish,
		Description: "Publish a finished draft on OpenTrain, so that everyone sees the job and AI trainers can apply. " +
			"Use it only after the human has seen the draft as the confirm_with_human step shows it and said yes. " +
			"Not for finding out what is missing: every result of opentrain_patch_draft says that. " +
			"OpenTrain checks the content again; a draft that is incomplete or blocked stays unpublished and the result says why. " +
			"Publishing twice does no harm. An account may publish 20 jobs a day, 3 while no human has claimed it.",
		Scope: "jobs:write", Feature: publishingFeature(),
		OutcomeUnknown: "It is not known whether the job was published. " + tool.ListJobs +
			" shows its status (OPEN when published); publishing again is harmless.",
	}, p.publish)
}

func (p posting) publish(ctx context.Context, call tool.Call, in publishInput) (publishOutput, *tool.Ask, error) {
	out := publishOutput{JobID: in.JobID, Interpreted: call.Interpreted}
	ask, next := p.Confirm.Check(call, confirm.Intent{
		Tool: tool.Publish, JobID: in.JobID, Token: in.ConfirmationToken,
		Preview:  func() tool.Preview { return p.Preview(ctx, call.Caller, in.JobID) },
		Question: "Publish this job on OpenTrain?", NotDone: "Not published", Otherwise: tool.PatchDraft,
		Note: "Publishing makes the job visible to everyone. An account may publish 20 jobs a day, 3 while no human has claimed it.",
	})
	switch {
	case ask != nil:
		return out, ask, nil
	case next != nil:
		out.Next = *next
		return out, nil, nil
	}
	call.Step("Publishing")
	answer, err := p.API.PublishJob(ctx, in.JobID)
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
		out.Published, out.AlreadyPublished, out.JobURL = true, answer.AlreadyPublished, text.URL(answer.JobURL)
		out.Next = p.checkListing(ctx, in.JobID)
	case blocked && (answer.Status == opentrain.StatusDraft || answer.Status == ""):
		out.Status, out.Reasons = opentrain.StatusDraft, reasons
		out.Next = changeContent(in.JobID, "OpenTrain's content check blocked the job.")
	case answer.Validation != nil || len(answer.MissingFields) > 0:
		return p.notReady(ctx, call, out, answer), nil, nil
	case answer.Status == "":
		return out, nil, &opentrain.Error{Code: opentrain.CodeBadResponse, Message: "the answer does not say whether the job was published"}
	default:
		out.Reasons = reasons
		out.Next = tool.ListJobsNext("OpenTrain answered that the job is " + out.Status + ".")
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

func (p posting) notReady(ctx context.Context, call tool.Call, out publishOutput, answer *opentrain.Publication) publishOutput {
	report := p.Report(ctx, call, &opentrain.Draft{
		JobID: out.JobID, Status: opentrain.StatusDraft, MissingFields: answer.MissingFields,
		Validation: *cmp.Or(answer.Validation, &opentrain.Validation{}),
	}, draft.ReportOptions{})
	out.Status, out.MissingFields, out.Issues, out.Next = report.Status, report.MissingFields, report.Issues, report.Next
	if report.Next.Action == tool.ConfirmWithHuman {
		out.Next = tool.ListJobsNext("OpenTrain refused to publish and named nothing that is missing.")
	}
	return out
}

// checkListing is the check that the posting guide advises: a search for the words of the job's title. Without
// the title, the check is the list of the caller's jobs.
func (p posting) checkListing(ctx context.Context, jobID string) tool.Next {
	ctx, cancel := context.WithTimeout(ctx, tool.SideReadTimeout)
	defer cancel()
	page, err := p.API.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: opentrain.StatusOpen, Limit: 50})
	if err == nil {
		for _, job := range page.Jobs {
			if words := keywords(job.Title); job.ID == jobID && words != "" {
				return tool.Next{
					Action: tool.CallTool, Tool: tool.SearchJobs, Arguments: map[string]any{"q": words},
					Note: "Check that the job appears as intended. A new listing can take five minutes to show.",
				}
			}
		}
	}
	return tool.ListJobsNext("Check that the job is listed as OPEN.")
}

func keywords(title string) string {
	words := tool.Map(strings.Fields(text.Clean(title, 200)), func(word string) string {
		return strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	})
	return text.Clip(text.Join(" ", words...), 200)
}

func (o publishOutput) Effect() tool.Effect {
	return tool.Effect{JobID: o.JobID, Outcome: cmp.Or(o.Status, "not published")}
}

func (o publishOutput) Text() string {
	var l text.Lines
	switch {
	case o.AlreadyPublished:
		l.Add("Job %s was already live.", o.JobID)
	case o.Published:
		l.Add("Job %s is live.", o.JobID)
	case len(o.Reasons) > 0 && o.Status == opentrain.StatusDraft:
		l.Add("Job %s was not published: the content check blocked it.", o.JobID)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("Job %s is not published yet: the human has to confirm it first.", o.JobID)
	default:
		l.Add("Job %s was not published.", o.JobID)
	}
	l.Field("Job page", o.JobURL)
	l.Fields("Reason", o.Reasons)
	draft.AddRemarks(&l, "Warning", o.Warnings)
	draft.AddRemarks(&l, "Issue", o.Issues)
	l.Fields("Interpreted", o.Interpreted)
	draft.AddQuestions(&l, o.MissingFields)
	return l.With(o.Next.Text())
}
