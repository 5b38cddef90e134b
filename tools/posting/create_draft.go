package posting

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type createDraftInput struct {
	Description string `json:"description,omitempty" jsonschema:"maxLength=60000"`
	Format      string `json:"format,omitempty"`

	Job    json.RawMessage `json:"job,omitempty" jsonschema:"type=object"`
	JSONLD json.RawMessage `json:"jsonLd,omitempty" jsonschema:"type=object"`
	XML    string          `json:"xml,omitempty" jsonschema_description:"For indeed_xml or hr_xml."`

	ExternalID     string `json:"externalId,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Your own id for the job."`
	IdempotencyKey string `json:"idempotencyKey,omitempty" jsonschema:"maxLength=200"`
	AskHuman       *bool  `json:"askHuman,omitempty" jsonschema:"default=true"`
}

func (createDraftInput) JSONSchemaExtend(s *schema.Node) {
	schema.Enum(s, "format", "text", "opentrain_canonical", "schema_org_job_posting", "indeed_xml", "hr_xml")
	schema.Describe(s, map[string]string{
		"description":    "The job in the human's own words: task, data, people, pay, languages, timeline.",
		"format":         "Only for a structured job, sent in job, jsonLd or xml instead of description.",
		"job":            `OpenTrain job object, such as {"title":"Dashcam boxes","paymentType":"PAY_PER_HOUR","rateAmount":18}`,
		"jsonLd":         `schema.org JobPosting, such as {"@type":"JobPosting","title":"Dashcam boxes"}`,
		"idempotencyKey": "Same key, same draft. Use a new key for another draft with the same content.",
		"askHuman":       draft.AskHumanHelp,
	})
}

type createDraftOutput struct {
	draft.Report
	IdempotencyKey string `json:"idempotencyKey"`
	AlreadyCreated bool   `json:"alreadyCreated,omitempty"`
}

func (p posting) createDraft() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.CreateDraft, Title: "Create a job draft", Kind: tool.KindCreate,
		Description: "Create a job draft on OpenTrain from a plain description and return what OpenTrain understood and the " +
			"next question to ask. " +
			"Start here when someone wants to hire people for labeling, annotation or other AI-training work. " +
			"Pass their words unchanged: don't restructure them or fill in gaps. " +
			"Save answers and changes with opentrain_patch_draft instead of creating the draft again. " +
			"Nothing goes live, and retries never create duplicates.",
		Scope: "jobs:write", Feature: draftingFeature("draftCreate"),
		OutcomeUnknown: "It's unclear whether the draft was created. Call again with the same arguments: retries never create duplicates.",
	}, p.create)
}

func (p posting) create(ctx context.Context, call tool.Call, in createDraftInput) (createDraftOutput, *tool.Ask, error) {
	form, err := draft.FormOf(call)
	if err != nil {
		return createDraftOutput{}, nil, err
	}
	if form != nil { // the draft exists
		report, ask, err := p.Resume(ctx, call, *form)
		draft.Shorten(call, report, (*createDraftOutput).report)
		return createDraftOutput{Report: report, IdempotencyKey: form.Key, AlreadyCreated: form.Existed}, ask, err
	}
	source, err := in.source(&call)
	if err != nil {
		return createDraftOutput{}, nil, err
	}
	if source.Format != opentrain.FormatText {
		if err := p.Accounts.Require(ctx, call.Caller, draftingFeature("draftImport")); err != nil {
			return createDraftOutput{}, nil, err
		}
	}
	accounts := []string{call.Caller.ID}
	if source.IdempotencyKey == "" {
		accounts = p.Accounts.IDs(ctx, call.Caller)
	}
	call.Step("Creating the draft")
	key, end, err := p.keys.begin(accounts, source, p.Now())
	if err != nil {
		return createDraftOutput{}, nil, err
	}
	source.IdempotencyKey = key
	created, err := p.API.CreateDraft(ctx, source)
	existed := end(created, err)
	if err != nil {
		return createDraftOutput{}, nil, err
	}
	report := p.Report(ctx, call, created, draft.ReportOptions{Source: source.Text, Repeated: in.repeated(created)})
	ask, err := p.Ask(ctx, call, in.AskHuman, report, draft.FormState{Key: key, Existed: existed})
	draft.Shorten(call, report, (*createDraftOutput).report)
	return createDraftOutput{Report: report, IdempotencyKey: key, AlreadyCreated: existed}, ask, err
}

func (o *createDraftOutput) report() *draft.Report { return &o.Report }

