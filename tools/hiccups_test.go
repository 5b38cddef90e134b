package tools_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// hiccup is an API whose gateway answers a route with an empty 503, as often as times says.
type hiccup struct {
	http.RoundTripper
	route       string
	times, sent int
}

func (h *hiccup) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api/public/v1") != h.route {
		return h.RoundTripper.RoundTrip(r)
	}
	if h.sent++; h.sent > h.times {
		return h.RoundTripper.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// TestOneYesOutlivesAHiccup: what OpenTrain lets us repeat is repeated under the same yes. After that, and after an edit, the step
// looks what has become of the job: it has no yes that no longer counts.
func TestOneYesOutlivesAHiccup(t *testing.T) {
	for name, test := range map[string]struct {
		status, route, arguments, look string
		repeats                        bool
	}{
		tool.CloseJob:      {opentrain.StatusOpen, "POST /jobs/j/close", `{"jobId":"j"}`, tool.ListJobs, true},
		tool.InviteTrainer: {opentrain.StatusOpen, "POST /jobs/j/invites", `{"jobId":"j","freelancerId":"f"}`, tool.ListProposals, true},
		tool.UpdateJob:     {opentrain.StatusOpen, "PATCH /jobs/j", `{"jobId":"j","fields":{"headcount":2}}`, tool.GetJob, false},
		tool.Publish:       {opentrain.StatusDraft, "POST /jobs/j/publish", `{"jobId":"j"}`, tool.ListJobs, true},
	} {
		for times, works := range map[int]bool{0: true, 1: test.repeats, 2: test.repeats, 3: false} {
			synctest.Test(t, func(t *testing.T) {
				api := &hiccup{route: test.route, times: times, RoundTripper: owner{status: test.status, RoundTripper: &script{answers: map[string]string{
					"GET /freelancers/f": `{"id":"f","displayName":"Ada"}`, "PATCH /job-drafts/j": `{"jobId":"j","status":"DRAFT",` +
						`"normalizedFields":{"jobTitle":"T"},"validation":{"publishReady":true}}`,
					"POST /jobs/j/close": `{"status":"ARCHIVED"}`, "POST /jobs/j/invites": `{"proposalId":"p","freelancerId":"f"}`,
					"PATCH /jobs/j": `{"status":"OPEN"}`, "POST /jobs/j/publish": `{"status":"OPEN"}`,
				}}}}
				tools := serve(t, api, setup{confirm: true})
				_, asked := tools.answer(t, name, test.arguments)
				if asked.Action != tool.ConfirmWithHuman {
					t.Fatalf("%s: %+v", name, asked)
				}
				_, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, name, follow(t, asked))
				if (failure == nil) != works || works && api.sent != times+1 {
					t.Fatalf("%s after %d: sent %d times, %v", name, times, api.sent, failure)
				}
				if !works && (failure.Next.Tool != test.look || failure.Next.Arguments["confirmationToken"] != nil) {
					t.Errorf("%s after %d: %+v", name, times, failure.Next)
				}
			})
		}
	}
}

// TestStepsHaveNoUsedYes: after a failure that may have used up the yes, no step repeats it.
func TestStepsHaveNoUsedYes(t *testing.T) {
	all := serve(t, &upstream{}, setup{})
	for name, err := range everyError(t) {
		for _, made := range all.tools {
			if made.Kind == tool.KindRequest || made.Kind == tool.KindShow || !opentrain.MayHaveChanged(err) { // the same request again returns the same approval
				continue
			}
			failure := all.runner.Explain(made, tool.Call{Caller: alice}, []byte(`{"jobId":"j","confirmationToken":"t"}`), err)
			if failure.Next.Arguments["confirmationToken"] != nil && made.Kind.AsksFirst() {
				t.Errorf("%s, %s: %+v", name, made.Name, failure.Next)
			}
		}
	}
}
