package opentrain_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
)

// TestPublicReadBudget: no minute has more requests without a token than allowed. Requests wait for a short
// time, then fail with the time to wait.
func TestPublicReadBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}}
		client, err := opentrain.New(opentrain.Config{Transport: m})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var times []time.Time
		busy := 0
		for n := 0; time.Since(start) < 5*time.Minute; n++ {
			done := make(chan error, 40)
			for i := range 40 { // 40 callers with different queries
				go func() {
					_, err := client.SearchJobs(t.Context(), opentrain.JobQuery{Text: fmt.Sprint(n, i)})
					done <- err
				}()
			}
			for range 40 {
				err := <-done
				var e *opentrain.Error
				switch {
				case err == nil:
					times = append(times, time.Now())
				case errors.As(err, &e) && e.Code == opentrain.CodeBusy:
					busy++
					if e.RetryAfter <= 0 || e.RetryAfter > time.Minute || !e.NotSent {
						t.Fatalf("%+v", e)
					}
				default:
					t.Fatal(err)
				}
			}
		}
		if m.count() != len(times) {
			t.Errorf("%d requests, %d answers", m.count(), len(times))
		}
		most := 0
		for i, from := range times {
			n := 0
			for _, at := range times[i:] {
				if at.Sub(from) < time.Minute {
					n++
				}
			}
			most = max(most, n)
		}
		t.Logf("%d requests in five minutes, at most %d in one; %d refused", len(times), most, busy)
		if most > 120 || len(times) < 500 || busy == 0 {
			t.Error("the budget is exceeded, not used, or never refuses")
		}
		// Calls with a token do not count.
		ctx := opentrain.WithToken(t.Context(), secret)
		for range 200 {
			if _, err := client.CloseJob(ctx, "j"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestConcurrentRequestsAreBounded: the number of concurrent requests has a limit, and the semaphore is
// released after a response and after an error.
func TestConcurrentRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, release: make(chan struct{})}
		client, err := opentrain.New(opentrain.Config{Transport: m, MaxConcurrent: 2})
		if err != nil {
			t.Fatal(err)
		}
		ctx := opentrain.WithToken(t.Context(), secret)
		ended := make(chan error, 3)
		for range 3 {
			go func() {
				_, err := client.CloseJob(ctx, "j")
				ended <- err
			}()
		}
		synctest.Wait()
		if m.count() != 2 {
			t.Errorf("%d at once", m.count())
		}
		if e := asError(t, <-ended); e.Code != opentrain.CodeBusy || !e.NotSent || e.RetryAfter <= 0 {
			t.Errorf("%+v", e)
		}
		close(m.release)
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		for range 5 {
			m.set(func(m *market) { m.fail = !m.fail })
			client.CloseJob(ctx, "j") //nolint:errcheck // every other one fails
		}
	})
}

// TestContextEndsInTheQueue: a call whose context ends while it waits was not sent.
func TestContextEndsInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{release: make(chan struct{})}
		client, err := opentrain.New(opentrain.Config{Transport: m, MaxConcurrent: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx := opentrain.WithToken(t.Context(), secret)
		first := make(chan error, 1)
		go func() {
			_, err := client.CloseJob(ctx, "j")
			first <- err
		}()
		synctest.Wait()
		late, stop := context.WithTimeout(ctx, time.Second)
		defer stop()
		_, err = client.CloseJob(late, "j")
		if e := asError(t, err); e.Code != opentrain.CodeTimeout || !e.NotSent || !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("deadline: %+v", e)
		}
		canceled, cancel := context.WithCancel(ctx)
		time.AfterFunc(time.Second, cancel)
		_, err = client.CloseJob(canceled, "j")
		if e := asError(t, err); e.Code != opentrain.CodeNetwork || !e.NotSent || !errors.Is(e, context.Canceled) {
			t.Errorf("canceled: %+v", e)
		}
		close(m.release)
		if err := <-first; err != nil || m.count() != 1 {
			t.Errorf("first call: %v, %d requests", err, m.count())
		}
	})
}
