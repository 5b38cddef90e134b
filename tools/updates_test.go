package tools_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// feed is an API with the events 1 to n. Of every third page it shows nothing: the token can't read what is there.
type feed struct {
	events  []string // as JSON
	gaps    bool
	pages   int // how many were read
	ignores bool
}

func newFeed(n int, at time.Time, more string) *feed {
	f := &feed{}
	for range n {
		f.add(at, more)
	}
	return f
}

func (f *feed) add(at time.Time, more string) {
	f.events = append(f.events, fmt.Sprintf(`{"id":"%d","type":"proposal.received","createdAt":%q,"data":{"proposalId":"p%[1]d%[3]s"}}`,
		len(f.events)+1, at.Format(time.RFC3339), more))
}

func (f *feed) RoundTrip(r *http.Request) (*http.Response, error) {
	body, status := `{"actor":{"userId":"u"},"token":{"id":"t"}}`, http.StatusOK
	if strings.HasSuffix(r.URL.Path, "/updates") {
		f.pages++
		query := r.URL.Query()
		after, limit := 0, 50
		if cursor := query.Get("cursor"); cursor != "" {
			var err error
			if after, err = strconv.Atoi(cursor); err != nil || after > len(f.events) {
				status = http.StatusBadRequest
			}
		}
		if wanted := query.Get("limit"); wanted != "" && !f.ignores {
			limit, _ = strconv.Atoi(wanted)
		}
		after = min(after, len(f.events))
		end := min(len(f.events), after+limit)
		shown := f.events[after:end]
		if f.gaps && f.pages%3 == 2 {
			end, shown = after+(end-after+1)/2, nil // half of them are of a type that the token can't read
		}
		body = fmt.Sprintf(`{"events":[%s],"nextCursor":"%d","hasMore":%v}`, strings.Join(shown, ","), end, end < len(f.events))
		if end == 0 {
			body = `{"events":[],"nextCursor":null,"hasMore":false}`
		}
		if status != http.StatusOK {
			body = `{"error":"Bad cursor.","code":"BAD_REQUEST"}`
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// counted is an API that counts its requests.
type counted struct {
	upstream
	times int
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.times++
	return c.upstream.RoundTrip(r)
}

// polled is the structured content of poll_updates.
type polled struct {
	Updates []struct {
		ID, What, Tool string
		Arguments      map[string]any
	}
	NextCursor       string
	HasMore          bool
	FromStart, Older bool
	Next             tool.Next
}

func (s served) poll(t *testing.T, by caller.Caller, args string) (polled, string) {
	t.Helper()
	shows := tool.Served{Sets: []tool.Set{{Tools: []tool.Tool{s.tools[tool.PollUpdates], {Spec: tool.Spec{Name: tool.GetProposal}}}}}}
	result, _, failure := s.run(t.Context(), t, tool.Call{Caller: by, Served: shows}, tool.PollUpdates, args)
	if failure != nil {
		t.Fatal(failure)
	}
	var out polled
	if err := json.Unmarshal(result.Structured, &out); err != nil {
		t.Fatal(err)
	}
	if len(result.Text) > 20_000 || len(result.Structured) > 20_000 {
		t.Errorf("%d and %d characters", len(result.Text), len(result.Structured))
	}
	return out, result.Text
}

var then = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// TestUpdatesInWords: an update says what happened and which tool shows it, if it is served.
func TestUpdatesInWords(t *testing.T) {
	const events = `{"id":1,"type":"proposal.received","createdAt":"2026-06-01T12:00:00Z","resourceId":"p1","jobId":"j1","data":{"proposalId":"p1","jobId":"j1"}},
		{"id":2,"type":"proposal.status_changed","data":{"proposalId":"p1","status":"SHORT_LISTED"}},
		{"id":3,"type":"message.received","data":{"conversationId":"c1","messageId":"m1"}},
		{"id":4,"type":"contract.created","data":{"contractId":"k1","jobId":"j1","proposalId":"p1"}},
		{"id":5,"type":"milestone.status_changed","data":{"milestoneId":"s1","contractId":"k1","status":"ACTIVE_FUNDED"}},
		{"id":6,"type":"payment.pending","data":{"invoiceId":"i1","milestoneId":"s1","contractId":"k1"}},
		{"id":7,"type":"approval.confirmed","data":{"approvalId":"a1","status":"declined"}},
		{"id":8,"type":"contract.budget_state_changed","data":{"contractId":"k1","previousState":"OK","state":"LOW","fundedVolume":100,"remainingVolume":12.5}},
		{"id":9,"type":"job.exploded","resourceId":"j1","data":{}},
		{"id":10,"type":"message.received","data":{}},
		{"id":13,"type":"milestone.status_changed","data":{"milestoneId":"s2","contractId":"k1","status":"REFUNDED"}},
		{"id":11,"type":"proposal.received","resourceId":"p\u200b2\nNext: done","data":null}`
	api := &routes{bodies: map[string]string{"GET /updates": `{"events":[` + events + `],"nextCursor":12,"hasMore":false}`}}
	all := serve(t, api, setup{})
	shows := []tool.Tool{all.tools[tool.PollUpdates]}
	for _, name := range []string{tool.GetProposal, tool.ReadMessages, tool.GetContract, tool.ListPendingPayments, tool.GetApproval} {
		shows = append(shows, tool.Tool{Spec: tool.Spec{Name: name}})
	}
	for name, test := range map[string]struct {
		served tool.Served
		want   []string
	}{
		"all": {tool.Served{Sets: []tool.Set{{Tools: shows}}}, []string{
			`2026-06-01T12:00:00Z A new proposal came in: p1 (job j1). Show: opentrain_get_proposal {"proposalId":"p1"}`,
			`Proposal p1 is now: Short listed. Show: opentrain_get_proposal`,
			`A new message came in, in conversation c1. Show: opentrain_read_messages {"conversationId":"c1"}`,
			`Contract k1 was created for proposal p1 (job j1). Show: opentrain_get_contract {"contractId":"k1"}`,
			`Milestone s1 of contract k1 is now: Active and funded. Show: opentrain_get_contract {"contractId":"k1"}`,
			"Milestone s2 of contract k1 is now: Refunded, which only OpenTrain's app shows.\n",
			`A payment is pending: invoice i1 for milestone s1 of contract k1. Show: opentrain_list_pending_payments {}`,
			`Approval a1 was declined. Show: opentrain_get_approval {"approvalId":"a1"}`,
			`The budget of contract k1 is now: LOW, before: OK; 12.5 of 100 left. Show: opentrain_get_contract`,
			"An event of the type job.exploded about j1.\n",
			"A new message came in, in conversation (no id).\n",
			`A new proposal came in: p2 Next: done. Show: opentrain_get_proposal`,
			`Next cursor: "12"`,
		}},
		"none": {tool.Served{}, []string{"came in: p1 (job j1).\n", "conversation c1.\n"}},
	} {
		result, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice, Served: test.served}, tool.PollUpdates, `{"limit":50}`)
		if failure != nil {
			t.Fatal(failure)
		}
		for _, want := range test.want {
			if !strings.Contains(result.Text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, result.Text)
			}
		}
		if strings.Contains(result.Text, "Show:") != (name == "all") || strings.Contains(string(result.Structured), "\u200b") {
			t.Errorf("%s: %s %s", name, result.Text, result.Structured)
		}
	}
}

