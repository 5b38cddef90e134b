package store

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
	"golang.org/x/time/rate"

	"opentrain-mcp/internal/seal"
)

const (
	prefix     = "{opentrain-mcp}:"
	maxShared  = 64 << 10 // bytes of a value: a minute has room for 120 public reads
	maxAge     = 48 * time.Hour
	lookEvery  = time.Second            // how often a replica shows that it lives
	lookAgain  = 500 * time.Millisecond // after Redis was lost
	replicaTTL = 5 * time.Second        // how long a replica counts that shows nothing
	epochTTL   = 24 * time.Hour
	unknownOf  = 3 // replicas, until Redis says how many there are

	maxIdle, maxOpen = 16, 128 // connections
	maxStale         = 10_000  // values that are deleted one by one, about 100 bytes each

	defaultTimeout = 250 * time.Millisecond
	slowPart       = 5  // a step is slow from this part of the time-out on
	slowPercent    = 20 // of the time-out may be slow in each second
)

// Config says where Redis is.
type Config struct {
	URL     string        // redis:// or, with TLS, rediss://, with user, password and number of the database
	API     string        // whose data is shared: its base URL
	TLS     *tls.Config   // nil for the system's certificates
	Box     *seal.Box     // seals the values; all replicas have its key
	Timeout time.Duration // of one step, 0 for 250 ms
	Logger  *slog.Logger
}

// Redis is a Store that replicas share. When Redis can't be reached, each replica goes on with its memory, and with its
// share of the limits.
//
// A call takes several steps, which must not hold it up for long: when steps are slow for longer than the time-out of one,
// Redis counts as away until it's fast again.
type Redis struct {
	memory  *memory
	pool    *redis.Pool
	cfg     Config
	scripts scripts
	replica string // a name of this one
	own     uint32 // the epoch of what is in memory alone
	epoch   string // the keys of what all replicas know
	all     string

	mu        sync.Mutex      // held while Redis learns what it has missed
	missed    bool            // a mark isn't in Redis; only while it's away
	stale     map[string]bool // keys whose value in Redis may be older; with more than maxStale, all may
	connected atomic.Bool

	lost      atomic.Int64 // when Redis was last lost, in microseconds
	began     atomic.Int64 // since when the values in Redis count, in microseconds
	skew      atomic.Int64 // nanoseconds that the clock of Redis is ahead
	replicas  atomic.Int64
	queue     atomic.Int64 // until when calls wait for a strict limit, in microseconds
	failures  atomic.Int64 // how often Redis was lost
	slowUntil atomic.Int64 // when the last slow step ended, in microseconds
	patience  *rate.Limiter
	observe   atomic.Pointer[func(operation, failure string, took time.Duration)]

	open        context.Context // until Close
	close       func()
	wake, ended chan struct{}
}

// Open connects to Redis. It fails only if the configuration is wrong: Redis may come later. Its errors and log lines have no
// part of the URL but the address. The caller closes it.
func Open(cfg Config) (*Redis, error) {
	if err := checkURL(cfg.URL); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	options := []redis.DialOption{
		redis.DialTLSHandshakeTimeout(cfg.Timeout), redis.DialReadTimeout(cfg.Timeout), redis.DialWriteTimeout(cfg.Timeout),
	}
	if cfg.TLS != nil {
		options = append(options, redis.DialTLSConfig(cfg.TLS))
	}
	patience := int(cfg.Timeout.Milliseconds())
	r := &Redis{
		cfg: cfg, scripts: newScripts(), replica: rand.Text(), own: number(), stale: map[string]bool{},
		patience: rate.NewLimiter(rate.Limit(patience*slowPercent/100), patience),
		wake:     make(chan struct{}, 1), ended: make(chan struct{}),
	}
	r.open, r.close = context.WithCancel(context.Background())
	r.epoch, r.all = r.name("epoch"), r.name("replicas")
	r.pool = &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) { return redis.DialURLContext(ctx, cfg.URL, options...) },
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
		return errors.New("it must be redis://host:port or, with TLS, rediss://host:port; write special characters in the password as in %40")
	case !regexp.MustCompile(`^/?\d*$`).MatchString(u.Path), u.RawQuery != "", u.Fragment != "":
		return errors.New("after the address, only a database number is allowed, such as /0")
	}
	return nil
}

// name is a key in Redis. Only who has the state key knows what it stands for. Replicas with another key or another API
// have other names.
func (r *Redis) name(key string) string {
	kind, _, _ := strings.Cut(key, ":")
	return prefix + kind + ":" + r.cfg.Box.Name("store", r.cfg.API, key)
}

