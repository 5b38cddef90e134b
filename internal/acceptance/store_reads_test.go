package acceptance_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// TestSharedBudget: three replicas under a flood of made-up questions send no more public reads than one may.
func TestSharedBudget(t *testing.T) {
	t.Parallel()
	s := share(t, sandbox.New(sandbox.Config{}).Transport(), nil)
	start := time.Now()
	var calls sync.WaitGroup
	for i := range 60 {
		calls.Go(func() {
			s.replicas[i%3].call("opentrain_search_jobs", map[string]any{"q": fmt.Sprint("made-up ", i)})
		})
	}
	calls.Wait()
	// A bucket of 10 that is filled with 110 a minute: at most 120 in any minute.
	most := 10 + int(time.Since(start).Minutes()*110) + 1
	if sent := s.sent("GET /api/public/v1/jobs"); sent > most || sent < 5 {
		t.Errorf("%d reads in %v, at most %d", sent, time.Since(start), most)
	}
}

// TestSharedRefusals: a token that was refused at one replica costs no request at the others.
func TestSharedRefusals(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{})
	s := share(t, box.Transport(), nil)
	for i, each := range s.replicas {
		if got := each.call("opentrain_list_jobs", map[string]any{}, tokenHeader, "ot_pat_made_up"); !got.isError || got.failure.Code != "UNAUTHORIZED" {
			t.Errorf("replica %d: %s", i, got.text)
		}
		got := each.call("opentrain_list_jobs", map[string]any{}, tokenHeader, sandbox.DemoToken)
		if got.isError {
			t.Errorf("replica %d, a good token: %s", i, got.text)
		}
	}
	sent := 0
	for _, each := range s.replicas {
		sent += len(each.api.seen())
	}
	if sent != 4 {
		t.Errorf("%d requests", sent)
	}
}

// TestSharedReads: 1,000 agents ask the same five questions at three replicas. OpenTrain sees each question once.
func TestSharedReads(t *testing.T) {
	t.Parallel()
	s := share(t, sandbox.New(sandbox.Config{}).Transport(), func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond, c.Burst = 1000, 1000 })
	var calls sync.WaitGroup
	places := make(chan struct{}, 50)
	for i := range 1000 {
		places <- struct{}{}
		calls.Go(func() {
			defer func() { <-places }()
			got := s.replicas[i%3].call("opentrain_search_jobs", map[string]any{"q": fmt.Sprint("question ", i/3%5)})
			if got.isError {
				t.Error(got.text)
			}
		})
	}
	calls.Wait()
	if sent := s.sent("GET /api/public/v1/jobs"); sent != 5 {
		t.Errorf("%d reads", sent)
	}
}

// TestSharedLimits: a caller has one limit at all replicas.
func TestSharedLimits(t *testing.T) {
	t.Parallel()
	s := share(t, sandbox.New(sandbox.Config{}).Transport(), func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond, c.Burst = 0.01, 6 })
	passed := 0
	for i := range 12 {
		got := s.replicas[i%3].call("opentrain_list_facets", map[string]any{}, tokenHeader, sandbox.DemoToken)
		if !got.isError {
			passed++
		} else if got.failure.Code != "BUSY" {
			t.Errorf("%s", got.text)
		}
	}
	if passed != 6 {
		t.Errorf("%d calls passed", passed)
	}
}