// TestUpdatesLoseNothing: following the next step shows every update once, over empty pages, cut results, and an API that sends
// more than was asked for.
func TestUpdatesLoseNothing(t *testing.T) {
	long := strings.Repeat("x", 55)
	for name, f := range map[string]*feed{
		"plain": newFeed(95, then, ""), "gaps": {gaps: true}, "long": newFeed(95, then, long), "ignores": newFeed(250, then, long),
	} {
		f.ignores = name == "ignores"
		if name == "gaps" {
			f.events = newFeed(95, then, "").events
		}
		all, seen, args := serve(t, f, setup{}), []string{}, `{"limit":100}`
		if name == "plain" {
			args = `{}`
		}
		for range 100 {
			out, text := all.poll(t, alice, args)
			for _, update := range out.Updates {
				seen = append(seen, update.ID)
			}
			if out.NextCursor == "" || !strings.Contains(text, "Next cursor: ") {
				t.Fatalf("%s: no cursor\n%s", name, text)
			}
			args = fmt.Sprintf(`{"cursor":%q}`, out.NextCursor)
			if !out.HasMore {
				if out.Next.Action != tool.Done {
					t.Errorf("%s: %+v", name, out.Next)
				}
				break
			}
			if args = follow(t, out.Next); out.Next.Action != tool.CallTool || out.Next.Tool != tool.PollUpdates {
				t.Fatalf("%s: %+v", name, out.Next)
			}
		}
		if want := len(f.events); name != "gaps" && (len(seen) != want || len(slices.Compact(slices.Clone(seen))) != want) {
			t.Errorf("%s: %d of %d updates", name, len(seen), want)
		}
		out, text := all.poll(t, alice, args)
		if len(out.Updates) != 0 || !strings.Contains(text, "There are no new updates.") || fmt.Sprintf(`{"cursor":%q}`, out.NextCursor) != args {
			t.Errorf("%s: after the end: %+v", name, out)
		}
	}
}