// Close ends the connections. What comes afterwards stays in memory. Further calls have no effect.
func (r *Redis) Close() error {
	r.close()
	<-r.ended
	r.connected.Store(false)
	return r.pool.Close()
}

// Connected reports whether Redis can be reached.
func (r *Redis) Connected() bool { return r.connected.Load() }

// Replicas returns how many replicas share the store, as far as this one knows.
func (r *Redis) Replicas() int { return int(r.replicas.Load()) }

// Failures returns how often Redis was lost.
func (r *Redis) Failures() int { return int(r.failures.Load()) }

// Observe sets what is called after each step at Redis. failure is "" or why it failed, one of few words.
func (r *Redis) Observe(observe func(operation, failure string, took time.Duration)) {
	r.observe.Store(&observe)
}

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
		case <-r.open.Done():
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
	return r.step("hello", func(conn redis.Conn) error {
		info, err := redis.String(conn.Do("INFO", "server"))
		if err != nil {
			return err
		}
		_, run, found := strings.Cut(info, "run_id:") // another one after each start
		if !found {
			return errors.New("INFO has no run_id, so a restart can't be noticed")
		}
		run, _, _ = strings.Cut(run, "\r")
		return r.hello(conn, run)
	})
}

// hello makes Redis count as connected. Before that, Redis learns what it has missed: a mark begins another epoch, and stale values
// are deleted.
func (r *Redis) hello(conn redis.Conn, run string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys, allStale := []string{r.epoch, r.all}, len(r.stale) > maxStale
	if !allStale {
		keys = slices.AppendSeq(keys, maps.Keys(r.stale))
	}
	var epoch, now, replicas, began int64
	sent := time.Now()
	got, err := redis.Values(r.scripts.hello.Do(conn, redis.Args{len(keys)}.AddFlat(keys).Add(
		run, number(), flag(r.missed), r.replica, replicaTTL.Microseconds(), epochTTL.Milliseconds(), flag(allStale))...))
	took := time.Since(sent)
	if err == nil {
		_, err = redis.Scan(got, &epoch, &now, &replicas, &began)
	}
	if err == nil && !r.Connected() && r.slow(took) {
		err = errSlow
	}
	if err != nil {
		return err
	}
	r.skew.Store(int64(time.UnixMicro(now).Sub(sent.Add(took / 2))))
	r.replicas.Store(max(1, replicas))
	r.began.Store(began)
	r.missed = false
	clear(r.stale)
	if !r.connected.Swap(true) && r.failures.Load() > 0 {
		r.cfg.Logger.Warn("the store is back")
	}
	return nil
}

// lose goes on without Redis.
func (r *Redis) lose(err error) {
	if !r.Connected() {
		return
	}
	r.lost.Store(time.Now().UnixMicro()) // before anyone goes on with memory
	if !r.connected.CompareAndSwap(true, false) {
		return
	}
	r.warnLost(err)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Redis) warnLost(err error) {
	r.failures.Add(1)
	r.cfg.Logger.Warn("the store can't be reached; this replica goes on with its own memory", "reason", reason(err))
}

// reason says why Redis can't be used. An error of Redis itself is cut after its code.
func reason(err error) string {
	if failure, ok := errors.AsType[redis.Error](err); ok {
		code, _, _ := strings.Cut(string(failure), " ")
		return code
	}
	return err.Error()
}

// flag is a condition as a script knows it.
func flag(is bool) int {
	if is {
		return 1
	}
	return 0
}

// number is a random number above 0.
func number() uint32 {
	b := make([]byte, 4)
	rand.Read(b)
	return max(1, binary.BigEndian.Uint32(b))
}

// alone counts something against this replica's share of a limit. A strict limit begins again each time that Redis is lost.
func (r *Redis) alone(key string, limit Limit) (wait time.Duration, ok bool) {
	n := r.Replicas()
	limit.PerSecond /= float64(n)
	limit.Burst = max(1, limit.Burst/n)
	if limit.Strict {
		key += ":" + strconv.FormatInt(r.lost.Load(), 36)
		if waits := time.Until(time.UnixMicro(r.queue.Load())); waits > 0 {
			limit.debt = int(math.Ceil(waits.Seconds() * limit.PerSecond)) // those who wait have their tokens
		}
	}
	return r.memory.Take(key, limit)
}
