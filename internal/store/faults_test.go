package store_test

import (
	"bytes"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"opentrain-mcp/internal/redistest"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
)

// TestLock: one of all has a lock, until it unlocks or vanishes. Who waits doesn't make it last longer.
func TestLock(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := replica(t, server.URL(), io.Discard).ForClient(), replica(t, server.URL(), io.Discard).ForClient()
	const lifetime = time.Hour
	late := a.Lock("flight", "x", lifetime) // it unlocks when the lock is another's
	if late == nil || b.Lock("flight", "x", 2*lifetime) != nil {
		t.Fatal("locked by none or two")
	}
	conn, err := redis.DialURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test is over
	keys, err := redis.Strings(conn.Do("KEYS", "{opentrain-mcp}:flight:*"))
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	if left, err := redis.Int64(conn.Do("PTTL", keys[0])); err != nil || left <= 0 || left > lifetime.Milliseconds() {
		t.Errorf("it lasts for %d ms, %v", left, err)
	}
	if _, err := conn.Do("PEXPIRE", keys[0], 1); err != nil { // the hour has passed
		t.Fatal(err)
	}
	var unlock func()
	eventually(t, "the lock of one that vanished ends", func() bool {
		unlock = b.Lock("flight", "x", lifetime)
		return unlock != nil
	})
	if late(); a.Lock("flight", "x", lifetime) != nil {
		t.Error("unlocked by someone else")
	}
	if unlock(); a.Lock("flight", "x", time.Minute) == nil {
		t.Error("not unlocked")
	}
}

// TestLockWithoutRedis: when Redis is away, every client gets the lock.
func TestLockWithoutRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := replica(t, server.URL(), io.Discard), replica(t, server.URL(), io.Discard)
	if a.ForClient().Lock("flight", "x", time.Minute) == nil || b.ForClient().Lock("flight", "x", time.Minute) != nil {
		t.Fatal("locked by none or two")
	}
	server.Kill()
	for range 3 {
		if b.ForClient().Lock("flight", "x", time.Minute) == nil {
			t.Error("it waits for a lock that no one can give up")
		}
	}
}

