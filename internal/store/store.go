// Package store keeps what replicas share: small values that expire, and limits. By default it is this process's memory;
// with Redis, all replicas have the same. No method fails: while Redis is away, a replica goes on with its memory.
package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"time"
)

// Store keeps what replicas share for a while, and knows since when it has lost nothing. It is safe for concurrent use.
type Store interface {
	// Shared reports whether other processes have the same values.
	Shared() bool
	// Now is about the time by the clock that all replicas share.
	Now() time.Time
	// Moment is the present, in the order of all marks.
	Moment() Point
	// Mark records that something happens now.
	Mark(key string, lifetime time.Duration)
	// Marked returns when keys were last marked, zero for never. whole says that no mark from after the moment was lost.
	Marked(since Point, keys ...string) (times []time.Time, whole bool)
	// Claim marks a key that isn't marked, for one of all who try it. known is false if nothing was claimed because one of the
	// changes was marked after the moment, or such a mark may be lost, or because that can't be found out.
	Claim(since Point, key string, lifetime time.Duration, changes ...string) (claimed, known bool)
	// Add sets the value of a key that has none, for one of all who try it, and starts the key's lifetime again. It returns
	// the value that the key has then.
	Add(key string, value []byte, lifetime time.Duration) (held []byte)
	// Get returns the value of a key, nil if it has none.
	Get(key string) []byte
	// Put sets the value of a key.
	Put(key string, value []byte, lifetime time.Duration)
	// Delete removes a key.
	Delete(key string)
	// Take counts something against a limit. It returns how long to wait; ok is false, and nothing is counted, if that
	// is longer than the limit allows.
	Take(key string, limit Limit) (wait time.Duration, ok bool)
}

// Point is a moment in an epoch, which ends when something may be lost. Without a store that others share, that is epoch 0.
type Point struct {
	Epoch uint32    `json:"epoch,omitempty"`
	Time  time.Time `json:"time"`
}

// Limit is how often something may happen: a bucket of Burst tokens that is filled with PerSecond.
type Limit struct {
	PerSecond float64
	Burst     int
	MaxWait   time.Duration // the longest wait for a token
	Strict    bool          // the bucket begins empty when it may have been lost

	debt int // more tokens that are missing then
}

// NoLimit is a rate without a limit.
const NoLimit = math.MaxFloat64

// Calls limits the calls of each caller of some kind. It is nil without a limit.
func Calls(s Store, kind string, perSecond float64, burst int) func(caller string) (wait time.Duration) {
	if perSecond >= NoLimit {
		return nil
	}
	return func(caller string) time.Duration {
		wait, _ := s.Take(Key(kind, caller), Limit{PerSecond: perSecond, Burst: burst})
		return wait
	}
}

// Key names a value of some kind. It has a hash of the parts, so that all are short. Each kind has room of its own in memory.
func Key(kind string, parts ...string) string {
	all := sha256.New()
	for _, part := range parts {
		all.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // parts are short
		all.Write([]byte(part))
	}
	return kind + ":" + base64.RawURLEncoding.EncodeToString(all.Sum(nil)[:18])
}
