package edge_test

import (
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
	"testing"

	"opentrain-mcp/internal/edge"
)

func TestQuota(t *testing.T) {
	for _, test := range []struct {
		name      string
		limit     int
		addresses []string
		want      string // y or n per address
	}{
		{"half per address", 4, []string{"a", "a", "a", "b", "b", "c"}, "yynyyn"},
		{"odd limit", 5, []string{"a", "a", "a", "b", "b", "c", "d"}, "yynyyyn"},
		{"at least one per address", 1, []string{"a", "a", "b"}, "ynn"},
		{"loopback has no share", 4, []string{"127.0.0.1", "127.0.0.1", "127.0.0.1", "::1", "127.0.0.1", "a"}, "yyyynn"},
		{"a limit of zero", 0, []string{"a", "127.0.0.1"}, "nn"},
	} {
		t.Run(test.name, func(t *testing.T) {
			quota, got, releases := edge.NewQuota(test.limit), "", []func(){}
			for _, address := range test.addresses {
				release, ok := quota.Acquire(t.Context(), address, 0)
				if (release != nil) != ok {
					t.Errorf("%s: ok is %v, release is nil: %v", address, ok, release == nil)
				}
				if ok {
					got, releases = got+"y", append(releases, release)
				} else {
					got += "n"
				}
			}
			if got != test.want || used(quota, test.limit) != len(releases) {
				t.Errorf("got %s with %d in use, want %s", got, used(quota, test.limit), test.want)
			}
			for _, release := range releases {
				release()
			}
			if used(quota, test.limit) != 0 {
				t.Errorf("%d in use at the end", used(quota, test.limit))
			}
		})
	}
}

func TestQuotaReleasesOnce(t *testing.T) {
	quota := edge.NewQuota(4)
	first, _ := quota.Acquire(t.Context(), "a", 0)
	if _, ok := quota.Acquire(t.Context(), "a", 0); !ok {
		t.Fatal("the second is refused")
	}
	for range 3 {
		first()
	}
	if used(quota, 4) != 1 {
		t.Errorf("%d in use", used(quota, 4))
	}
	if _, ok := quota.Acquire(t.Context(), "a", 0); !ok {
		t.Error("the released place is not available")
	}
	if _, ok := quota.Acquire(t.Context(), "a", 0); ok {
		t.Error("a double release counts twice")
	}
}

// TestShare: an amount, such as the bytes that a stream has not sent yet.
func TestShare(t *testing.T) {
	quota := edge.NewQuota(10)
	first, second, other, local := quota.Share("a"), quota.Share("a"), quota.Share("b"), quota.Share("127.0.0.1")
	for i, step := range []struct {
		name string
		done bool
	}{
		{"grow", first.Grow(3)},
		{"half per address, in all shares", !second.Grow(3)},
		{"what is left for the address", second.Grow(2)},
		{"nothing more, nothing less", first.Grow(0)},
		{"another address", other.Grow(5)},
		{"full", !local.Grow(1)},
	} {
		if !step.done {
			t.Errorf("%d: %s", i, step.name)
		}
	}
	other.Shrink(4)
	other.Shrink(100) // only what it has
	first.Shrink(1)
	if used(quota, 10) != 4 || !local.Grow(6) || !second.Grow(0) || second.Grow(1) {
		t.Errorf("%d in use", used(quota, 10))
	}
	for range 2 {
		first.Close()
		local.Close()
	}
	if used(quota, 10) != 2 || first.Grow(1) || !second.Grow(3) {
		t.Errorf("%d in use", used(quota, 10))
	}
	second.Close()
	if used(quota, 10) != 0 {
		t.Errorf("%d in use at the end", used(quota, 10))
	}
}

func TestQuotaUnderLoad(t *testing.T) {
	const limit = 8
	quota := edge.NewQuota(limit)
	var open, most atomic.Int64
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			address := fmt.Sprint("address ", i%3)
			for range 200 {
				release, ok := quota.Acquire(t.Context(), address, 0)
				if !ok {
					continue
				}
				now := open.Add(1)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				open.Add(-1)
				var twice sync.WaitGroup
				twice.Go(release)
				twice.Go(release)
				twice.Wait()
			}
		})
	}
	group.Wait()
	if most.Load() > limit || used(quota, limit) != 0 {
		t.Errorf("%d were open at once, %d in use at the end", most.Load(), used(quota, limit))
	}
}

// used returns how much of a quota's limit is in use.
func used(q *edge.Quota, limit int) int {
	return limit - sort.Search(limit, func(n int) bool {
		rest := q.Share("127.0.0.1")
		defer rest.Close()
		return !rest.Grow(n + 1)
	})
}
