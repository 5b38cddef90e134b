package acceptance_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// updatesAPI is an API with a feed and webhooks.
type updatesAPI struct {
	mu     sync.Mutex
	events []string
	polls  int
	writes []string
	broken bool // the answer to a write is lost
}

const hookSecret = "whsec_NoModelMaySeeThis42"

func (a *updatesAPI) add(eventType, data string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, fmt.Sprintf(`{"id":"%d","type":%q,"createdAt":"2026-06-01T12:00:00Z","data":{%s}}`, len(a.events)+1, eventType, data))
}

func (a *updatesAPI) polled() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.polls
}

func (a *updatesAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch route := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/public/v1"); route {
	case "GET /updates":
		a.polls++
		after := 0
		if cursor := r.URL.Query().Get("cursor"); cursor != "" {
			fmt.Sscan(cursor, &after) //nolint:errcheck // a number
		}
		fmt.Fprintf(w, `{"events":[%s],"nextCursor":"%d","hasMore":false}`, strings.Join(a.events[after:], ","), len(a.events))
	case "GET /webhooks":
		fmt.Fprint(w, `{"webhooks":[]}`)
	case "POST /webhooks":
		a.writes = append(a.writes, route)
		if a.broken {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("X-Request-Id", hookSecret)
		fmt.Fprint(w, `{"webhook":{"id":"w1","url":"https://example.com/hook","eventTypes":["message.received"],"status":"ACTIVE","note":"`+
			hookSecret+`"},"secret":"`+hookSecret+`","message":"Save `+hookSecret+`"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":"No `+hookSecret+`","code":"NOT_FOUND"}`)
	}
}

// runUpdates runs the program with the toolset, for an API.
func runUpdates(t *testing.T, api *updatesAPI, home string, args ...string) *program {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	env := environment(t, "OPENTRAIN_API_BASE_URL="+server.URL, "OPENTRAIN_PERSONAL_API_TOKEN=ot_pat_mine", "HOME="+home, "USERPROFILE="+home)
	return run(t, env, append([]string{"stdio", "--toolsets", "updates", "--log-level", "debug"}, args...)...)
}

// TestUpdatesAreAnnounced over stdio to clients of both eras. What was seen before is not announced; what came since then is,
// at once. The program polls once, and ends with its input.
func TestUpdatesAreAnnounced(t *testing.T) {
	t.Parallel()
	const read = `{"jsonrpc":"2.0","id":9,"method":"resources/read","params":{"uri":"opentrain://updates"`
	for name, test := range map[string]struct{ hello, subscribe, ack, marked, read string }{
		"2025-11-25": {hello, `{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"opentrain://updates"}}`, `"result":{}`, `"uri":"opentrain://updates"`, read + `}}`},
		"2026-07-28": {"", `{"jsonrpc":"2.0","id":"s1","method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["opentrain://updates"]},` + modernMeta + `}}`,
			"notifications/subscriptions/acknowledged", `"io.modelcontextprotocol/subscriptionId":"s1"`, read + `,` + modernMeta + `}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &updatesAPI{}
			api.add("proposal.received", `"proposalId":"p1"`)
			p := runUpdates(t, api, t.TempDir())
			if test.hello != "" {
				p.send(test.hello)
				if line, _ := p.stdout.next(""); !strings.Contains(line, `"subscribe":true`) {
					t.Fatal(line)
				}
			}
			expect := func(sent string, wants ...string) {
				t.Helper()
				p.send(sent)
				line, _ := p.stdout.next("")
				for _, want := range wants {
					if !strings.Contains(line, want) {
						t.Fatalf("%s: got %s, want %s", sent, line, want)
					}
				}
			}
			expect(test.read, "A new proposal came in: p1.")
			api.add("message.received", `"conversationId":"c1","messageId":"m1"`)
			before := api.polled()
			p.send(test.subscribe)
			lines := []string{}
			for range 2 {
				line, found := p.stdout.next("")
				if !found {
					t.Fatalf("got %v", lines)
				}
				lines = append(lines, line)
			}
			slices.SortFunc(lines, func(a, b string) int { // over HTTP an answer and a notification have no order
				return strings.Index(b, test.ack) - strings.Index(a, test.ack)
			})
			if !strings.Contains(lines[0], test.ack) || !strings.Contains(lines[1], "notifications/resources/updated") || !strings.Contains(lines[1], test.marked) {
				t.Errorf("got %s", lines)
			}
			expect(test.read, "A new message came in, in conversation c1.")
			if polls := api.polled() - before; polls != 2 { // one for the subscriber, one for the reader
				t.Errorf("%d polls", polls)
			}
			if err := p.stdin.Close(); err != nil {
				t.Fatal(err)
			}
			if err := p.end(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWebhookSecretsReachNoModel: they are in a file, and nowhere in what the program writes, whatever the API does.
func TestWebhookSecretsReachNoModel(t *testing.T) {
	t.Parallel()
	home, api := t.TempDir(), &updatesAPI{}
	p := runUpdates(t, api, home)
	p.send(hello)
	p.receive()
	arguments := map[string]any{"url": "https://example.com/hook", "eventTypes": []string{"message.received"}}
	made := p.call("opentrain_create_webhook", arguments)
	files, err := filepath.Glob(filepath.Join(home, ".config", "opentrain", "webhook-*.secret"))
	if err != nil || len(files) != 1 || made.isError || !strings.Contains(made.text, files[0]) {
		t.Fatalf("%v, %v: %s", files, err, made.text)
	}
	if data, err := os.ReadFile(files[0]); err != nil || string(data) != hookSecret+"\n" {
		t.Errorf("%q, %v", data, err)
	}
	p.call("opentrain_get_webhook", map[string]any{"webhookId": "w9"})
	api.mu.Lock()
	api.broken = true
	api.mu.Unlock()
	if lost := p.call("opentrain_create_webhook", arguments); !lost.isError || !strings.Contains(lost.text, "no one knows its secret: find it with opentrain_list_webhooks") {
		t.Errorf("%s", lost.text)
	}
	api.mu.Lock()
	if len(api.writes) != 2 {
		t.Errorf("the API saw %v", api.writes)
	}
	api.mu.Unlock()
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
	for name, written := range map[string]string{"stdout": p.stdout.String(), "stderr": p.stderr.String()} {
		if strings.Contains(written, "NoModelMaySeeThis") || strings.Contains(written, "ot_pat_mine") {
			t.Errorf("%s has a secret:\n%s", name, written)
		}
	}
	if log := p.stderr.String(); !strings.Contains(log, "webhook w1") || strings.Contains(log, "example.com/hook") {
		t.Errorf("audit:\n%s", log)
	}
}

// TestWebhooksOverHTTP are created in the app: there is no place for a secret.
func TestWebhooksOverHTTP(t *testing.T) {
	t.Parallel()
	h := runHTTP(t, environment(t, "OPENTRAIN_API_BASE_URL="+serveSandbox(t, sandbox.Config{})), "--toolsets", "updates")
	got := h.do("POST", "/mcp", rpc(1, "opentrain_create_webhook", map[string]any{}), "Authorization", "Bearer ot_pat_mine",
		"Accept", "application/json, text/event-stream")
	for _, want := range []string{"opentrain_create_webhook is not available: it works only over stdio", "Nothing was sent to OpenTrain.",
		"The human can do it in OpenTrain's app."} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%q is not in %s", want, got.body)
		}
	}
}
