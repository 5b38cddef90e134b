package store

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Client offers a Store to the API's client, which knows no keys.
type Client struct{ store *Redis }

// ForClient is the store for opentrain.Config.Shared.
func (r *Redis) ForClient() Client { return Client{r} }

// Take counts something against a limit. A bucket that may be lost begins empty, so that the limit still holds.
func (c Client) Take(name string, perSecond float64, burst int, maxWait time.Duration) (wait time.Duration, ok bool) {
	return c.store.Take(Key("api", name), Limit{PerSecond: perSecond, Burst: burst, MaxWait: maxWait, Strict: true})
}

// Now is about the time by the clock of all clients.
func (c Client) Now() time.Time { return c.store.Now() }

// Get returns a value, or nil if it isn't there.
func (c Client) Get(kind, name string) []byte { return c.store.Get(Key(kind, name)) }

// Put sets a value.
func (c Client) Put(kind, name string, value []byte, lifetime time.Duration) {
	c.store.Put(Key(kind, name), value, lifetime)
}

// Lock locks a name and returns a function that unlocks it, or nil while another client has the lock. While Redis is away, every
// client gets the lock.
func (c Client) Lock(kind, name string, lifetime time.Duration) (unlock func()) {
	key, mine := c.store.name(Key(kind, name)), rand.Text()
	held := false
	err := c.store.do("SET", func(conn redis.Conn) error {
		_, err := redis.String(conn.Do("SET", key, mine, "NX", "PX", lifetime.Milliseconds()))
		if held = errors.Is(err, redis.ErrNil); held {
			return nil
		}
		return err
	})
	if held {
		return nil
	}
	return func() {
		if err == nil {
			_ = c.store.do("unlock", func(conn redis.Conn) error { // else it ends by itself
				_, err := c.store.scripts.unlock.Do(conn, key, mine)
				return err
			})
		}
	}
}
