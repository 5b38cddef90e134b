// Package account keeps the OpenTrain account of the person at this machine: it registers one for an agent, lets a human
// claim it, and keeps its token, in the file that OpenTrain's own tools share or in this process alone.
package account

import (
	"cmp"
	"context"
	"sync"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// requestTime limits a request that must not be given up halfway: its answer holds a token.
const requestTime = 30 * time.Second

// Account is the account of the person at this machine. It is safe for concurrent use, also with other processes.
type Account struct {
	api  *opentrain.Client
	keep keeper

	mu      sync.Mutex
	polls   schedule // of claims
	unsaved unsaved
}

// unsaved are tokens that were delivered and could not be saved, and the token that is saved instead of them.
type unsaved struct {
	credential.Shared
	over string
}

// keeper is where the token is kept.
type keeper interface {
	// token returns the token as it is now.
	token() caller.Token
	// kept returns what is kept now, nothing if it can't be read.
	kept() credential.Shared
	// place names the keeper: "the file /home/ada/.config/opentrain/cli.json".
	place() string
	// folder is where files with further secrets belong.
	folder() (string, error)
	// elsewhere names the setting that decides the token instead, "" for none.
	elsewhere() string
	// open keeps others out until the entry is closed, and makes sure that it can be saved.
	open(ctx context.Context) (entry, error)
}

// entry is what a keeper keeps.
type entry interface {
	saved() credential.Shared
	save(credential.Shared) error
	close()
}

// New returns the account whose token a source finds, and that is kept in the shared file.
func New(api *opentrain.Client, source credential.Source) *Account {
	return &Account{api: api, keep: file{source: source, baseURL: api.BaseURL()}}
}

// InProcess returns an account that is kept in this process alone. token is the one to begin with; it has no owner who
// could miss it.
func InProcess(api *opentrain.Client, token caller.Token) *Account {
	return &Account{api: api, keep: &memory{first: token}}
}

// Token returns the token as it is now: a changed one counts from the next call on.
func (a *Account) Token() caller.Token {
	token := a.keep.token()
	if unsaved := a.unsavedToken(); unsaved.Token != "" {
		token = caller.Token{Value: unsaved.Token, From: "this process", Claims: unsaved.ClaimToken != ""}
	}
	token.Claiming = token.Claims && a.Attempt().Open()
	return token
}

// Attempt is the last attempt to claim the account, nil for none. Any program on this machine may have begun it.
func (a *Account) Attempt() *Attempt {
	if unsaved := a.unsavedToken(); unsaved.Token != "" {
		return attemptOf(unsaved)
	}
	return attemptOf(a.keep.kept())
}

// Place names where the token is kept.
func (a *Account) Place() string { return a.keep.place() }

// BaseURL is where the account is.
func (a *Account) BaseURL() string { return a.api.BaseURL() }

// InSandbox reports whether the account is kept in this process alone: nothing about it is real.
func (a *Account) InSandbox() bool {
	_, is := a.keep.(*memory)
	return is
}

// Reason is why something can't be done.
type Reason int

// The reasons.
const (
	SetElsewhere  Reason = iota + 1 // a variable or the token file decides the token
	AlreadySaved                    // there is a token, which is overwritten only by force
	NotRegistered                   // there is no account
	NoClaim                         // the account needs no claim
	Unusable                        // the file can't be read or written
	Busy                            // another process holds the file
	Invalid                         // what was given can't be a token
	Unclaimed                       // no one could use the account afterwards
)

// Problem says why something can't be done. Nothing was changed, and nothing was sent.
type Problem struct {
	Reason Reason
	Text   string // a sentence for people
}

func (p *Problem) Error() string { return p.Text }

// Registered is a new account.
type Registered struct {
	Scopes  []string
	ClaimBy time.Time // when it can be claimed no longer
	Unsaved string    // a sentence that says why the token could not be saved; this process has it
}

// Register makes an account for an agent and keeps its tokens. A token that is there already is replaced only by force.
func (a *Account) Register(ctx context.Context, profile opentrain.AgentProfile, force bool) (Registered, error) {
	e, err := a.open(ctx)
	if err != nil {
		return Registered{}, err
	}
	defer e.close()
	if err := a.free(e, force); err != nil {
		return Registered{}, err
	}
	// From here on, a call that is canceled must not lose the tokens.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
	defer cancel()
	made, err := a.api.RegisterAgent(ctx, profile)
	if err != nil {
		return Registered{}, err
	}
	if err := usable(made.Token, made.ClaimToken); err != nil {
		return Registered{}, err
	}
	claimBy, err := time.Parse(time.RFC3339, made.ClaimBy)
	if now := time.Now(); err != nil || claimBy.After(now.Add(30*opentrain.ClaimWindow)) {
		claimBy = now.Add(opentrain.ClaimWindow)
	}
	unsaved := a.save(e, credential.Shared{Token: made.Token, ClaimToken: made.ClaimToken}, nil)
	return Registered{Scopes: made.Scopes, ClaimBy: claimBy, Unsaved: unsaved}, nil
}

// MayRegister returns an error if Register would do nothing.
func (a *Account) MayRegister(ctx context.Context, force bool) error {
	e, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer e.close()
	return a.free(e, force)
}

// MayForget returns an error if the account that is saved would be lost without its token.
func (a *Account) MayForget() error {
	if a.keep.kept().ClaimToken != "" {
		return unclaimed()
	}
	return nil
}

func unclaimed() error {
	return &Problem{Unclaimed, "You haven't claimed this account yet. Without its token, no one can use it again."}
}

// free returns an error if there is a token that force doesn't replace.
func (a *Account) free(e entry, force bool) error {
	if (e.saved().Token != "" || a.keep.token().Value != "") && !force { // the sandbox's first account isn't saved
		return &Problem{AlreadySaved, "A token is already saved in " + a.keep.place() + "."}
	}
	return nil
}

// open opens the entry for a change of the token.
func (a *Account) open(ctx context.Context) (entry, error) {
	if from := a.keep.elsewhere(); from != "" {
		return nil, &Problem{SetElsewhere, "The API token comes from " + from + "."}
	}
	e, err := a.keep.open(ctx)
	if err != nil {
		return nil, err
	}
	if unsaved := a.unsavedToken(); unsaved.Token != "" {
		if problem := a.save(e, unsaved, attemptOf(unsaved)); problem != "" {
			e.close()
			return nil, &Problem{Unusable, problem}
		}
	}
	return e, nil
}

// here returns an error if tokens are for another API than the one that is called.
func (a *Account) here(saved credential.Shared) error {
	if saved.BaseURL == "" || opentrain.SameBaseURL(saved.BaseURL, a.api.BaseURL()) {
		return nil
	}
	return &Problem{Unusable, "The token in " + a.keep.place() + " is for a different baseUrl (" +
		text.Clean(opentrain.ShownBaseURL(saved.BaseURL), 200) +
		") than " + a.api.BaseURL() + "."}
}

// save keeps tokens, and the attempt to claim their account. When they can't be saved, this process keeps them, and the result is
// a sentence that says why.
func (a *Account) save(e entry, tokens credential.Shared, attempt *Attempt) (problem string) {
	tokens.Others, tokens.BaseURL = e.saved().Others, cmp.Or(tokens.BaseURL, a.api.BaseURL())
	tokens = withAttempt(tokens, attempt)
	err := e.save(tokens)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.unsaved = unsaved{tokens, e.saved().Token}
		return a.keep.place() + " can't be written: " + credential.Reason(err) + "."
	}
	a.unsaved = unsaved{}
	return ""
}

