package tools

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const createDraftName = "opentrain_create_draft"

// CreateDraftInput are the arguments of opentrain_create_draft.
type CreateDraftInput struct {
	Description    string   `json:"description,omitempty" jsonschema:"maxLength=60000" jsonschema_description:"The job in plain words, exactly as the human gave it: task, data, people, pay, languages, time."`
	Format         string   `json:"format,omitempty" jsonschema:"enum=text,enum=opentrain_canonical,enum=schema_org_job_posting,enum=indeed_xml,enum=hr_xml" jsonschema_description:"Only for a job that exists as a document: its format. The document goes into job, jsonLd or xml, instead of description."`
	Job            Document `json:"job,omitempty" jsonschema_description:"OpenTrain job object, for opentrain_canonical: title, description, paymentType, rateAmount, languages, …"`
	JSONLD         Document `json:"jsonLd,omitempty" jsonschema_description:"JobPosting, for schema_org_job_posting."`
	XML            string   `json:"xml,omitempty" jsonschema_description:"XML text, for indeed_xml or hr_xml."`
	ExternalID     string   `json:"externalId,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Your own name for the job."`
	IdempotencyKey string   `json:"idempotencyKey,omitempty" jsonschema:"maxLength=200" jsonschema_description:"The same key finds the same draft. Default: made from the content and the day; a second job of the same text needs a key of its own."`
	AskHuman       *bool    `json:"askHuman,omitempty" jsonschema:"default=true" jsonschema_description:"False: no form, ask in chat."`
}

// Document is a JSON object that is passed on as it came.
type Document []byte

// UnmarshalJSON implements json.Unmarshaler.
func (d *Document) UnmarshalJSON(data []byte) error {
	*d = bytes.Clone(data)
	return nil
}

// JSONSchema describes a Document as an object of any members.
func (Document) JSONSchema() *schema.Node { return &schema.Node{Type: "object"} }

// CreateDraftOutput is the result of opentrain_create_draft.
type CreateDraftOutput struct {
	Draft
	IdempotencyKey string `json:"idempotencyKey" jsonschema_description:"The key of this draft."`
}

func newCreateDraft(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  createDraftName,
		Title: "Draft a job from a description",
		Kind:  KindCreate,
		Description: "Turn a plain job description into a draft job on OpenTrain and learn what is still missing. " +
			"Start here when a human wants to hire people for labelling, annotation or other AI-training work. " +
			"Pass the human's own words as they are; do not structure them or fill gaps yourself. " +
			"The result's next holds one question for the human; answer it with opentrain_patch_draft, and do not create the draft again to change it. " +
			"Nothing becomes public. Repeating the call finds the same draft.",
		Scope: "jobs:write",
		Lost:  "It is not known whether the draft was made. Call again with the same arguments: the idempotency key finds it if it was, and no second one is made.",
		gate:  gate{"draftCreate", opentrain.FeatureDrafting},
	}, kit.createDraft)
}

func (k Kit) createDraft(ctx context.Context, call Call, in CreateDraftInput) (CreateDraftOutput, *Ask, error) {
	if call.BadState {
		return CreateDraftOutput{}, nil, errStale
	}
	if call.State != nil { // the draft is made
		form, err := formOf(call)
		if err != nil {
			return CreateDraftOutput{}, nil, err
		}
		draft, ask, err := k.resume(ctx, call, form)
		return CreateDraftOutput{Draft: draft, IdempotencyKey: form.Key}, ask, err
	}
	source, err := in.source(&call)
	if err != nil {
		return CreateDraftOutput{}, nil, err
	}
	if source.Format != opentrain.FormatText {
		if err := k.capabilities.pass(ctx, call.Caller, gate{"draftImport", opentrain.FeatureDrafting}); err != nil {
			return CreateDraftOutput{}, nil, err
		}
	}
	if source.IdempotencyKey == "" {
		source.IdempotencyKey = derivedKey(call.Caller, source, k.Now())
	}
	call.report("Making the draft")
	draft, err := k.API.CreateDraft(ctx, source)
	if err != nil {
		return CreateDraftOutput{}, nil, err
	}
	out := CreateDraftOutput{Draft: k.report(ctx, call, draft, nil), IdempotencyKey: source.IdempotencyKey}
	ask, err := k.askFor(ctx, call, in.AskHuman, out.Draft, draftForm{Key: source.IdempotencyKey})
	if err != nil || ask != nil {
		return out, ask, err
	}
	if out.Next.Action == Done {
		out.Next.Note += " The same idempotencyKey made it earlier. For a second job of this text call " + createDraftName + " with an idempotencyKey of your own."
	}
	return out, nil, nil
}

