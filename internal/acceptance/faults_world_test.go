package acceptance_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
	"opentrain-mcp/tools"
)

const (
	faultTimeout = 5 * time.Second  // of a call: long enough for all of them at once on a busy machine
	faultSlack   = 30 * time.Second // what a busy machine adds to it
)

// faultWorld is a sandbox in which every tool has something to do, the real program, and what comes between the two.
type faultWorld struct {
	t      *testing.T
	server *httpProgram
	proxy  *toxiproxy.Proxy
	box    *sandbox.Sandbox
	calls  []*faultCall
	jobs   int // that there are from the start

	mu      sync.Mutex
	answer  *scriptedAnswer
	meeting *gathering     // of the writes; nil: they are handled as they come
	arrived map[string]int // writes that reached the API, by "METHOD /path"
	handled map[string]int // writes that it carried out
}

// faultCall is a call of one tool under a fault.
type faultCall struct {
	tool      string
	arguments map[string]any
	write     string // the request that carries it out, as a pattern; "" for a read
	again     repeat
	got       answer
	took      time.Duration
}

// repeat is what a repeated write does.
type repeat int

const (
	once     repeat = iota // something more: it must not be sent again
	harmless               // nothing more, so a next step may be the same call
	found                  // nothing more: OpenTrain finds what the first one made, so the server itself may send it again
)

// scriptedAnswer is what the API answers instead of its own answers, or for writes that it has carried out.
type scriptedAnswer struct {
	write http.HandlerFunc
	to    string // "everything", "writes", or "writes that are done"
}

// gathering makes writes wait until all of them are there.
type gathering struct {
	missing sync.WaitGroup
	started chan struct{}
}

// newFaultWorld starts the program behind a proxy, and makes jobs, drafts, people and contracts.
func newFaultWorld(t *testing.T, env ...string) *faultWorld {
	t.Helper()
	clock := &standInClock{now: time.Now()}
	box := sandbox.New(sandbox.Config{Now: clock.read, DecideAfter: 1})
	w := &faultWorld{t: t, box: box, arrived: map[string]int{}, handled: map[string]int{}}
	api := httptest.NewServer(w)
	t.Cleanup(api.Close)
	w.proxy = startProxy(t, "127.0.0.1:0", api.Listener.Addr().String())
	w.server = runHTTP(t, environment(t, env...), "--base-url", "http://"+w.proxy.Listen, "--toolsets", "all",
		"--timeout", faultTimeout.String(), "--public-read-budget", "10000")
	w.prepare(clock)
	clear(w.arrived)
	clear(w.handled)
	return w
}

// startProxy starts a proxy of toxiproxy. At an address that was in use before, another connection may hold the port for a while.
func startProxy(t testing.TB, address, upstream string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "p", address, upstream)
	eventually(t, "a proxy listens at "+address, func() bool { return proxy.Start() == nil })
	t.Cleanup(proxy.Stop)
	return proxy
}

