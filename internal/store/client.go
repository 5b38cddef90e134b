package store

import (
	"crypto/rand"
	"slices"
	"time"
)

// Client offers a Store to the API's client, which knows no keys.
type Client struct{ Store Store }

// ForClient is the store for opentrain.Config.Shared.
func (r *Redis) ForClient() Client { return Client{r} }

// Calls limits the calls of each caller of some kind.
func (r *Redis) Calls(kind string) func(caller string, perSecond float64, burst int) time.Duration {
	return func(caller string, perSecond float64, burst int) time.Duration {
		wait, _ := r.Take(Key(kind, caller), Limit{PerSecond: perSecond, Burst: burst})
		return wait
	}
}

// Take counts something against a limit. A bucket that may be lost begins empty, so that the limit holds all the same.
func (c Client) Take(name string, perSecond float64, burst int, maxWait time.Duration) (wait time.Duration, ok bool) {
	return c.Store.Take(Key("api", name), Limit{PerSecond: perSecond, Burst: burst, MaxWait: maxWait, Strict: true})
}

// Get returns a value, nil if there is none.
func (c Client) Get(kind, name string) []byte { return c.Store.Get(Key(kind, name)) }

// Put sets a value.
func (c Client) Put(kind, name string, value []byte, lifetime time.Duration) {
	c.Store.Put(Key(kind, name), value, lifetime)
}

// Lock returns what unlocks a name, or nil if someone else has locked it.
func (c Client) Lock(kind, name string, lifetime time.Duration) (unlock func()) {
	key, mine := Key(kind, name), make([]byte, 8)
	rand.Read(mine)
	if !slices.Equal(c.Store.Add(key, mine, lifetime), mine) {
		return nil
	}
	return func() { c.Store.Delete(key) }
}