// content is an argument that a draft can be made of.
type content struct {
	argument string
	given    bool
	formats  []string // that it may be in
}

func (in CreateDraftInput) contents() []content {
	return []content{
		{"description", strings.TrimSpace(in.Description) != "", []string{opentrain.FormatText}},
		{"job", len(in.Job) > 0, []string{opentrain.FormatCanonical}},
		{"jsonLd", len(in.JSONLD) > 0, []string{opentrain.FormatSchemaOrg}},
		{"xml", strings.TrimSpace(in.XML) != "", []string{opentrain.FormatIndeedXML, opentrain.FormatHRXML}},
	}
}

// source makes the API's source of the arguments. Where the one document that
// was given tells its format, the format may be left out.
func (in CreateDraftInput) source(call *Call) (opentrain.DraftSource, error) {
	source := opentrain.DraftSource{
		Format: in.Format, Text: in.Description, Job: json.RawMessage(in.Job), JSONLD: json.RawMessage(in.JSONLD), XML: in.XML,
		ExternalID: in.ExternalID, IdempotencyKey: in.IdempotencyKey,
	}
	wanted := "description" // by the format
	var given []content
	for _, c := range in.contents() {
		if c.given {
			given = append(given, c)
		}
		if slices.Contains(c.formats, in.Format) {
			wanted = c.argument
		}
	}
	switch {
	case len(given) > 1:
		return source, problem(given[1].argument, "was given beside "+given[0].argument+"; a draft is made of one of them")
	case len(given) == 0 && in.Description != "":
		return source, problem("description", "must not be empty: the job in plain words, exactly as the human gave it")
	case len(given) == 0 && in.Format == "":
		return source, problem("description", "is required: the job in plain words, exactly as the human gave it")
	case len(given) == 0:
		return source, problem(wanted, "is required with the format "+in.Format)
	case in.Format == "" && len(given[0].formats) > 1:
		return source, problem("format", "is required with "+given[0].argument+": "+strings.Join(given[0].formats, " or "))
	case in.Format == "":
		source.Format = given[0].formats[0]
		if source.Format != opentrain.FormatText {
			call.Interpreted = append(call.Interpreted, "format: taken as "+source.Format+", because "+given[0].argument+" was given")
		}
	case given[0].argument != wanted:
		return source, problem(given[0].argument, "does not go with the format "+in.Format+", which wants "+wanted)
	}
	return source, nil
}

// derivedKey makes the idempotency key of a call that brought none, from the
// caller, what is sent and the UTC day: a call that a client, a proxy or a
// model repeats after a lost answer finds the draft that it made, also when the
// members of a document come in another order.
func derivedKey(caller Caller, source opentrain.DraftSource, now time.Time) string {
	hash := sha256.New()
	for _, part := range []string{
		caller.ID, source.Format, source.Text + source.XML + Canonical(source.Job) + Canonical(source.JSONLD),
		source.ExternalID, now.UTC().Format(time.DateOnly),
	} {
		sum := sha256.Sum256([]byte(part))
		hash.Write(sum[:])
	}
	digest := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash.Sum(nil)[:15])
	return "mcp-" + strings.ToLower(digest)
}

// Canonical writes a JSON object with its members in order at every depth,
// numbers as they came.
func Canonical(object json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	var members map[string]any
	if len(object) == 0 || decoder.Decode(&members) != nil {
		return string(object)
	}
	return compact(members)
}

// Text implements output.
func (o CreateDraftOutput) Text() string {
	p := o.page()
	p.say("Idempotency key", o.IdempotencyKey+" (a second job of the same text needs another one)")
	return p.end(o.Next)
}