// unsavedToken returns the tokens that only this process has, as long as no one saves others.
func (a *Account) unsavedToken() credential.Shared {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unsaved.Token != "" {
		if now := a.keep.token().Value; now != "" && now != a.unsaved.over {
			a.unsaved = unsaved{}
		}
	}
	return a.unsaved.Shared
}

// usable returns an error if tokens of the API can't be used as such.
func usable(tokens ...string) error {
	for _, token := range tokens {
		if token != "" && credential.Problem(token) != "" {
			return &opentrain.Error{Code: opentrain.CodeBadResponse, Message: "the response has a token that can't be used"}
		}
	}
	return nil
}

// UseToken keeps a token that a person has pasted, once OpenTrain accepts it.
func (a *Account) UseToken(ctx context.Context, token string, force bool) (*opentrain.Identity, error) {
	if problem := credential.Problem(token); problem != "" {
		return nil, &Problem{Invalid, "The token " + problem + "."}
	}
	e, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer e.close()
	if err := a.free(e, force || e.saved().Token == token); err != nil {
		return nil, err
	}
	me, err := a.api.Me(opentrain.WithToken(ctx, token))
	if err != nil {
		return nil, err
	}
	kept := credential.Shared{Token: token}
	if e.saved().Token == token {
		kept.ClaimToken = e.saved().ClaimToken
	}
	if problem := a.save(e, kept, attemptOf(e.saved())); problem != "" {
		return nil, &Problem{Unusable, problem}
	}
	return me, nil
}

// Logout forgets the token, after it has revoked it if revoke says so. An account that no human has claimed is lost then:
// it takes force.
func (a *Account) Logout(ctx context.Context, revoke, force bool) error {
	e, err := a.keep.open(ctx) // also when another setting decides
	if err != nil {
		return err
	}
	defer e.close()
	saved := e.saved()
	switch {
	case cmp.Or(saved.Token, saved.ClaimToken) == "":
		return &Problem{NotRegistered, "No token is saved in " + a.keep.place() + "."}
	case saved.ClaimToken != "" && !force:
		return unclaimed()
	}
	if revoke && saved.Token != "" {
		if err := a.here(saved); err != nil {
			return err
		}
		if err := a.api.RevokeToken(ctx, saved.Token); err != nil {
			return err
		}
	}
	if err := e.save(withAttempt(credential.Shared{Others: saved.Others}, nil)); err != nil {
		return &Problem{Unusable, a.keep.place() + " can't be written: " + credential.Reason(err) + "."}
	}
	return nil
}
