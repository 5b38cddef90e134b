package store

import (
	"errors"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Now implements Store: the time of Redis, as of the last look.
func (r *Redis) Now() time.Time { return time.Now().Add(time.Duration(r.skew.Load())) }

// Moment implements Store.
func (r *Redis) Moment() Point {
	var epoch uint32
	var micros int64
	if r.do(func(conn redis.Conn) error {
		got, err := redis.Values(r.scripts.moment.Do(conn, epochKey))
		if err == nil {
			_, err = redis.Scan(got, &epoch, &micros)
		}
		return err
	}) != nil {
		return r.memory.Moment()
	}
	return Point{epoch, time.UnixMicro(micros)}
}

// Mark implements Store.
func (r *Redis) Mark(key string, lifetime time.Duration) {
	r.memory.Mark(key, lifetime)
	r.write(func(conn redis.Conn) error {
		_, err := r.scripts.mark.Do(conn, prefix+key, epochKey, lifetime.Milliseconds(), 0)
		return err
	})
}

// Marked implements Store.
func (r *Redis) Marked(since Point, keys ...string) (times []time.Time, whole bool) {
	var marks [][]byte
	var epoch uint64
	err := r.do(func(conn redis.Conn) error {
		if err := conn.Send("MGET", arguments(keys)...); err != nil {
			return err
		}
		// After the marks: if they were lost before, the epoch is another one.
		if err := conn.Send("HGET", epochKey, "number"); err != nil {
			return err
		}
		if err := conn.Flush(); err != nil {
			return err
		}
		var err error
		if marks, err = redis.ByteSlices(conn.Receive()); err != nil {
			return err
		}
		if epoch, err = redis.Uint64(conn.Receive()); errors.Is(err, redis.ErrNil) {
			return nil
		}
		return err
	})
	if err != nil {
		times, _ = r.memory.Marked(since, keys...)
		return times, r.remembers(since)
	}
	times = make([]time.Time, len(keys))
	for i := range keys {
		times[i] = read(marks[i])
	}
	return times, epoch != 0 && uint64(since.Epoch) == epoch
}

// remembers reports whether this process has all of its marks since a moment: it is from the time without Redis.
func (r *Redis) remembers(since Point) bool {
	lost := time.UnixMicro(r.lost.Load()).Add(time.Duration(r.skew.Load()))
	return since.Epoch == 0 && !since.Time.Before(lost) && !r.Connected()
}

// Claim implements Store. When Redis doesn't answer, it may have the claim or not, so it counts as someone else's.
func (r *Redis) Claim(since Point, key string, lifetime time.Duration) bool {
	if since.Epoch == 0 {
		if !r.remembers(since) {
			return false
		}
		r.missed.Store(true)
		return r.memory.Claim(since, key, lifetime)
	}
	var claimed bool
	return r.write(func(conn redis.Conn) (err error) {
		claimed, err = redis.Bool(r.scripts.mark.Do(conn, prefix+key, epochKey, lifetime.Milliseconds(), since.Epoch))
		return err
	}) && claimed
}

// Add implements Store.
func (r *Redis) Add(key string, value []byte, lifetime time.Duration) []byte {
	var sealed []byte
	mine := r.seal(key, value)
	if !r.write(func(conn redis.Conn) (err error) {
		sealed, err = redis.Bytes(r.scripts.add.Do(conn, prefix+key, mine, lifetime.Milliseconds()))
		return err
	}) {
		return r.memory.Add(key, value, lifetime)
	}
	held := r.open(key, sealed)
	if held == nil {
		held = value // another state key sealed it
	}
	r.memory.Put(key, held, lifetime)
	return held
}

// Get implements Store.
func (r *Redis) Get(key string) []byte {
	var sealed []byte
	if r.do(func(conn redis.Conn) (err error) {
		if sealed, err = redis.Bytes(conn.Do("GET", prefix+key)); errors.Is(err, redis.ErrNil) {
			return nil
		}
		return err
	}) != nil {
		return r.memory.Get(key)
	}
	return r.open(key, sealed)
}

// Put implements Store.
func (r *Redis) Put(key string, value []byte, lifetime time.Duration) {
	if len(value) > maxShared {
		return
	}
	r.memory.Put(key, value, lifetime)
	sealed := r.seal(key, value)
	r.write(func(conn redis.Conn) error {
		_, err := conn.Do("SET", prefix+key, sealed, "PX", lifetime.Milliseconds())
		return err
	})
}

// Delete implements Store.
func (r *Redis) Delete(key string) {
	r.memory.Delete(key)
	r.write(func(conn redis.Conn) error {
		_, err := conn.Do("DEL", prefix+key)
		return err
	})
}

// Take implements Store.
func (r *Redis) Take(key string, limit Limit) (wait time.Duration, ok bool) {
	if limit.PerSecond <= 0 {
		return 0, true
	}
	strict := 0
	if limit.Strict {
		strict = 1
	}
	var allowed, micros int64
	if r.do(func(conn redis.Conn) error {
		got, err := redis.Values(r.scripts.take.Do(conn, prefix+key, epochKey,
			max(1, int64(1e6/limit.PerSecond)), max(1, limit.Burst), limit.MaxWait.Microseconds(), strict))
		if err == nil {
			_, err = redis.Scan(got, &allowed, &micros)
		}
		return err
	}) != nil {
		return r.memory.Take(key, r.share(limit))
	}
	wait, ok = time.Duration(micros)*time.Microsecond, allowed == 1
	if limit.Strict && ok {
		r.queue.Store(time.Now().Add(wait).UnixMicro())
	}
	return wait, ok
}

var errAway = errors.New("the store is away")

// do runs something at Redis, unless it's away. After a failure it is.
func (r *Redis) do(run func(redis.Conn) error) error {
	if !r.Connected() {
		return errAway
	}
	conn := r.pool.Get()
	defer conn.Close()  //nolint:errcheck // the pool has it
	if !r.Connected() { // since this call waits for a connection
		return errAway
	}
	err := run(conn)
	if err != nil {
		r.lose(err)
	}
	return err
}

// write is do for what changes something. What Redis doesn't get is missed there.
func (r *Redis) write(run func(redis.Conn) error) bool {
	if r.do(run) != nil {
		r.missed.Store(true)
		return false
	}
	return true
}

func (r *Redis) seal(key string, value []byte) string {
	return r.box.Seal([]string{"store", key}, value, r.Now())
}

// open returns a value as it was put, nil for one that isn't valid.
func (r *Redis) open(key string, sealed []byte) []byte {
	if sealed == nil {
		return nil
	}
	opened, err := r.box.Open([]string{"store", key}, string(sealed), maxAge, r.Now())
	if err != nil {
		return nil
	}
	return append([]byte{}, opened.Data...)
}

func arguments(keys []string) []any {
	all := make([]any, len(keys))
	for i, key := range keys {
		all[i] = prefix + key
	}
	return all
}
