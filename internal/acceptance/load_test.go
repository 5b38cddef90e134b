package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// BenchmarkLoad compares the program with a bare mcp-go server under concurrent
// callers. Every server runs in its own process, and the API and the callers in this
// one. docs/benchmarks.md has the numbers.
func BenchmarkLoad(b *testing.B) {
	api := fixedAPI(b)
	ours := startServer(b, "opentrain-mcp", binary, []string{"OPENTRAIN_API_BASE_URL=" + api.URL}, "http", "--rate", "0",
		"--log-level", "error")
	bare := startServer(b, "bare mcp-go", os.Args[0], []string{bareUpstream + "=" + api.URL + ownJobsPath + "?limit=10"})
	list := newLoad(b, api, ours, "opentrain_list_jobs", `{}`, true)
	search := newLoad(b, api, ours, "opentrain_search_jobs", `{"q":"image"}`, false)
	forward := newLoad(b, api, bare, bareTool, `{}`, true)
	var rows []string
	for _, callers := range []int{1, 16, 64} {
		measure := func(l *load, floor measurement) (got measurement) {
			b.Run(fmt.Sprintf("callers=%d/%s", callers, l.tool), func(b *testing.B) {
				got = l.measure(b, callers, floor)
			})
			rows = append(rows, fmt.Sprintf("| %d | %s | `%s` | %s |", callers, l.server.name, l.tool, got.cells(floor)))
			return got
		}
		floor := measure(forward, measurement{})
		measure(list, floor)
		measure(search, floor)
	}
	b.Run("memory", func(b *testing.B) {
		b.ReportMetric(ours.resident(), "MB-opentrain-mcp")
		b.ReportMetric(bare.resident(), "MB-bare")
		b.ReportMetric(0, "ns/op") // it takes no time
	})
	if testing.Verbose() {
		b.Logf("\n| Callers | Server | Tool | Calls/s | Ratio to bare | p50 | p90 | p99 | CPU per call "+
			"|\n|--:|---|---|--:|--:|--:|--:|--:|--:|\n%s\n\n"+
			"Resident memory: %s %.0f MB, %s %.0f MB.", strings.Join(rows, "\n"), ours.name, ours.resident(), bare.name, bare.resident())
	}
}

const (
	apiPath     = "/api/public/v1"
	ownJobsPath = apiPath + "/jobs/mine"
)

// fixedUpstream is the API with answers of fixed bytes.
type fixedUpstream struct {
	*httptest.Server
	asked atomic.Int64 // requests so far
}

// fixedAPI answers with what the sandbox returns for an account with ten jobs.
func fixedAPI(b *testing.B) *fixedUpstream {
	b.Helper()
	source := sandbox.New(sandbox.Config{})
	send := func(method, path, body string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, apiPath+path, strings.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+sandbox.DemoToken)
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		source.ServeHTTP(answer, request)
		if answer.Code >= http.StatusMultipleChoices {
			b.Fatalf("%s %s: %s", method, path, answer.Body)
		}
		return answer
	}
	for i := range 10 {
		description := fmt.Sprintf("Draw bounding boxes on %d,000 dashcam images at $18 an hour.", i+1)
		send(http.MethodPost, "/job-drafts", fmt.Sprintf(`{"rawJobDescription":%q}`, description))
	}
	fixed := map[string]*httptest.ResponseRecorder{}
	for path, query := range map[string]string{"/jobs/mine": "limit=10", "/jobs": "q=image&limit=10", "/job-drafts/capabilities": ""} {
		fixed[apiPath+path] = send(http.MethodGet, path+"?"+query, "")
	}
	u := &fixedUpstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.asked.Add(1)
		answer, known := fixed[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		for _, name := range []string{"Content-Type", "Cache-Control"} {
			w.Header().Set(name, answer.Header().Get(name))
		}
		w.Write(answer.Body.Bytes()) //nolint:errcheck // the callers see it
	}))
	b.Cleanup(u.Close)
	return u
}

// load is one call that is made again and again.
type load struct {
	server *loadedServer
	tool   string
	api    *fixedUpstream
	goesUp bool // to the API at every call
	client *http.Client
	body   string
	want   []byte // every answer
}