// prepare makes what the calls are about.
func (w *faultWorld) prepare(clock *standInClock) {
	w.t.Helper()
	say := func(name string, arguments any) answer {
		w.t.Helper()
		got := w.server.call(name, arguments, tokenHeader, sandbox.DemoToken)
		if got.isError {
			w.t.Fatalf("%s: %s", name, got.text)
		}
		return got
	}
	ids := hired(w.t, w.server.endpoint, clock)
	find := func(got answer, pattern string) []string {
		w.t.Helper()
		found := slices.Compact(regexp.MustCompile(pattern).FindAllString(string(got.structured), -1))
		if len(found) == 0 {
			w.t.Fatalf("no %s in %s", pattern, got.structured)
		}
		return found
	}
	draft := func(n int, live bool) string {
		made := say(tool.CreateDraft, map[string]any{"askHuman": false, "description": fmt.Sprintf(
			"We need 10 experienced annotators for bounding boxes on %d dashcam images. Pay is $18/hour. English required.", n*1000)})
		id := find(made, `job_\d+`)[0]
		fields := map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}
		say(tool.PatchDraft, map[string]any{"jobId": id, "askHuman": false, "fields": fields})
		if live {
			say(tool.Publish, map[string]any{"jobId": id})
		}
		return id
	}
	proposals := find(say(tool.ListProposals, map[string]any{"jobId": "job_1", "limit": 50}), `proposal_job_\d+_\d+`)
	asked := map[string]any{"contractId": ids["contract"], "description": "Calls", "volume": 2}
	funded := find(say(tool.CreateMilestone, asked), `milestone_\d+`)
	proposals = slices.DeleteFunc(proposals, func(id string) bool { // whoever is hired already
		return !strings.Contains(string(say(tool.GetProposal, map[string]any{"proposalId": id}).structured), tool.HireProposal)
	})
	patched, shown, published := draft(1, false), draft(2, false), draft(3, false)
	updated, closed, invited := draft(4, true), draft(5, true), draft(6, true)
	milestone := funded[len(funded)-1]
	hire := func(n int) map[string]any {
		return map[string]any{"proposalId": proposals[n], "amountUsd": 300, "dueDate": "2100-01-01", "name": "First"}
	}
	clock.advance(time.Minute)
	proposals = append(proposals, find(say(tool.ListProposals, map[string]any{"jobId": invited}), `proposal_job_\d+_\d+`)...)
	approval := find(say(tool.HireProposal, hire(2)), `approval_\d+`)[0]
	ended := find(say(tool.GetApproval, map[string]any{"approvalId": approval}), `contract_\d+`)[0]
	w.jobs = 7
	read := func(tool string, arguments jsonObject) {
		w.calls = append(w.calls, &faultCall{tool: tool, arguments: arguments})
	}
	write := func(tool, request string, again repeat, arguments jsonObject) {
		w.calls = append(w.calls, &faultCall{tool: tool, arguments: arguments, write: request, again: again})
	}
	read(tool.ListJobs, jsonObject{})
	read(tool.GetAccount, jsonObject{})
	read(tool.GetContract, jsonObject{"contractId": ids["contract"]})
	read(tool.ListProposals, jsonObject{"jobId": "job_1"})
	read(tool.ReadMessages, jsonObject{"conversationId": ids["conversation"]})
	read(tool.SearchJobs, jsonObject{"q": "dashcam"})
	read(tool.GetJob, jsonObject{"jobId": updated})
	write(tool.CreateDraft, `POST /job-drafts$`, found, jsonObject{"description": "Label 7 photos of cats", "askHuman": false})
	write(tool.StartProposalConversation, `POST .*`+proposals[0]+`.*conversation`, found, jsonObject{"proposalId": proposals[0]})
	write(tool.PatchDraft, `PATCH /job-drafts/`+patched+`$`, harmless, jsonObject{"jobId": patched, "fields": jsonObject{"headcount": 3}})
	write(tool.GetDraft, `PATCH /job-drafts/`+shown+`$`, harmless, jsonObject{"jobId": shown})
	write(tool.Publish, `POST /jobs/`+published+`/publish$`, found, jsonObject{"jobId": published})
	write(tool.UpdateJob, `PATCH /jobs/`+updated+`$`, harmless, jsonObject{"jobId": updated, "fields": jsonObject{"headcount": 4}})
	write(tool.CloseJob, `POST /jobs/`+closed+`/close$`, found, jsonObject{"jobId": closed})
	write(tool.InviteTrainer, `POST /jobs/`+invited+`/invites$`, found,
		jsonObject{"jobId": invited, "freelancerId": sandbox.FreelancerAvailable})
	write(tool.SendMessage, `POST /messages$`, once, jsonObject{"conversationId": ids["conversation"], "content": "When can you start?"})
	write(tool.InviteTeamMember, `POST /team/invites$`, once, jsonObject{"email": "ada@example.com"})
	write(tool.CreateMilestone, `POST /contracts/.*/milestones$`, once,
		jsonObject{"contractId": ids["contract"], "description": "More calls", "volume": 3})
	write(tool.CreateCreditTopUp, `POST .*top-ups?$`, harmless, jsonObject{"amountUsd": 100}) // no one pays on two pages
	write(tool.HireProposal, `POST .*/hire$`, found, hire(1))
	write(tool.RequestMilestoneFunding, `POST /milestones/`+milestone+`/fund$`, harmless, jsonObject{"milestoneId": milestone})
	write(tool.EndContract, `POST /contracts/.*/end$`, once, jsonObject{"contractId": ended})
}

// ServeHTTP is the API.
func (w *faultWorld) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the request was cut off
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	request, writes := r.Method+" "+strings.TrimPrefix(r.URL.Path, standInBase), r.Method != http.MethodGet
	w.mu.Lock()
	if writes {
		w.arrived[request]++
	}
	first, meeting := w.arrived[request] == 1, w.meeting
	w.mu.Unlock()
	if writes && first && meeting != nil {
		meeting.missing.Done()
		<-meeting.started
	}
	w.mu.Lock()
	answer := w.answer
	w.mu.Unlock()
	if answer != nil && (answer.to == "everything" || answer.to == "writes" && writes) {
		answer.write(out, r)
		return
	}
	own := httptest.NewRecorder()
	w.box.ServeHTTP(own, r)
	if writes && own.Code < 300 {
		w.mu.Lock()
		w.handled[request]++
		w.mu.Unlock()
	}
	if answer != nil && writes {
		answer.write(out, r)
		return
	}
	for name, values := range own.Header() {
		out.Header()[name] = values
	}
	out.WriteHeader(own.Code)
	out.Write(own.Body.Bytes()) //nolint:errcheck // the program sees it
}

