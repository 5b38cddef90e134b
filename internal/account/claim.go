package account

import (
	"context"
	"errors"
	"time"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// slowDown is how much longer the interval gets when OpenTrain says that polls come too fast, or doesn't answer (RFC 8628, 3.5).
const slowDown = 5 * time.Second

// StartClaim invites a human to claim the account. It ends the attempt before.
func (a *Account) StartClaim(ctx context.Context, email string) (Attempt, error) {
	e, err := a.open(ctx)
	if err != nil {
		return Attempt{}, err
	}
	defer e.close()
	saved := e.saved()
	switch {
	case saved.ClaimToken == "" && saved.Token == "":
		return Attempt{}, a.notRegistered()
	case saved.ClaimToken == "":
		return Attempt{}, &Problem{NoClaim, "There is no open claim: the token on this machine belongs to an account that is claimed."}
	}
	if err := a.here(saved); err != nil {
		return Attempt{}, err
	}
	// A call that is canceled must not end the attempt before and lose this one.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
	defer cancel()
	started, err := a.api.StartClaim(ctx, saved.ClaimToken, email)
	if err != nil {
		return Attempt{}, err
	}
	attempt := Attempt{
		Email: email, URL: text.SecureURL(started.URL), Code: text.Clean(started.UserCode, 20), EmailSent: started.EmailSent,
		Expires: time.Now().Add(started.Lifetime()),
	}
	a.save(e, saved, &attempt) // if that fails, this process keeps it
	a.mu.Lock()
	defer a.mu.Unlock()
	a.polls.interval = started.PollInterval()
	return attempt, nil
}

// ClaimState is how far a claim is.
type ClaimState string

// The states of a claim.
const (
	Pending   ClaimState = "pending"   // the human hasn't finished
	Claimed   ClaimState = "claimed"   // the account is the human's, and the new token is kept
	Expired   ClaimState = "expired"   // the account can't be claimed anymore
	Delivered ClaimState = "delivered" // OpenTrain has delivered the new token to someone else
)

// Claim is the state of a claim.
type Claim struct {
	State   ClaimState
	Wait    time.Duration // until the next poll, if it is pending
	Attempt *Attempt      // the last one, nil for none
	Scopes  []string      // of a new token
	Before  bool          // another process has taken the token, or there never was a claim
	Unsaved string        // as in Registered
}

// CheckClaim asks OpenTrain whether the account is claimed, not more often than OpenTrain allows, and replaces the token when
// it is. It waits for its turn if the context leaves time for that.
func (a *Account) CheckClaim(ctx context.Context) (Claim, error) {
	for waited := false; ; waited = true {
		claim, wait, err := a.checkOnce(ctx)
		if err != nil || wait == 0 {
			return claim, err
		}
		claim.Wait = wait
		if waited || !leavesTime(ctx, wait) {
			return claim, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return claim, nil
		}
	}
}

func (a *Account) notRegistered() error {
	if a.InSandbox() {
		return &Problem{NoClaim, "The sandbox's own account needs no claim. To try a claim, register another account."}
	}
	return &Problem{NotRegistered, "There is no account on this machine yet."}
}

// checkOnce checks the claim, unless that has to wait.
func (a *Account) checkOnce(ctx context.Context) (claim Claim, wait time.Duration, err error) {
	e, err := a.open(ctx)
	if err != nil {
		return Claim{State: Pending}, 0, err
	}
	defer e.close()
	saved := e.saved()
	claim = Claim{State: Pending, Attempt: attemptOf(saved)}
	switch {
	case saved.ClaimToken != "":
		if err := a.here(saved); err != nil {
			return claim, 0, err
		}
		if wait := a.turn(); wait > 0 {
			return claim, wait, nil
		}
		claim, err = a.poll(ctx, e, saved, claim)
		return claim, 0, err
	case saved.Token != "":
		claim.State, claim.Before = Claimed, true
		return claim, 0, nil
	}
	return claim, 0, a.notRegistered()
}

// poll asks once. OpenTrain delivers the token only once, so nothing may end the call before the token is kept.
func (a *Account) poll(ctx context.Context, e entry, saved credential.Shared, claim Claim) (Claim, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
	defer cancel()
	grant, err := a.api.ClaimedToken(ctx, saved.ClaimToken)
	a.polled(err)
	failure, _ := errors.AsType[*opentrain.Error](err)
	switch {
	case err == nil:
		if err := usable(grant.Token); err != nil {
			return claim, err
		}
		claim.State, claim.Scopes = Claimed, grant.Scopes
		claim.Unsaved = a.save(e, credential.Shared{Token: grant.Token}, nil)
		return claim, nil
	case failure == nil:
		return claim, err
	}
	switch failure.Code {
	case opentrain.CodeAuthorizationPending, opentrain.CodeSlowDown:
		claim.Wait = a.turn()
	case opentrain.CodeExpiredToken:
		claim.State = Expired
	case opentrain.CodeInvalidGrant: // a program that doesn't know our lock may have been faster
		claim.State = Delivered
		if now := a.keep.token(); now.Value != "" && now.Value != saved.Token {
			claim.State, claim.Before = Claimed, true
		}
	default:
		return claim, err
	}
	return claim, nil
}

// schedule says when the next poll is allowed.
type schedule struct {
	interval time.Duration // that OpenTrain wants
	outage   time.Duration // more, while OpenTrain doesn't answer
	last     time.Time
}

// turn is the time until the next poll.
func (a *Account) turn() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.polls.last.IsZero() {
		return 0
	}
	return max(0, time.Until(a.polls.last.Add(a.polls.interval+a.polls.outage)))
}

// polled takes note of a poll and its result.
func (a *Account) polled(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.polls.interval == 0 {
		a.polls.interval = opentrain.DefaultClaimInterval
	}
	a.polls.last = time.Now()
	switch {
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeSlowDown}):
		a.polls.interval += slowDown
	case MayPass(err):
		a.polls.outage += slowDown
	default:
		a.polls.outage = 0
	}
}

// MayPass reports whether a check of a claim failed for a reason that may pass: a later one may work (RFC 8628, 3.5).
func MayPass(err error) bool {
	return opentrain.IsOutage(err) || errors.Is(err, &opentrain.Error{Code: opentrain.CodeRateLimited})
}

// leavesTime reports whether a context leaves time for a request after a wait.
func leavesTime(ctx context.Context, wait time.Duration) bool {
	deadline, limited := ctx.Deadline()
	return !limited || time.Until(deadline) > 2*wait
}
