package posting

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"opentrain-mcp/internal/caller"
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
	JSONLD json.RawMessage `json:"jsonLd,omitempty" jsonschema:"type=object" jsonschema_description:"JobPosting, for schema_org_job_posting."`
	XML    string          `json:"xml,omitempty" jsonschema_description:"XML text, for indeed_xml or hr_xml."`

	ExternalID     string `json:"externalId,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Your own name for the job."`
	IdempotencyKey string `json:"idempotencyKey,omitempty" jsonschema:"maxLength=200"`
	AskHuman       *bool  `json:"askHuman,omitempty" jsonschema:"default=true"`
}

func (createDraftInput) JSONSchemaExtend(s *schema.Node) {
	schema.Enum(s, "format", "text", "opentrain_canonical", "schema_org_job_posting", "indeed_xml", "hr_xml")
	schema.Describe(s, map[string]string{
		"description": "The job in plain words, exactly as the human gave it: task, data, people, pay, languages, time.",
		"format": "Only for a job that exists as a document: its format. The document goes into job, jsonLd or xml, " +
			"instead of description.",
		"job": "OpenTrain job object, for opentrain_canonical: title, description, paymentType, rateAmount, languages, …",
		"idempotencyKey": "The same key returns the same draft. Default: derived from the content. Give a second job with the " +
			"same text its own key.",
		"askHuman": askHumanHelp,
	})
}

type createDraftOutput struct {
	draft.Report
	IdempotencyKey string `json:"idempotencyKey"`
}

func (p posting) createDraft() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.CreateDraft, Title: "Draft a job from a description", Kind: tool.KindCreate,
		Description: "Turn a plain job description into a draft job on OpenTrain and learn what is still missing. " +
			"Start here when a human wants to hire people for labeling, annotation or other AI-training work. " +
			"Pass the human's own words as they are; do not structure them or fill gaps yourself. " +
			"The result's next holds one question for the human; answer it with opentrain_patch_draft, and do not create the " +
			"draft again to change it. " +
			"Nothing becomes public. Retries never create duplicates.",
		Scope: "jobs:write", Feature: draftingFeature("draftCreate"),
		OutcomeUnknown: "It is not known whether the draft was created. Call again with the same arguments: retries never create duplicates.",
	}, p.create)
}

func (p posting) create(ctx context.Context, call tool.Call, in createDraftInput) (createDraftOutput, *tool.Ask, error) {
	form, err := draft.FormOf(call)
	if err != nil {
		return createDraftOutput{}, nil, err
	}
	if form != nil { // the draft exists
		report, ask, err := p.Resume(ctx, call, *form)
		return createDraftOutput{Report: report, IdempotencyKey: form.Key}, ask, err
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
	if source.IdempotencyKey == "" {
		source.IdempotencyKey = derivedKey(call.Caller, source, p.Now())
	}
	call.Step("Making the draft")
	created, err := p.API.CreateDraft(ctx, source)
	if err != nil {
		return createDraftOutput{}, nil, err
	}
	report := p.Report(ctx, call, created, draft.ReportOptions{Source: source.Text, Repeated: "The same idempotencyKey made it earlier. " +
		"For a second job of this text call " + tool.CreateDraft + " with an idempotencyKey of your own."})
	ask, err := p.Ask(ctx, call, in.AskHuman, report, draft.FormState{Key: source.IdempotencyKey})
	return createDraftOutput{Report: report, IdempotencyKey: source.IdempotencyKey}, ask, err
}

// source makes the API's source from the arguments. The format may be absent when the one document shows it.
func (in createDraftInput) source(call *tool.Call) (opentrain.DraftSource, error) {
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
		return source, tool.Problem(given[1].argument, "was given beside "+given[0].argument+"; a draft is made from one of them")
	case len(given) == 0 && in.Description != "":
		return source, tool.Problem("description", "must not be empty: the job in plain words, exactly as the human gave it")
	case len(given) == 0 && in.Format == "":
		return source, tool.Problem("description", "is required: the job in plain words, exactly as the human gave it")
	case len(given) == 0:
		return source, tool.Problem(expected, "is required with the format "+in.Format)
	}
	only := given[0]
	switch {
	case in.Format == "" && len(only.formats) > 1:
		return source, tool.Problem("format", "is required with "+only.argument+": "+strings.Join(only.formats, " or "))
	case in.Format == "":
		source.Format = only.formats[0]
		if source.Format != opentrain.FormatText {
			call.Interpreted = append(call.Interpreted, "format: read as "+source.Format+", because "+only.argument+" was given")
		}
	case only.argument != expected:
		return source, tool.Problem(only.argument, "does not go with the format "+in.Format+", which wants "+expected)
	}
	return source, nil
}

// document is an argument from which a draft can be made.
type document struct {
	argument string
	given    bool
	formats  []string // that it may have
}

func (in createDraftInput) documents() []document {
	return []document{
		{"description", strings.TrimSpace(in.Description) != "", []string{opentrain.FormatText}},
		{"job", len(in.Job) > 0, []string{opentrain.FormatCanonical}},
		{"jsonLd", len(in.JSONLD) > 0, []string{opentrain.FormatSchemaOrg}},
		{"xml", strings.TrimSpace(in.XML) != "", []string{opentrain.FormatIndeedXML, opentrain.FormatHRXML}},
	}
}

// derivedKey makes the idempotency key of a call without one from the caller, the content and the UTC day: a call
// that is repeated after a lost answer finds its draft, also when a document's members are in another order.
func derivedKey(by caller.Caller, source opentrain.DraftSource, now time.Time) string {
	hash := sha256.New()
	for _, part := range []string{
		by.ID, source.Format, source.Text + source.XML + text.Canonical(source.Job) + text.Canonical(source.JSONLD),
		source.ExternalID, now.UTC().Format(time.DateOnly),
	} {
		sum := sha256.Sum256([]byte(part))
		hash.Write(sum[:])
	}
	digest := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash.Sum(nil)[:15])
	return "mcp-" + strings.ToLower(digest)
}

func (o createDraftOutput) Text() string {
	l := o.Lines()
	l.Field("Idempotency key", o.IdempotencyKey+" (a second job with the same text needs another one)")
	return l.With(o.Next.Text())
}
