package edge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/edge"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := edge.NewLimiter(2, 3)
		want := func(caller string, want time.Duration) {
			t.Helper()
			if got := limiter.Take(caller); got != want {
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
func TestLimiterRemembersCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := edge.NewLimiter(1.0/3600, 1)
		if got := limiter.Take("alice"); got != 0 {
			t.Errorf("the first call waits %v", got)
		}
		time.Sleep(30 * time.Minute) //nolint:forbidigo // fake time
		if got := limiter.Take("alice"); got.Round(time.Second) != 30*time.Minute {
			t.Errorf("after half an hour, alice waits %v", got)
		}
	})
}

func TestLimiterWithoutLimit(t *testing.T) {
	for _, perSecond := range []float64{0, -1} {
		limiter := edge.NewLimiter(perSecond, 1)
		if limiter != nil {
			t.Errorf("a rate of %v limits", perSecond)
		}
		for range 100 {
			if got := limiter.Take("alice"); got != 0 {
				t.Fatalf("alice waits %v", got)
			}
		}
	}
}

func TestLimiterAllowsAtLeastOneCall(t *testing.T) {
	if got := edge.NewLimiter(1, 0).Take("alice"); got != 0 {
		t.Errorf("with a burst of 0, the first call waits %v", got)
	}
}
