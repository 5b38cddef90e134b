package acceptance_test

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/redistest"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

var (
	crashLoops = flag.Int("crashes", 20, "how many jobs are posted while the server is killed")
	crashSeed  = flag.Uint64("seed", uint64(time.Now().UnixNano()), "the seed of the first of these jobs; the next one has the next seed")
)

const (
	crashesAtOnce = 4
	lifeAtMost    = 150 * time.Millisecond // of a server that is killed
)

// TestCrashes posts a job again and again while the server is killed at random moments. Its host starts it again, as hosts do, and
// repeats the call that had no answer, or starts over with the description. In the end, there is exactly one published job.
func TestCrashes(t *testing.T) {
	slow(t, "posts many jobs")
	for name, start := range map[string]func(*crashed){"stdio": (*crashed).startStdio, "HTTP and Redis": (*crashed).startHTTP} {
		t.Run(name, func(t *testing.T) {
			t.Logf("-seed %d -crashes %d", *crashSeed, *crashLoops)
			var kills, lost, again atomic.Int64
			begun, slots := time.Now(), make(chan struct{}, crashesAtOnce)
			t.Run("all", func(t *testing.T) {
				for n := range *crashLoops {
					seed := *crashSeed + uint64(n)
					t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
						t.Parallel()
						slots <- struct{}{}
						defer func() { <-slots }()
						c := newCrashed(t, seed, start)
						c.post()
						kills.Add(int64(c.kills))
						lost.Add(int64(c.lost))
						again.Add(int64(c.again))
					})
				}
			})
			t.Logf("%d jobs in %.1f s: %d times killed, %d calls without an answer, %d times started over", *crashLoops, time.Since(begun).Seconds(),
				kills.Load(), lost.Load(), again.Load())
		})
	}
}

// crashed is a server that is killed, its host, and the API.
type crashed struct {
	t      *testing.T
	random *rand.Rand
	api    *standIn
	url    string
	redis  *redistest.Server
	mu     sync.Mutex // held while Redis is killed and started
	listen string     // of a server over HTTP
	start  func(*crashed)

	program            *program
	attempt            func(name string, arguments any) (answer, bool) // false: there was no answer
	timers             sync.WaitGroup
	left               int // times that the server will be killed
	kills, lost, again int
}

func newCrashed(t *testing.T, seed uint64, start func(*crashed)) *crashed {
	t.Helper()
	c := &crashed{t: t, random: rand.New(rand.NewPCG(seed, 0)), api: newStandIn(nil), start: start}
	c.api.set(func(o *standInOptions) {
		o.createForm, o.patchForm, o.validationMissing = standInForm(seed%2), standInForm(seed%2), "names"
	})
	c.api.account(standInAccount{id: "employer"})
	c.api.token(sandbox.DemoToken, "employer")
	slowly := rand.New(rand.NewPCG(seed, 1))
	var mu sync.Mutex
	wait := func() { // so that many a server dies while it waits
		mu.Lock()
		d := time.Duration(slowly.IntN(10)) * time.Millisecond
		mu.Unlock()
		pass(d)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait()
		answer := httptest.NewRecorder()
		c.api.ServeHTTP(answer, r)
		wait()
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes()) //nolint:errcheck // the server may be dead
	}))
	t.Cleanup(server.Close)
	c.url, c.left = server.URL, 1+c.random.IntN(6)
	t.Cleanup(c.timers.Wait)
	return c
}

// environment is that of every server of this test: it asks before it publishes.
func (c *crashed) environment(more ...string) []string {
	return environment(c.t, append([]string{"OPENTRAIN_MCP_CONFIRM=auto", "OPENTRAIN_API_BASE_URL=" + c.url}, more...)...)
}

