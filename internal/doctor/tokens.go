package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// newToken says where a token is made, scoped one with other scopes.
const (
	newToken = "Copy a new token from app.opentrain.ai, Settings → API keys" //nolint:gosec // where one is
	scoped   = newToken + ", with the scopes that you need"
)

// tokens looks where the token of this shell comes from, and what is wrong with it without asking OpenTrain.
func (e *examination) tokens(context.Context) (checks []Check) {
	all := e.Source.All()
	for _, found := range all {
		if found.Exposed != "" {
			checks = append(checks, e.exposed(found))
		}
		if found.Problem.Text != "" {
			checks = append(checks, e.broken(found, all[0].From))
		}
	}
	for _, found := range all[min(1, len(all)):] {
		if all[0].Token == "" || found.Token == "" || found.Token == all[0].Token {
			continue
		}
		fix := "Remove the one you don't need."
		if variable := all[0].From.Variable; variable != "" {
			fix = "To use the other one:\n" + e.unset(variable)
		}
		checks = append(checks, Check{
			Name: "token", Status: Warn, Fix: fix,
			Detail: fmt.Sprintf("two different tokens are set: %s wins over %s", all[0].From, found.From),
		})
	}
	switch {
	case len(all) == 0 && (e.Sandbox || e.ownTokens()):
	case len(all) == 0:
		checks = append(checks, Check{
			Name: "token", Status: Note, Detail: "no account is set up on this machine yet",
			Fix: e.run("Ask your agent to register one on OpenTrain, or run:", "login"),
		})
	case all[0].Token != "":
		checks = append(checks, Check{Name: "token", Status: OK, Detail: "found in " + all[0].From.String()})
		checks = append(checks, e.unseen(all[0])...)
	}
	return checks
}

// exposed is the check of a file that others can read.
func (e *examination) exposed(found credential.Found) Check {
	path := found.From.File
	return Check{
		Name: "token", Status: Fail, Detail: "other users of this machine can read or change " + path + ", which has the token",
		Fix: "Make it readable only by you:\nchmod 600 " + credential.ShellPath(path),
	}
}

// broken is the check of a place whose token can't be used.
func (e *examination) broken(found credential.Found, first credential.Place) Check {
	check := Check{Name: "token", Status: Fail, Detail: found.Problem.Text}
	switch place := found.From; {
	case place != first:
		check.Status = Warn // another token is used
		check.Detail += "; " + first.String() + " is used instead"
		check.Fix = "Correct it, or remove it."
	default:
		check.Fix = e.cure(found)
	}
	return check
}

// cure says what to do about a place of this shell whose token can't be used.
func (e *examination) cure(found credential.Found) string {
	const fileVariable = "OPENTRAIN_API_TOKEN_FILE"
	place := found.From
	another := ", or name another file with --token-file."
	if value := e.Machine.Getenv(fileVariable); value != "" && value == place.File {
		another = ", or name another file in " + fileVariable + ", or remove that:\n" + e.unset(fileVariable)
	}
	switch {
	case place.Variable == credential.ConfigHome:
		return "Correct it, or remove it:\n" + e.unset(place.Variable)
	case place.Variable != "":
		return "Set it to the token alone, or remove it:\n" + e.unset(place.Variable)
	case place.Shared:
		return e.run("Correct the file, or move it away and get a token again:\n"+credential.MoveAway(place.File), "login")
	case found.Problem.Unreadable:
		return "Make " + place.File + " a text file that you may read" + another
	}
	return "Put the token alone into " + place.File + another
}

// cureOf says what to do about a token that an entry's server can't use.
func (e *examination) cureOf(f entry, found credential.Found) string {
	switch place := found.From; {
	case e.isShared(place):
		return e.cure(found)
	case place.Shared:
		return "Correct " + place.File + ", or move it away."
	case place.File != "":
		return "Put the token alone into " + place.File + ", or name another file in " + f.file + "."
	}
	return e.run("Correct it in "+f.file+", or remove it there and run:", "login --token")
}

// isShared reports whether a place is this shell's file that OpenTrain's tools share.
func (e *examination) isShared(place credential.Place) bool {
	shared, _ := e.Source.Shared()
	return place.Shared && place == shared
}

// sees reports whether this shell uses the same file, so that tokens says what is wrong with it.
func (e *examination) sees(place credential.Place) bool {
	return place.File != "" && place == e.Source.Find().From
}