// repeated is the step after a create whose job is no longer a draft. The key of the next one follows from the closed job: retries of
// that call create no second one.
func (in createDraftInput) repeated(created *opentrain.Draft) tool.Next {
	if created.Status != opentrain.StatusArchived && created.Status != opentrain.StatusCompleted {
		return tool.Next{Action: tool.Done, Note: anotherJob}
	}
	in.IdempotencyKey = "after-" + text.Clean(created.JobID, 100)
	next := tool.CallAgain(tool.CreateDraft, json.RawMessage(text.JSON(in)), "")
	next.Action, next.Question, next.Otherwise = tool.ConfirmWithHuman, "Create a new draft of this job?", "No new draft is created."
	next.Show = &tool.Preview{
		JobID: text.Clean(created.JobID, 100), Changes: []string{"This job stays closed. The new draft gets the same content."},
	}
	return next
}

const anotherJob = "To create another one, call " + tool.CreateDraft + " with a new idempotencyKey."

// source makes the API's source from the arguments. The format may be absent when the one document shows it.
func (in createDraftInput) source(call *tool.Call) (opentrain.DraftSource, error) {
	in.Job, in.JSONLD = orNothing(in.Job), orNothing(in.JSONLD)
	source := opentrain.DraftSource{
		Format: in.Format, Text: in.Description, Job: in.Job, JSONLD: in.JSONLD, XML: in.XML,
		ExternalID: in.ExternalID, IdempotencyKey: in.IdempotencyKey,
	}
	expected := "description" // by the format
	var given []document
	for _, d := range in.documents() {
		if d.given {
			given = append(given, d)
		}
		if slices.Contains(d.formats, in.Format) {
			expected = d.argument
		}
	}
	switch {
	case len(given) > 1:
		return source, tool.Problem(given[1].argument, "can't be combined with "+given[0].argument+"; send one of them")
	case len(given) == 0 && in.Description != "":
		return source, tool.Problem("description", "must not be empty: the job in plain words, exactly as the human gave it")
	case len(given) == 0 && in.Format == "":
		return source, tool.Problem("description", "is required: the job in plain words, exactly as the human gave it")
	case len(given) == 0:
		return source, tool.Problem(expected, "is required with format "+in.Format)
	}
	only := given[0]
	switch {
	case only.argument == "description" && isAddress(in.Description):
		return source, tool.Problem("description", "is the address of a page, which isn't read. Send the job's text instead")
	case in.Format == "" && len(only.formats) > 1:
		return source, tool.Problem("format", "is required with "+only.argument+": "+strings.Join(only.formats, " or "))
	case in.Format == "":
		source.Format = only.formats[0]
		if source.Format != opentrain.FormatText {
			call.Interpreted = append(call.Interpreted, "format: read as "+source.Format+", because "+only.argument+" was given")
		}
	case only.argument != expected:
		return source, tool.Problem(only.argument, "can't be used with format "+in.Format+"; send "+expected)
	}
	return source, nil
}

// document is an argument from which a draft can be made.
type document struct {
	argument string
	given    bool
	formats  []string // that it may have
}

// isAddress reports whether a description has an address in it and hardly a letter besides.
func isAddress(description string) bool {
	const few = 20
	letters, found := 0, false
	for word := range strings.FieldsSeq(description) {
		if strings.HasPrefix(word, "https://") || strings.HasPrefix(word, "http://") {
			found = true
			continue
		}
		if letters += utf8.RuneCountInString(word); letters >= few {
			return false
		}
	}
	return found
}

func (in createDraftInput) documents() []document {
	return []document{
		{"description", strings.TrimSpace(in.Description) != "", []string{opentrain.FormatText}},
		{"job", len(in.Job) > 0, []string{opentrain.FormatCanonical}},
		{"jsonLd", len(in.JSONLD) > 0, []string{opentrain.FormatSchemaOrg}},
		{"xml", strings.TrimSpace(in.XML) != "", []string{opentrain.FormatIndeedXML, opentrain.FormatHRXML}},
	}
}

// orNothing returns nil for an empty object, which some hosts send for every argument that is left out.
func orNothing(object json.RawMessage) json.RawMessage {
	if string(object) == "{}" {
		return nil
	}
	return object
}

func (o createDraftOutput) Text() string {
	l := o.Lines()
	if o.AlreadyCreated && (o.Status == "" || o.Status == opentrain.StatusDraft) {
		l.Add("This draft was created by an earlier call with the same content. %s", anotherJob)
	}
	return l.With(o.Next)
}
