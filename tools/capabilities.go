package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/opentrain"
)

const (
	// capabilitiesLast is how long the capabilities of an account are taken for
	// true before they are read again.
	capabilitiesLast = 5 * time.Minute
	// unreadLasts is how long it is before a reading that failed is tried again.
	unreadLasts = 30 * time.Second
	// sideRead bounds a read that only helps a call: it must not use up the time
	// of the call, nor keep back its result.
	sideRead = 5 * time.Second
	// knownAccounts is how many accounts are remembered at most.
	knownAccounts = 10_000
)

// gate is a feature that an account must have for a tool.
type gate struct {
	capability string // its name in Capabilities.Features
	feature    string // its key in a refusal
}

// capabilities remembers what each caller's account may do.
type capabilities struct {
	api   *opentrain.Client
	cache *ttlcache.Cache[string, *opentrain.Capabilities]
}

func newCapabilities(api *opentrain.Client) *capabilities {
	return &capabilities{api: api, cache: ttlcache.New(
		ttlcache.WithTTL[string, *opentrain.Capabilities](capabilitiesLast),
		ttlcache.WithCapacity[string, *opentrain.Capabilities](knownAccounts),
		ttlcache.WithDisableTouchOnHit[string, *opentrain.Capabilities](),
	)}
}

// of returns what is known of the caller's account, and whether it was read
// just now. Where nothing could be read the answer is empty, and the call it
// was wanted for goes through: then the API decides.
func (c *capabilities) of(ctx context.Context, caller Caller) (known *opentrain.Capabilities, fresh bool) {
	if caller.ID == "" {
		return &opentrain.Capabilities{}, true
	}
	if item := c.cache.Get(caller.ID); item != nil {
		return item.Value(), false
	}
	known, _ = c.read(ctx, caller)
	return known, true
}

// read reads the capabilities of the caller's account, whatever is remembered.
func (c *capabilities) read(ctx context.Context, caller Caller) (*opentrain.Capabilities, error) {
	ctx, cancel := context.WithTimeout(ctx, sideRead)
	defer cancel()
	known, err := c.api.Capabilities(ctx)
	switch {
	case err == nil:
		c.cache.Set(caller.ID, known, ttlcache.DefaultTTL)
	case featureOf(err) == opentrain.FeatureDrafting:
		known = &opentrain.Capabilities{Features: map[string]bool{"draftCreate": false, "draftImport": false, "draftUpdate": false}}
		c.cache.Set(caller.ID, known, ttlcache.DefaultTTL)
	default:
		known = &opentrain.Capabilities{}
		c.cache.Set(caller.ID, known, unreadLasts)
	}
	return known, err
}

// forget makes the next call read the capabilities again.
func (c *capabilities) forget(caller Caller) { c.cache.Delete(caller.ID) }

// settle returns the first objection that what is known of the account gives
// rise to, nil when there is none. An objection from memory is checked against
// the account as it is now: a feature may have been enabled, a key added.
func (c *capabilities) settle(ctx context.Context, caller Caller, object func(*opentrain.Capabilities) error) error {
	known, fresh := c.of(ctx, caller)
	err := object(known)
	if err == nil || fresh {
		return err
	}
	known, _ = c.read(ctx, caller)
	return object(known)
}

// pass says, before a call that would fail, that the account lacks a feature.
func (c *capabilities) pass(ctx context.Context, caller Caller, g gate) error {
	if g.capability == "" {
		return nil
	}
	return c.settle(ctx, caller, func(known *opentrain.Capabilities) error {
		if has, said := known.Features[g.capability]; has || !said {
			return nil
		}
		return &opentrain.Error{
			Code: opentrain.CodeForbidden, NotSent: true,
			Message: fmt.Sprintf("the account's capabilities say that %s is off", g.capability),
			Details: json.RawMessage(compact(map[string]string{"featureKey": g.feature})),
		}
	})
}

// featureOf returns the feature that a refusal is about, "" for none.
func featureOf(err error) string {
	var refusal *opentrain.Error
	var details struct {
		FeatureKey string `json:"featureKey"`
	}
	if errors.As(err, &refusal) && refusal.Code == opentrain.CodeForbidden {
		refusal.DecodeDetails(&details)
	}
	return details.FeatureKey
}
