package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/credential"
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
	flags.StringVar(&c.AgentName, "agent-name", "", "`NAME` The agent's name, for the person who claims the account.")
	flags.StringVar(&c.OrganizationName, "organization-name", "", "`NAME` Name of the organization that the account is for.")
	flags.StringVar(&c.Email, "email", "", "`EMAIL` Email address of the person who claims the account (default: asked for on a terminal).")
	flags.BoolVar(&c.Token, "token", false, "Save a token that you paste, or that comes over standard input.")
	fromVariables(flags, "token", "OPENTRAIN_MCP_LOGIN_TOKEN")
	flags.BoolVar(&c.Force, "force", false, "Replace the saved token.")
	fromVariables(flags, "force", "OPENTRAIN_MCP_LOGIN_FORCE")
	flags.BoolVar(&c.NoWait, "no-wait", false, "Don't ask for anything, and don't wait until someone has claimed the account.")
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
	flags.BoolVar(&c.Force, "force", false, "Also forget an account that no one has claimed: without its token it is lost.")
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
	Unclaimed bool     `json:"unclaimed,omitempty"` // no human has claimed the account yet
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
	json   bool
	again  string // the command line that continues
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
	if problem, ok := errors.AsType[*account.Problem](err); ok && problem.Reason == account.Unclaimed {
		err = errors.New(problem.Text + " Claim it first with `" + typed("login") + "`, or use --force.")
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
	return &login{
		api: api, person: account.New(api, source), place: source.Shared().File, std: std, json: json, again: typed("login"),
	}, nil
}

// say tells the person something. With --json, standard output is for the result.
func (l *login) say(format string, args ...any) {
	fmt.Fprintln(l.words(), text.Paragraphs(fmt.Sprintf(format, args...), 4000))
}

func (l *login) words() io.Writer {
	if l.json {
		return l.std.err
	}
	return l.std.out
}

// end prints the result.
func (l *login) end(ctx context.Context, err error) error {
	_, said := errors.AsType[exit](err)
	switch {
	case err != nil && ctx.Err() != nil, errors.Is(err, errInterrupted):
		l.say("Interrupted. To continue, run: %s", l.again)
		l.result, err = loginResult{Status: "failed", Error: "interrupted"}, exit(exitCanceled)
	case err != nil && !said:
		err = l.explain(err)
		l.result = loginResult{Status: "failed", Error: err.Error()}
	}
	if l.json {
		fmt.Fprintln(l.std.out, text.Exact(l.result))
	}
	return err
}

// explain puts an error into words for a person at a terminal.
func (l *login) explain(err error) error {
	if problem, ok := errors.AsType[*account.Problem](err); ok {
		hint := map[account.Reason]string{
			account.SetElsewhere: " Remove it there first.",
			account.AlreadySaved: " Use --force to replace it.",
		}[problem.Reason]
		return errors.New(problem.Text + hint)
	}
	failure, ok := errors.AsType[*opentrain.Error](err)
	switch {
	case !ok:
		return err
	case failure.Code == opentrain.CodeInvalidRequest && strings.Contains(strings.ToLower(failure.Message), "already"):
		return errors.New("this email address already has an OpenTrain account; use another one, or paste a token of that account " +
			"with: " + typed("login --token --force"))
	case failure.Code == opentrain.CodeAnonymousNotEnabled:
		return errors.New("OpenTrain doesn't let agents register at the moment; copy a token from its app and run: " + typed("login --token"))
	case failure.Code == opentrain.CodeUnauthorized:
		return errors.New("OpenTrain rejected the token: it is invalid, expired or revoked")
	case failure.Status == 0:
		return fmt.Errorf("%s can't be reached: %s Check the network connection, or run: %s", l.api.Host(), text.Sentence(failure.Message),
			typed("doctor"))
	}
	return errors.New("OpenTrain rejected this. " + text.Sentence(failure.Message))
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
		l.say("No account is set up on this machine. To get one, run: %s", typed("login"))
		return exit(exitFailure)
	}
	me, err := l.api.Me(opentrain.WithToken(ctx, token.Value))
	if err != nil {
		hint := ""
		if token.Claims {
			hint = ". If someone has claimed the account, run: " + typed("login")
		}
		return fmt.Errorf("the token from %s: %w%s", token.From, l.explain(err), hint)
	}
	l.result.Status = "logged_in"
	l.describe(me)
	l.say("Logged in as %s, with the token from %s.", l.name(), token.From)
	l.say("Address: %s", l.result.BaseURL)
	l.say("Scopes: %s", cmp.Or(strings.Join(l.result.Scopes, ", "), "none"))
	if token.Claims {
		l.say("No one has claimed this account yet: it can post 3 jobs a day and can't hire. To claim it, run: %s", typed("login"))
	}
	return nil
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
	token, err := l.readSecret(ctx, "Paste the API token (it stays hidden), then press Enter: ")
	if err != nil {
		return err
	}
	for prefix, what := range map[string]string{"ot_clm_": "a claim token", "ot_cat_": "part of a claim link", "ot_ptk_": "a platform token"} {
		if strings.HasPrefix(token, prefix) {
			return fmt.Errorf("this is %s, not an API token; those begin with ot_pat_", what)
		}
	}
	me, err := l.person.UseToken(ctx, token, force)
	if err != nil {
		return err
	}
	l.result = loginResult{Status: "saved", SavedTo: l.place, BaseURL: l.person.BaseURL()}
	l.describe(me)
	l.say("Logged in as %s. The token is saved in %s, and running servers use it from now on.", l.name(), l.place)
	return nil
}

