package opentrain_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
)

// TestSameReadsAreJoined: concurrent reads of one URL share a request, which continues if the caller that
// started it leaves.
func TestSameReadsAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, release: make(chan struct{})}
		client := marketClient(t, m)
		first, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := client.SearchJobs(first, opentrain.JobQuery{Text: "x"})
			left <- err
		}()
		synctest.Wait()
		answers := make(chan string, 50)
		for range 50 {
			go func() { answers <- search(t, t.Context(), client, "x") }()
		}
		synctest.Wait()
		leave()
		if err := <-left; err == nil {
			t.Error("the canceled caller got a response")
		}
		synctest.Wait()
		close(m.release)
		for range 50 {
			if got := <-answers; got != "answer_1" {
				t.Errorf("%s", got)
			}
		}
		if got := search(t, t.Context(), client, "x"); got != "answer_2" || m.count() != 2 {
			t.Errorf("cached without permission: %s after %d requests", got, m.count())
		}
	})
}

// TestAbandonedReadFinishes: a request continues after its only caller has left. The next caller joins it,
// and its response is cached.
func TestAbandonedReadFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("s-maxage=300"), release: make(chan struct{})}
		client := marketClient(t, m)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := client.SearchJobs(ctx, opentrain.JobQuery{})
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the canceled caller: %v", err)
		}
		synctest.Wait()
		if m.calls[0].Context().Err() != nil {
			t.Error("the request was canceled")
		}
		joined := make(chan string, 1)
		go func() { joined <- search(t, t.Context(), client, "") }()
		synctest.Wait()
		close(m.release)
		if got := <-joined; got != "answer_1" {
			t.Errorf("joined: %s", got)
		}
		if got := search(t, t.Context(), client, ""); got != "answer_1" || m.count() != 1 {
			t.Errorf("afterwards: %s after %d requests", got, m.count())
		}
		_, err := client.SearchJobs(ctx, opentrain.JobQuery{Text: "other"})
		synctest.Wait()
		if err == nil || m.count() != 1 {
			t.Errorf("a caller that had already left: %v after %d requests", err, m.count())
		}
	})
}

// TestDeadlinesAreNotShared: the deadline of the caller that starts a request does not apply to callers that
// join it.
func TestDeadlinesAreNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, release: make(chan struct{})}
		client := marketClient(t, m)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() {
			_, err := client.SearchJobs(short, opentrain.JobQuery{})
			if !errors.Is(err, &opentrain.Error{Code: opentrain.CodeTimeout}) {
				t.Errorf("the caller with little time: %v", err)
			}
		}()
		synctest.Wait()
		answers := make(chan string, 1)
		go func() { answers <- search(t, t.Context(), client, "") }()
		time.Sleep(2 * time.Second) //nolint:forbidigo // fake time
		synctest.Wait()
		close(m.release)
		if got := <-answers; got != "answer_1" || m.count() != 1 {
			t.Errorf("%s after %d requests", got, m.count())
		}
	})
}

// TestHungReadIsLeft: a caller who comes after a request has outlasted its first caller sends its own.
func TestHungReadIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, release: make(chan struct{})}
		client := marketClient(t, m)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := client.SearchJobs(short, opentrain.JobQuery{}); !errors.Is(err, &opentrain.Error{Code: opentrain.CodeTimeout}) {
			t.Errorf("the first caller: %v", err)
		}
		synctest.Wait()
		m.set(func(m *market) { m.release = nil })
		if got := search(t, t.Context(), client, ""); got != "answer_2" {
			t.Errorf("the next one: %s", got)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // fake time: the first request ends
	})
}

// TestSharedReadEnds: a shared request has a deadline, even if no caller has one, and it doesn't cut short a caller
// who waits longer.
func TestSharedReadEnds(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{
		time.Hour: time.Hour, time.Minute: time.Minute, 5 * time.Second: 5 * time.Second, 0: 30 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			client, ctx := marketClient(t, &market{release: make(chan struct{})}), t.Context()
			if timeout > 0 {
				var cancel func()
				ctx, cancel = context.WithTimeout(ctx, timeout)
				defer cancel()
			}
			start := time.Now()
			_, err := client.SearchJobs(ctx, opentrain.JobQuery{})
			if e := asError(t, err); e.Code != opentrain.CodeTimeout || time.Since(start) != want {
				t.Errorf("%v: after %v: %v", timeout, time.Since(start), err)
			}
			time.Sleep(time.Minute) //nolint:forbidigo // fake time: the request ends
		})
	}
}

