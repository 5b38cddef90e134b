package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

type loginCommand struct {
	Action string
	apiFlags
	AgentName, OrganizationName, Email string
	Token, Force, NoWait, JSON         bool
}

func newLogin(std streams) *cobra.Command {
	var c loginCommand
	command := newCommand("login", "Get an account on this machine: register one, claim it, or paste a token (--token). "+
		"\"login status\" shows which account is in use.", func(command *cobra.Command) error { return c.Run(command.Context(), std) })
	takes(command, &c.Action, "action", "status: show which account is in use, and change nothing.")
	flags := command.Flags()
	c.register(flags)
	flags.StringVar(&c.AgentName, "agent-name", "", "`NAME` The agent's name, which you see when you claim the account.")
	flags.StringVar(&c.OrganizationName, "organization-name", "", "`NAME` Name of the organization that the account is for.")
	flags.StringVar(&c.Email, "email", "", "`EMAIL` Your email address, to claim the account with. It must not have an OpenTrain account yet "+
		"(default: asked for on a terminal).")
	flags.BoolVar(&c.Token, "token", false, "Save a token that you paste, or that comes over standard input.")
	withoutVariables(flags, "token") // one with such a name would get a token
	flags.BoolVar(&c.Force, "force", false, "Replace the saved token. It asks first if you haven't claimed its account.")
	fromVariables(flags, "force", "OPENTRAIN_MCP_LOGIN_FORCE")
	flags.BoolVar(&c.NoWait, "no-wait", false, "Don't ask for anything, and don't wait until you have claimed the account. "+
		"Without a terminal, a new account takes this flag or --email.")
	flags.BoolVar(&c.JSON, "json", false, "Print the result as JSON, for scripts.")
	return command
}

type logoutCommand struct {
	apiFlags
	Revoke, Force, JSON bool
}

func newLogout(std streams) *cobra.Command {
	var c logoutCommand
	command := newCommand("logout", "Forget the saved token.", func(command *cobra.Command) error { return c.Run(command.Context(), std) })
	flags := command.Flags()
	c.register(flags)
	flags.BoolVar(&c.Revoke, "revoke", false, "Also revoke the token at OpenTrain, so that no copy of it works.")
	flags.BoolVar(&c.Force, "force", false, "Also forget an account that you haven't claimed: without its token it is lost.")
	fromVariables(flags, "force", "OPENTRAIN_MCP_LOGOUT_FORCE")
	flags.BoolVar(&c.JSON, "json", false, "Print the result as JSON, for scripts.")
	return command
}

// loginResult is what login and logout print with --json.
type loginResult struct {
	Status    string   `json:"status"` // registered, claimed, saved, logged_in, not_logged_in, logged_out or failed
	Error     string   `json:"error,omitempty"`
	TokenFrom string   `json:"tokenFrom,omitempty"`
	SavedTo   string   `json:"savedTo,omitempty"`
	BaseURL   string   `json:"baseUrl,omitempty"`
	Name      string   `json:"name,omitempty"`
	Email     string   `json:"email,omitempty"`
	Scopes    []string `json:"scopes,omitempty"`
	Unclaimed bool     `json:"unclaimed,omitempty"` // you haven't claimed the account yet
	ClaimURL  string   `json:"claimUrl,omitempty"`
	ClaimCode string   `json:"claimCode,omitempty"`
	ClaimBy   string   `json:"claimBy,omitempty"`
	Revoked   bool     `json:"revoked,omitempty"`
}

// login is one run of the commands.
type login struct {
	api    *opentrain.Client
	person *account.Account
	place  string // the file that the token is saved in
	std    streams
	screen screen.Screen // for what it says
	json   bool
	asks   bool              // someone is there who answers
	before credential.Shared // what was saved
	again  string            // the command line that continues
	result loginResult
}

// Run gets an account, or shows it.
func (c loginCommand) Run(ctx context.Context, std streams) error {
	if c.Email != "" && !text.IsEmail(c.Email) { // before an account is registered
		return usagef("--email: %q isn't an email address", text.Clean(c.Email, 100))
	}
	if c.Token && c.Action != "" && c.Action != "status" { // it may be the token
		return usagef("%s takes no token on the command line, where others may see it: %s", "login --token", pasteHelp())
	}
	if c.Action != "" && c.Action != "status" {
		return usagef("there is no action %q; use login or login status", text.Clean(c.Action, 40))
	}
	l, err := c.begin(std, c.JSON, c.source().Find())
	if err != nil {
		return err
	}
	l.asks = l.onTerminal() && !c.JSON && !c.NoWait
	switch {
	case c.Action == "status":
		return l.end(ctx, l.status(ctx))
	case c.Token:
		l.again = typed("login --token")
		return l.end(ctx, l.paste(ctx, c.Force))
	}
	return l.end(ctx, l.account(ctx, c))
}

