package store

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"opentrain-mcp/internal/seal"
)

const (
	prefix     = "{opentrain-mcp}:"
	epochKey   = prefix + "epoch"
	maxShared  = 64 << 10 // bytes of a value: a minute has room for 120 public reads
	maxAge     = 48 * time.Hour
	lookEvery  = time.Second            // how often a replica shows that it lives
	lookAgain  = 500 * time.Millisecond // after Redis was lost
	replicaTTL = 5 * time.Second        // how long a replica counts that shows nothing
	epochTTL   = 24 * time.Hour
	unknownOf  = 3 // replicas, until Redis says how many there are

	maxIdle, maxOpen = 16, 128 // connections
)

// Config says where Redis is.
type Config struct {
	URL     string        // redis:// or, with TLS, rediss://, with user, password and number of the database
	TLS     *tls.Config   // nil for the system's certificates
	Box     *seal.Box     // seals the values; all replicas have its key
	Timeout time.Duration // of one step, 0 for 250 ms
	Logger  *slog.Logger
}

// Redis is a Store that replicas share. When Redis can't be reached, each replica goes on with its memory, and with its
// share of the limits.
type Redis struct {
	memory  *memory
	pool    *redis.Pool
	box     *seal.Box
	log     *slog.Logger
	scripts scripts
	name    string // of this replica

	link     atomic.Pointer[link] // nil while Redis is away
	lost     atomic.Int64         // when that began, in microseconds
	skew     atomic.Int64         // nanoseconds that the clock of Redis is ahead
	replicas atomic.Int64
	queue    atomic.Int64 // until when calls wait for a strict limit, in microseconds
	missed   atomic.Bool  // something was put that Redis doesn't have
	failures atomic.Int64 // how often Redis was lost

	wake, done, ended chan struct{}
	once              sync.Once // of Close
}

// link is what is known of Redis while it can be reached.
type link struct{ epoch uint32 }

// Open connects to Redis. It fails only if the configuration is wrong: Redis may come later. Its errors and log lines have no
// part of the URL but the address. The caller closes it.
func Open(cfg Config) (*Redis, error) {
	if err := checkURL(cfg.URL); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 250 * time.Millisecond
	}
	options := []redis.DialOption{
		redis.DialConnectTimeout(cfg.Timeout), redis.DialTLSHandshakeTimeout(2 * cfg.Timeout),
		redis.DialReadTimeout(cfg.Timeout), redis.DialWriteTimeout(cfg.Timeout),
	}
	if cfg.TLS != nil {
		options = append(options, redis.DialTLSConfig(cfg.TLS))
	}
	r := &Redis{
		box: cfg.Box, log: cfg.Logger, scripts: newScripts(), name: strconv.FormatUint(uint64(number()), 36),
		wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
	}
	r.pool = &redis.Pool{
		Dial: func() (redis.Conn, error) { return redis.DialURL(cfg.URL, options...) },
		TestOnBorrow: func(_ redis.Conn, used time.Time) error {
			if r.lost.Load() >= used.UnixMicro() {
				return errAway // it is from before
			}
			return nil
		},
		MaxIdle: maxIdle, MaxActive: maxOpen, IdleTimeout: time.Minute, Wait: true,
	}
	r.memory = newMemory(r.Now)
	r.replicas.Store(unknownOf)
	r.lost.Store(time.Now().UnixMicro())
	if err := r.look(); err != nil {
		r.warnLost(err)
	}
	go r.keep()
	return r, nil
}

// checkURL doesn't repeat the URL, which may have a password.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Host == "", u.Scheme != "redis" && u.Scheme != "rediss":
		return errors.New("it must be redis://host:port or, with TLS, rediss://host:port; special characters of a password are written as %40")
	case !regexp.MustCompile(`^/?\d*$`).MatchString(u.Path), u.RawQuery != "", u.Fragment != "":
		return errors.New("after the address, it may only have the number of a database, such as /0")
	}
	return nil
}

