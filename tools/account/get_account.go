package account

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type getAccountOutput struct {
	Email          string              `json:"email,omitempty"`
	Name           string              `json:"name,omitempty"`
	OrganizationID string              `json:"organizationId,omitempty"`
	Role           string              `json:"role,omitempty"`
	TokenLabel     string              `json:"tokenLabel,omitempty"`
	TokenFrom      string              `json:"tokenFrom,omitempty"`
	Scopes         []string            `json:"scopes" jsonschema_description:"What the token can do; write includes read."`
	MissingScopes  []string            `json:"missingScopes,omitempty" jsonschema_description:"Scopes that tools need but the token lacks."`
	Features       map[string]bool     `json:"features,omitzero" jsonschema_description:"What the account can do; false means it can't."`
	ImportFormats  []string            `json:"importFormats,omitempty" jsonschema_description:"Formats of opentrain_create_draft."`
	UpdateKeys     []string            `json:"updateKeys,omitempty" jsonschema_description:"Field keys for opentrain_patch_draft."`
	Enums          map[string][]string `json:"enums,omitzero" jsonschema_description:"Allowed values, for the keys that OpenTrain lists."`
	Missing        string              `json:"missing,omitempty" jsonschema_description:"What couldn't be read, and why."`
	Unclaimed      bool                `json:"unclaimed,omitempty" jsonschema_description:"True while no human has claimed the account."`
	Interpreted    []string            `json:"interpreted,omitempty"`
	Next           tool.Next           `json:"next" jsonschema_description:"What to do now."`
}

func (a tools) getAccount() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.GetAccount, Title: "Show the account", Kind: tool.KindRead,
		Description: "Show which OpenTrain account this server acts for: its token's scopes, its features, and the draft " +
			"fields with the values that OpenTrain lists for them. " +
			"Use it when a call fails for lack of a scope or feature, or to look up a field's exact values. " +
			"You don't need it before posting a job. For the account's jobs, use opentrain_list_jobs. Changes nothing.",
		NotFound: "The API token's user no longer exists. Use another token.",
	}, a.read)
}

func (a tools) read(ctx context.Context, call tool.Call, _ struct{}) (getAccountOutput, *tool.Ask, error) {
	me, err := a.API.Me(ctx)
	if err != nil {
		return getAccountOutput{}, nil, err
	}
	known, err := a.Accounts.Read(ctx, call.Caller)
	out := getAccountOutput{
		Email: text.Clean(me.Actor.Email, 200), Name: text.Clean(me.Actor.FullName, 200),
		OrganizationID: text.Clean(me.Account.OrganizationID, 100), Role: text.Clean(me.Account.MemberRole, 40),
		TokenLabel: text.Clean(me.Token.Label, 120), TokenFrom: call.Caller.TokenSource, Scopes: text.CleanAll(me.Token.Scopes, 50, 60),
		MissingScopes: call.Served.Lacking(me.Token.Scopes),
		Features:      known.Features, Enums: known.Draft.Enums, ImportFormats: text.CleanAll(known.Draft.ImportFormats, 40, 60),
		UpdateKeys: text.CleanAll(known.Draft.UpdateKeys, 300, 60), Interpreted: call.Interpreted,
		Unclaimed: call.Caller.Claims, Next: tool.Next{Action: tool.Done},
	}
	switch feature := tool.FeatureOf(err); {
	case feature != "":
		out.Missing = "This account can't work on drafts: the feature " + text.Clean(feature, 100) + " is not enabled for this account."
		out.Next = tool.Next{Action: tool.Fix, By: "human", Problem: out.Missing, URL: opentrain.DefaultBaseURL}
	case err != nil:
		out.Missing = "The account's features couldn't be read: " + tool.Reason(err)
	}
	tool.Shorten(call, (*getAccountOutput).cutEnums, (*getAccountOutput).cutKeys, (*getAccountOutput).cutFeatures)
	return out, nil, nil
}

func (o *getAccountOutput) cutEnums() {
	o.Enums = nil
	o.Missing = "The values of the draft's fields are left out, to keep the result short; each question names its own."
}

func (o *getAccountOutput) cutKeys() { o.UpdateKeys = o.UpdateKeys[:min(len(o.UpdateKeys), 100)] }

func (o *getAccountOutput) cutFeatures() {
	o.Features, o.UpdateKeys, o.ImportFormats = nil, nil, nil
	o.Missing = "Features and fields are left out, to keep the result short; a call that needs a feature says so."
}

func (o getAccountOutput) Text() string {
	var l text.Lines
	l.Add("This server acts for %s.", cmp.Or(text.Join(", ", o.Name, o.Email), "an account without a name"))
	l.Field("Organization", text.Join(" ", o.OrganizationID, o.Role))
	l.Field("Token", strings.TrimSpace(o.TokenLabel+" from "+cmp.Or(o.TokenFrom, "the caller")))
	if o.Unclaimed {
		l.Add("No human has claimed this account yet: it can publish 3 jobs a day and can't hire. Start a claim with %s.", tool.ClaimAccount)
	}
	l.Field("Scopes", cmp.Or(strings.Join(o.Scopes, ", "), "none"))
	l.Fields("Missing scope", o.MissingScopes)
	features := map[bool][]string{}
	for _, feature := range slices.Sorted(maps.Keys(o.Features)) {
		on := o.Features[feature]
		features[on] = append(features[on], feature)
	}
	l.Field("Features on", strings.Join(features[true], ", "))
	l.Field("Features off", strings.Join(features[false], ", "))
	l.Field("Import formats", strings.Join(o.ImportFormats, ", "))
	l.Field("Draft fields", strings.Join(o.UpdateKeys, ", "))
	for _, key := range slices.Sorted(maps.Keys(o.Enums)) {
		l.Field("Values of "+key, strings.Join(o.Enums[key], ", "))
	}
	l.Field("Missing", o.Missing)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