// count adds up the requests of a call.
func (w *faultWorld) count(c *faultCall, requests map[string]int) (n int) {
	if c.write == "" {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	pattern := regexp.MustCompile("^" + c.write)
	for request, times := range requests {
		if pattern.MatchString(request) {
			n += times
		}
	}
	return n
}

// under makes all calls at once while there is a fault: from the start, or from the moment at which every write has arrived.
func (w *faultWorld) under(start func() (lift func()), late bool) {
	w.t.Helper()
	lift := func() {}
	if late {
		meeting := &gathering{started: make(chan struct{})}
		for _, c := range w.calls {
			if c.write != "" {
				meeting.missing.Add(1)
			}
		}
		w.meeting = meeting
		begin := sync.OnceFunc(func() { lift = start(); close(meeting.started) })
		go func() { meeting.missing.Wait(); begin() }()
		defer time.AfterFunc(faultTimeout*4/5, func() {
			for _, c := range w.calls {
				if c.write != "" && w.count(c, w.arrived) == 0 {
					w.t.Errorf("%s hasn't arrived", c.tool)
				}
			}
			begin()
		}).Stop()
	} else {
		lift = start()
	}
	var calling sync.WaitGroup
	for _, c := range w.calls {
		calling.Go(func() {
			began := time.Now()
			c.got = w.server.call(c.tool, c.arguments, tokenHeader, sandbox.DemoToken)
			c.took = time.Since(began)
		})
	}
	calling.Wait()
	if late {
		<-w.meeting.started
		w.meeting = nil
	}
	lift()
}

// kinds are the kinds of all tools.
func kinds() map[string]tool.Kind {
	all := map[string]tool.Kind{}
	for _, set := range tools.Sets(&draft.Desk{}, nil) {
		for _, each := range set.Tools {
			all[each.Name] = each.Kind
		}
	}
	return all
}

// check checks what the calls said against what the API got, and that things go on after the fault.
func (w *faultWorld) check() {
	w.t.Helper()
	kinds, outcomes, uncalled := kinds(), map[string]int{}, map[tool.Kind]bool{}
	for _, kind := range kinds {
		uncalled[kind] = !slices.Contains([]tool.Kind{tool.KindRegister, tool.KindClaim, tool.KindRenew}, kind) // only over stdio
	}
	for _, c := range w.calls {
		fail := func(format string, args ...any) {
			w.t.Helper()
			w.t.Errorf("%s: %s\n(after %v) %s", c.tool, fmt.Sprintf(format, args...), c.took, c.got.text)
		}
		arrived, handled := w.count(c, w.arrived), w.count(c, w.handled)
		uncalled[kinds[c.tool]] = false
		outcomes[map[bool]string{false: "results", true: string(c.got.failure.Code)}[c.got.isError]]++
		unclear, unchanged := strings.Contains(c.got.text, "unclear whether"), strings.Contains(c.got.text, "othing was changed")
		switch {
		case c.took > faultTimeout+faultSlack:
			fail("took too long")
		case arrived > 1 && c.again != found:
			fail("was sent %d times", arrived)
		case !c.got.isError && c.write != "" && handled == 0:
			fail("succeeded without a write")
		case c.got.isError && c.write == "" && (unclear || unchanged):
			fail("speaks of a change")
		case c.got.isError && c.write != "" && unclear == unchanged && kinds[c.tool] != tool.KindShow:
			fail("doesn't say whether anything was changed")
		case c.got.isError && unchanged && handled > 0:
			fail("was carried out")
		}
		if !c.got.isError {
			continue
		}
		next := nextOf(w.t, c.got)
		name, arguments := c.tool, c.arguments
		if next.Tool == "" && unclear && c.again == once { // a human looks
			name, arguments = tool.ListJobs, map[string]any{}
		}
		if next.Tool != "" {
			name = next.Tool
			if next.Arguments != nil {
				arguments = withLong(next, c.arguments)
			}
		}
		again := w.server.call(name, arguments, tokenHeader, sandbox.DemoToken)
		if again.isError {
			fail("then %s %v fails: %s", name, arguments, again.text)
		}
		if after := w.count(c, w.handled); c.write != "" && after > 1 && c.again == once {
			fail("was carried out %d times in the end", after)
		}
	}
	jobs := w.server.call(tool.ListJobs, jsonObject{"limit": 50}, tokenHeader, sandbox.DemoToken)
	if n := strings.Count(string(jobs.structured), `"id":"job_`); n != w.jobs+1 {
		w.t.Errorf("%d jobs, where there were %d and one was created: %s%s", n, w.jobs, jobs.structured, jobs.text)
	}
	for kind, missing := range uncalled {
		if missing {
			w.t.Errorf("no tool of the kind %s was called", kind)
		}
	}
	w.t.Logf("%v, the slowest after %v", outcomes, slices.MaxFunc(w.calls, func(a, b *faultCall) int { return cmp.Compare(a.took, b.took) }).took)
}
