package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

const (
	guideText     = "We need 10 experienced annotators for bounding boxes on 50,000 dashcam images. Pay is $18/hour. English required. Work runs about six weeks."
	referenceText = "We need 5 fluent Spanish speakers to label sentiment on 20,000 social media posts, paid per label."
	readyText     = "Entry-level annotators for bounding boxes on 2,500 street photos, $12 per hour."
)

// object is a decoded JSON object.
type object = map[string]any

// api calls a sandbox over its Transport.
type api struct {
	t     *testing.T
	box   *sandbox.Sandbox
	token string
}

func newAPI(t *testing.T, cfg sandbox.Config) api {
	t.Helper()
	token := sandbox.DemoToken
	if len(cfg.Accounts) > 0 {
		token = cfg.Accounts[0].Token
	}
	return api{t, sandbox.New(cfg), token}
}

func (a api) as(token string) api {
	a.token = token
	return a
}

// do sends a request. A string body is sent unchanged.
func (a api) do(method, path string, body any) (*http.Response, object) {
	a.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			a.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, "https://api.test/api/public/v1"+path, reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := a.box.Transport().RoundTrip(req)
	if err != nil {
		a.t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // in memory
	if err != nil {
		a.t.Fatal(err)
	}
	var answer object
	if len(data) > 0 {
		if err := json.Unmarshal(data, &answer); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, data)
		}
	}
	return resp, answer
}

// want sends a request and fails the test if the status differs.
func (a api) want(status int, method, path string, body any) object {
	a.t.Helper()
	resp, answer := a.do(method, path, body)
	if resp.StatusCode != status {
		a.t.Fatalf("%s %s = %d, want %d: %v", method, path, resp.StatusCode, status, answer)
	}
	if status >= 400 {
		if answer["error"] == "" || answer["code"] == nil || answer["requestId"] == "" || answer["details"] == nil {
			a.t.Errorf("%s %s: not the error envelope: %v", method, path, answer)
		}
		if answer["requestId"] != resp.Header.Get("X-Request-Id") {
			a.t.Errorf("requestId %v is not that of the header", answer["requestId"])
		}
	}
	return answer
}

// create creates a draft in either variant.
func (a api) create(text string) object {
	a.t.Helper()
	resp, answer := a.do("POST", "/job-drafts", object{"rawJobDescription": text})
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		a.t.Fatalf("create = %d: %v", resp.StatusCode, answer)
	}
	return answer
}

// publishNew creates a complete draft and publishes it.
func (a api) publishNew(title string) string {
	a.t.Helper()
	id := str(a.create(readyText)["jobId"])
	a.want(200, "PATCH", "/job-drafts/"+id, object{"jobTitle": title})
	a.want(200, "POST", "/jobs/"+id+"/publish", nil)
	return id
}

func dig(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(object)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	var a, b any
	_ = json.Unmarshal(g, &a)
	_ = json.Unmarshal(w, &b)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s\n got %s\nwant %s", what, g, w)
	}
}

// missing returns the fields of the top-level list of gaps.
func missing(answer object) []string {
	all := []string{}
	for _, gap := range list(answer["missingFields"]) {
		all = append(all, str(dig(gap, "field")))
	}
	return all
}

func ids(page object) []string {
	var all []string
	for _, j := range list(page["jobs"]) {
		all = append(all, str(dig(j, "id")))
	}
	return all
}

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 6, 10, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func writer(token string) sandbox.Account {
	return sandbox.Account{Token: token, Name: "Writer " + token, Scopes: []string{"jobs:write"}, Claimed: true}
}

func bothVariants(t *testing.T, run func(t *testing.T, v sandbox.Variant)) {
	for _, v := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
		t.Run(string(v), func(t *testing.T) { run(t, v) })
	}
}

// str, num, list and obj return the zero value for another type, so that the comparison fails.
func str(v any) string {
	s, _ := v.(string)
	return s
}

func num(v any) float64 {
	n, _ := v.(float64)
	return n
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func obj(v any) object {
	o, _ := v.(object)
	return o
}