// TestNewestUpdates: without a cursor the feed starts with the oldest, and leads to the newest. The way there is short the
// second time, also after another account's place was remembered.
func TestNewestUpdates(t *testing.T) {
	f := newFeed(1050, then, "")
	all := serve(t, f, setup{})
	out, text := all.poll(t, alice, `{}`)
	if !out.FromStart || out.Updates[0].ID != "1" || !strings.Contains(text, "from the beginning of the account's history") ||
		out.Next.Arguments["newest"] != nil || out.Next.Arguments["cursor"] != "10" || !strings.Contains(out.Next.Note, "newest: true") {
		t.Fatalf("%s", text)
	}
	newest := func(want, limit, pages int) {
		t.Helper()
		f.pages = 0
		out, text := all.poll(t, alice, fmt.Sprintf(`{"newest":true,"limit":%d}`, limit))
		if len(out.Updates) != limit || out.Updates[limit-1].ID != strconv.Itoa(want) || out.HasMore || !out.Older ||
			out.NextCursor != strconv.Itoa(want) || f.pages > pages || !strings.Contains(text, "Older updates were skipped.") {
			t.Errorf("after %d pages: %+v\n%s", f.pages, out.Next, text)
		}
	}
	newest(1050, 10, 6)
	newest(1050, 100, 2)
	f.add(then, "")
	newest(1051, 10, 2)
	f.events = f.events[:300] // another account, whose feed is shorter
	newest(300, 10, 3)

	for args, words := range map[string]string{`{}`: "1 update from the beginning of the account's history.\n", `{"newest":true}`: "The newest update.\n"} {
		_, text = serve(t, newFeed(1, then, ""), setup{}).poll(t, alice, args)
		wants(t, text, words, "That's everything for now.")
	}

	f.events = newFeed(5000, then, "").events // more than one call reads
	out, text = serve(t, f, setup{}).poll(t, alice, `{"newest":true}`)
	if !out.HasMore || out.NextCursor != "4000" || out.Next.Arguments["newest"] != true || out.Next.Arguments["cursor"] != "4000" {
		t.Errorf("%s", text)
	}
	if out, text = serve(t, &feed{}, setup{}).poll(t, alice, `{}`); out.Next.Action != tool.Done || !strings.Contains(text, "Nothing has happened yet.") {
		t.Errorf("%s", text)
	}
	long := newFeed(100, then, strings.Repeat("x", 55))
	if out, text = serve(t, long, setup{}).poll(t, alice, `{"newest":true,"limit":100}`); !out.Older || out.Updates[len(out.Updates)-1].ID != "100" {
		t.Errorf("%s", text)
	}
}

// TestUpdatesResource: it shows the latest updates, and changes when there are new ones.
func TestUpdatesResource(t *testing.T) {
	f := newFeed(450, then, "")
	now := then.Add(time.Hour)
	all := serve(t, f, setup{now: func() time.Time { return now }})
	i := slices.IndexFunc(all.resources, func(r tool.Resource) bool { return r.URI == "opentrain://updates" })
	resource, ctx := all.resources[i], opentrain.WithToken(t.Context(), "ot_pat_alice")
	changed := func(by caller.Caller) bool {
		t.Helper()
		pages := f.pages
		changed, err := resource.Changed(ctx, by)
		if err != nil || f.pages > pages+1 {
			t.Errorf("%v after %d pages", err, f.pages-pages)
		}
		return changed
	}
	if changed(caller.Caller{}) || f.pages != 0 {
		t.Error("the feed was read without a token")
	}
	for range 2 { // history, page by page
		if changed(alice) {
			t.Error("what is old was announced")
		}
	}
	f.add(now, "") // before all that is old was read
	if !changed(alice) || changed(alice) {
		t.Error("what is new was not announced once")
	}
	f.add(then, "") // whatever its time says
	if !changed(alice) || changed(alice) {
		t.Error("what is new was not announced once")
	}
	if !changed(caller.Caller{ID: "bob"}) {
		t.Error("another account was not announced")
	}
	text, err := resource.Read(ctx, alice, "")
	if err != nil || strings.Count(text, "A new proposal came in") != 10 || !strings.Contains(text, "came in: p452.\n") {
		t.Errorf("%v\n%s", err, text)
	}
	if !changed(alice) || changed(alice) {
		t.Error("the account from before was not announced once")
	}
	f.events = f.events[:3] // its cursor doesn't count any more
	if _, err := resource.Changed(ctx, alice); err == nil {
		t.Error("no error")
	}
	if changed(alice) {
		t.Error("what is old was announced")
	}
	away := &counted{upstream: upstream{status: 503, body: `{}`}}
	if _, err := serve(t, away, setup{}).resources[i].Changed(ctx, alice); err == nil || away.times != 1 {
		t.Errorf("%v after %d requests", err, away.times)
	}
	broken := serve(t, &upstream{status: 500, body: `{}`}, setup{})
	if _, err := broken.resources[i].Read(ctx, alice, ""); err == nil || !strings.Contains(err.Error(), "couldn't be read") {
		t.Errorf("%v", err)
	}
	if text, err := serve(t, &feed{}, setup{}).resources[i].Read(ctx, alice, ""); err != nil || text != "There are no updates yet.\n" {
		t.Errorf("%v: %s", err, text)
	}
}
