package opentrain_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestRetryCheck: the check runs before every attempt but the first, and its error ends the call.
func TestRetryCheck(t *testing.T) {
	stop := errors.New("no longer wanted")
	for name, test := range map[string]struct {
		faults   []string
		result   error // of the check
		checks   int
		attempts int
		want     error
	}{
		"may have come": {[]string{lost, refused}, &opentrain.Error{Code: opentrain.CodeConflict, NotSent: true}, 1, 1, &opentrain.Error{Code: opentrain.CodeConflict}},
		"never came":    {[]string{refused, refused}, &opentrain.Error{Code: opentrain.CodeConflict, NotSent: true}, 1, 1, &opentrain.Error{Code: opentrain.CodeConflict}},
		"no retry":      {nil, stop, 0, 1, nil},
		"still fine":    {[]string{refused, refused}, nil, 2, 3, nil},
		"stopped":       {[]string{refused, refused}, stop, 1, 1, stop},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := newScript(sandbox.New(sandbox.Config{}).Transport(), test.faults...)
			client, err := opentrain.New(opentrain.Config{Transport: api})
			if err != nil {
				t.Fatal(err)
			}
			checks := 0
			ctx := opentrain.WithRetryCheck(opentrain.WithToken(t.Context(), sandbox.DemoToken), func(context.Context) error {
				checks++
				return test.result
			})
			_, err = client.ListOwnJobs(ctx, opentrain.OwnJobQuery{})
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if failure, ok := errors.AsType[*opentrain.Error](err); ok && failure.NotSent != (test.faults[0] == refused) {
				t.Errorf("%s: %+v doesn't say whether the first attempt was sent", name, failure)
			}
			if checks != test.checks || len(api.attempts) != test.attempts {
				t.Errorf("%s: %d checks, %d attempts", name, checks, len(api.attempts))
			}
		})
	}
}

// TestDraftsAreDated by the API's clock.
func TestDraftsAreDated(t *testing.T) {
	noon := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	date := noon.Format(http.TimeFormat)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = []string{date}
		w.Write([]byte(`{"jobId":"j","status":"DRAFT","-":"odd"}`)) //nolint:errcheck // the client notices
	}))
	defer api.Close()
	client, err := opentrain.New(opentrain.Config{BaseURL: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx := opentrain.WithToken(t.Context(), "ot_pat_x")
	for value, want := range map[string]time.Time{noon.Format(http.TimeFormat): noon, "yesterday": {}} {
		date = value
		draft, err := client.UpdateDraft(ctx, "j", opentrain.Fields{"headcount": []byte("1")})
		if err != nil || !draft.Date.Equal(want) {
			t.Errorf("%q: %v, %v", value, draft, err)
		}
	}
}

// TestUncachedJob: a job is read past the cache, and the cache stays as it is.
func TestUncachedJob(t *testing.T) {
	reads := 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reads++
		w.Header().Set("Cache-Control", "public, s-maxage=300")
		w.Write([]byte(`{"id":"j","status":"OPEN"}`)) //nolint:errcheck // the client notices
	}))
	defer api.Close()
	client, err := opentrain.New(opentrain.Config{BaseURL: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	for i, read := range []func(context.Context, string) (*opentrain.PublicJob, error){client.GetJob, client.GetJobUncached, client.GetJob} {
		if job, err := read(t.Context(), "j"); err != nil || job.ID != "j" {
			t.Errorf("read %d: %v, %v", i, job, err)
		}
	}
	if reads != 2 {
		t.Errorf("%d reads reached the API", reads)
	}
}