// ownTokens reports whether there are servers that need an account, and each has a token of its own.
func (e *examination) ownTokens() bool {
	some := false
	for _, f := range e.found {
		if !f.serves() {
			continue
		}
		if e.source(f).Find().From.IsZero() {
			return false
		}
		some = true
	}
	return some
}

// unseen warns about hosts whose server doesn't find the token of this shell.
func (e *examination) unseen(mine credential.Found) []Check {
	var titles []string
	for _, f := range e.found {
		if f.serves() && e.source(f).Find().From.IsZero() {
			titles = append(titles, f.host.Title)
		}
	}
	if len(titles) == 0 {
		return nil
	}
	detail := strings.Join(titles, ", ") + " may not find this token: hosts pass on few of a shell's variables, and it depends on one"
	if strings.TrimSpace(e.Machine.Getenv(credential.ConfigHome)) != "" && mine.From.Shared {
		folder := filepath.Dir(filepath.Dir(mine.From.File))
		return []Check{{Name: "token", Status: Warn, Detail: detail, Fix: "Set XDG_CONFIG_HOME to " + folder + " in the host's entry, too."}}
	}
	return []Check{{
		Name: "token", Status: Warn, Detail: detail,
		Fix: "Save it where every host's server looks:\n" + e.saveCommand(mine),
	}}
}

// saveCommand saves a token. What a variable holds would keep it from doing so.
func (e *examination) saveCommand(found credential.Found) string {
	command := e.Command + " login --token"
	if variable := found.From.Variable; variable != "" && e.Machine.GOOS != "windows" {
		return "env -u " + variable + " " + command
	}
	return command
}

// held is a token that OpenTrain is asked about.
type held struct {
	credential.Found
	users []string // the checks of the entries that use it; this shell isn't named
	file  string   // the file of the entry that the token stands in, "" if it is elsewhere
}

// place names where the token is set.
func (h held) place() string {
	if h.file != "" {
		return h.From.Variable + " in " + h.file
	}
	return h.From.String()
}

// address is where servers call OpenTrain's API.
type address struct {
	base, from string   // base is "" if the entry leaves it open; from is the setting that it comes from
	caFile     string   // of the entry
	users      []string // the hosts whose servers call it; this shell isn't named
	tokens     []held   // that are sent there
}

// addresses are this shell's and those that the entries' servers call, to which hosts don't pass on this shell's setting. This
// shell's is left out if nothing uses it.
func (e *examination) addresses() []address {
	mine := e.Source.Find()
	all := []address{{base: cmp.Or(e.BaseURL, mine.BaseURL, opentrain.DefaultBaseURL), from: e.BaseURLFrom}}
	if e.BaseURL == "" && mine.BaseURL != "" {
		all[0].from = "baseUrl in " + mine.From.String()
	}
	if mine.Token != "" {
		all[0].tokens = []held{{Found: mine}}
	}
	unused := e.BaseURL == "" && mine.From.IsZero()
	for _, f := range e.found {
		if !f.serves() || f.scope == hosts.Project {
			continue
		}
		token := e.source(f).Find()
		base, from := f.setting(e.Machine.Getenv, "--base-url", "OPENTRAIN_API_BASE_URL", "OT_API_BASE_URL")
		if from == "" {
			if base = cmp.Or(token.BaseURL, opentrain.DefaultBaseURL); token.BaseURL != "" {
				from = "baseUrl in " + token.From.String()
			}
		}
		caFile, _ := f.setting(e.Machine.Getenv, "--ca-file", "OPENTRAIN_MCP_CA_FILE")
		at := slices.IndexFunc(all, func(a address) bool {
			return a.caFile == caFile && base != "" && opentrain.SameBaseURL(a.base, base)
		})
		if at < 0 {
			at, all = len(all), append(all, address{base: base, from: from, caFile: caFile})
		}
		if at > 0 {
			all[at].users = append(all[at].users, f.host.Name)
		}
		unused = unused && at > 0
		all[at].add(f, token)
	}
	if unused && len(all) > 1 {
		return all[1:]
	}
	return all
}

