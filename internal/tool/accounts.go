package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

const (
	sideReadTimeout = 5 * time.Second  // limits a read that a call can do without
	capabilitiesTTL = 5 * time.Minute  // how long the capabilities of an account are trusted
	identityTTL     = time.Hour        // how long the owner and the scopes of a token are trusted
	retryAfter      = 30 * time.Second // how long a failed read is not repeated
	limitTTL        = 10 * time.Minute // how long a publish limit counts as reached: someone may raise it
	maxAccounts     = 3_000            // how many accounts are remembered

	ownTTL = 24 * time.Hour // how long the owner of a job is remembered
	maxOwn = 20_000         // of how many jobs
)

// Feature is something that an account must have for a tool.
type Feature struct {
	Capability string // its name in opentrain.Capabilities.Features
	Key        string // its key in an error
}

// Accounts remembers what each caller's account may do, and which jobs were seen to be its own.
type Accounts struct {
	api        *opentrain.Client
	features   *remembered[features]
	limits     *remembered[*opentrain.Error] // on publishing, that OpenTrain says are reached
	identities *remembered[identity]
	own        *ttlcache.Cache[string, struct{}] // by caller and job

	interrupted atomic.Pointer[interruption] // the last call that waits for an account
}

// features are what an account may do, or why they couldn't be read.
type features struct {
	known *opentrain.Capabilities // never nil
	err   error
}

// identity is what a token says of its caller. It is empty when it couldn't be read.
type identity struct {
	owner  string   // the organization and user that the token belongs to
	scopes []string // nil when they are unknown
}

// NewAccounts makes Accounts that remember nothing yet.
func NewAccounts(api *opentrain.Client) *Accounts {
	return &Accounts{
		api: api, features: newRemembered[features](capabilitiesTTL), identities: newRemembered[identity](identityTTL),
		limits: newRemembered[*opentrain.Error](limitTTL),
		own:    ttlcache.New(ttlcache.WithTTL[string, struct{}](ownTTL), ttlcache.WithCapacity[string, struct{}](maxOwn)),
	}
}

// SideReadTime is how long a read may take that only helps a call. It leaves half of the call's time.
func SideReadTime(ctx context.Context) time.Duration {
	if deadline, limited := ctx.Deadline(); limited {
		return min(sideReadTimeout, time.Until(deadline)/2)
	}
	return sideReadTimeout
}

// SawOwn remembers that a job belongs to the caller. Nil Accounts remember nothing.
func (a *Accounts) SawOwn(by caller.Caller, jobID string) {
	if a != nil && by.ID != "" && jobID != "" {
		a.own.Set(by.ID+" "+jobID, struct{}{}, ttlcache.DefaultTTL)
	}
}

// Owns reports whether a job was seen to belong to the caller. The owners of other jobs are unknown.
func (a *Accounts) Owns(by caller.Caller, jobID string) bool {
	return by.ID != "" && a.own.Get(by.ID+" "+jobID) != nil
}

// IDs are the ids of the caller's account: one that all its tokens share, unless it can't be read, and the caller's.
func (a *Accounts) IDs(ctx context.Context, by caller.Caller) []string {
	if owner := a.identity(ctx, by).owner; owner != "" {
		return []string{owner, by.ID}
	}
	return []string{by.ID}
}

func (a *Accounts) identity(ctx context.Context, by caller.Caller) identity {
	if by.ID == "" {
		return identity{}
	}
	return a.identities.get(ctx, by, func(ctx context.Context) (identity, time.Duration) {
		me, err := a.api.Me(ctx)
		switch {
		case err != nil:
			return identity{}, retryAfter
		case me.Actor.UserID == "":
			return identity{scopes: me.Token.Scopes}, retryAfter
		}
		return identity{me.Account.OrganizationID + "/" + me.Actor.UserID, me.Token.Scopes}, ttlcache.DefaultTTL
	})
}

// Capabilities returns what is known of the caller's account. It is empty when nothing could be read.
func (a *Accounts) Capabilities(ctx context.Context, by caller.Caller) *opentrain.Capabilities {
	if by.ID == "" {
		return &opentrain.Capabilities{}
	}
	return a.read(ctx, by).known
}

// Read reads the capabilities of the caller's account, bypassing the cache. The result is never nil.
func (a *Accounts) Read(ctx context.Context, by caller.Caller) (*opentrain.Capabilities, error) {
	a.features.forget(by)
	read := a.read(ctx, by)
	return read.known, read.err
}

