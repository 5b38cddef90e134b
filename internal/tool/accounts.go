package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/sync/singleflight"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

const (
	// SideReadTimeout bounds a read that only helps a call: it must not use up the call's time or delay its result.
	SideReadTimeout = 5 * time.Second

	capabilitiesTTL = 5 * time.Minute  // how long the capabilities of an account are trusted
	ownerTTL        = time.Hour        // how long the owner of a token is trusted
	retryAfter      = 30 * time.Second // how long a failed read is not repeated
	maxAccounts     = 10_000           // how many accounts are remembered

	ownTTL = 24 * time.Hour // how long it is remembered whose a job is
	maxOwn = 50_000         // of how many jobs
)

// Feature is something that an account must have for a tool.
type Feature struct {
	Capability string // its name in opentrain.Capabilities.Features
	Key        string // its key in an error
}

// Accounts remembers what each caller's account may do, and which jobs were seen to be its own.
type Accounts struct {
	api    *opentrain.Client
	cache  *ttlcache.Cache[string, *opentrain.Capabilities]
	owners *ttlcache.Cache[string, string]   // by caller; "" when it couldn't be read
	reads  singleflight.Group                // of owners
	own    *ttlcache.Cache[string, struct{}] // by caller and job
}

// NewAccounts makes Accounts that remember nothing yet.
func NewAccounts(api *opentrain.Client) *Accounts {
	return &Accounts{
		api: api,
		cache: ttlcache.New(
			ttlcache.WithTTL[string, *opentrain.Capabilities](capabilitiesTTL),
			ttlcache.WithCapacity[string, *opentrain.Capabilities](maxAccounts),
			ttlcache.WithDisableTouchOnHit[string, *opentrain.Capabilities](),
		),
		owners: ttlcache.New(
			ttlcache.WithTTL[string, string](ownerTTL),
			ttlcache.WithCapacity[string, string](maxAccounts),
			ttlcache.WithDisableTouchOnHit[string, string](),
		),
		own: ttlcache.New(ttlcache.WithTTL[string, struct{}](ownTTL), ttlcache.WithCapacity[string, struct{}](maxOwn)),
	}
}

// SawOwn remembers that a job belongs to the caller. Nil Accounts remember nothing.
func (a *Accounts) SawOwn(by caller.Caller, jobID string) {
	if a != nil && by.ID != "" && jobID != "" {
		a.own.Set(by.ID+" "+jobID, struct{}{}, ttlcache.DefaultTTL)
	}
}

// Owns reports whether a job was seen to belong to the caller. Of other jobs it is not known whose they are.
func (a *Accounts) Owns(by caller.Caller, jobID string) bool {
	return by.ID != "" && a.own.Get(by.ID+" "+jobID) != nil
}

// IDs are the ids of the caller's account: one that all its tokens share, unless it can't be read, and the caller's.
func (a *Accounts) IDs(ctx context.Context, by caller.Caller) []string {
	if owner := a.owner(ctx, by); owner != "" {
		return []string{owner, by.ID}
	}
	return []string{by.ID}
}

// owner returns the organization and user that the caller's token belongs to, "" when they can't be read.
func (a *Accounts) owner(ctx context.Context, by caller.Caller) string {
	if by.ID == "" {
		return ""
	}
	read := ttlcache.LoaderFunc[string, string](func(owners *ttlcache.Cache[string, string], id string) *ttlcache.Item[string, string] {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), SideReadTimeout) // others may wait for it
		defer cancel()
		me, err := a.api.Me(ctx)
		if err != nil || me.Actor.UserID == "" {
			return owners.Set(id, "", retryAfter)
		}
		return owners.Set(id, me.Account.OrganizationID+"/"+me.Actor.UserID, ttlcache.DefaultTTL)
	})
	return a.owners.Get(by.ID, ttlcache.WithLoader(ttlcache.NewSuppressedLoader(read, &a.reads))).Value()
}

// Capabilities returns what is known of the caller's account. It is empty when nothing could be read.
func (a *Accounts) Capabilities(ctx context.Context, by caller.Caller) *opentrain.Capabilities {
	if by.ID == "" {
		return &opentrain.Capabilities{}
	}
	if item := a.cache.Get(by.ID); item != nil {
		return item.Value()
	}
	known, _ := a.Read(ctx, by)
	return known
}

// Read reads the capabilities of the caller's account, bypassing the cache. The result is never nil.
func (a *Accounts) Read(ctx context.Context, by caller.Caller) (*opentrain.Capabilities, error) {
	ctx, cancel := context.WithTimeout(ctx, SideReadTimeout)
	defer cancel()
	known, err := a.api.Capabilities(ctx)
	switch {
	case err == nil:
		a.cache.Set(by.ID, known, ttlcache.DefaultTTL)
	case FeatureOf(err) == opentrain.FeatureDrafting:
		known = &opentrain.Capabilities{Features: map[string]bool{"draftCreate": false, "draftImport": false, "draftUpdate": false}}
		a.cache.Set(by.ID, known, ttlcache.DefaultTTL)
	default:
		known = &opentrain.Capabilities{}
		a.cache.Set(by.ID, known, retryAfter)
	}
	return known, err
}

// Forget makes the next call read the capabilities again.
func (a *Accounts) Forget(by caller.Caller) { a.cache.Delete(by.ID) }

// Check checks the account's capabilities. An error from remembered ones is confirmed with fresh ones: a feature may
// have been enabled, a key added.
func (a *Accounts) Check(ctx context.Context, by caller.Caller, check func(*opentrain.Capabilities) error) error {
	remembered := a.cache.Has(by.ID)
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

// FeatureOf returns the feature that an error is about, "" for none.
func FeatureOf(err error) string {
	var details struct {
		FeatureKey string `json:"featureKey"`
	}
	if apiError, ok := errors.AsType[*opentrain.Error](err); ok && apiError.Code == opentrain.CodeForbidden {
		apiError.DecodeDetails(&details)
	}
	return details.FeatureKey
}
