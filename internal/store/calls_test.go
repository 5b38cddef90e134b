package store_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/store"
)

// calls limits the calls in memory.
func calls(perSecond float64, burst int) func(caller string) time.Duration {
	return store.Calls(store.InMemory(time.Now), "callers", perSecond, burst)
}

func TestCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := calls(2, 3)
		want := func(caller string, want time.Duration) {
			t.Helper()
			if got := limiter(caller); got != want {
				t.Errorf("%s waits %v, want %v", caller, got, want)
			}
		}
		for range 3 { // the burst
			want("alice", 0)
		}
		for range 5 { // rejected calls do not extend the wait
			want("alice", 500*time.Millisecond)
		}
		want("bob", 0)
		time.Sleep(500 * time.Millisecond) //nolint:forbidigo // fake time
		want("alice", 0)
		want("alice", 500*time.Millisecond)
		time.Sleep(time.Hour) //nolint:forbidigo // fake time
		for range 3 {         // a full bucket holds no more than the burst
			want("alice", 0)
		}
		want("alice", 500*time.Millisecond)
	})
}

// A slow limiter must remember a caller until the bucket is full again.
func TestCallsRememberCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := calls(1.0/3600, 1)
		if got := limiter("alice"); got != 0 {
			t.Errorf("the first call waits %v", got)
		}
		time.Sleep(30 * time.Minute) //nolint:forbidigo // fake time
		if got := limiter("alice"); got.Round(time.Second) != 30*time.Minute {
			t.Errorf("after half an hour, alice waits %v", got)
		}
	})
}

func TestCallsWithoutLimit(t *testing.T) {
	for _, perSecond := range []float64{store.NoLimit, math.Inf(1)} {
		if calls(perSecond, 1) != nil {
			t.Errorf("a rate of %v limits", perSecond)
		}
	}
}

func TestCallsAllowAtLeastOne(t *testing.T) {
	if got := calls(1, 0)("alice"); got != 0 {
		t.Errorf("with a burst of 0, the first call waits %v", got)
	}
}

// TestCallsAtOnce: callers who call at once get no more than the limit, and rejected calls cost the others nothing.
func TestCallsAtOnce(t *testing.T) {
	const burst = 100
	limiter, start := calls(1000, burst), time.Now()
	var allowed atomic.Int64
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for range 500 {
				if limiter("alice") == 0 {
					allowed.Add(1)
				}
			}
		})
	}
	group.Wait()
	most := burst + 1000*time.Since(start).Seconds() + 1
	if n := float64(allowed.Load()); n > most || n < burst {
		t.Errorf("%v calls instead of %v", n, most)
	}
}