func (l *load) post() ([]byte, error) {
	request, err := http.NewRequest(http.MethodPost, l.server.url, strings.NewReader(l.body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	request.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	request.Header.Set("Authorization", "Bearer "+sandbox.DemoToken)
	answer, err := l.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return body, err
}

// spread makes calls from concurrent callers and returns their durations, sorted.
func (l *load) spread(b *testing.B, callers, calls int) []time.Duration {
	b.Helper()
	var begun atomic.Int64
	var group sync.WaitGroup
	durations := make([][]time.Duration, callers)
	for i := range callers {
		group.Go(func() {
			for begun.Add(1) <= int64(calls) {
				start := time.Now()
				got, err := l.post()
				durations[i] = append(durations[i], time.Since(start))
				if err != nil || !bytes.Equal(got, l.want) {
					b.Errorf("%s: %v: %s", l.tool, err, got)
					return
				}
			}
		})
	}
	group.Wait()
	all := slices.Concat(durations...)
	slices.Sort(all)
	if b.Failed() || len(all) == 0 {
		b.FailNow()
	}
	return all
}

// measure makes b.N calls. floor is the measurement of the bare server, or the zero
// value.
func (l *load) measure(b *testing.B, callers int, floor measurement) measurement {
	b.Helper()
	l.spread(b, callers, 2*callers) // connections are open
	asked, used := l.api.asked.Load(), l.server.processor()
	b.ResetTimer()
	durations := l.spread(b, callers, b.N)
	b.StopTimer()
	asked = l.api.asked.Load() - asked
	if l.goesUp && asked != int64(b.N) || !l.goesUp && asked != 0 {
		b.Errorf("%d calls made %d requests of the API", b.N, asked)
	}
	m := measurement{
		perSecond: float64(b.N) / b.Elapsed().Seconds(),
		p50:       percentile(durations, 50), p90: percentile(durations, 90), p99: percentile(durations, 99),
		processor: (l.server.processor() - used) / time.Duration(b.N),
	}
	b.ReportMetric(m.perSecond, "calls/s")
	for name, d := range map[string]time.Duration{"p50": m.p50, "p90": m.p90, "p99": m.p99, "cpu": m.processor} {
		b.ReportMetric(float64(d.Microseconds()), name+"-µs")
	}
	if floor.perSecond > 0 {
		b.ReportMetric(m.perSecond/floor.perSecond, "of-bare")
	}
	return m
}

// newLoad makes a load and checks its first answer. All others must equal it.
func newLoad(b *testing.B, api *fixedUpstream, server *loadedServer, tool, arguments string, goesUp bool) *load {
	b.Helper()
	l := &load{
		server: server, tool: tool, api: api, goesUp: goesUp,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 30 * time.Second},
		body:   rpc(1, tool, json.RawMessage(arguments)),
	}
	b.Cleanup(l.client.CloseIdleConnections)
	first, err := l.post()
	if err != nil {
		b.Fatal(err)
	}
	var answer struct {
		Result struct {
			Content           []struct{ Text string }
			StructuredContent struct{ Jobs []struct{ ID string } }
			IsError           bool
		}
	}
	if err := json.Unmarshal(first, &answer); err != nil || answer.Result.IsError || len(answer.Result.Content) != 1 {
		b.Fatalf("%s: %v: %s", tool, err, first)
	}
	jobs := answer.Result.StructuredContent.Jobs
	if len(jobs) == 0 || goesUp && len(jobs) != 10 {
		b.Fatalf("%s: %d jobs: %s", tool, len(jobs), first)
	}
	for _, job := range jobs {
		if !strings.Contains(answer.Result.Content[0].Text, job.ID) {
			b.Fatalf("%s: %q is not in the text: %s", tool, job.ID, first)
		}
	}
	l.want = first
	b.Logf("%s of %s answers in %d bytes", tool, server.name, len(first))
	l.spread(b, 16, 400) // the heap finds its size, and caches fill
	return l
}

// measurement is what callers saw of a server.
type measurement struct {
	perSecond     float64
	p50, p90, p99 time.Duration
	processor     time.Duration // of the server, for a call
}

// cells are a row of the table.
func (m measurement) cells(floor measurement) string {
	ratio := "1"
	if floor.perSecond > 0 {
		ratio = fmt.Sprintf("%.2f", m.perSecond/floor.perSecond)
	}
	ms := func(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }
	return fmt.Sprintf("%.0f | %s | %s | %s | %s | %d µs", m.perSecond, ratio, ms(m.p50), ms(m.p90), ms(m.p99), m.processor.Microseconds())
}

// percentile is the duration that a percentage of the calls did not exceed.
func percentile(sorted []time.Duration, percent float64) time.Duration {
	return sorted[int(math.Ceil(percent/100*float64(len(sorted))))-1]
}