// Run forgets the saved token.
func (c logoutCommand) Run(ctx context.Context, std streams) error {
	var found credential.Found
	if c.Revoke { // else nothing is sent, and a wrong address in the file must not keep the token there
		found = c.source().Find()
	}
	l, err := c.begin(std, c.JSON, found)
	if err != nil {
		return err
	}
	err = l.person.Logout(ctx, c.Revoke, c.Force)
	if err == nil {
		l.result = loginResult{Status: "logged_out", Revoked: c.Revoke}
		l.say("%s the token from %s.", map[bool]string{false: "Removed", true: "Revoked and removed"}[c.Revoke], l.place)
		if from := c.source().Elsewhere(); !from.IsZero() {
			l.say("Servers on this machine still use the token from %s.", from)
		}
	}
	return l.end(ctx, err)
}

// begin makes the client, for the address that was found with the token unless a flag says otherwise, and the account.
func (f apiFlags) begin(std streams, json bool, found credential.Found) (*login, error) {
	api, err := f.client(opentrain.Config{}, found)
	if err != nil {
		return nil, err
	}
	source := f.source()
	if err := checkConfigHome(source); err != nil {
		return nil, err
	}
	place, _ := source.Shared()
	before, _ := credential.ReadShared(place.File) // nothing if it can't be read: then nothing is saved either
	l := &login{
		before: before, api: api, person: account.New(api, source), place: place.File, std: std, json: json, again: typed("login"),
	}
	l.screen = screen.New(std.out, os.Getenv)
	if json { // standard output is for the result
		l.screen = screen.Screen{Out: std.err}
	}
	return l, nil
}

// say tells you something; see show.
func (l *login) say(format string, args ...any) { show(l.screen, fmt.Sprintf(format, args...)) }

// end prints the result.
func (l *login) end(ctx context.Context, err error) error {
	_, said := errors.AsType[exit](err)
	switch {
	case err != nil && ctx.Err() != nil, errors.Is(err, errInterrupted):
		l.say("Interrupted. To continue:\n  %s", l.again)
		l.result, err = loginResult{Status: "failed", Error: "interrupted"}, exit(exitCanceled)
	case err != nil && !said:
		err = l.explain(err)
		l.result = loginResult{Status: "failed", Error: text.Paragraphs(err.Error(), 4000)}
	}
	if !l.json {
		return err
	}
	fmt.Fprintln(l.std.out, text.Exact(l.result))
	if err != nil && !said { // the result says it
		return exit(codeOf(err))
	}
	return err
}

// explain puts an error into words for a person at a terminal.
func (l *login) explain(err error) error {
	if problem, ok := errors.AsType[*account.Problem](err); ok {
		hint := map[account.Reason]string{
			account.SetElsewhere: " Remove it there first.",
			account.AlreadySaved: " Use --force to replace it.",
			account.Unclaimed:    " Claim it first:\n  " + typed("login") + "\nOr forget it for good:\n  " + typed("logout --force"),
		}[problem.Reason]
		return errors.New(problem.Text + hint)
	}
	failure, ok := errors.AsType[*opentrain.Error](err)
	switch {
	case !ok:
		return err
	case failure.Code == opentrain.CodeEmailTaken:
		return errors.New("this email address already has an OpenTrain account, so it can't claim the one that is saved here. " + l.ways())
	case failure.Code == opentrain.CodeAnonymousNotEnabled:
		return errors.New("OpenTrain doesn't let agents register at the moment; copy a token from its app and run:\n  " + typed("login --token"))
	case failure.Code == opentrain.CodeUnauthorized:
		return errors.New("OpenTrain rejected the token: it is invalid, expired or revoked. Copy a new one: " + tokenPage)
	case opentrain.IsOutage(err) && failure.Status != 0:
		return fmt.Errorf("%s gave no usable answer: %s Try again later, or run:\n  %s", l.api.Host(), said(failure), typed("doctor"))
	case opentrain.IsOutage(err):
		return fmt.Errorf("%s can't be reached: %s Check the network connection, or run:\n  %s", l.api.Host(), said(failure),
			typed("doctor"))
	}
	return errors.New("OpenTrain rejected this. " + text.Capitalize(said(failure)))
}