func (a *Accounts) read(ctx context.Context, by caller.Caller) features {
	return a.features.get(ctx, by, func(ctx context.Context) (features, time.Duration) {
		known, err := a.api.Capabilities(ctx)
		switch {
		case err == nil:
			return features{known, nil}, ttlcache.DefaultTTL
		case FeatureOf(err) == opentrain.FeatureDrafting:
			off := map[string]bool{"draftCreate": false, "draftImport": false, "draftUpdate": false}
			return features{&opentrain.Capabilities{Features: off}, err}, ttlcache.DefaultTTL
		}
		return features{&opentrain.Capabilities{}, err}, retryAfter
	})
}

// Refused takes note of OpenTrain's refusal of a call: what it is about is read again before the next one.
func (a *Accounts) Refused(by caller.Caller, err error) {
	about := refusalOf(err)
	if about.FeatureKey != "" {
		a.features.forget(by)
	}
	if len(about.RequiredScopes) > 0 {
		a.identities.forget(by)
	}
	if apiError, ok := errors.AsType[*opentrain.Error](err); ok && about.WindowHours > 0 && !apiError.NotSent {
		reached := *apiError
		reached.NotSent = true
		ttl := limitTTL
		if reached.RetryAfter > 0 {
			ttl = min(ttl, reached.RetryAfter)
		}
		a.limits.cache.Set(by.ID, &reached, ttl)
	}
}

// PublishLimit returns an error if the caller reached the limit of published jobs a short while ago.
func (a *Accounts) PublishLimit(by caller.Caller) error {
	if item := a.limits.cache.Get(by.ID); item != nil {
		return item.Value()
	}
	return nil
}

// Check checks the account's capabilities. An error from remembered ones is confirmed with fresh ones: a feature may
// have been enabled, a key added.
func (a *Accounts) Check(ctx context.Context, by caller.Caller, check func(*opentrain.Capabilities) error) error {
	remembered := a.features.has(by)
	err := check(a.Capabilities(ctx, by))
	if err == nil || !remembered {
		return err
	}
	known, _ := a.Read(ctx, by)
	return check(known)
}

// Require returns an error, before the call is sent, if the account lacks a feature.
func (a *Accounts) Require(ctx context.Context, by caller.Caller, feature Feature) error {
	if feature.Capability == "" {
		return nil
	}
	return a.Check(ctx, by, func(known *opentrain.Capabilities) error {
		if has, said := known.Features[feature.Capability]; has || !said {
			return nil
		}
		return &opentrain.Error{
			Code: opentrain.CodeForbidden, NotSent: true,
			Message: fmt.Sprintf("the account's capabilities say that %s is off", feature.Capability),
			Details: json.RawMessage(text.JSON(map[string]string{"featureKey": feature.Key})),
		}
	})
}

// RequireScope returns an error, before the call is sent, if the caller's token is known to lack a scope. An error from
// remembered scopes is confirmed with fresh ones: the token may have been given more.
func (a *Accounts) RequireScope(ctx context.Context, by caller.Caller, scope string) error {
	if scope == "" || by.ID == "" {
		return nil
	}
	remembered := a.identities.has(by)
	err := lacks(a.identity(ctx, by).scopes, scope)
	if err == nil || !remembered {
		return err
	}
	a.identities.forget(by)
	return lacks(a.identity(ctx, by).scopes, scope)
}

// lacks returns an error if a scope isn't among those of a token. A scope to write includes the one to read.
func lacks(granted []string, scope string) error {
	resource, isRead := strings.CutSuffix(scope, ":read")
	if granted == nil || scope == "" || slices.Contains(granted, scope) || isRead && slices.Contains(granted, resource+":write") {
		return nil
	}
	return &opentrain.Error{
		Code: opentrain.CodeForbidden, NotSent: true, Message: "the token lacks the " + scope + " scope",
		Details: json.RawMessage(text.JSON(map[string][]string{"requiredScopes": {scope}, "grantedScopes": granted})),
	}
}

// FeatureOf returns the feature that an error is about, "" for none.
func FeatureOf(err error) string { return refusalOf(err).FeatureKey }

// refusal is what a caller lacks for a call.
type refusal struct {
	FeatureKey     string   `json:"featureKey"`
	RequiredScopes []string `json:"requiredScopes"`
	WindowHours    int      `json:"windowHours"` // of a limit that is reached
}

func refusalOf(err error) (about refusal) {
	apiError, ok := errors.AsType[*opentrain.Error](err)
	if ok && (apiError.Code == opentrain.CodeForbidden || apiError.Code == opentrain.CodeRateLimited) {
		apiError.DecodeDetails(&about)
	}
	return about
}