// account registers an account unless there is one, and claims it if there is someone to do it.
func (l *login) account(ctx context.Context, c loginCommand) error {
	token := l.person.Token()
	if token.Value != "" && !token.Claims && !c.Force && c.source().Elsewhere().IsZero() {
		l.say("An account is already set up. Use --force to replace it with a new one.")
		return l.status(ctx)
	}
	l.result = loginResult{SavedTo: l.place, BaseURL: l.person.BaseURL(), Unclaimed: true}
	if !token.Claims || c.Force {
		made, err := l.person.Register(ctx, opentrain.AgentProfile{
			AgentName: cmp.Or(c.AgentName, "opentrain-mcp"), OrganizationName: c.OrganizationName,
		}, c.Force)
		switch {
		case err != nil:
			return err
		case made.Unsaved != "":
			return fmt.Errorf("an account was registered, but its token is lost: %s", made.Unsaved)
		}
		l.result.Status, l.result.Scopes = "registered", text.CleanAll(made.Scopes, 50, 60)
		l.result.ClaimBy = made.ClaimBy.UTC().Format(time.RFC3339)
		l.say("A new account is registered, and its token saved in %s. Running servers use it from now on.", l.place)
		l.say("It can post 3 jobs a day. To hire, someone must claim it with their email address by %s.", l.result.ClaimBy)
	} else {
		if _, err := l.api.Me(opentrain.WithToken(ctx, token.Value)); errors.Is(err, &opentrain.Error{Code: opentrain.CodeUnauthorized}) {
			// OpenTrain revokes the token when someone claims the account.
			switch claim, err := l.person.CheckClaim(ctx); {
			case err != nil:
				return err
			case claim.State != account.Pending:
				return l.claimed(claim)
			}
		}
		l.result.Status = "logged_in"
		l.say("This account hasn't been claimed yet.")
	}
	email := c.Email
	if email == "" && !l.json && !c.NoWait && l.onTerminal() {
		var err error
		if email, err = l.readLine(ctx, "Email address of the owner (press Enter to claim later): "); err != nil {
			return err
		}
		if email != "" && !text.IsEmail(email) {
			return fmt.Errorf("%q isn't an email address", text.Clean(email, 100))
		}
	}
	if email == "" {
		l.say("To claim it, run: %s", typed("login --email you@example.com"))
		return nil
	}
	return l.claim(ctx, email, c.NoWait)
}

// claim starts a claim, and waits until the person has finished unless noWait says otherwise.
func (l *login) claim(ctx context.Context, email string, noWait bool) error {
	attempt, err := l.person.StartClaim(ctx, email)
	if err != nil {
		return err
	}
	l.result.ClaimURL, l.result.ClaimCode = text.SecureURL(attempt.URL), text.Clean(attempt.Code, 20)
	switch {
	case l.result.ClaimURL == "" && !attempt.EmailSent:
		return errors.New("OpenTrain's answer has no safe link to claim the account, and OpenTrain sent no email. The account is kept; " +
			"try again later: " + typed("login"))
	case l.result.ClaimURL == "":
		l.say("\nOpenTrain's answer has no safe link. Open the one in OpenTrain's email, sign up as %s, and enter the code %s.",
			email, l.result.ClaimCode)
	default:
		l.say("\nOpen this page, sign up as %s, and enter the code %s:\n%s", email, l.result.ClaimCode, l.result.ClaimURL)
		if attempt.EmailSent {
			l.say("OpenTrain has also sent you an email.")
		}
	}
	if noWait {
		l.say("Then run: %s", typed("login"))
		return nil
	}
	for start := time.Now(); ; {
		claim, err := l.person.CheckClaim(ctx)
		switch {
		case err != nil:
			return err
		case claim.State != account.Pending:
			l.progress("")
			return l.claimed(claim)
		case ctx.Err() != nil:
			l.progress("")
			return errInterrupted
		case time.Now().After(attempt.Expires):
			return errors.New("the link has expired; to get a new one, run: " + typed("login"))
		}
		l.progress(fmt.Sprintf("Waiting for you… %d s", int(math.Round(time.Since(start).Seconds()))))
	}
}

// claimed says how a claim has ended.
func (l *login) claimed(claim account.Claim) error {
	switch {
	case claim.State == account.Expired:
		return errors.New("the account can't be claimed anymore; to register a new one, run: " + typed("login --force"))
	case claim.State == account.Delivered:
		return errors.New("another program has received the account's token; copy one from OpenTrain's app and run: " +
			typed("login --token --force"))
	case claim.Unsaved != "":
		return fmt.Errorf("the account is claimed, but its new token is lost: %s Copy one from OpenTrain's app and run: %s",
			claim.Unsaved, typed("login --token --force"))
	}
	l.result = loginResult{Status: "claimed", SavedTo: l.place, BaseURL: l.person.BaseURL(), Scopes: text.CleanAll(claim.Scopes, 50, 60)}
	l.say("The account is claimed. Its new token is saved in %s, and running servers use it from now on.", l.place)
	return nil
}

// progress rewrites the last line of a terminal. Without a terminal, it says nothing.
func (l *login) progress(words string) {
	if out, ok := l.std.out.(*os.File); ok && !l.json && term.IsTerminal(int(out.Fd())) {
		fmt.Fprintf(out, "\r\x1b[K%s", words)
	}
}

func (l *login) onTerminal() bool { return term.IsTerminal(int(l.std.in.Fd())) }