// tokenPage is where people make tokens.
const tokenPage = "app.opentrain.ai, Settings → API keys" //nolint:gosec // where one is

// said is what an error says, on one line.
func said(failure *opentrain.Error) string { return text.Sentence(text.Clean(failure.Message, 1000)) }

// ways are what to do about an address that has an account.
func (l *login) ways() string {
	return "To claim it with another address:\n  " + typed("login --email you@example.com") +
		"\nTo use the account of that address instead, paste a token of it (" + tokenPage + "):\n  " + typed("login --token --force")
}

// status shows the account in use.
func (l *login) status(ctx context.Context) error {
	token := l.person.Token()
	l.result = loginResult{
		Status: "not_logged_in", TokenFrom: token.From, BaseURL: l.person.BaseURL(), Unclaimed: token.Claims, Error: token.Problem,
	}
	switch {
	case token.Problem != "":
		l.say("%s", token.Problem)
		return exit(exitFailure)
	case token.Value == "":
		l.say("No account is set up on this machine. To get one:\n  %s", typed("login"))
		return exit(exitFailure)
	}
	me, err := l.api.Me(opentrain.WithToken(ctx, token.Value))
	switch {
	case err != nil && token.Claims && rejected(err):
		return fmt.Errorf("OpenTrain rejected the token from %s. If you have claimed the account, fetch its new token:\n  %s", token.From,
			typed("login"))
	case opentrain.IsOutage(err):
		return err
	case err != nil:
		return fmt.Errorf("the token from %s: %w", token.From, l.explain(err))
	}
	l.result.Status = "logged_in"
	l.describe(me)
	l.say("Logged in as %s, with the token from %s.", l.name(), token.From)
	l.say("Address: %s", l.result.BaseURL)
	l.say("Scopes: %s", cmp.Or(strings.Join(l.result.Scopes, ", "), "none"))
	if token.Claims {
		l.say("You haven't claimed this account yet: it can publish 3 jobs a day and can't hire. To claim it:\n  %s", typed("login"))
	}
	return nil
}

// replaced says what has become of the token that was saved before. Of an account that you haven't claimed, you were asked.
func (l *login) replaced() {
	if l.before.Token == "" || l.before.ClaimToken != "" || l.before.Token == l.person.Token().Value {
		return
	}
	l.say("It replaces the token for %s that was saved there. Copies of that one work until you revoke it in OpenTrain's app.",
		opentrain.ShownBaseURL(cmp.Or(l.before.BaseURL, opentrain.DefaultBaseURL)))
}

// describe puts an account into the result.
func (l *login) describe(me *opentrain.Identity) {
	l.result.Name, l.result.Email = text.Clean(me.Actor.FullName, 200), text.Clean(me.Actor.Email, 200)
	l.result.Scopes = text.CleanAll(me.Token.Scopes, 50, 60)
}

func (l *login) name() string {
	return cmp.Or(text.Join(", ", l.result.Name, l.result.Email), "an account without a name")
}

// paste saves a token from the terminal, or from a pipe.
func (l *login) paste(ctx context.Context, force bool) error {
	// No one pastes what isn't used. The same token may come over a pipe again.
	if err := l.person.MayRegister(ctx, force || !l.onTerminal()); err != nil {
		return err
	}
	token, err := l.readSecret(ctx, "Paste an API token of your account ("+tokenPage+"). It stays hidden. Then press Enter.", "API token: ")
	if err != nil {
		return err
	}
	for prefix, what := range map[string]string{"ot_clm_": "a claim token", "ot_cat_": "part of a claim link", "ot_ptk_": "a platform token"} {
		if strings.HasPrefix(token, prefix) {
			return fmt.Errorf("this is %s, not an API token; those begin with ot_pat_", what)
		}
	}
	if force && token != l.person.Token().Value {
		if err := l.mayForget(ctx); err != nil {
			return err
		}
	}
	me, err := l.person.UseToken(ctx, token, force)
	if err != nil {
		return err
	}
	l.result = loginResult{Status: "saved", SavedTo: l.place, BaseURL: l.person.BaseURL()}
	l.describe(me)
	l.say("Logged in as %s. The token is saved in %s, and running servers use it from now on.", l.name(), l.place)
	l.replaced()
	return nil
}
