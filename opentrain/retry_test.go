package opentrain_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// Faults of a script.
const (
	refused   = "refused"   // the connection cannot be opened
	lost      = "lost"      // the API handles the request, and the response is lost
	untrusted = "untrusted" // the certificate cannot be verified
	unknown   = "unknown"   // the name does not resolve
)

// script is an API with a list of faults, one per request: one of the constants above, or a status "503" or
// "429 7" (with Retry-After). Afterwards it works.
type script struct {
	api    http.RoundTripper
	faults []string

	mu       sync.Mutex
	attempts []time.Duration // since start
	start    time.Time
	bodies   []string
}

func newScript(api http.RoundTripper, faults ...string) *script {
	return &script{api: api, faults: faults, start: time.Now()}
}

func (s *script) next(r *http.Request) string {
	body := ""
	if r.Body != nil {
		data, _ := io.ReadAll(r.Body) // a short body fails the comparison
		body = string(data)
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, body)
	s.attempts = append(s.attempts, time.Since(s.start))
	if n := len(s.attempts); n <= len(s.faults) {
		return s.faults[n-1]
	}
	return ""
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	fault := s.next(r)
	switch fault {
	case "":
		return s.api.RoundTrip(r)
	case refused:
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	case unknown:
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	case untrusted:
		return nil, &tls.CertificateVerificationError{Err: errors.New("unknown authority")}
	case lost:
		res, err := s.api.RoundTrip(r)
		if err == nil {
			res.Body.Close()
		}
		return nil, io.ErrUnexpectedEOF
	}
	status, after, _ := strings.Cut(fault, " ")
	body := io.NopCloser(strings.NewReader(`{"error":"Not now.","code":"RATE_LIMITED"}`))
	res := &http.Response{Header: http.Header{}, Body: body, Request: r}
	if _, err := fmt.Sscan(status, &res.StatusCode); err != nil {
		return nil, err
	}
	if after != "" {
		res.Header.Set("Retry-After", after)
	}
	return res, nil
}

// Calls for the tests.
func read(ctx context.Context, c *opentrain.Client) error {
	_, err := c.SearchJobs(ctx, opentrain.JobQuery{})
	return err
}

func readOwn(ctx context.Context, c *opentrain.Client) error {
	_, err := c.ListOwnJobs(ctx, opentrain.OwnJobQuery{})
	return err
}

func create(ctx context.Context, c *opentrain.Client) error {
	_, err := c.CreateDraft(ctx, opentrain.DraftSource{Text: "Label 100 photos", IdempotencyKey: "k"})
	return err
}

func createWithoutKey(ctx context.Context, c *opentrain.Client) error {
	_, err := c.CreateDraft(ctx, opentrain.DraftSource{Text: "Label 100 photos"})
	return err
}

func publish(ctx context.Context, c *opentrain.Client) error {
	_, err := c.PublishJob(ctx, "j")
	return err
}

func closeJob(ctx context.Context, c *opentrain.Client) error {
	_, err := c.CloseJob(ctx, "j")
	return err
}

func invite(ctx context.Context, c *opentrain.Client) error {
	_, err := c.InviteTrainer(ctx, "j", "f")
	return err
}

// writes returns the calls that are not repeated if they may have been sent.
func writes() map[string]func(context.Context, *opentrain.Client) error {
	return map[string]func(context.Context, *opentrain.Client) error{
		"patch": func(ctx context.Context, c *opentrain.Client) error {
			_, err := c.UpdateDraft(ctx, "j", opentrain.Fields{"headcount": []byte("1")})
			return err
		},
		"update": func(ctx context.Context, c *opentrain.Client) error {
			_, err := c.UpdateJob(ctx, "j", opentrain.Fields{"headcount": []byte("1")})
			return err
		},
		"create without a key": createWithoutKey,
	}
}

