package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPage: the tables have the medians of what was measured, the ratios those of each round.
func TestPage(t *testing.T) {
	t.Parallel()
	fast := func(perSecond, processor float64) figures {
		return figures{perSecond: perSecond, p50: perSecond / 1e3, p99: 9.876, processor: processor, callers: processor / 10}
	}
	r := &results{
		amounts: amounts{rounds: 3, starts: 2, warm: 1, sequential: 2, concurrent: 3},
		servers: []server{
			{name: ours, size: 12_340_000, create: "create"}, {name: "raw", size: 5_000_000}, {name: "typed"}, {name: "before", create: "create"},
		},
		notes: []string{"node is left out."}, listBytes: 3031, answers: map[string]int{ours: 77}, others: 0.256,
		starts:      map[string][]time.Duration{ours: {12 * time.Millisecond, 8 * time.Millisecond}, "raw": {5 * time.Millisecond}},
		memory:      map[kind][]held{{server: ours, wire: overStdio}: {{memory{20, 6}, memory{25, 9}}, {memory{22, 7}, memory{27, 8}}}},
		allocations: map[kind][]allocations{{server: ours, wire: overHTTP}: {{300, 4000}, {100, 2000}, {200, 9000}}},
		calls: map[kind][]figures{
			{ours, overStdio, listJobs, 1}:   {fast(100, 500), fast(300, 520), fast(200, 480)},
			{"raw", overStdio, listJobs, 1}:  {fast(200, 250), fast(200, 130), fast(400, 240)},
			{ours, overHTTP, getJob, 16}:     {fast(900, 100)},
			{"raw", overHTTP, getJob, 16}:    {fast(600, 200)},
			{ours, overHTTP, listJobs, 1}:    {fast(50, 1000)},
			{ours, overStdio, drafts, 1}:     {fast(1, 200), fast(1, 300), fast(1, 100)},
			{"before", overStdio, drafts, 1}: {fast(1, 400), fast(1, 500), fast(1, 400)},
		},
	}
	page, err := r.page()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(page, "\n")
	for _, want := range []string{
		"| opentrain-mcp | 10.00 ms | 1.00 | 12.3 MB | 21.0 MB (6.5) | 26.0 MB (8.5) | 0.0 MB (0.0) | 0.0 MB (0.0) |",
		"| opentrain-mcp | 200 | 0.20 ms | 9.88 ms | 500 µs |",
		"| raw | 200 | 0.20 ms | 9.88 ms | 240 µs |",
		"| opentrain-mcp | 50 | 0.05 ms | 9.88 ms | 1000 µs | 200, 4.0 KB |",
		"| raw | 0.50 (0.50 to 1.50) | – | – | – |", // calls per second
		"| raw | 2.00 (2.00 to 4.00) | – | – | – |", // processor time
		"### /mcp, 16 in flight",
		"| opentrain-mcp | 900 | 0.90 ms | 9.88 ms | 100 µs |", // get_job
		"| opentrain-mcp |  | 77 bytes |",
		"node is left out.",
		"| opentrain-mcp | 400 µs (200 µs to 600 µs) | – |", // a pair of calls
		"| before | 800 µs (800 µs to 1000 µs) | – |",
		"| opentrain-mcp / before | 0.50 (0.25 to 0.60) | – |",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("the page has no line\n%s", want)
		}
	}
	for _, want := range []string{"(3031 bytes of JSON", "after 6 calls", "26 % of the processors", "10 to 100 µs", "There are 3 rounds", "median of 2"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}
