package acceptance_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

var soakTime = flag.Duration("soak", time.Minute, "how long the soak test lasts")

const (
	soakAccounts = 300
	soakCallers  = 16 // at once, over HTTP
	soakHosts    = 2  // at once, over stdio
	soakPause    = 50 * time.Millisecond
	soakWarmUp   = 20 * time.Second
	soakSample   = 200 * time.Millisecond
	soakReport   = 2 * time.Minute
	soakGrowth   = 1.05 // the last quarter's memory over the first one's
)

// TestSoak: callers over every transport come, cancel and vanish, each with a token of its own. The server's memory stays what it is
// after a while, nothing is left of those who went, every call that someone waits for succeeds, and no one's token or name is in
// another one's results or in the log.
func TestSoak(t *testing.T) {
	slow(t, "takes a minute")
	if runtime.GOOS != "linux" || raced {
		t.Skip("reads /proc, and the race detector takes memory")
	}
	s := startSoak(t)
	before := s.held()
	var calling sync.WaitGroup
	stop := make(chan struct{})
	leave := sync.OnceFunc(func() { close(stop); calling.Wait() })
	defer leave()
	loop := func(visit func()) {
		calling.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(rand.N(2 * soakPause)):
					visit()
				}
			}
		})
	}
	for range soakCallers {
		loop(s.visit)
	}
	longest := []*program{s.server}
	for n := range soakHosts {
		host := s.startHost(n)
		longest = append(longest, host.program)
		loop(host.visit)
	}
	loop(s.visitBriefly)
	memory := make([][]float64, len(longest))
	report := time.NewTicker(soakReport)
	defer report.Stop()
	for until := time.Now().Add(*soakTime); time.Now().Before(until); <-time.After(soakSample) {
		select {
		case <-report.C:
			t.Logf("%.1f MB; %s", residentMB(t, s.server), s.counted())
		default:
		}
		for i, p := range longest {
			memory[i] = append(memory[i], residentMB(t, p))
		}
	}
	leave()
	for i, p := range longest {
		settled := memory[i][int(float64(len(memory[i]))*min(1.0/3, soakWarmUp.Seconds()/soakTime.Seconds())):]
		quarter := len(settled) / 4
		first, last := median(settled[:quarter]), median(settled[3*quarter:])
		t.Logf("%s: %.1f MB in the first quarter, %.1f MB in the last (%+.1f %%), %.1f at most", p.cmd.Args[1], first, last, 100*(last/first-1),
			slices.Max(memory[i]))
		if last > first*soakGrowth {
			t.Errorf("%s grew from %.1f to %.1f MB", p.cmd.Args[1], first, last)
		}
	}
	t.Log(s.counted())
	s.api.CloseClientConnections()
	after := s.held()
	for deadline := time.Now().Add(patience); after != before && time.Now().Before(deadline); after = s.held() {
		pass(soakSample)
	}
	t.Logf("%v before, %v after", before, after)
	if after[0] > before[0] || after[1] > before[1] {
		t.Errorf("goroutines and open files: %v before, %v after", before, after)
	}
	for _, leak := range s.log.seen() {
		t.Errorf("a token in the log: %s", leak)
	}
}

// soak is a server that is used for long.
type soak struct {
	*endpoint
	server *program
	api    *httptest.Server
	log    *tokenWatch

	mu     sync.Mutex
	counts map[string]int
}

func startSoak(t *testing.T) *soak {
	t.Helper()
	box := sandbox.New(sandbox.Config{Accounts: employers(soakAccounts)})
	s := &soak{log: &tokenWatch{}, counts: map[string]int{}}
	s.api = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait := rand.N(10 * time.Millisecond)
		if rand.N(20) == 0 {
			wait = rand.N(500 * time.Millisecond)
		}
		pass(wait)
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(s.api.Close)
	address := freePort(t)
	cmd := exec.Command(binary, "http", "--listen", address, "--base-url", s.api.URL, "--public-read-budget", "100000", "--sessions",
		"--session-idle", "5s", "--elicitation-timeout", "4s", "--rate", "0")
	cmd.Env, cmd.Stderr = environment(t), s.log
	s.server = startProgram(t, cmd)
	s.endpoint = &endpoint{t, "http://" + address, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: soakCallers}}}
	eventually(t, "the server listens", func() bool {
		got, err := s.try("GET", "/healthz", "")
		return err == nil && got.status == http.StatusOK
	})
	s.callOnce(t)
	return s
}

// callOnce makes what the first call makes.
func (s *soak) callOnce(t *testing.T) {
	t.Helper()
	body, headers := soakRequest(0)
	if got := s.do("POST", "/mcp", body, headers...); got.status != http.StatusOK {
		t.Fatal(got.body)
	}
}

// held are the goroutines and open files of the server.
func (s *soak) held() (held [2]int) {
	s.t.Helper()
	s.client.CloseIdleConnections()
	s.api.CloseClientConnections()
	pass(soakSample)
	metrics := s.do("GET", "/metrics", "").body
	for i, name := range []string{"go_goroutines", "process_open_fds"} {
		found := regexp.MustCompile(`(?m)^` + name + ` (\d+)$`).FindStringSubmatch(metrics)
		if found == nil {
			s.t.Fatalf("no %s in\n%s", name, metrics)
		}
		held[i], _ = strconv.Atoi(found[1])
	}
	return held
}

// count counts what happened, and fails when something shouldn't have.
func (s *soak) count(what string, wrong bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts[what]++; wrong && s.counts[what] <= 3 {
		s.t.Error(what)
	}
}

func (s *soak) counted() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.counts)
}

// strangerIn finds a name in an answer that isn't the caller's, or a token.
func strangerIn(text string, n int) string {
	for _, found := range regexp.MustCompile(`ot_pat_\w+|Employer \d{3}`).FindAllString(text, -1) {
		if found != employer(n).Name {
			return found
		}
	}
	return ""
}

// tokenWatch is a log in which no token may be.
type tokenWatch struct {
	mu    sync.Mutex
	rest  []byte
	leaks []string
}

func (w *tokenWatch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	end := bytes.LastIndexByte(w.rest, '\n') + 1
	for line := range strings.Lines(string(w.rest[:end])) {
		if strings.Contains(line, "ot_pat_") && len(w.leaks) < 3 {
			w.leaks = append(w.leaks, line)
		}
	}
	w.rest = append(w.rest[:0], w.rest[end:]...)
	return len(p), nil
}

func (w *tokenWatch) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.leaks)
}

// residentMB is the memory of a process.
func residentMB(t testing.TB, p *program) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("no VmRSS in\n%s", status)
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return float64(kilobytes) / 1024
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
