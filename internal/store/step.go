package store

import (
	"context"
	"errors"
	"time"

	"github.com/gomodule/redigo/redis"
)

var (
	errAway = errors.New("the store is away")
	errSlow = errors.New("the store is slow")
)

// inTime is a connection for the commands of one step, which all end in time.
type inTime struct {
	redis.Conn
	until time.Time
}

// Do implements redis.Conn.
func (c inTime) Do(command string, args ...any) (any, error) {
	return redis.DoWithTimeout(c.Conn, max(time.Millisecond, time.Until(c.until)), command, args...)
}

// do takes a step at Redis, unless it's away. After a failure it is.
func (r *Redis) do(operation string, run func(redis.Conn) error) error {
	if !r.Connected() {
		return errAway
	}
	start := time.Now()
	err := r.step(operation, run)
	switch {
	case err != nil:
		r.lose(err)
	case r.tooSlow(start, time.Now()):
		r.lose(errSlow)
	}
	return err
}

// step takes a step at Redis. It ends in time, not with a call: what was changed must be known even if the caller is gone.
func (r *Redis) step(operation string, run func(redis.Conn) error) error {
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), r.cfg.Timeout)
	defer cancel()
	conn, err := r.pool.GetContext(ctx)
	if err == nil {
		defer conn.Close() //nolint:errcheck // the pool has it
		err = run(inTime{conn, start.Add(r.cfg.Timeout)})
	}
	if observe := r.observe.Load(); observe != nil {
		(*observe)(operation, errorType(err), time.Since(start))
	}
	return err
}

// slow reports whether a step took long, although not too long.
func (r *Redis) slow(took time.Duration) bool { return took >= r.cfg.Timeout/slowPart }

// tooSlow counts the time of slow steps, each moment once, and reports whether it's more than now and then.
func (r *Redis) tooSlow(start, end time.Time) bool {
	if !r.slow(end.Sub(start)) {
		return false
	}
	counted := time.UnixMicro(r.slowUntil.Swap(end.UnixMicro()))
	if counted.After(start) {
		start = counted
	}
	return !r.patience.AllowN(end, int(end.Sub(start).Milliseconds()))
}

// errorType is what a metric says about a failure: a code of Redis, "timeout" or "_OTHER".
func errorType(err error) string {
	var late interface{ Timeout() bool }
	switch _, ok := errors.AsType[redis.Error](err); {
	case err == nil:
		return ""
	case ok:
		return reason(err)
	case errors.As(err, &late) && late.Timeout():
		return "timeout"
	}
	return "_OTHER"
}
