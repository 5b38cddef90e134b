package opentrain

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/jellydator/ttlcache/v3"
)

const (
	refusalTime = 30 * time.Second // how long a refused token is remembered
	maxRefusals = 1024             // tokens; the oldest is forgotten first
)

type tokenHash = [sha256.Size]byte

// refusals remembers tokens that the API has refused, so that calls with an invalid token cost one request, not one
// each. It keeps hashes, not tokens. A token that becomes valid works again after refusalTime.
type refusals struct {
	errors   *ttlcache.Cache[tokenHash, Error]
	accepted *ttlcache.Cache[tokenHash, struct{}] // whose tokens needn't be looked up in what is shared
	shared   Shared                               // nil for none
}

func newRefusals(shared Shared) *refusals {
	return &refusals{shared: shared, errors: newTokenCache[Error](), accepted: newTokenCache[struct{}]()}
}

func newTokenCache[V any]() *ttlcache.Cache[tokenHash, V] {
	return ttlcache.New(ttlcache.WithTTL[tokenHash, V](refusalTime), ttlcache.WithCapacity[tokenHash, V](maxRefusals),
		ttlcache.WithDisableTouchOnHit[tokenHash, V]())
}

// remember keeps the error for a token that was refused, without its details, which may be large.
func (r *refusals) remember(token string, e Error) {
	e.NotSent, e.Details = true, nil
	hash := sha256.Sum256([]byte(token))
	r.errors.Set(hash, e, ttlcache.DefaultTTL)
	r.accepted.Delete(hash)
	if r.shared == nil {
		return
	}
	if value, err := json.Marshal(e); err == nil {
		r.shared.Put(sharedRefused, string(hash[:]), value, refusalTime)
	}
}

// accept remembers that a token wasn't refused.
func (r *refusals) accept(token string) {
	if r.shared != nil {
		r.accepted.Set(sha256.Sum256([]byte(token)), struct{}{}, ttlcache.DefaultTTL)
	}
}

// find returns the error for a token that was refused, or nil.
func (r *refusals) find(token string) *Error {
	hash := sha256.Sum256([]byte(token))
	if item := r.errors.Get(hash); item != nil {
		e := item.Value()
		return &e
	}
	if r.shared == nil || r.accepted.Get(hash) != nil {
		return nil
	}
	var e *Error
	if json.Unmarshal(r.shared.Get(sharedRefused, string(hash[:])), &e) == nil {
		return e
	}
	return nil
}
