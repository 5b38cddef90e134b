package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/term"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// account shows the account that is here, goes on with one that you haven't claimed, or gets a new one.
func (l *login) account(ctx context.Context, c loginCommand) error {
	token := l.person.Token()
	switch {
	case token.Value == "", c.Force, !c.source().Elsewhere().IsZero():
		return l.newAccount(ctx, c, token.Value == "")
	case token.Claims:
		return l.unclaimed(ctx, c, token.Value)
	}
	l.say("You already have an account here. To replace it, add --force: alone to register another one, with --token to use another token.")
	return l.status(ctx)
}

// newAccount registers an account, and has you claim it. First it asks whether you have one.
func (l *login) newAccount(ctx context.Context, c loginCommand, first bool) error {
	if err := l.person.MayRegister(ctx, c.Force); err != nil {
		return err
	}
	if !l.asks && !c.NoWait && c.Email == "" { // standard input may have a token, and no one has asked for an account
		return usagef("there is no one to ask whether to register an account: add --token to save a token from standard input, or --no-wait or " +
			"--email to register")
	}
	if l.asks && c.Email == "" {
		switch paste, err := l.havingOne(ctx, first); {
		case err != nil:
			return err
		case paste:
			return l.paste(ctx, c.Force)
		}
	}
	if err := l.mayForget(ctx); err != nil {
		return err
	}
	made, err := l.person.Register(ctx, opentrain.AgentProfile{
		AgentName: cmp.Or(c.AgentName, "opentrain-mcp"), OrganizationName: c.OrganizationName,
	}, c.Force)
	switch {
	case err != nil:
		return err
	case made.Unsaved != "":
		return fmt.Errorf("an account was registered, but its token is lost: %s", made.Unsaved)
	}
	claimBy := made.ClaimBy.UTC()
	l.result = loginResult{
		Status: "registered", SavedTo: l.place, BaseURL: l.person.BaseURL(), Unclaimed: true,
		Scopes: text.CleanAll(made.Scopes, 50, 60), ClaimBy: claimBy.Format(time.RFC3339),
	}
	l.say("Registered a new account. Its token is saved in %s, and running servers use it from now on.", l.place)
	l.say("It can publish 3 jobs a day. To hire, claim it by %s with an email address that has no OpenTrain account yet.",
		claimBy.Format("January 2, 15:04 UTC"))
	l.replaced()
	return l.invite(ctx, c)
}

// havingOne asks whether to register an account or to paste the token of an existing one. If first is set, it also says that none is saved
// here.
func (l *login) havingOne(ctx context.Context, first bool) (bool, error) {
	if first {
		l.say("No OpenTrain account is set up on this machine.")
	}
	l.screen.Options([]string{
		"Register a new account. It can publish 3 jobs a day. To hire, claim it with an email address that has no OpenTrain account yet.",
		"Paste an API token of an account that you have.",
	})
	for {
		line, err := l.readLine(ctx, "Your answer (1 or 2): ")
		switch {
		case err != nil:
			return false, err
		case line == "1" || line == "2":
			return line == "2", nil
		}
		l.say("Type 1 or 2.")
	}
}

// mayForget asks before an account is lost that you haven't claimed. Where no one answers, it is an error.
func (l *login) mayForget(ctx context.Context) error {
	problem := l.person.MayForget()
	if problem == nil {
		return nil
	}
	if _, err := l.api.Me(opentrain.WithToken(ctx, l.person.Token().Value)); rejected(err) { // it was claimed or revoked
		return nil
	}
	if !l.asks {
		return problem
	}
	l.say("%s", problem)
	switch line, err := l.readLine(ctx, "Forget it for good? (yes or no): "); {
	case err != nil:
		return err
	case line != "yes" && line != "y":
		l.say("Nothing was changed.")
		return exit(exitFailure)
	}
	return nil
}

// rejected reports whether OpenTrain rejected a token.
func rejected(err error) bool {
	return errors.Is(err, &opentrain.Error{Code: opentrain.CodeUnauthorized})
}

// unclaimed goes on with an account that is here and that you haven't claimed, as far as this program knows.
func (l *login) unclaimed(ctx context.Context, c loginCommand, token string) error {
	l.result = loginResult{Status: "logged_in", SavedTo: l.place, BaseURL: l.person.BaseURL(), Unclaimed: true}
	_, err := l.api.Me(opentrain.WithToken(ctx, token))
	switch {
	case err != nil && !rejected(err):
		return err
	case err != nil: // OpenTrain revokes the token when someone claims the account
		switch claim, err := l.person.CheckClaim(ctx); {
		case err != nil:
			return err
		case claim.State != account.Pending:
			return l.claimed(claim)
		}
	}
	attempt := l.person.Attempt()
	if !attempt.Open() || attempt.URL == "" && !attempt.EmailSent || c.Email != "" && !strings.EqualFold(c.Email, attempt.Email) {
		l.say("You haven't claimed this account yet.")
		return l.invite(ctx, c)
	}
	l.say("You haven't claimed this account yet, and the page for it is still open. To use another address:\n  %s",
		typed("login --email you@example.com"))
	return l.claim(ctx, *attempt, c.NoWait || !l.asks && c.Email == "")
}