// TestPanicReachesEveryCaller: a panic while a request is sent does not end the process. It reaches every
// caller, and it releases the semaphore for the next read.
func TestPanicReachesEveryCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, release: make(chan struct{}), panics: true}
		client, err := opentrain.New(opentrain.Config{Transport: m, MaxConcurrent: 1})
		if err != nil {
			t.Fatal(err)
		}
		panics := make(chan any, 3)
		for range 3 {
			go func() {
				defer func() { panics <- recover() }()
				client.SearchJobs(t.Context(), opentrain.JobQuery{}) //nolint:errcheck // panics
			}()
		}
		synctest.Wait()
		close(m.release)
		for range 3 {
			if got := fmt.Sprint(<-panics); !strings.Contains(got, "broken transport") || !strings.Contains(got, "RoundTrip") {
				t.Errorf("recovered %s", got)
			}
		}
		m.set(func(m *market) { m.panics = false })
		if got := search(t, t.Context(), client, ""); got != "answer_2" {
			t.Errorf("%s", got)
		}
	})
}

// TestWritesInvalidateTheCache: after a publish, an edit or a close, no earlier response is used, and
// responses to earlier requests are not cached.
func TestWritesInvalidateTheCache(t *testing.T) {
	for name, write := range map[string]func(context.Context, *opentrain.Client) error{
		"publish": func(ctx context.Context, c *opentrain.Client) error { _, err := c.PublishJob(ctx, "j"); return err },
		"edit": func(ctx context.Context, c *opentrain.Client) error {
			_, err := c.UpdateJob(ctx, "j", opentrain.Fields{})
			return err
		},
		"close": func(ctx context.Context, c *opentrain.Client) error { _, err := c.CloseJob(ctx, "j"); return err },
	} {
		for fault, drops := range map[string]bool{
			"": true, "lost response": true, "409": true, "500": true, "400": false, "403": false, "404 of a proxy": true,
		} {
			t.Run(name+" "+fault, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := &market{header: cacheable("s-maxage=300")}
					client := marketClient(t, m)
					ctx := opentrain.WithToken(t.Context(), secret)
					search(t, ctx, client, "x")
					m.set(func(m *market) {
						m.fail = fault == "lost response"
						fmt.Sscanf(fault, "%d", &m.status) //nolint:errcheck // 0 if it is not a number
						if m.status != 0 && !strings.HasSuffix(fault, "proxy") {
							m.body = `{"error":"no"}`
						}
					})
					err := write(ctx, client)
					if (err == nil) != (fault == "") {
						t.Fatal(err)
					}
					m.set(func(m *market) { m.fail, m.status, m.body = false, 0, "" })
					before := m.count()
					if got := search(t, ctx, client, "x"); (got != "answer_1") != drops || (m.count() > before) != drops {
						t.Errorf("%s", got)
					}
				})
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("s-maxage=300"), release: make(chan struct{})}
		client := marketClient(t, m)
		ctx := opentrain.WithToken(t.Context(), secret)
		early := make(chan string, 1)
		go func() { early <- search(t, ctx, client, "x") }()
		synctest.Wait()
		release := m.release
		m.set(func(m *market) { m.release = nil })
		if _, err := client.PublishJob(ctx, "j"); err != nil {
			t.Fatal(err)
		}
		if got := search(t, ctx, client, "x"); got != "answer_3" {
			t.Errorf("joined a request from before the publish: %s", got)
		}
		close(release)
		if got := <-early; got != "answer_1" {
			t.Errorf("%s", got)
		}
		if got := search(t, ctx, client, "x"); got != "answer_3" {
			t.Errorf("a response from before the publish is cached: %s", got)
		}
	})
}

// TestNothingOldIsCachedAfterAWrite races responses against writes.
func TestNothingOldIsCachedAfterAWrite(t *testing.T) {
	for range 2000 {
		m := &market{header: cacheable("s-maxage=300")}
		client := marketClient(t, m)
		ctx := opentrain.WithToken(t.Context(), secret)
		var both sync.WaitGroup
		both.Go(func() { search(t, ctx, client, "x") })
		both.Go(func() {
			if _, err := client.CloseJob(ctx, "j"); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		order := map[string]int{} // of requests, by method
		for i, call := range m.calls {
			order[call.Method] = i
		}
		before := m.count()
		search(t, ctx, client, "x")
		if order["GET"] < order["POST"] && m.count() == before {
			t.Fatal("a response from before the close is cached")
		}
	}
}
