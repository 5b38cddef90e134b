package store_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"opentrain-mcp/internal/redistest"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
)

// patience limits every wait and every step at Redis: the machine may be busy.
const patience = time.Minute

// replica opens a store as one of several replicas.
func replica(t *testing.T, url string, log io.Writer) *store.Redis {
	t.Helper()
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(store.Config{URL: url, Box: box, Timeout: patience, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); !is(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func claim(s store.Store, since store.Point, key string) bool {
	claimed, _ := s.Claim(since, key, time.Minute)
	return claimed
}

func marked(s store.Store, since store.Point, key string) (after, whole bool) {
	times, whole := s.Marked(since, key)
	return since.Time.Before(times[0]), whole
}

// TestStore: what one replica puts, all get; a key is added once; limits are common.
func TestStore(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, a, b store.Store) {
		start, key := a.Moment(), store.Key("changed", "job_1")
		check := func(what string, at store.Store, since store.Point, want bool) {
			t.Helper()
			if after, whole := marked(at, since, key); after != want || !whole {
				t.Errorf("%s: marked %v, whole %v", what, after, whole)
			}
		}
		check("empty", b, start, false)
		a.Mark(key, time.Minute)
		check("marked", b, start, true)
		check("before", a, b.Moment(), false)
		b.Delete(key)
		check("deleted", a, start, false)
		other := store.Point{Epoch: start.Epoch + 1, Time: start.Time}
		if _, whole := a.Marked(other, key); whole || claim(a, other, key) {
			t.Error("another epoch counts")
		}
		var claimed atomic.Int64
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if claim([2]store.Store{a, b}[i%2], start, store.Key("spent", "at once")) {
					claimed.Add(1)
				}
			})
		}
		if all.Wait(); claimed.Load() != 1 {
			t.Errorf("%d claims", claimed.Load())
		}
		value := store.Key("value", "x")
		if first, second := a.Add(value, []byte("first"), time.Minute), b.Add(value, []byte("second"), time.Minute); string(first) != "first" ||
			string(second) != "first" {
			t.Errorf("added %q, %q", first, second)
		}
		b.Put(value, []byte("third"), time.Minute)
		if got := a.Get(value); string(got) != "third" || a.Get(store.Key("value", "y")) != nil {
			t.Errorf("got %q", got)
		}
		limit, taken, from := store.Limit{PerSecond: .01, Burst: 6}, 0, time.Now()
		for i := range 10 {
			if _, ok := [2]store.Store{a, b}[i%2].Take("calls:x", limit); ok {
				taken++
			}
		}
		wait, ok := a.Take("calls:x", limit)
		if least := 100*time.Second - time.Since(from); taken != 6 || ok || wait < least || wait > 100*time.Second {
			t.Errorf("%d taken, then %v %v", taken, wait, ok)
		}
		if wait, ok := a.Take("calls:x", store.Limit{PerSecond: .01, Burst: 6, MaxWait: time.Hour}); !ok || wait < 100*time.Second-time.Since(from) {
			t.Errorf("with patience: %v %v", wait, ok)
		}
		if _, ok := a.Take("calls:y", store.Limit{}); !ok {
			t.Error("no limit is a limit")
		}
	}
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		m := store.InMemory(time.Now)
		run(t, m, m)
	})
	t.Run("Redis", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t, "--requirepass", "se:cret")
		url := "redis://:se%3Acret@" + server.Address + "/3"
		run(t, replica(t, url, io.Discard), replica(t, url, io.Discard))
	})
}

// TestRedisLost: without Redis, each replica goes on with its memory. What was asked before counts no more, neither then nor
// when Redis is back.
func TestRedisLost(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	var log bytes.Buffer
	a, b := replica(t, server.URL(), &log), replica(t, server.URL(), io.Discard)
	before, key := a.Moment(), store.Key("changed", "job_1")
	eventually(t, "they know each other", func() bool { return a.Replicas() == 2 })
	server.Kill()
	a.Mark(key, time.Minute)
	eventually(t, "both notice", func() bool { return !a.Connected() && !b.Connected() })
	if after, whole := marked(a, before, key); !after || whole || claim(a, before, store.Key("spent", "x")) {
		t.Errorf("from before: %v, %v", after, whole)
	}
	alone := a.Moment()
	if after, whole := marked(a, alone, key); after || !whole || !claim(a, alone, store.Key("spent", "y")) {
		t.Errorf("alone: %v, %v", after, whole)
	}
	value := store.Key("value", "z")
	a.Put(value, []byte("z"), time.Minute)
	if held := a.Add(value, []byte("other"), time.Minute); string(held) != "z" || string(a.Get(value)) != "z" {
		t.Errorf("added: %q", held)
	}
	a.Delete(value)
	taken := 0
	for range 20 {
		if _, ok := a.Take("calls:x", store.Limit{PerSecond: .01, Burst: 10}); ok {
			taken++
		}
	}
	if taken != 5 {
		t.Errorf("half of the limit is %d", taken)
	}
	server.Restart()
	eventually(t, "both are back", func() bool { return a.Connected() && b.Connected() })
	for name, since := range map[string]store.Point{"before": before, "alone": alone} {
		if _, whole := marked(a, since, key); whole || claim(a, since, store.Key("spent", name)) {
			t.Errorf("%s: counts after Redis is back", name)
		}
	}
	eventually(t, "a new epoch for both", func() bool {
		_, whole := marked(b, a.Moment(), key)
		return whole && a.Moment().Epoch != before.Epoch
	})
	if a.Close() != nil { // so that the log is whole
		t.Error("not closed")
	}
	lost, found := strings.Count(log.String(), "the store can't be reached"), strings.Count(log.String(), "the store is back")
	if lost != 1 || found != 1 || strings.Contains(log.String(), "job_1") || a.Failures() != 1 {
		t.Errorf("%d failures, and the log is\n%s", a.Failures(), &log)
	}
}

