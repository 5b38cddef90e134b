package acceptance_test

import (
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/redistest"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// publicSearch is the request of a search, as watchedAPI sees it.
const publicSearch = "GET /api/public/v1/jobs "

// deployStore starts a deployment with a Redis, whose replicas limit callers as they do by default, only later.
func deployStore(t *testing.T, flags ...string) (*deployment, *redistest.Server) {
	t.Helper()
	slow(t, "starts a deployment behind nginx")
	redis := redistest.Start(t)
	env := []string{
		"OPENTRAIN_MCP_STATE_KEY=" + strings.Repeat("A", 43) + "=", "OPENTRAIN_MCP_STORE=" + redis.URL(), "OPENTRAIN_MCP_CONFIRM=auto",
	}
	d := deployIn(t, env, []string{"rate=500r/s", "rate=100000r/s"}, append([]string{"--rate", "100000"}, flags...)...)
	d.waitForStore("opentrain_mcp_store_replicas 3")
	return d, redis
}

// waitForStore waits until all replicas have a metric, and returns how long that took.
func (d *deployment) waitForStore(metric string) time.Duration {
	d.t.Helper()
	start := time.Now()
	for id, replica := range d.replicas {
		eventually(d.t, id+": "+metric, func() bool {
			return strings.Contains(replica.ops.do("GET", "/metrics", "").body, "\n"+metric+"\n")
		})
	}
	return time.Since(start)
}

// at calls a tool at one replica.
func (d *deployment) at(id, name string, arguments any) answer {
	d.t.Helper()
	direct := &endpoint{d.t, "http://" + d.replicas[id].address, http.DefaultClient}
	return direct.call(name, arguments, asDemo("Host", siteName, "X-Forwarded-For", "127.0.0.1")...)
}

// sent is how often the API has got a request.
func (w *watchedAPI) sent(request string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[request]
}

// TestDeployStoreReads: through nginx, 1,000 agents with five questions cost five reads, and a minute of made-up questions no
// more than 120, at three replicas together.
func TestDeployStoreReads(t *testing.T) {
	d, _ := deployStore(t)
	var agents sync.WaitGroup
	var addresses []*deployment
	for i := range 10 {
		from := *d
		from.endpoint = d.from(fmt.Sprint("127.0.0.", 1+i)) // nginx limits what an address does at once
		addresses = append(addresses, &from)
	}
	for i := range 1000 {
		agents.Go(func() {
			if got := addresses[i%10].attempt("opentrain_search_jobs", map[string]any{"q": fmt.Sprint("question ", i/10%5)}); got.problem != "" {
				t.Error(got.problem)
			}
		})
	}
	agents.Wait()
	known := d.api.sent(publicSearch)
	if t.Logf("1,000 agents: %d reads", known); known > 5 {
		t.Errorf("%d reads", known)
	}
	end := time.Now().Add(time.Minute)
	busy := 0
	var counted sync.Mutex
	for agent := range callersAtOnce {
		agents.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				got := d.attempt("opentrain_search_jobs", map[string]any{"q": fmt.Sprintf("made-up %d %d", agent, i)})
				if got.problem == "" {
					continue
				}
				counted.Lock()
				if busy++; !strings.Contains(got.problem, "BUSY") {
					t.Error(got.problem)
				}
				counted.Unlock()
				<-time.After(20 * time.Millisecond)
			}
		})
	}
	agents.Wait()
	flood, lost := d.api.sent(publicSearch)-known, 0
	for _, replica := range d.replicas {
		lost += strings.Count(replica.stderr.String(), "the store can't be reached")
	}
	const alone = 5 // reads at most by a replica that goes on with its own share, until it has a slow Redis again
	t.Logf("a minute of made-up questions: %d reads, %d calls were busy, Redis was lost %d times", flood, busy, lost)
	if flood > 120+alone*lost || flood < 60 || busy < 100 {
		t.Errorf("%d reads, %d calls were busy", flood, busy)
	}
}

