package tools

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/opentrain"
)

const getAccountName = "opentrain_get_account"

// GetAccountInput are the arguments of opentrain_get_account.
type GetAccountInput struct{}

// GetAccountOutput is the result of opentrain_get_account.
type GetAccountOutput struct {
	Email          string              `json:"email,omitempty"`
	Name           string              `json:"name,omitempty"`
	OrganizationID string              `json:"organizationId,omitempty"`
	Role           string              `json:"role,omitempty"`
	TokenLabel     string              `json:"tokenLabel,omitempty"`
	TokenFrom      string              `json:"tokenFrom,omitempty"`
	Scopes         []string            `json:"scopes" jsonschema_description:"What the token may do; write includes read."`
	Features       map[string]bool     `json:"features,omitzero" jsonschema_description:"What the account may do; false: refused."`
	ImportFormats  []string            `json:"importFormats,omitempty" jsonschema_description:"Formats of opentrain_create_draft."`
	UpdateKeys     []string            `json:"updateKeys,omitempty" jsonschema_description:"Keys of fields in opentrain_patch_draft."`
	Enums          map[string][]string `json:"enums,omitzero" jsonschema_description:"Values by key; other keys take any."`
	Missing        string              `json:"missing,omitempty" jsonschema_description:"What could not be read, and why."`
	Next           Next                `json:"next" jsonschema_description:"What to do now."`
}

func newGetAccount(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  getAccountName,
		Title: "See the account and what it may do",
		Kind:  KindRead,
		Description: "Show whose OpenTrain account this server acts for, the scopes of its API token, which features the account has, and which fields and values a draft takes. " +
			"Use it when a call was refused for a scope or a feature, or to look up a field's exact values. " +
			"Not needed before posting a job: opentrain_create_draft says by itself what is wrong. " +
			"It lists no jobs; opentrain_list_jobs does. Changes nothing.",
		Absent: "The user that the API token was made for is gone. Another token is needed.",
	}, kit.getAccount)
}

func (k Kit) getAccount(ctx context.Context, call Call, _ GetAccountInput) (GetAccountOutput, *Ask, error) {
	me, err := k.API.Me(ctx)
	if err != nil {
		return GetAccountOutput{}, nil, err
	}
	out := GetAccountOutput{
		Email: plain(me.Actor.Email, 200), Name: plain(me.Actor.FullName, 200), OrganizationID: plain(me.Account.OrganizationID, 100),
		Role: plain(me.Account.MemberRole, 40), TokenLabel: plain(me.Token.Label, 120), TokenFrom: call.Caller.TokenFrom,
		Scopes: plainAll(me.Token.Scopes, 50, 60), Next: Next{Action: Done},
	}
	known, err := k.capabilities.read(ctx, call.Caller)
	out.Features, out.Enums = known.Features, known.Draft.Enums
	out.ImportFormats, out.UpdateKeys = plainAll(known.Draft.ImportFormats, 40, 60), plainAll(known.Draft.UpdateKeys, 300, 60)
	switch feature := featureOf(err); {
	case feature != "":
		out.Missing = "Drafts are refused: the feature " + plain(feature, 100) + " is not enabled for this account."
		out.Next = Next{Action: Fix, By: "human", Problem: out.Missing, URL: opentrain.DefaultBaseURL}
	case err != nil:
		out.Missing = "The account's features could not be read: " + sentence(reasonOf(err))
	}
	return trim(out, func(*GetAccountOutput) {}, (*GetAccountOutput).cutEnums, (*GetAccountOutput).cutKeys, (*GetAccountOutput).cutFeatures), nil, nil
}

func (o *GetAccountOutput) cutEnums() {
	o.Enums = nil
	o.Missing = "The values of the draft's fields are left out, to keep the result short; each question names its own."
}

func (o *GetAccountOutput) cutKeys() {
	o.UpdateKeys = o.UpdateKeys[:min(len(o.UpdateKeys), 100)]
}

func (o *GetAccountOutput) cutFeatures() {
	o.Features, o.UpdateKeys, o.ImportFormats = nil, nil, nil
	o.Missing = "Features and fields are left out, to keep the result short; a call that needs a feature says so."
}

// reasonOf returns the words of an API error.
func reasonOf(err error) string {
	var failure *opentrain.Error
	if errors.As(err, &failure) {
		return failure.Message
	}
	return ""
}

// Text implements output.
func (o GetAccountOutput) Text() string {
	var p page
	p.line("This server acts for %s.", listOr(slices.DeleteFunc([]string{o.Name, o.Email}, func(s string) bool { return s == "" }), "an account without a name"))
	p.say("Organization", strings.TrimSpace(o.OrganizationID+" "+o.Role))
	p.say("Token", strings.TrimSpace(o.TokenLabel+" from "+listOr([]string{o.TokenFrom}, "the caller")))
	p.say("Scopes", listOr(o.Scopes, "none"))
	var on, off []string
	for _, feature := range slices.Sorted(maps.Keys(o.Features)) {
		if o.Features[feature] {
			on = append(on, feature)
		} else {
			off = append(off, feature)
		}
	}
	p.say("Features on", strings.Join(on, ", "))
	p.say("Features off", strings.Join(off, ", "))
	p.say("Import formats", strings.Join(o.ImportFormats, ", "))
	p.say("Draft fields", strings.Join(o.UpdateKeys, ", "))
	for _, key := range slices.Sorted(maps.Keys(o.Enums)) {
		p.say("Values of "+key, strings.Join(o.Enums[key], ", "))
	}
	p.say("Missing", o.Missing)
	return p.end(o.Next)
}
