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

	"opentrain-mcp/internal/redistest"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
)

// replica opens a store as one of several replicas.
func replica(t *testing.T, url string, log io.Writer) *store.Redis {
	t.Helper()
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	// A long time-out: the machine may be busy.
	r, err := store.Open(store.Config{URL: url, Box: box, Timeout: 5 * time.Second, Logger: slog.New(slog.NewTextHandler(log, nil))})
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
	for late := time.After(10 * time.Second); !is(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within 10 s: %s", what)
		}
	}
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
		if _, whole := a.Marked(other, key); whole || a.Claim(other, key, time.Minute) {
			t.Error("another epoch counts")
		}
		var claimed atomic.Int64
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if [2]store.Store{a, b}[i%2].Claim(start, store.Key("spent", "at once"), time.Minute) {
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
		limit, taken := store.Limit{PerSecond: .01, Burst: 6}, 0
		for i := range 10 {
			if _, ok := [2]store.Store{a, b}[i%2].Take("calls:x", limit); ok {
				taken++
			}
		}
		wait, ok := a.Take("calls:x", limit)
		if taken != 6 || ok || wait < 90*time.Second || wait > 100*time.Second {
			t.Errorf("%d taken, then %v %v", taken, wait, ok)
		}
		if wait, ok := a.Take("calls:x", store.Limit{PerSecond: .01, Burst: 6, MaxWait: time.Hour}); !ok || wait < 90*time.Second {
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
	if after, whole := marked(a, before, key); !after || whole || a.Claim(before, store.Key("spent", "x"), time.Minute) {
		t.Errorf("from before: %v, %v", after, whole)
	}
	alone := a.Moment()
	if after, whole := marked(a, alone, key); after || !whole || !a.Claim(alone, store.Key("spent", "y"), time.Minute) {
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
	back := time.Now()
	eventually(t, "both are back", func() bool { return a.Connected() && b.Connected() })
	if took := time.Since(back); took > 5*time.Second {
		t.Errorf("back after %v", took)
	}
	for name, since := range map[string]store.Point{"before": before, "alone": alone} {
		if _, whole := marked(a, since, key); whole || a.Claim(since, store.Key("spent", name), time.Minute) {
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
