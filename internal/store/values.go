package store

import (
	"errors"
	"strconv"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Shared implements Store.
func (r *Redis) Shared() bool { return true }

// Now implements Store: the time of Redis, as of the last look.
func (r *Redis) Now() time.Time { return time.Now().Add(time.Duration(r.skew.Load())) }

// Moment implements Store.
func (r *Redis) Moment() Point {
	if at, _, err := r.marked(); err == nil {
		return at
	}
	return Point{Epoch: r.own, Time: r.Now()}
}

// Mark implements Store. A mark that Redis doesn't get is missed there, and another epoch begins when it's back.
func (r *Redis) Mark(key string, lifetime time.Duration) {
	r.change("mark", func(conn redis.Conn) error {
		_, err := r.scripts.mark.Do(conn, r.name(key), lifetime.Milliseconds())
		return err
	}, func() {
		r.memory.Mark(key, lifetime)
		r.missed = true
	})
}

// change changes something at Redis. If Redis may not have it, lost says so, before Redis counts as back.
func (r *Redis) change(operation string, run func(redis.Conn) error, lost func()) {
	if r.do(operation, run) == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Connected() && r.do(operation, run) == nil { // it's just back
		return
	}
	lost()
}

// changeValue changes a value at Redis. If Redis may still have an older one, that is deleted before Redis counts as back.
func (r *Redis) changeValue(operation, key string, run func(redis.Conn) error) {
	r.change(operation, run, func() {
		if len(r.stale) <= maxStale {
			r.stale[r.name(key)] = true
		}
	})
}

// Marked implements Store.
func (r *Redis) Marked(since Point, keys ...string) (times []time.Time, whole bool) {
	now, marks, err := r.marked(keys...)
	if err != nil {
		times, whole = r.memory.Marked(Point{Time: since.Time}, keys...)
		return times, whole && r.remembers(since)
	}
	times = make([]time.Time, len(keys))
	for i := range keys {
		times[i] = read(marks[i])
	}
	return times, now.Epoch != 0 && now.Epoch == since.Epoch
}

// marked returns the present and marks.
func (r *Redis) marked(keys ...string) (now Point, marks [][]byte, err error) {
	args := append(make([]any, 0, 2+len(keys)), 1+len(keys), r.epoch)
	for _, key := range keys {
		args = append(args, r.name(key))
	}
	err = r.do("marked", func(conn redis.Conn) error {
		got, err := redis.Values(r.scripts.marked.Do(conn, args...))
		var micros int64
		var values []any
		if err == nil {
			_, err = redis.Scan(got, &now.Epoch, &micros, &values)
		}
		if err == nil {
			marks, err = redis.ByteSlices(values, nil)
		}
		now.Time = time.UnixMicro(micros)
		return err
	})
	return now, marks, err
}

// remembers reports whether this process has all of its marks since a moment: it is from the time without Redis.
func (r *Redis) remembers(since Point) bool {
	lost := time.UnixMicro(r.lost.Load()).Add(time.Duration(r.skew.Load()))
	return since.Epoch == r.own && !since.Time.Before(lost) && !r.Connected()
}

// Claim implements Store. When Redis doesn't answer, it may have the claim or not, so it counts as someone else's.
func (r *Redis) Claim(since Point, key string, lifetime time.Duration, changes ...string) (claimed, known bool) {
	if since.Epoch == r.own {
		if !r.remembers(since) {
			return false, false
		}
		return r.memory.Claim(Point{Time: since.Time}, key, lifetime, changes...)
	}
	args := []any{2 + len(changes), r.name(key), r.epoch}
	for _, change := range changes {
		args = append(args, r.name(change))
	}
	args = append(args, lifetime.Milliseconds(), since.Epoch, since.Time.UnixMicro())
	var result int
	err := r.do("claim", func(conn redis.Conn) (err error) {
		result, err = redis.Int(r.scripts.claim.Do(conn, args...))
		return err
	})
	return err == nil && result == 1, err == nil && result >= 0
}

// Add implements Store.
func (r *Redis) Add(key string, value []byte, lifetime time.Duration) []byte {
	var sealed []byte
	mine := r.seal(key, value)
	if r.do("add", func(conn redis.Conn) (err error) {
		sealed, err = redis.Bytes(r.scripts.add.Do(conn, r.name(key), mine, lifetime.Milliseconds()))
		return err
	}) != nil {
		return r.memory.Add(key, value, lifetime)
	}
	held := r.unseal(key, sealed)
	if held == nil { // it doesn't count
		r.Put(key, value, lifetime)
		return value
	}
	r.memory.Put(key, held, lifetime)
	return held
}

// Get implements Store.
func (r *Redis) Get(key string) []byte {
	var sealed []byte
	if r.do("GET", func(conn redis.Conn) (err error) {
		if sealed, err = redis.Bytes(conn.Do("GET", r.name(key))); errors.Is(err, redis.ErrNil) {
			return nil
		}
		return err
	}) != nil {
		return r.memory.Get(key)
	}
	return r.unseal(key, sealed)
}

// Put implements Store.
func (r *Redis) Put(key string, value []byte, lifetime time.Duration) {
	if len(value) > maxShared { // and no older one counts
		r.Delete(key)
		return
	}
	r.memory.Put(key, value, lifetime)
	r.changeValue("SET", key, func(conn redis.Conn) error {
		_, err := conn.Do("SET", r.name(key), r.seal(key, value), "PX", lifetime.Milliseconds())
		return err
	})
}

// Delete implements Store.
func (r *Redis) Delete(key string) {
	r.memory.Delete(key)
	r.changeValue("DEL", key, func(conn redis.Conn) error {
		_, err := conn.Do("DEL", r.name(key))
		return err
	})
}

// Take implements Store.
func (r *Redis) Take(key string, limit Limit) (wait time.Duration, ok bool) {
	if limit.PerSecond <= 0 {
		return 0, true
	}
	var allowed, micros int64
	if r.do("take", func(conn redis.Conn) error {
		got, err := redis.Values(r.scripts.take.Do(conn, r.name(key), r.epoch,
			max(1, int64(1e6/limit.PerSecond)), max(1, limit.Burst), limit.MaxWait.Microseconds(), flag(limit.Strict)))
		if err == nil {
			_, err = redis.Scan(got, &allowed, &micros)
		}
		return err
	}) != nil {
		return r.alone(key, limit)
	}
	wait, ok = time.Duration(micros)*time.Microsecond, allowed == 1
	if limit.Strict && ok {
		r.queue.Store(time.Now().Add(wait).UnixMicro())
	}
	return wait, ok
}

func (r *Redis) seal(key string, value []byte) string {
	return r.cfg.Box.Seal(r.purpose(key), value, r.Now())
}

// purpose is what a value is sealed for. One from before Redis was restarted has another.
func (r *Redis) purpose(key string) []string {
	return []string{"store", key, strconv.FormatInt(r.began.Load(), 36)}
}

// unseal returns a value as it was put, nil for one that doesn't count.
func (r *Redis) unseal(key string, sealed []byte) []byte {
	if sealed == nil {
		return nil
	}
	opened, err := r.cfg.Box.Open(r.purpose(key), string(sealed), maxAge, r.Now())
	if err != nil {
		return nil
	}
	return append([]byte{}, opened.Data...)
}
