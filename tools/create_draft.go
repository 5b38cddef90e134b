package tools

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"opentrain-mcp/opentrain"
)

const createDraftName = "opentrain_create_draft"

// CreateDraftInput are the arguments of opentrain_create_draft.
type CreateDraftInput struct {
	Description    string `json:"description" jsonschema:"minLength=1,maxLength=60000" jsonschema_description:"The job in plain words, exactly as the human gave it: task, data, people, pay, languages, time."`
	ExternalID     string `json:"externalId,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Your own name for the job, kept with the draft."`
	IdempotencyKey string `json:"idempotencyKey,omitempty" jsonschema:"maxLength=200" jsonschema_description:"A repeated call with the same key finds the same draft. Default: made from the description and the day; a second job of the same text needs a key of its own."`
}

// CreateDraftOutput is the result of opentrain_create_draft.
type CreateDraftOutput struct {
	Draft
	IdempotencyKey string `json:"idempotencyKey" jsonschema_description:"The key of this draft. A second job of the same text needs another one."`
}

func newCreateDraft(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  createDraftName,
		Title: "Draft a job from a description",
		Kind:  KindCreate,
		Description: "Turn a plain job description into a draft job on OpenTrain and learn what is still missing. " +
			"Start here when a human wants to hire people for labelling, annotation or other AI-training work. " +
			"Pass the human's own words; do not structure them first or fill gaps yourself. " +
			"The result's next holds one question to put to the human; answer it with opentrain_patch_draft, and do not create the draft again to change it. " +
			"Nothing becomes public: a draft is seen by its owner alone. Repeating the call finds the same draft. " +
			"Needs an API token with the scope jobs:write.",
	}, kit.createDraft)
}

func (k Kit) createDraft(ctx context.Context, call Call, in CreateDraftInput) (CreateDraftOutput, *Ask, error) {
	source := opentrain.DraftSource{Text: in.Description, ExternalID: in.ExternalID, IdempotencyKey: in.IdempotencyKey}
	if source.IdempotencyKey == "" {
		source.IdempotencyKey = derivedKey(call.Caller, source, k.Now())
	}
	draft, err := k.API.CreateDraft(ctx, source)
	if err != nil {
		return CreateDraftOutput{}, nil, err
	}
	out := CreateDraftOutput{Draft: k.forms.report(draft, nil, call.Interpreted), IdempotencyKey: source.IdempotencyKey}
	if out.Next.Action == Done {
		out.Next.Note += " The same idempotencyKey made it earlier. For a second job of this text call " + createDraftName + " with an idempotencyKey of your own."
	}
	return out, nil, nil
}

// derivedKey makes the idempotency key of a call that brought none, from the
// caller, what is sent and the UTC day: a call that a client, a proxy or a
// model repeats after a lost answer finds the draft that it made.
func derivedKey(caller Caller, source opentrain.DraftSource, now time.Time) string {
	hash := sha256.New()
	for _, part := range []string{caller.ID, "text", source.Text, source.ExternalID, now.UTC().Format(time.DateOnly)} {
		sum := sha256.Sum256([]byte(part))
		hash.Write(sum[:])
	}
	digest := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash.Sum(nil)[:15])
	return "mcp-" + strings.ToLower(digest)
}

// Text implements output.
func (o CreateDraftOutput) Text() string {
	p := o.page()
	p.say("Idempotency key", o.IdempotencyKey+" (a second job of the same text needs another one)")
	return p.end(o.Next)
}
