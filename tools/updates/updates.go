// Package updates has the tools that tell what happened to an account: the feed of its events, and webhooks.
package updates

import (
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools and the feed as a resource. person is the account of the person at this machine, nil where
// callers bring their own.
func Toolset(desk *draft.Desk, person *account.Account) tool.Set {
	u := updates{
		desk, person,
		ttlcache.New(ttlcache.WithTTL[string, place](placeTTL), ttlcache.WithCapacity[string, place](maxPlaces)), &watch{},
	}
	return tool.Set{
		Name: "updates", OffByDefault: true,
		Tools:     []tool.Tool{u.pollUpdates(), u.createWebhook(), u.listWebhooks(), u.getWebhook(), u.deleteWebhook()},
		Resources: []tool.Resource{u.resource()},
	}
}

type updates struct {
	*draft.Desk
	person *account.Account
	places *ttlcache.Cache[string, place] // by caller
	watch  *watch
}

const (
	placeTTL  = 24 * time.Hour
	maxPlaces = 3_000
)

// webhooks is the feature that the tools for webhooks need.
func webhooks() tool.Feature {
	return tool.Feature{Capability: "webhooks", Key: opentrain.FeatureWebhooks}
}