// invite starts a claim, if there is an address to do it with.
func (l *login) invite(ctx context.Context, c loginCommand) error {
	if c.Email != "" {
		attempt, err := l.person.StartClaim(ctx, c.Email)
		if err != nil {
			return err
		}
		return l.claim(ctx, attempt, c.NoWait)
	}
	later := "To claim it later:\n  " + typed("login --email you@example.com")
	if l.asks {
		l.say("To claim it now, type your email address. OpenTrain sends the link there, too. To claim it later, press Enter.")
	}
	for l.asks {
		email, err := l.readLine(ctx, "Email address: ")
		if err != nil {
			return err
		}
		if email == "" {
			break
		}
		if !text.IsEmail(email) {
			l.say("“%s” isn't an email address. Type it again, or press Enter.", text.Clean(email, 100))
			continue
		}
		attempt, err := l.person.StartClaim(ctx, email)
		if errors.Is(err, &opentrain.Error{Code: opentrain.CodeEmailTaken}) {
			l.say("%s already has an OpenTrain account. Type another address, or press Enter.", email)
			later = l.ways()
			continue
		}
		if err != nil {
			return err
		}
		return l.claim(ctx, attempt, false)
	}
	l.say("%s", later)
	return nil
}

// claim shows the page and the code, and waits until you have finished unless noWait says otherwise.
func (l *login) claim(ctx context.Context, attempt account.Attempt, noWait bool) error {
	l.result.ClaimURL, l.result.ClaimCode = text.SecureURL(attempt.URL), text.Clean(attempt.Code, 20)
	email, until := text.Clean(attempt.Email, 254), attempt.Expires.UTC().Format("15:04 UTC")
	switch {
	case l.result.ClaimURL == "" && !attempt.EmailSent:
		return errors.New("OpenTrain's answer has no safe link to claim the account, and OpenTrain sent no email. The account is kept; " +
			"try again later:\n  " + typed("login"))
	case l.result.ClaimURL == "":
		l.say("\nOpenTrain's answer has no safe link. Open the one in OpenTrain's email, sign up as %s, and enter the code %s by %s.",
			email, l.result.ClaimCode, until)
	default:
		l.say("\nOpen this page, sign up as %s, and enter the code %s by %s:\n  %s", email, l.result.ClaimCode, until, l.result.ClaimURL)
		if attempt.EmailSent {
			l.say("OpenTrain has also sent you an email.")
		}
	}
	if noWait {
		l.say("When you're done, run:\n  %s", typed("login"))
		return nil
	}
	return l.wait(ctx, attempt)
}

// wait waits until you have claimed the account. It goes on after a failure that may pass.
func (l *login) wait(ctx context.Context, attempt account.Attempt) error {
	defer l.progress("")
	for start := time.Now(); ; {
		claim, err := l.person.CheckClaim(ctx)
		waiting, open := "Waiting for you…", attempt.Open()
		switch {
		case ctx.Err() != nil && claim.State == account.Pending:
			return errInterrupted
		case account.MayPass(err) && open:
			waiting = "No answer from " + l.api.Host() + ". Trying again…"
		case err != nil:
			return err
		case claim.State != account.Pending:
			l.progress("")
			return l.claimed(claim)
		case !open:
			return errors.New("the link has expired; to get a new one, run:\n  " + typed("login"))
		}
		l.progress(fmt.Sprintf("%s %d s", waiting, int(math.Round(time.Since(start).Seconds()))))
	}
}

// claimed says how a claim has ended.
func (l *login) claimed(claim account.Claim) error {
	switch {
	case claim.State == account.Expired:
		return errors.New("the account can't be claimed anymore; to register a new one, run:\n  " + typed("login --force"))
	case claim.State == account.Delivered:
		return errors.New("another program has received the account's token; copy one from OpenTrain's app and run:\n  " +
			typed("login --token --force"))
	case claim.Unsaved != "":
		return fmt.Errorf("the account is claimed, but its new token is lost: %s Copy one from OpenTrain's app and run:\n  %s",
			claim.Unsaved, typed("login --token --force"))
	}
	l.result = loginResult{Status: "claimed", SavedTo: l.place, BaseURL: l.person.BaseURL(), Scopes: text.CleanAll(claim.Scopes, 50, 60)}
	l.say("The account is claimed. Its new token is saved in %s, and running servers use it from now on.", l.place)
	return nil
}

// progress rewrites the last line of a terminal. Without a terminal, it says nothing.
func (l *login) progress(words string) {
	if !l.json && term.IsTerminal(int(l.std.out.Fd())) {
		fmt.Fprintf(l.std.out, "\r\x1b[K%s", words)
	}
}

func (l *login) onTerminal() bool { return term.IsTerminal(int(l.std.in.Fd())) }
