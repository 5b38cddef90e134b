package acceptance_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// The accounts of an independent API. A host over pipes calls for Alice.
var (
	alice = []string{tokenHeader, sandbox.DemoToken}
	bob   = []string{tokenHeader, "ot_pat_bob"}
)

// newDuo is an independent API with the accounts of Alice and Bob, in one of its answer forms.
func newDuo(form standInForm) *standIn {
	api := newStandIn(nil)
	api.set(func(o *standInOptions) { o.createForm, o.patchForm = form, form })
	for name, headers := range map[string][]string{"alice": alice, "bob": bob} {
		api.account(standInAccount{id: name, publishLimit: 10_000})
		api.token(headers[1], name)
	}
	return api
}

func answerForms() map[string]standInForm {
	return map[string]standInForm{"guide": guideForm, "reference": referenceForm}
}

// signs are the fields of a job that can be published.
func signs() map[string]any {
	return map[string]any{"jobTitle": "Street signs", "jobDescription": "Label street signs. We pay $18 an hour to 4 people.",
		"experienceLevel": "EXPERT", "paymentType": "PAY_PER_HOUR", "pricePerHour": 18, "headcount": 4}
}

// made adds a job of an account.
func made(api *standIn, owner, status string, fields map[string]any) string {
	return api.add(standInJob{owner: owner, status: status, fields: fields, needs: []string{"jobTitle", "experienceLevel", "pricePerHour"}})
}

// inside is a server whose HTTP handler is called without a network, so that it runs in a bubble of synctest.
func inside(t testing.TB, api http.RoundTripper, change func(*opentrainmcp.HTTPConfig)) *endpoint {
	t.Helper()
	s := newSetup(api)
	cfg := opentrainmcp.HTTPConfig{Config: s.config(t)}
	cfg.Token, cfg.AllowedHosts = nil, []string{"example.com"}
	if change != nil {
		change(&cfg)
	}
	handler, err := opentrainmcp.NewHTTPHandler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := handler.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	carry := roundTripper(func(r *http.Request) (*http.Response, error) {
		answer := httptest.NewRecorder()
		r.RemoteAddr, r.RequestURI = "127.0.0.1:1", r.URL.RequestURI()
		handler.ServeHTTP(answer, r)
		return answer.Result(), nil
	})
	return &endpoint{t: t, url: "http://example.com", client: &http.Client{Transport: carry}}
}

// aWhile is what a human takes to read: more than the API's clock may be off.
const aWhile = 5 * time.Second

// slowly answers a form as a human who read it. It is for bubbles.
func slowly(action mcp.ElicitationResponseAction, content any) respond {
	return func(int, form) (mcp.ElicitationResponseAction, any, error) {
		pass(aWhile)
		return action, content, nil
	}
}

// tokenIn is the confirmation in a result, wherever it is.
func tokenIn(t testing.TB, got answer) string {
	t.Helper()
	if !strings.Contains(got.text+string(got.structured), "confirmationToken") {
		return ""
	}
	token, _ := got.next(t).Arguments["confirmationToken"].(string)
	if token == "" {
		t.Errorf("a confirmation outside of next: %s %s", got.text, got.structured)
	}
	return token
}

// writes are the requests that change something, less those that save a title as it was.
func (s *standIn) writes() []string {
	var routes []string
	for _, r := range s.requests() {
		var fields map[string]any
		isTitle := r.route == "PATCH /job-drafts/{id}" && json.Unmarshal([]byte(r.body), &fields) == nil && len(fields) == 1 && fields["jobTitle"] != nil
		if r.method != http.MethodGet && !isTitle {
			routes = append(routes, r.route)
		}
	}
	return routes
}

// nextOf is the step after a result or a failure.
func nextOf(t testing.TB, got answer) tool.Next {
	t.Helper()
	if !got.isError {
		return got.next(t)
	}
	if got.failure.Next == nil {
		t.Fatalf("a dead end: %s", got.text)
	}
	return *got.failure.Next
}

// formHost is a host of 2026-07-28 that shows forms to Alice. Unlike a host over pipes, it may be in a bubble.
type formHost struct {
	*endpoint
	answer respond // nil: the host shows no forms
	forms  []form
	given  string // the last form's answer, as it was sent
}

// call calls a tool and lets the human answer its forms.
func (h *formHost) call(name string, arguments any) answer {
	h.t.Helper()
	extra := ""
	for range 5 {
		result := h.post(name, arguments, extra)
		var asked struct {
			ResultType, RequestState string
			InputRequests            map[string]struct {
				Params struct {
					Message         string
					RequestedSchema struct {
						Properties map[string]field
						Required   []string
					}
				}
			}
		}
		if err := json.Unmarshal(result, &asked); err != nil {
			h.t.Fatalf("%v in %s", err, result)
		}
		if asked.ResultType != "input_required" {
			return parseResult(h.t, result)
		}
		shown := asked.InputRequests["form"].Params
		h.forms = append(h.forms, form{shown.Message, shown.RequestedSchema.Properties, shown.RequestedSchema.Required})
		action, content, err := h.answer(len(h.forms), h.forms[len(h.forms)-1])
		if err != nil {
			h.t.Fatal(err)
		}
		given, err := json.Marshal(map[string]any{"requestState": asked.RequestState, "inputResponses": map[string]any{
			"form": map[string]any{"action": action, "content": content}}})
		if err != nil {
			h.t.Fatal(err)
		}
		extra = string(given[1:len(given)-1]) + ","
		h.given = extra
	}
	h.t.Fatalf("%s asks without end", name)
	return answer{}
}

// callAgain sends the last form's answer once more, with the arguments of its call.
func (h *formHost) callAgain(name string, arguments any) answer {
	h.t.Helper()
	return parseResult(h.t, h.post(name, arguments, h.given))
}

// post sends a call with more parameters, and returns its result.
func (h *formHost) post(name string, arguments any, extra string) json.RawMessage {
	h.t.Helper()
	capabilities := `{}`
	if h.answer != nil {
		capabilities = `{"elicitation":{"form":{}}}`
	}
	body := strings.Replace(modernRPC(name, arguments, capabilities), `"params":{`, `"params":{`+extra, 1)
	got := h.do("POST", "/mcp", body, modernHeaders("tools/call", name, alice...)...)
	return parseMessage(h.t, got.body).Result
}

// calling makes a call of Alice while the test goes on.
func calling(s *endpoint, name string, arguments any) <-chan answer {
	answered := make(chan answer, 1)
	go func() { answered <- s.call(name, arguments, alice...) }()
	return answered
}

// publications are what was published, in the moment when OpenTrain was asked to.
type publications struct {
	mu   sync.Mutex
	jobs []standInJob
}

func watchPublishing(api *standIn) *publications {
	p := &publications{}
	api.hook(standInHook{on: "POST /jobs/{id}/publish", before: func(r *standInRequest) {
		if r.drop != dropUnsent && slices.ContainsFunc(api.all(), func(id string) bool { return id == r.id }) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.jobs = append(p.jobs, api.job(r.id))
		}
	}})
	return p
}

func (p *publications) seen() []standInJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.jobs)
}

// all are the ids of all jobs.
func (s *standIn) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, j := range s.jobs {
		ids = append(ids, j.id)
	}
	return ids
}