// TestDeployStoreHolderKilled: a replica that is killed while it asks for all holds the others up only for a while.
func TestDeployStoreHolderKilled(t *testing.T) {
	d, _ := deployStore(t)
	d.api.delay("all")
	question := map[string]any{"q": "who asks?"}
	var killed sync.WaitGroup
	direct := &endpoint{t, "http://" + d.replicas["a"].address, http.DefaultClient}
	killed.Go(func() {
		_, _ = direct.try("POST", "/mcp", rpc(1, "opentrain_search_jobs", question), asDemo("Host", siteName, "X-Forwarded-For", "127.0.0.1")...)
	})
	d.api.waitDelayed(1)
	d.kill("a")
	killed.Wait()
	d.api.release()
	start := time.Now()
	if got := d.at("b", "opentrain_search_jobs", question); got.isError {
		t.Error(got.text)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestDeployStoreLost: Redis is killed and started again under callers, none of whose calls fails. All replicas have it again
// within 5 s, and what was lost counts as unknown. A patch through one replica voids the confirmation at the others.
func TestDeployStoreLost(t *testing.T) {
	d, redis := deployStore(t, "--public-read-budget", "6000")
	still := time.Now() // only the store tells the replicas of a change
	d.api.sandbox = sandbox.New(sandbox.Config{Now: func() time.Time { return still }})
	d.at("a", "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	ask := func(id string) tool.Next { return d.at(id, "opentrain_patch_draft", completing()).next(t) }
	again := func(id string, asked tool.Next, why string) {
		t.Helper()
		got := d.at(id, asked.Tool, asked.Arguments)
		if next := got.next(t); next.Action != tool.ConfirmWithHuman || !strings.Contains(next.Note, why) {
			t.Errorf("%s: %s", id, got.text)
		}
	}
	asked := ask("a")
	d.at("b", "opentrain_patch_draft", patch("pricePerHour", 30))
	for id := range d.replicas {
		again(id, asked, "has changed since the human saw it")
	}
	asked = d.at("b", "opentrain_publish", job()).next(t)
	callers := d.startCallers()
	callers.waitFor(200)
	redis.Kill()
	d.waitForStore("opentrain_mcp_store_connected 0")
	callers.waitFor(200)
	redis.Restart()
	took := d.waitForStore("opentrain_mcp_store_connected 1")
	callers.waitFor(200)
	if failures := callers.leave(); len(failures) > 0 {
		t.Errorf("%d calls failed, such as %+v", len(failures), failures[0])
	}
	if t.Logf("all replicas had Redis again after %v", took); took > 5*time.Second {
		t.Errorf("connected after %v", took)
	}
	for id := range d.replicas {
		again(id, asked, "no longer knows what has changed")
	}
	d.api.checkWrites()
}

// TestDeployStoreCost: three replicas together serve 2.2 times as many calls as one where there are cores for that. Else a call
// costs at most as much more CPU as that allows.
func TestDeployStoreCost(t *testing.T) {
	d, _ := deployStore(t)
	const callsOfOne = 1500
	measure := func(ids ...string) (perSecond, cpu float64) {
		used := func() (sum float64) {
			for _, id := range ids {
				page := d.replicas[id].ops.do("GET", "/metrics", "").body
				found := regexp.MustCompile(`(?m)^process_cpu_seconds_total (\S+)$`).FindStringSubmatch(page)
				seconds, err := strconv.ParseFloat(found[1], 64)
				if err != nil {
					t.Fatal(err)
				}
				sum += seconds
			}
			return sum
		}
		calls, callers := callsOfOne*len(ids), callersAtOnce*len(ids) // each replica has as much to do
		before, start := used(), time.Now()
		var agents sync.WaitGroup
		for agent := range callers {
			agents.Go(func() {
				for i := agent; i < calls; i += callers {
					if got := d.at(ids[i%len(ids)], "opentrain_list_jobs", map[string]any{}); got.isError {
						t.Error(got.text)
					}
				}
			})
		}
		agents.Wait()
		return float64(calls) / time.Since(start).Seconds(), (used() - before) / float64(calls) * 1e6
	}
	var speeds, costs, oneCosts, threeCosts []float64
	measure("a", "b", "c")
	for range 7 {
		one, oneCost := measure("a")
		three, threeCost := measure("a", "b", "c")
		speeds, costs = append(speeds, three/one), append(costs, threeCost/oneCost)
		oneCosts, threeCosts = append(oneCosts, oneCost), append(threeCosts, threeCost)
	}
	speed, cost := middle(speeds), middle(costs)
	t.Logf("%d cores; three replicas serve %.2f times the calls of one; CPU per call %.0f µs of one, %.0f µs of three: %.2f",
		runtime.NumCPU(), speed, middle(oneCosts), middle(threeCosts), cost)
	// A processor's speed changes from round to round, so only the costs of one round are compared. With the race detector,
	// callers are too slow to keep replicas busy.
	if !raced && (runtime.NumCPU() >= 8 && speed < 2.2 || cost > 3/2.2) {
		t.Errorf("%.2f times the calls, %.2f times the CPU per call: %.2f", speed, cost, costs)
	}
}

func middle(all []float64) float64 { return slices.Sorted(slices.Values(all))[len(all)/2] }
