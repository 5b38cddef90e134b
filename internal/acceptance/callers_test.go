package acceptance_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

const callsEach = 20

// witness stands in front of the API and checks that a call about a caller carries that
// caller's token.
type witness struct {
	api http.RoundTripper

	mu    sync.Mutex
	calls map[string]int // by token, "" for none
	wrong []string
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	about := r.URL.String()
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		about += string(body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	w.mu.Lock()
	w.calls[token]++
	public := r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/jobs")
	if names := employersIn(about); public != (token == "") || !public && names != nil && token != "ot_pat_employer_"+names[0][1] {
		w.wrong = append(w.wrong, fmt.Sprintf("%s %s with %q", r.Method, r.URL, token))
	}
	w.mu.Unlock()
	return w.api.RoundTrip(r)
}

// employersIn are the names of employers in a text, each with its number.
func employersIn(text string) [][]string {
	return regexp.MustCompile(`(?i)employer[ -](\d{3})`).FindAllStringSubmatch(text, -1)
}

// TestManyCallersStayApart: 200 callers with 200 tokens make 20 calls each at the same
// time. Every call to the API carries the token of its caller, and every answer goes to
// the caller who asked.
func TestManyCallersStayApart(t *testing.T) {
	t.Parallel()
	many := 60
	if os.Getenv(slowTests) == "1" {
		many = 200
	}
	for _, route := range []string{"/mcp", "/mcp with sessions", "/sse"} {
		t.Run(route, func(t *testing.T) {
			w := &witness{calls: map[string]int{}, api: sandbox.New(sandbox.Config{Accounts: employers(many)}).Transport()}
			s := startHTTPWith(t, w, func(c *opentrainmcp.HTTPConfig) {
				c.Sessions = strings.Contains(route, "sessions")
				c.CallsPerSecond = opentrainmcp.NoLimit // all callers have one address, whose limit a fast machine reaches
			})
			var all sync.WaitGroup
			for n := range many {
				all.Go(func() { s.oneOfMany(n, route) })
			}
			all.Wait()
			for _, wrong := range w.wrong[:min(len(w.wrong), 5)] {
				t.Error(wrong)
			}
			if len(w.calls) < many {
				t.Errorf("the API saw only %d tokens", len(w.calls))
			}
			sent := 0
			for _, n := range w.calls {
				sent += n
			}
			t.Logf("%d callers, %d calls, %d requests upstream, %d of them without a token", many, many*callsEach, sent, w.calls[""])
		})
	}
}

// oneOfMany makes the calls of one caller and checks that the answers belong to that
// caller.
func (s *remote) oneOfMany(n int, route string) {
	me := fmt.Sprintf("Employer %03d", n)
	headers := as(n)
	send := func(_ int, tool string, arguments any) answer { return s.call(tool, arguments, headers...) }
	switch route {
	case "/sse":
		stream := s.open(headers...)
		defer stream.close()
		send = stream.call
	case "/mcp with sessions":
		headers = append(headers, "Mcp-Session-Id", s.do("POST", "/mcp", hello, headers...).header.Get("Mcp-Session-Id"))
	}
	jobID := ""
	for i := range callsEach {
		tool, arguments := "opentrain_list_jobs", map[string]any{}
		switch i % 5 {
		case 0:
			tool, arguments = "opentrain_create_draft", map[string]any{"description": me +
				" wants 3 people to label 100 photos, $10 an hour, English", "idempotencyKey": fmt.Sprintf("employer-%03d-%d", n, i)}
		case 1:
			tool, arguments = "opentrain_patch_draft", map[string]any{"jobId": jobID, "fields": map[string]any{"jobTitle": me + " photos"}}
		case 2:
			tool = "opentrain_get_account"
		case 3:
			tool, arguments = "opentrain_search_jobs", map[string]any{"limit": 1 + n%4}
		}
		got := send(i, tool, arguments)
		if got.rpcError != nil || got.isError {
			s.t.Errorf("%s: %s: %+v %s", me, tool, got.rpcError, got.text)
			return
		}
		if route == "/sse" && got.id != fmt.Sprint(i) {
			s.t.Errorf("%s: call %d was answered with %v", me, i, got.id)
		}
		answer := string(got.structured)
		names := employersIn(answer)
		for _, name := range names {
			if !strings.EqualFold(strings.ReplaceAll(name[0], "-", " "), me) {
				s.t.Errorf("%s saw %s in %s", me, name[0], tool)
			}
		}
		if tool != "opentrain_search_jobs" && names == nil {
			s.t.Errorf("%s: %s shows none of its own jobs: %.300s", me, tool, answer)
		}
		if i%5 == 0 {
			var draft struct{ JobID string }
			if err := json.Unmarshal(got.structured, &draft); err != nil || draft.JobID == "" {
				s.t.Errorf("%s: %v in %s", me, err, answer)
			}
			jobID = draft.JobID
		}
	}
}

// TestSameSearchesShareOneRequest: 1,000 agents with 1,000 tokens run the same five
// searches at the same time.
func TestSameSearchesShareOneRequest(t *testing.T) {
	s := startHTTP(t, employers(1000), nil)
	queries := []string{"image", "audio", "translation", "medical", "chat"}
	answers := make([]sync.Map, len(queries))
	var all sync.WaitGroup
	for n := range 1000 {
		all.Go(func() {
			got := s.do("POST", "/mcp", rpc(1, "opentrain_search_jobs", map[string]any{"q": queries[n%5]}), as(n)...)
			if strings.Contains(got.body, `"isError":true`) || got.status != 200 {
				t.Errorf("%d %s", got.status, got.body)
			}
			answers[n%5].Store(got.body, true)
		})
	}
	all.Wait()
	for i := range answers {
		different := 0
		answers[i].Range(func(any, any) bool { different++; return true })
		if different != 1 {
			t.Errorf("%s: %d different answers", queries[i], different)
		}
	}
	sent := s.api.seen()
	t.Logf("1,000 searches, %d requests upstream", len(sent))
	if len(sent) > 5 {
		t.Errorf("%d requests: %v", len(sent), sent)
	}
}

// TestTokensReadsAreNeverShared: what was read with a token is read again for the next
// caller, and for the same caller.
func TestTokensReadsAreNeverShared(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, employers(2), nil)
	for range 2 {
		for n := range 2 {
			if got := s.call("opentrain_list_jobs", map[string]any{}, as(n)...); got.isError {
				t.Error(got.text)
			}
		}
	}
	if sent := s.api.seen(); len(sent) != 4 {
		t.Errorf("%v", sent)
	}
}