// Close ends the connections. What comes afterwards stays in memory. Further calls have no effect.
func (r *Redis) Close() error {
	r.once.Do(func() { close(r.done) })
	<-r.ended
	r.link.Store(nil)
	return r.pool.Close()
}

// Connected reports whether Redis can be reached.
func (r *Redis) Connected() bool { return r.link.Load() != nil }

// Replicas returns how many replicas share the store, as far as this one knows.
func (r *Redis) Replicas() int { return int(r.replicas.Load()) }

// Failures returns how often Redis was lost.
func (r *Redis) Failures() int { return int(r.failures.Load()) }

// keep shows that this replica lives, and looks for Redis while it's away.
func (r *Redis) keep() {
	defer close(r.ended)
	for {
		pause := lookEvery
		if !r.Connected() {
			pause = lookAgain
		}
		timer := time.NewTimer(pause)
		select {
		case <-r.done:
			timer.Stop()
			return
		case <-r.wake:
			timer.Stop()
			continue // it was just lost
		case <-timer.C:
		}
		if err := r.look(); err != nil {
			r.lose(err)
		}
	}
}

// look asks Redis who it is, and registers this replica.
func (r *Redis) look() error {
	conn := r.pool.Get()
	defer conn.Close() //nolint:errcheck // the pool has it
	info, err := redis.String(conn.Do("INFO", "server"))
	if err != nil {
		return err
	}
	_, run, found := strings.Cut(info, "run_id:") // another one after each start
	if !found {
		return errors.New("INFO has no run_id, so a restart can't be noticed")
	}
	run, _, _ = strings.Cut(run, "\r")
	missed := r.missed.Swap(false)
	other := "0"
	if missed {
		other = "1"
	}
	sent := time.Now()
	got, err := redis.Values(r.scripts.hello.Do(conn, epochKey, prefix+"replicas",
		run, number(), other, r.name, replicaTTL.Microseconds(), epochTTL.Milliseconds()))
	var epoch, now, replicas int64
	if err == nil {
		_, err = redis.Scan(got, &epoch, &now, &replicas)
	}
	if err != nil {
		r.missed.CompareAndSwap(false, missed)
		return err
	}
	half := time.Since(sent) / 2
	r.skew.Store(int64(time.UnixMicro(now).Sub(sent.Add(half))))
	r.replicas.Store(max(1, replicas))
	if before := r.link.Swap(&link{uint32(epoch)}); before == nil && r.failures.Load() > 0 { //nolint:gosec // written by number
		r.log.Warn("the store is back")
	}
	return nil
}

// lose goes on without Redis.
func (r *Redis) lose(err error) {
	before := r.link.Load()
	if before == nil || !r.link.CompareAndSwap(before, nil) {
		return
	}
	r.lost.Store(time.Now().UnixMicro())
	r.memory.forgetBuckets()
	r.warnLost(err)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Redis) warnLost(err error) {
	r.failures.Add(1)
	r.log.Warn("the store can't be reached; this replica goes on with its own memory", "reason", reason(err))
}

// reason says why Redis can't be used. An error of Redis itself is cut after its code.
func reason(err error) string {
	if failure, ok := errors.AsType[redis.Error](err); ok {
		code, _, _ := strings.Cut(string(failure), " ")
		return code
	}
	return err.Error()
}

// number is a random number above 0.
func number() uint32 {
	b := make([]byte, 4)
	rand.Read(b)
	return max(1, binary.BigEndian.Uint32(b))
}

// share is this replica's part of a limit while Redis is away.
func (r *Redis) share(limit Limit) Limit {
	n := r.Replicas()
	limit.PerSecond /= float64(n)
	limit.Burst = max(1, limit.Burst/n)
	if waits := time.Until(time.UnixMicro(r.queue.Load())); limit.Strict && waits > 0 {
		limit.debt = int(math.Ceil(waits.Seconds() * limit.PerSecond)) // those who wait have their tokens
	}
	return limit
}