func TestRetries(t *testing.T) {
	date := func(d time.Duration) string {
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat)
	}
	for name, test := range map[string]struct {
		call     func(context.Context, *opentrain.Client) error
		faults   []string
		budget   time.Duration
		attempts int
		code     opentrain.Code // "" for success
		least    time.Duration  // between the first two attempts
	}{
		"a read after a bad gateway":            {read, []string{"502"}, time.Minute, 2, "", 250 * time.Millisecond},
		"a read after two faults":               {read, []string{"503", lost}, time.Minute, 3, "", 250 * time.Millisecond},
		"a read after three":                    {read, []string{"504", lost, "503"}, time.Minute, 3, opentrain.CodeRateLimited, 0},
		"a read after an internal error":        {read, []string{"500"}, time.Minute, 1, opentrain.CodeRateLimited, 0},
		"a read asked to wait":                  {read, []string{"429 3"}, time.Minute, 2, "", 3 * time.Second},
		"a read asked to wait until a date":     {read, []string{"429 " + date(4*time.Second)}, time.Minute, 2, "", 3 * time.Second},
		"a read asked to wait too long":         {read, []string{"429 6"}, time.Minute, 1, opentrain.CodeRateLimited, 0},
		"a read limited without a time":         {read, []string{"429"}, time.Minute, 1, opentrain.CodeRateLimited, 0},
		"a read asked by a 503 to wait":         {read, []string{"503 2"}, time.Minute, 2, "", 2 * time.Second},
		"a read asked by a 503 to wait an hour": {read, []string{"503 3600"}, time.Minute, 1, opentrain.CodeRateLimited, 0},
		"a read with no time left":              {readOwn, []string{"429 5"}, 4 * time.Second, 1, opentrain.CodeRateLimited, 0},
		"a shared read outlasts its caller":     {read, []string{"429 5"}, 4 * time.Second, 2, opentrain.CodeTimeout, 5 * time.Second},
		"a read refused":                        {read, []string{refused, refused}, time.Minute, 3, "", 250 * time.Millisecond},
		"a read of an unknown host":             {read, []string{unknown}, time.Minute, 1, opentrain.CodeNetwork, 0},
		"a read of an untrusted host":           {read, []string{untrusted}, time.Minute, 1, opentrain.CodeNetwork, 0},
		"a keyed create whose answer was lost":  {create, []string{lost, "502"}, time.Minute, 3, "", 250 * time.Millisecond},
		"a publish whose answer was lost":       {publish, []string{lost, "503"}, time.Minute, 3, opentrain.CodeNotFound, 250 * time.Millisecond},
		"a close after a bad gateway":           {closeJob, []string{"502"}, time.Minute, 2, opentrain.CodeNotFound, 250 * time.Millisecond},
		"an invitation whose answer was lost":   {invite, []string{lost}, time.Minute, 2, opentrain.CodeNotFound, 250 * time.Millisecond},
		"a create without a key":                {createWithoutKey, []string{lost}, time.Minute, 1, opentrain.CodeNetwork, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newScript(sandbox.New(sandbox.Config{}).Transport(), test.faults...)
				client, err := opentrain.New(opentrain.Config{Transport: api})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(opentrain.WithToken(t.Context(), sandbox.DemoToken), test.budget)
				defer cancel()
				err = test.call(ctx, client)
				time.Sleep(time.Minute) //nolint:forbidigo // fake time; a shared read continues without its caller
				synctest.Wait()
				var failure *opentrain.Error
				if errors.As(err, &failure); (test.code == "") != (err == nil) || err != nil && failure.Code != test.code {
					t.Errorf("got %v", err)
				}
				if len(api.attempts) != test.attempts {
					t.Fatalf("sent at %v", api.attempts)
				}
				for i, body := range api.bodies {
					if body != api.bodies[0] {
						t.Errorf("attempt %d sent %q, the first %q", i+1, body, api.bodies[0])
					}
				}
				if test.attempts > 1 && api.attempts[1]-api.attempts[0] < test.least {
					t.Errorf("sent at %v", api.attempts)
				}
			})
		})
	}
}

// TestWritesAreNotRepeated: a write is repeated only if it was not sent.
func TestWritesAreNotRepeated(t *testing.T) {
	for name, call := range writes() {
		for _, fault := range []string{lost, "502", "503", "504", "429 1", "500"} {
			synctest.Test(t, func(t *testing.T) {
				api := newScript(sandbox.New(sandbox.Config{}).Transport(), fault)
				client, err := opentrain.New(opentrain.Config{Transport: api})
				if err != nil {
					t.Fatal(err)
				}
				err = call(opentrain.WithToken(t.Context(), sandbox.DemoToken), client)
				if e := asError(t, err); e.NotSent || len(api.attempts) != 1 {
					t.Errorf("%s after %s: sent %d times, %+v", name, fault, len(api.attempts), e)
				}
			})
		}
		synctest.Test(t, func(t *testing.T) {
			api := newScript(sandbox.New(sandbox.Config{}).Transport(), refused, refused)
			client, err := opentrain.New(opentrain.Config{Transport: api})
			if err != nil {
				t.Fatal(err)
			}
			err = call(opentrain.WithToken(t.Context(), sandbox.DemoToken), client)
			if !errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}) && err != nil || len(api.attempts) != 3 {
				t.Errorf("%s after two refused connections: sent %d times, %v", name, len(api.attempts), err)
			}
		})
	}
}

// TestNotSentCountsEveryAttempt: NotSent is false if any attempt may have been sent.
func TestNotSentCountsEveryAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := opentrain.New(opentrain.Config{Transport: newScript(nil, "502", refused, refused)})
		if err != nil {
			t.Fatal(err)
		}
		err = create(opentrain.WithToken(t.Context(), sandbox.DemoToken), client)
		if e := asError(t, err); e.NotSent || e.Code != opentrain.CodeNetwork {
			t.Errorf("got %+v", e)
		}
	})
}

// TestCreateThroughFiveFaults: a create with a key can be repeated after an error.
func TestCreateThroughFiveFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(sandbox.Config{}).Transport()
		api := newScript(box, lost, "502", lost, lost, "504")
		client, err := opentrain.New(opentrain.Config{Transport: api})
		if err != nil {
			t.Fatal(err)
		}
		ctx := opentrain.WithToken(t.Context(), sandbox.DemoToken)
		if err := create(ctx, client); err == nil {
			t.Error("no error after three faults")
		}
		if err := create(ctx, client); err != nil {
			t.Errorf("after five faults: %v", err)
		}
		jobs, err := client.ListOwnJobs(ctx, opentrain.OwnJobQuery{})
		if err != nil || len(jobs.Jobs) != 1 {
			t.Errorf("%+v, %v", jobs, err)
		}
	})
}

// TestRetriesEndWithTheCall: a call that is canceled during the backoff ends.
func TestRetriesEndWithTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newScript(nil, "429 5")
		client, err := opentrain.New(opentrain.Config{Transport: api})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		err = readOwn(opentrain.WithToken(ctx, sandbox.DemoToken), client)
		if elapsed := time.Since(start); elapsed != time.Second || !errors.Is(err, context.Canceled) || len(api.attempts) != 1 {
			t.Errorf("after %v and %d attempts: %v", elapsed, len(api.attempts), err)
		}
	})
}
