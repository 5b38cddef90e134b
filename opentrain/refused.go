package opentrain

import (
	"crypto/sha256"
	"time"

	"github.com/jellydator/ttlcache/v3"
)

const (
	refusalTime = 30 * time.Second // how long a refused token is remembered
	maxRefusals = 1024             // tokens; the oldest is forgotten first
)

// refusals remembers tokens that the API has refused, so that calls with an invalid token cost one request, not one
// each. It keeps hashes, not tokens. A token that becomes valid works again after refusalTime.
type refusals struct {
	errors *ttlcache.Cache[[sha256.Size]byte, Error]
}

func newRefusals() *refusals {
	return &refusals{errors: ttlcache.New(
		ttlcache.WithTTL[[sha256.Size]byte, Error](refusalTime),
		ttlcache.WithCapacity[[sha256.Size]byte, Error](maxRefusals),
		ttlcache.WithDisableTouchOnHit[[sha256.Size]byte, Error](),
	)}
}

// remember keeps the error for a token that was refused, without its details, which may be large.
func (r *refusals) remember(token string, e Error) {
	e.NotSent, e.Details = true, nil
	r.errors.Set(sha256.Sum256([]byte(token)), e, ttlcache.DefaultTTL)
}

// find returns the error for a token that was refused, or nil.
func (r *refusals) find(token string) *Error {
	item := r.errors.Get(sha256.Sum256([]byte(token)))
	if item == nil {
		return nil
	}
	e := item.Value()
	return &e
}
