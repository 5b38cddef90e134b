package posting

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

const (
	keyTTL  = 24 * time.Hour // how long a derived key is used again for the same content
	maxKeys = 10_000         // how many keys are remembered
)

// createKeys finds the idempotency key of a create that names none. The key is derived from account, content and UTC
// day, so it survives a restart. Recent keys are remembered, so it survives midnight too.
type createKeys struct {
	mu     sync.Mutex
	keys   *ttlcache.Cache[string, *usedKey] // by account and content
	drafts *ttlcache.Cache[string, string]   // job ids by account and key
}

// usedKey is the key of some creates with the same content.
type usedKey struct {
	key      string
	calls    int  // that are under way
	mayExist bool // a call may have created the draft
}

func newCreateKeys() *createKeys {
	return &createKeys{
		keys: ttlcache.New(ttlcache.WithTTL[string, *usedKey](keyTTL),
			ttlcache.WithCapacity[string, *usedKey](maxKeys), ttlcache.WithDisableTouchOnHit[string, *usedKey]()),
		drafts: ttlcache.New(ttlcache.WithTTL[string, string](keyTTL),
			ttlcache.WithCapacity[string, string](maxKeys), ttlcache.WithDisableTouchOnHit[string, string]()),
	}
}

// begin returns the key of a create, and a function to call with its outcome. That one reports whether an earlier call
// created the draft. accounts are the ids of the caller's account, the best one first: a key is found under any of
// them, since not all of them are known at all times.
func (k *createKeys) begin(accounts []string, source opentrain.DraftSource, now time.Time) (
	key string, end func(*opentrain.Draft, error) (existed bool),
) {
	k.mu.Lock()
	defer k.mu.Unlock()
	content := contentOf(source)
	used := &usedKey{key: source.IdempotencyKey}
	if used.key == "" {
		used = k.used(accounts, content)
		if used == nil {
			used = &usedKey{key: derivedKey(accounts[0], content, now)}
		}
		used.calls++ // a call that is under way counts: it may outlast its caller and midnight
		for _, account := range accounts {
			k.keys.Set(account+content, used, ttlcache.DefaultTTL)
		}
	}
	return used.key, func(draft *opentrain.Draft, err error) bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		used.calls--
		used.mayExist = used.mayExist || err == nil || opentrain.MayHaveChanged(err)
		if used.calls == 0 && !used.mayExist {
			for _, account := range accounts {
				k.keys.Delete(account + content)
			}
		}
		return err == nil && k.existed(accounts, used.key, draft.JobID)
	}
}

// used returns the key that was used for some content, nil if there is none.
func (k *createKeys) used(accounts []string, content string) *usedKey {
	for _, account := range accounts {
		if item := k.keys.Get(account + content); item != nil {
			return item.Value()
		}
	}
	return nil
}

// existed remembers the draft that a key stands for, and reports whether it was known.
func (k *createKeys) existed(accounts []string, key, jobID string) bool {
	known := slices.ContainsFunc(accounts, func(account string) bool {
		item := k.drafts.Get(account + " " + key)
		return item != nil && item.Value() == jobID
	})
	for _, account := range accounts {
		k.drafts.Set(account+" "+key, jobID, ttlcache.DefaultTTL)
	}
	return known
}

// contentOf is a hash of what a draft is made from, the same when a document's members are in another order.
func contentOf(source opentrain.DraftSource) string {
	return hash(source.Format, source.Text+source.XML+text.Canonical(source.Job)+text.Canonical(source.JSONLD), source.ExternalID)
}

func derivedKey(account, content string, now time.Time) string {
	digest := hash(account, content, now.UTC().Format(time.DateOnly))
	return "mcp-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(digest[:15])))
}

// hash hashes some texts, each by itself.
func hash(parts ...string) string {
	all := sha256.New()
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part))
		all.Write(sum[:])
	}
	return string(all.Sum(nil))
}
