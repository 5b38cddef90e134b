package web

import (
	"fmt"
	"net/http"
	"sort"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/edge"
)

// TestQuotaPerAddress: one address has half of the sessions and streams.
func TestQuotaPerAddress(t *testing.T) {
	s := start(t, func(c *Config) { c.BehindProxy, c.Sessions, c.MaxSessions, c.MaxStreams = true, true, 4, 4 })
	greedy, other := []string{"X-Forwarded-For", "192.0.2.1"}, []string{"X-Forwarded-For", "192.0.2.2"}
	for n, want := range []int{200, 200, 429, 429} {
		if got := s.post(initialize, greedy...); got.status != want {
			t.Errorf("session %d: %d", n, got.status)
		}
	}
	session := s.openSession(other...)
	s.openStream(greedy...)
	s.openStream(greedy...)
	if got := s.do("GET", "/sse", "", greedy...); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("a third stream: %d", got.status)
	}
	s.openStream(other...)
	readEvents(t, s.send("GET", "/mcp", "", session...))
	if got := s.do("GET", "/mcp", "", session...); got.status != http.StatusServiceUnavailable {
		t.Errorf("a fifth stream: %d", got.status)
	}
}

// TestTwoAddressesLockNoOneOut: who holds most of the streams or sessions makes room for another caller.
func TestTwoAddressesLockNoOneOut(t *testing.T) {
	s := start(t, func(c *Config) { c.BehindProxy, c.Sessions, c.MaxSessions, c.MaxStreams = true, true, 4, 4 })
	var first *events
	var lost []string
	for n := range 4 {
		from := []string{"X-Forwarded-For", fmt.Sprint("192.0.2.", n%2)}
		session := s.openSession(from...)
		stream, _ := s.openStream(from...)
		if n == 0 {
			first, lost = stream, session
		}
	}
	other := []string{"X-Forwarded-For", "198.51.100.1"}
	s.openSession(other...)
	s.openStream(other...)
	if data, more := first.next(); more {
		t.Errorf("the first stream goes on: %s", data)
	}
	for deadline := time.Now().Add(time.Minute); s.do("POST", "/mcp", ping, lost...).status != http.StatusNotFound; {
		if time.Now().After(deadline) {
			t.Fatal("the first session goes on")
		}
	}
	for _, held := range []string{"stream", "session"} {
		if !strings.Contains(s.log.String(), "a "+held+" was ended to make room") {
			t.Errorf("no word of a %s in %s", held, s.log)
		}
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
