package edge_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/edge"
)

// sampled is what a Sampler wrote: the line, the address and how often.
type sampled struct {
	edge.Sampler
	mu    sync.Mutex
	lines []string
}

func (s *sampled) log(reason, address string, number int) {
	s.Log(reason, address, func(address string, times int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lines = append(s.lines, fmt.Sprint(reason, number, " ", address, " ", times))
	})
}

// take returns the lines since the last take.
func (s *sampled) take() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := slices.Sorted(slices.Values(s.lines))
	s.lines = nil
	return lines
}

func (s *sampled) want(t *testing.T, lines ...string) {
	t.Helper()
	if got := s.take(); !slices.Equal(got, lines) {
		t.Errorf("got %q, want %q", got, lines)
	}
}

func TestSampler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log sampled
		pass := func(d time.Duration) {
			time.Sleep(d) //nolint:forbidigo // fake time
		}
		for number := range 1000 {
			log.log("a", "x", number)
		}
		log.log("a", "y", 0)
		log.log("b", "x", 0)
		log.want(t, "a0 x 1", "a0 y 1", "b0 x 1")
		pass(59 * time.Second)
		log.want(t)
		pass(time.Second)
		log.want(t, "a999 x 999")
		log.log("a", "x", 1) // goes on: still one line a minute
		log.log("a", "y", 1) // begins anew
		log.want(t, "a1 y 1")
		pass(time.Minute)
		log.want(t, "a1 x 1")
		pass(time.Hour)
		log.want(t)
		log.log("a", "x", 2)
		log.want(t, "a2 x 1")
		log.log("a", "x", 3)
		log.Flush()
		log.want(t, "a3 x 1")
		pass(time.Hour)
		log.want(t)
	})
}

// TestSamplerOfManyAddresses: a stranger with many addresses gets no line for each.
func TestSamplerOfManyAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log sampled
		for number := range 50_000 {
			log.log("a", fmt.Sprint(number), number)
		}
		log.log("b", "new", 0)
		lines := log.take()
		if len(lines) != 102 || !slices.Contains(lines, "a100 others 1") || !slices.Contains(lines, "b0 others 1") {
			t.Errorf("%d lines: %q", len(lines), lines)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
		log.want(t, "a49999 others 49899")
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
		log.log("a", "new", 0)
		log.want(t, "a0 new 1")
	})
}