// add adds an entry's token, if it isn't there yet.
func (a *address) add(f entry, found credential.Found) {
	at := slices.IndexFunc(a.tokens, func(other held) bool { return other.Token == found.Token })
	switch {
	case found.Token == "":
	case at < 0:
		token := held{Found: found, users: []string{f.host.Name}}
		if strings.TrimSpace(f.Env[found.From.Variable]) == found.Token {
			token.file = f.file
		}
		a.tokens = append(a.tokens, token)
	case len(a.tokens[at].users) > 0:
		a.tokens[at].users = append(a.tokens[at].users, f.host.Name)
	}
}

// account asks OpenTrain about a token.
func (e *examination) account(ctx context.Context, api *opentrain.Client, token held) (checks []Check) {
	name := "account" + hostsOf(token.users)
	add := func(status Status, detail, fix string) {
		checks = append(checks, Check{Name: name, Status: status, Detail: detail, Fix: fix})
	}
	if token.BaseURL != "" && !opentrain.SameBaseURL(token.BaseURL, api.BaseURL()) {
		add(Fail, fmt.Sprintf("the token from %s is for %s, not for %s", token.From, opentrain.ShownBaseURL(token.BaseURL), api.BaseURL()),
			"Use the same address, or replace the token:\n"+e.Command+" login --token --force")
		return checks
	}
	ctx = opentrain.WithToken(ctx, token.Token)
	me, err := api.Me(ctx)
	if err != nil {
		if errors.Is(err, &opentrain.Error{Code: opentrain.CodeUnauthorized}) {
			add(Fail, "OpenTrain rejects the token from "+token.place()+": it is invalid, expired or revoked", e.replace(token))
		} else {
			add(Fail, "OpenTrain couldn't check the token from "+token.place()+": "+message(err), "Try again in a minute.")
		}
		return checks
	}
	who := cmp.Or(text.Join(", ", text.Clean(me.Actor.FullName, 100), text.Clean(me.Actor.Email, 100)), "an account without a name")
	scopes := text.CleanAll(me.Token.Scopes, 50, 60)
	switch {
	case len(scopes) == 0:
		add(Fail, who+", but the token from "+token.place()+" has no scopes, so it can't do anything", e.another(token, scoped))
		return checks
	case !slices.Contains(scopes, "jobs:write"):
		add(Warn, who+"; scopes: "+strings.Join(scopes, ", ")+". Without jobs:write it can't post jobs", e.another(token, scoped))
	default:
		add(OK, who+"; scopes: "+strings.Join(scopes, ", "), "")
	}
	if token.ClaimToken != "" {
		add(Warn, "no one has claimed this account yet: it can post 3 jobs a day and can't hire",
			e.run("Claim it with your email address:", "login --email you@example.com"))
	}
	return append(checks, features(ctx, api, name)...)
}

// replace says how to get another token to the place of one that doesn't work.
func (e *examination) replace(token held) string {
	if token.ClaimToken != "" {
		return e.run("OpenTrain ends the first token when someone claims the account. To fetch the new one:", "login")
	}
	return e.another(token, newToken)
}

// another says how to get another token, which is copied from OpenTrain, to a place. An entry may have a shared file of its own,
// which login doesn't write.
func (e *examination) another(token held, copied string) string {
	if e.isShared(token.From) {
		return e.run(copied+", and paste it here:", "login --token --force")
	}
	return copied + ", and set it in " + token.place() + "."
}

// features says what OpenTrain hasn't turned on for an account.
func features(ctx context.Context, api *opentrain.Client, name string) []Check {
	const fix = "OpenTrain turns features on per account. Ask its support."
	known, err := api.Capabilities(ctx)
	var details struct {
		FeatureKey string `json:"featureKey"`
	}
	if failure, is := errors.AsType[*opentrain.Error](err); is && failure.DecodeDetails(&details) && details.FeatureKey != "" {
		detail := "the feature " + text.Clean(details.FeatureKey, 100) + " is off for this account"
		return []Check{{Name: name, Status: Warn, Detail: detail, Fix: fix}}
	}
	if err != nil {
		return []Check{{Name: name, Status: Warn, Detail: "its features can't be read: " + message(err), Fix: "Try again in a minute."}}
	}
	var off []string
	for _, feature := range slices.Sorted(maps.Keys(known.Features)) {
		if !known.Features[feature] {
			off = append(off, text.Clean(feature, 60))
		}
	}
	if len(off) > 0 {
		return []Check{{Name: name, Status: Warn, Detail: "these features are off for this account: " + strings.Join(off, ", "), Fix: fix}}
	}
	return nil
}