// TestRedisHoldsNoSecrets: what Redis has are names with a prefix, an expiry, and nothing that can be read.
func TestRedisHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := replica(t, server.URL(), io.Discard), replica(t, server.URL(), io.Discard)
	a.Mark(store.Key("changed", "job_secret"), time.Minute)
	a.Add(store.Key("create", "acc_secret"), []byte("mcp-secret"), time.Minute)
	a.Take(store.Key("callers", "token_secret"), store.Limit{PerSecond: .01, Burst: 2}) // it lives for 100 s
	client := a.ForClient()
	client.Put("read", "/jobs?q=secret", []byte("secret"), time.Minute)
	if got := b.ForClient().Get("read", "/jobs?q=secret"); string(got) != "secret" {
		t.Errorf("got %q", got)
	}
	unlock := client.Lock("flight", "secret", time.Minute)
	if unlock == nil || b.ForClient().Lock("flight", "secret", time.Minute) != nil {
		t.Error("locked by two")
	}
	if unlock(); b.ForClient().Lock("flight", "secret", time.Minute) == nil {
		t.Error("not unlocked")
	}
	client.Put("read", "large", make([]byte, 2<<20), time.Minute)
	if client.Get("read", "large") != nil {
		t.Error("a value without a limit")
	}
	conn, err := redis.DialURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test is over
	keys, err := redis.Strings(conn.Do("KEYS", "*"))
	if err != nil || len(keys) < 6 {
		t.Fatal(keys, err)
	}
	for _, key := range keys {
		dump, err := redis.String(conn.Do("DUMP", key))
		if err != nil || !strings.HasPrefix(key, "{opentrain-mcp}:") || strings.Contains(key+dump, "secret") {
			t.Errorf("%s: %v, %q", key, err, dump)
		}
		if lifetime, err := redis.Int(conn.Do("PTTL", key)); err != nil || lifetime <= 0 {
			t.Errorf("%s: lives for %d ms, %v", key, lifetime, err)
		}
	}
}

// TestRedisForgets: what was emptied, or isn't sealed with this key, is unknown.
func TestRedisForgets(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := replica(t, server.URL(), io.Discard)
	conn, err := redis.DialURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test is over
	asked, key := r.Moment(), store.Key("changed", "job_1")
	name := store.Key("value", "x")
	r.Put(name, []byte("x"), time.Minute)
	keys, err := redis.Strings(conn.Do("KEYS", "{opentrain-mcp}:value:*"))
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	if _, err := conn.Do("SET", keys[0], "made up"); err != nil {
		t.Fatal(err)
	}
	if held := r.Get(name); held != nil {
		t.Errorf("got %q", held)
	}
	if held := r.Add(name, []byte("mine"), time.Minute); string(held) != "mine" || string(r.Get(name)) != "mine" {
		t.Errorf("added %q, got %q", held, r.Get(name))
	}
	if _, err := conn.Do("FLUSHALL"); err != nil {
		t.Fatal(err)
	}
	if _, whole := marked(r, asked, key); whole || claim(r, asked, key) {
		t.Error("nothing seems to be lost")
	}
	eventually(t, "another epoch", func() bool { return r.Moment().Epoch != 0 && r.Moment().Epoch != asked.Epoch })
	if !r.Connected() || r.Failures() != 0 {
		t.Error("emptied isn't lost")
	}
}

// TestRedisOfAnOldDisk: a Redis that comes back with what it had written some time ago has lost what came later.
func TestRedisOfAnOldDisk(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--dbfilename", "old.rdb")
	r := replica(t, server.URL(), io.Discard)
	asked, key := r.Moment(), store.Key("changed", "job_1")
	conn, err := redis.DialURL(server.URL())
	if err == nil {
		_, err = conn.Do("SAVE")
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	r.Mark(key, time.Minute)
	server.Kill()
	server.Restart()
	eventually(t, "it's back", func() bool { return r.Failures() == 1 && r.Connected() })
	if after, whole := marked(r, asked, key); after || whole {
		t.Errorf("marked %v, whole %v", after, whole)
	}
	if m := r.Moment(); m.Epoch == asked.Epoch || m.Epoch == 0 {
		t.Errorf("the epoch is still %d", m.Epoch)
	}
}