func (c *crashed) startStdio() {
	p := run(c.t, c.environment("OT_API_TOKEN="+sandbox.DemoToken), "stdio")
	c.program = p
	ask := func(line string) (string, bool) {
		if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
			return "", false
		}
		return p.stdout.next(`"id":1,`)
	}
	c.attempt = func(name string, arguments any) (answer, bool) {
		line, answered := ask(rpc(1, name, arguments))
		if !answered {
			return answer{}, false
		}
		return parseAnswer(c.t, line), true
	}
	ask(hello)
}

func (c *crashed) startHTTP() {
	if c.redis == nil {
		c.redis, c.listen = redistest.Start(c.t), freePort(c.t)
	}
	c.program = run(c.t, c.environment("OPENTRAIN_MCP_STATE_KEY="+strings.Repeat("A", 43)+"=", "OPENTRAIN_MCP_STORE="+c.redis.URL()),
		"http", "--listen", c.listen)
	c.program.stderr.next(`"tls":`)
	e := &endpoint{c.t, "http://" + c.listen, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	c.attempt = func(name string, arguments any) (answer, bool) {
		got, err := e.try("POST", "/mcp", rpc(1, name, arguments), tokenHeader, sandbox.DemoToken)
		if err != nil || got.status != http.StatusOK {
			return answer{}, false
		}
		return parseAnswer(c.t, got.body), true
	}
}

// restart starts the server, which will be killed if it still has to be.
func (c *crashed) restart() {
	c.start(c)
	if c.left == 0 {
		return
	}
	c.left--
	c.kills++
	moment := func() time.Duration { return time.Duration(c.random.Int64N(int64(lifeAtMost))) }
	if c.redis != nil && c.random.IntN(2) == 0 {
		alive, dead := moment(), moment()
		c.timers.Go(func() {
			pass(alive)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.redis.Kill()
			pass(dead)
			c.redis.Restart()
		})
	}
	process, alive := c.program.cmd.Process, moment()
	c.timers.Go(func() {
		pass(alive)
		process.Kill() //nolint:errcheck // it may have ended
	})
}

// call makes a call until it has an answer. It returns false if the host starts over instead.
func (c *crashed) call(name string, arguments any) (got answer, answered bool) {
	c.t.Helper()
	for range 20 {
		if got, answered = c.attempt(name, arguments); answered {
			return got, true
		}
		c.lost++
		c.program.cmd.Process.Kill() //nolint:errcheck // it has ended
		c.restart()
		if c.random.IntN(4) == 0 {
			c.again++
			return got, false
		}
	}
	c.t.Fatalf("%s has no answer", name)
	return got, false
}

// post goes from a description to a published job.
func (c *crashed) post() {
	c.t.Helper()
	c.restart()
	first := map[string]any{"description": demo.SampleDescription}
	name, arguments := tool.CreateDraft, first
	var steps []string
	for range 80 {
		got, answered := c.call(name, arguments)
		if !answered {
			name, arguments = tool.CreateDraft, first
			continue
		}
		next := nextOf(c.t, got)
		steps = append(steps, name+" "+string(next.Action)+"\n"+got.text)
		if next.Action == tool.Done && c.left == 0 {
			break
		}
		if next.Action == tool.Done { // killed once more, the model asks again
			name, arguments = tool.CreateDraft, first
			continue
		}
		if next.Tool == "" {
			c.t.Fatalf("a dead end:\n%s", strings.Join(steps, "\n"))
		}
		name, arguments = next.Tool, filled(c.t, next)
	}
	c.timers.Wait()
	published := 0
	for _, id := range c.api.all() {
		if c.api.job(id).status == "OPEN" {
			published++
		}
	}
	accepted := 0
	for _, r := range c.api.arrived("POST /jobs/{id}/publish") {
		if r.status == http.StatusOK && !strings.Contains(r.answer, `"alreadyPublished":true`) {
			accepted++
		}
	}
	if published != 1 || len(c.api.all()) != 1 || accepted != 1 {
		c.t.Errorf("%d jobs, %d published, published %d times:\n%s", len(c.api.all()), published, accepted, strings.Join(steps, "\n"))
	}
}
