package acceptance_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// otherToken is the token of an account that isn't the caller's.
const otherToken = "ot_pat_other"

// world is an API with jobs in every state, for a walk:
//
//   - job_1 is a draft with two open questions, job_2 a complete one, job_3 live, job_4
//     closed, and job_5 a complete draft that the content check blocks.
//   - job_6 is another account's draft, job_7 their live job.
type world struct {
	t     testing.TB
	api   http.RoundTripper
	stand *standIn // nil on the sandbox

	token  string                              // that the host sends, "" for none
	faults []func(*http.Request) (int, string) // answer in the API's place when the status isn't 0
}

// worlds are the APIs of the walks. An API is made when it is called, in the bubble of a test.
func worlds() map[string]func(testing.TB) *world {
	onSandbox := func(variant sandbox.Variant) func(testing.TB) *world {
		return func(t testing.TB) *world {
			t.Helper()
			scopes := []string{"jobs:write", "proposals:write"}
			return &world{t: t, token: sandbox.DemoToken, api: sandbox.New(sandbox.Config{Variant: variant, Accounts: []sandbox.Account{
				{Token: sandbox.DemoToken, Name: "Demo", Scopes: scopes, Claimed: true},
				{Token: otherToken, Name: "Other", Scopes: scopes, Claimed: true},
			}}).Transport()}
		}
	}
	return map[string]func(testing.TB) *world{
		"sandbox, guide": onSandbox(sandbox.Guide), "sandbox, reference": onSandbox(sandbox.Reference), "stand-in": newStandInWorld,
	}
}

func newStandInWorld(t testing.TB) *world {
	t.Helper()
	api := guideStandIn()
	api.set(func(o *standInOptions) {
		o.people = map[string]string{sandbox.FreelancerAvailable: "", sandbox.FreelancerUnavailable: "freelancer_unavailable",
			sandbox.NotAFreelancer: "not_a_freelancer"}
		o.moderate = func(fields map[string]any) []string {
			if strings.Contains(fmt.Sprint(fields["jobTitle"]), "Scam") {
				return []string{"It is a scam."}
			}
			return nil
		}
	})
	for _, token := range []string{sandbox.DemoToken, otherToken} {
		api.account(standInAccount{id: token})
		api.token(token, token)
	}
	return &world{t: t, token: sandbox.DemoToken, api: api, stand: api}
}

// fill makes the jobs.
func (w *world) fill() {
	w.t.Helper()
	complete := `{"experienceLevel":"EXPERT","dataVolumeUnit":"NUMBER_OF_FILES"}`
	for n := range 7 {
		token := sandbox.DemoToken
		if n >= 5 {
			token = otherToken
		}
		id := fmt.Sprintf("job_%d", n+1)
		w.send(token, "POST /job-drafts", fmt.Sprintf(`{"source":{"type":"text","text":%q,"idempotencyKey":%q}}`, demo.SampleDescription, id))
		if id != "job_1" && id != "job_6" {
			w.send(token, "PATCH /job-drafts/"+id, complete)
		}
		switch id {
		case "job_3", "job_7":
			w.send(token, "POST /jobs/"+id+"/publish", "")
		case "job_4":
			w.send(token, "POST /jobs/"+id+"/publish", "")
			w.send(token, "POST /jobs/"+id+"/close", "")
		case "job_5":
			w.send(token, "PATCH /job-drafts/"+id, `{"jobTitle":"Scam test phrase"}`)
		}
	}
}

// send sends a request to the API, as the app does.
func (w *world) send(token, call, body string) {
	w.t.Helper()
	method, path, _ := strings.Cut(call, " ")
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://app.opentrain.ai"+standInBase+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := w.api.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode >= 300 {
		w.t.Fatalf("%s: %d %s %v", call, response.StatusCode, answer, err)
	}
}

// RoundTrip answers the server's requests.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, fault := range w.faults {
		if status, body := fault(r); status != 0 {
			return answering(status, body).RoundTrip(r)
		}
	}
	return w.api.RoundTrip(r)
}

// fails lets requests fail until they are fixed. A request is meant when its method and
// path end as in "POST /publish"; "" means all.
func (w *world) fails(request string, status int, body string) (fixed func()) {
	method, end := "", ""
	var off atomic.Bool
	if request != "" {
		method, end, _ = strings.Cut(request, " ")
	}
	w.faults = append(w.faults, func(r *http.Request) (int, string) {
		if !off.Load() && strings.HasSuffix(r.URL.Path, end) && (method == "" || r.Method == method) {
			return status, body
		}
		return 0, ""
	})
	return func() { off.Store(true) }
}

// failsFor lets requests fail for a while.
func (w *world) failsFor(d time.Duration, request string, status int, body string) {
	time.AfterFunc(d, w.fails(request, status, body))
}

// serve is a server on the world, and a walk that calls it.
func (w *world) serve(change func(*opentrainmcp.HTTPConfig)) *walk {
	w.t.Helper()
	api, err := opentrain.New(opentrain.Config{Transport: w})
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := opentrainmcp.HTTPConfig{Config: opentrainmcp.Config{
		API: api, Version: "test", TokenHelp: "Send a token so and so.", Logger: slog.New(slog.DiscardHandler),
	}, CallsPerSecond: opentrainmcp.NoLimit, AllowedHosts: []string{"walk"}}
	if change != nil {
		change(&cfg)
	}
	handler, err := opentrainmcp.NewHTTPHandler(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return &walk{t: w.t, handler: handler, token: func() string { return w.token }}
}

// decode reads JSON that a test wrote.
func decode(t testing.TB, text string) (value map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}