// TestSlowRedis: a Redis that answers each step just in time doesn't hold calls up for long, and isn't used again while it
// is slow.
func TestSlowRedis(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Address)
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(store.Config{URL: proxy.URL(), Box: box, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // the test is over
	var steps atomic.Int64
	r.Observe(func(operation, _ string, _ time.Duration) {
		if operation == "GET" {
			steps.Add(1)
		}
	})
	for delay, most := range map[time.Duration]int64{70 * time.Millisecond: 6, 240 * time.Millisecond: 3} { // 250 ms may be slow, and a pause adds some
		proxy.Replies(func([]byte) bool { return true })
		eventually(t, "it's connected", r.Connected)
		proxy.Replies(func([]byte) bool { <-time.After(delay); return true })
		steps.Store(0)
		for range 20 { // more than any call takes
			r.Get("value:x")
		}
		if r.Connected() || steps.Load() > most {
			t.Errorf("%v: connected %v after %d steps", delay, r.Connected(), steps.Load())
		}
		for range 100 {
			if r.Connected() {
				t.Fatalf("%v: connected again", delay)
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	proxy.Replies(func([]byte) bool { return true })
	eventually(t, "it's back", r.Connected)
}

// TestChangeWhileReconnecting: a change that comes while Redis is found again is either there, or nothing from before it
// counts.
func TestChangeWhileReconnecting(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Address)
	a, b := replica(t, proxy.URL(), io.Discard), replica(t, server.URL(), io.Discard)
	first, second := store.Key("changed", "job_1"), store.Key("changed", "job_2")
	proxy.Replies(func([]byte) bool { return false })
	before := b.Moment()
	a.Mark(first, time.Minute)
	if a.Connected() {
		t.Fatal("it's connected")
	}
	// The reply to INFO passes, the next one waits.
	held, release := make(chan struct{}), make(chan struct{})
	proxy.Replies(func(reply []byte) bool {
		if strings.Contains(string(reply), "run_id:") {
			return true
		}
		select {
		case held <- struct{}{}:
		default:
		}
		<-release
		return true
	})
	<-held
	asked := b.Moment()
	if asked.Epoch == before.Epoch {
		t.Fatal("no new epoch")
	}
	marked := make(chan struct{})
	go func() {
		a.Mark(second, time.Minute)
		close(marked)
	}()
	select {
	case <-marked:
	case <-time.After(50 * time.Millisecond): // it waits until it's known whether Redis is back
	}
	close(release)
	<-marked
	eventually(t, "it's connected", a.Connected)
	for _, at := range []store.Store{a, b} {
		times, whole := at.Marked(asked, second)
		if whole && !asked.Time.Before(times[0]) {
			t.Error("the change isn't known, and nothing seems to be lost")
		}
	}
}

// TestFullRedis: a Redis without memory is away until it has some, and doesn't come and go.
func TestFullRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory-policy", "noeviction")
	r := replica(t, server.URL(), io.Discard)
	set := func(limit string) {
		t.Helper()
		if err := server.Do("CONFIG", "SET", "maxmemory", limit); err != nil {
			t.Fatal(err)
		}
	}
	set("1")
	limit := store.Limit{PerSecond: .001, Burst: 3}
	taken := 0
	for range 120 {
		if _, ok := r.Take("calls:x", limit); ok {
			taken++
		}
		<-time.After(10 * time.Millisecond)
	}
	if r.Connected() || r.Failures() != 1 || taken > 3 {
		t.Errorf("connected %v, lost %d times, %d taken", r.Connected(), r.Failures(), taken)
	}
	set("0")
	eventually(t, "it's back", r.Connected)
}

// TestBucketsAreKept: a Redis that comes and goes gives no caller a fresh burst each time.
func TestBucketsAreKept(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := replica(t, server.URL(), io.Discard)
	taken := 0
	for range 3 {
		server.Kill()
		for range 20 {
			if _, ok := r.Take("calls:x", store.Limit{PerSecond: .001, Burst: 3}); ok {
				taken++
			}
		}
		server.Restart()
		eventually(t, "it's back", r.Connected)
	}
	if taken != 3 {
		t.Errorf("%d taken", taken)
	}
}

// TestAClaimSeesChanges that another replica marked after the moment, right before the claim.
func TestAClaimSeesChanges(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, pair := range map[string][2]store.Store{
		"Redis":  {replica(t, server.URL(), io.Discard), replica(t, server.URL(), io.Discard)},
		"memory": func() [2]store.Store { m := store.InMemory(time.Now); return [2]store.Store{m, m} }(),
	} {
		a, b, changed, other := pair[0], pair[1], store.Key("changed", name), store.Key("changed", "other")
		asked := a.Moment()
		if claimed, known := b.Claim(asked, store.Key("spent", name, "1"), time.Minute, changed, other); !claimed || !known {
			t.Errorf("%s: nothing has changed, but %v %v", name, claimed, known)
		}
		a.Mark(changed, time.Minute)
		if claimed, known := b.Claim(asked, store.Key("spent", name, "2"), time.Minute, changed, other); claimed || known {
			t.Errorf("%s: a change isn't seen", name)
		}
		if claimed, _ := b.Claim(a.Moment(), store.Key("spent", name, "2"), time.Minute, changed, other); !claimed {
			t.Errorf("%s: a change from before the moment counts", name)
		}
	}
}

// TestAloneNoOneElsesYesCounts: while Redis is away, a replica trusts only what it knows itself.
func TestAloneNoOneElsesYesCounts(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := replica(t, server.URL(), io.Discard), replica(t, server.URL(), io.Discard)
	server.Kill()
	a.Get("x:1")
	b.Get("x:1")
	eventually(t, "lost", func() bool { return !a.Connected() && !b.Connected() })
	asked, spent := a.Moment(), store.Key("spent", "t")
	if _, whole := b.Marked(asked, store.Key("changed", "c")); whole || claim(b, asked, spent) || !claim(a, asked, spent) {
		t.Errorf("whole %v at the other replica", whole)
	}
}

// TestALongValueLeavesNoOldOne: what was there before counts no more.
func TestALongValueLeavesNoOldOne(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := replica(t, server.URL(), io.Discard), replica(t, server.URL(), io.Discard)
	m := store.InMemory(time.Now)
	for name, test := range map[string]struct {
		put, get store.Store
		size     int
	}{"memory": {m, m, 300}, "Redis": {a, b, 65 << 10}} {
		test.put.Put("k:1", []byte("old"), time.Minute)
		if held := test.get.Get("k:1"); string(held) != "old" {
			t.Errorf("%s: %q", name, held)
		}
		test.put.Put("k:1", make([]byte, test.size), time.Minute)
		if held := test.get.Get("k:1"); held != nil {
			t.Errorf("%s: %d bytes", name, len(held))
		}
	}
}

// TestForgottenMarks: with too many marks the oldest are forgotten, and a moment from before one of them isn't whole, for the marks
// of that kind alone.
func TestForgottenMarks(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	m := store.InMemory(func() time.Time { return time.Unix(now.Load(), 0) })
	key := store.Key("changed", "job_1")
	before, spent := m.Moment(), store.Key("spent", "before")
	if !claim(m, before, spent) {
		t.Fatal("not claimed")
	}
	now.Add(1)
	m.Mark(key, time.Minute)
	after := m.Moment()
	now.Add(1)
	for i := range 15_000 {
		m.Mark(store.Key("changed", strconv.Itoa(i)), time.Minute)
	}
	if changed, whole := marked(m, before, key); changed || whole {
		t.Errorf("before: changed %v, whole %v", changed, whole)
	}
	if changed, whole := marked(m, after, key); changed || !whole {
		t.Errorf("after: changed %v, whole %v", changed, whole)
	}
	if claimed, known := m.Claim(before, store.Key("spent", "x"), time.Minute, key); claimed || known {
		t.Errorf("before: claimed %v, known %v", claimed, known)
	}
	if _, whole := marked(m, before, spent); !whole || !claim(m, before, store.Key("spent", "y")) {
		t.Error("another kind has forgotten marks")
	}
	for i := range 15_000 {
		claim(m, after, store.Key("spent", strconv.Itoa(i)))
	}
	if claimed, known := m.Claim(before, spent, time.Minute); claimed || known {
		t.Errorf("a forgotten claim: claimed %v, known %v", claimed, known)
	}
}
