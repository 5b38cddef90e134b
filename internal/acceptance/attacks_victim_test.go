package acceptance_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	honestToken   = "ot_pat_honest"
	honestAddress = "198.51.100.7"
	honestPause   = 40 * time.Millisecond // between two calls of the honest caller
	honestLimit   = 10 * time.Second      // of a call of the honest caller
	honestCalls   = 3                     // at least, however short the attack is
)

// victim is a server under attack in a process of its own, and what its operator sees.
type victim struct {
	*testing.T
	old     bool // it isn't the build under test: nothing is asserted
	program *program
	address string
	secure  bool
	api     *attackedAPI
	log     *counter
	out     *counter // over stdio
	logEnd  *os.File // where a log that no one reads could be read

	notes  []string
	honest struct {
		stop    func()
		served  int
		failed  []string // why
		slowest time.Duration
	}
}

// want asserts something about the build under test.
func (v *victim) want(holds bool, format string, args ...any) {
	switch {
	case holds:
	case v.old:
		v.Logf("the other build: "+format, args...)
	default:
		v.Errorf(format, args...)
	}
}

// note adds to what the table says.
func (v *victim) note(format string, args ...any) {
	v.notes = append(v.notes, fmt.Sprintf(format, args...))
}

// attackedAPI is the API behind a victim.
type attackedAPI struct {
	*standIn
	url       string
	strangers atomic.Int64                                      // requests without the honest caller's token
	instead   func(w http.ResponseWriter, r *http.Request) bool // answers strangers, if it returns true
	all       bool                                              // instead answers the honest caller too
}

func newAttackedAPI(t testing.TB) *attackedAPI {
	t.Helper()
	a := &attackedAPI{standIn: newStandIn(nil)}
	a.account(standInAccount{id: "honest"})
	a.token(honestToken, "honest")
	for range 25 {
		a.add(standInJob{owner: "honest", status: "OPEN", fields: map[string]any{
			"jobTitle": "Draw bounding boxes", "jobDescription": strings.Repeat("Street signs in photos. ", 60),
		}})
	}
	a.hook(standInHook{on: "GET /jobs", after: func(r *standInRequest) { r.answerHeader.Set("Cache-Control", "public, max-age=300") }})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		honest := strings.HasSuffix(r.Header.Get("Authorization"), honestToken)
		if !honest {
			a.strangers.Add(1)
		}
		if honest && !a.all || a.instead == nil || !a.instead(w, r) {
			a.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// counter counts what a program writes, and keeps only the beginning and the ids of messages.
type counter struct {
	mu           sync.Mutex
	kept         []byte
	lines, bytes int
	line         []byte          // the beginning of the last line
	ids          map[string]bool // of the messages
	written      chan struct{}   // closed by the next write
}

func newCounter() *counter { return &counter{ids: map[string]bool{}, written: make(chan struct{})} }

func (c *counter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = append(c.kept, p[:min(len(p), max(0, 256<<10-len(c.kept)))]...)
	c.bytes += len(p)
	for line := range bytes.Lines(p) {
		c.line = append(c.line, line[:min(len(line), max(0, 200-len(c.line)))]...)
		if !bytes.HasSuffix(line, []byte("\n")) {
			continue
		}
		c.lines++
		if _, id, found := strings.Cut(string(c.line), `"id":`); found && c.line[0] == '{' {
			id, _, _ = strings.Cut(id, ",")
			c.ids[id] = true
		}
		c.line = nil
	}
	close(c.written)
	c.written = make(chan struct{})
	return len(p), nil
}

// wait waits until something is true of what was written. It returns false after the limit.
func (c *counter) wait(limit time.Duration, holds func(*counter) bool) bool {
	for late := time.After(limit); ; {
		c.mu.Lock()
		is, written := holds(c), c.written
		c.mu.Unlock()
		if is {
			return true
		}
		select {
		case <-written:
		case <-late:
			return false
		}
	}
}

func (c *counter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.kept)
}

func (c *counter) count() (lines, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lines, c.bytes
}

// startVictim runs a build.
func startVictim(t *testing.T, build string, a attack) *victim {
	t.Helper()
	v := &victim{T: t, old: build != binary, secure: a.tls, api: newAttackedAPI(t), log: newCounter(), out: newCounter()}
	args := []string{"http", "--listen", "127.0.0.1:0", "--behind-proxy"}
	switch {
	case a.stdio:
		args = []string{"stdio"}
	case a.tls:
		cert, key, _ := certificate(t, t.TempDir(), 1, "localhost")
		args = append(args, "--tls-cert", cert, "--tls-key", key)
	}
	args = append(append(args, "--base-url", v.api.url), a.args...)
	if a.files > 0 {
		args = append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, a.files), build}, args...)
	}
	if a.mute && !a.stdio {
		v.address = freePort(t)
		args = append(args, "--listen", v.address)
	}
	cmd := exec.Command(cmp.Or(map[bool]string{true: "/bin/sh"}[a.files > 0], build), args...)
	cmd.Env = append(environment(t), a.env...)
	if a.stdio {
		cmd.Env = append(cmd.Env, "OT_API_TOKEN="+honestToken)
		cmd.Stdout = v.out
	}
	cmd.Stderr = v.log
	read, unread, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	v.logEnd = read
	t.Cleanup(func() { read.Close(); unread.Close() }) //nolint:errcheck // it was never read
	if a.deaf {
		cmd.Stdout = unread
	}
	if a.mute {
		cmd.Stderr = unread
	}
	v.program = startProgram(t, cmd)
	switch {
	case a.stdio && !a.deaf:
		v.send(hello)
		v.want(v.answers("1"), "no answer to initialize")
	case a.mute:
		eventually(t, "the server listens", func() bool {
			conn, err := net.Dial("tcp", v.address)
			return err == nil && conn.Close() == nil
		})
	case !a.stdio:
		v.listening()
	}
	return v
}

// listening waits for the address in the log.
func (v *victim) listening() {
	v.Helper()
	address := regexp.MustCompile(`"address":"([^"]+)"`)
	if !v.log.wait(patience, func(c *counter) bool {
		if found := address.FindSubmatch(c.kept); found != nil {
			v.address = string(found[1])
		}
		return v.address != ""
	}) {
		v.Fatalf("no address in the log:\n%s", v.log)
	}
}

// memory is a number of the process in MB: VmHWM is the most that it had, VmRSS is what it has.
func (v *victim) memory(name string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.program.cmd.Process.Pid))
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) { // which means that it ended
			v.Error(err)
		}
		return 0
	}
	found := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		return 0
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		v.Fatal(err)
	}
	return float64(kilobytes) / 1024
}

// noteEach notes what each of n things takes.
func (v *victim) noteEach(before float64, n int, what string) {
	v.note("%d %s, %.1f KB each", n, what, (v.memory("VmRSS")-before)*1024/float64(max(n, 1)))
}

// beHonest makes calls over new connections, until the honest caller is stopped.
func (v *victim) beHonest() {
	var calling sync.WaitGroup
	over := make(chan struct{})
	v.honest.stop = sync.OnceFunc(func() { close(over); calling.Wait() })
	calling.Go(func() {
		client := &http.Client{Timeout: honestLimit, Transport: &http.Transport{
			DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		}}
		tick := time.NewTicker(honestPause)
		defer tick.Stop()
		for called, more := 0, true; called < honestCalls || more; called++ {
			start := time.Now()
			err := v.callHonestly(client)
			for range 2 { // as clients do when their connection is closed before a response
				if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
					break
				}
				err = v.callHonestly(client)
			}
			if err != nil {
				v.honest.failed = append(v.honest.failed, err.Error())
			} else {
				v.honest.served++
			}
			v.honest.slowest = max(v.honest.slowest, time.Since(start))
			select {
			case <-over:
				more = false
			case <-tick.C:
			}
		}
	})
}

func (v *victim) callHonestly(client *http.Client) error {
	body, url := modernRPC("opentrain_list_jobs", struct{}{}, "{}"), "http://"+v.address+"/mcp"
	if v.secure {
		url = "https://" + v.address + "/mcp"
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	headers := modernHeaders("tools/call", "opentrain_list_jobs", tokenHeader, honestToken, "X-Forwarded-For", honestAddress)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	var answer struct {
		Result struct{ StructuredContent json.RawMessage }
	}
	if err == nil && (json.Unmarshal(text, &answer) != nil || answer.Result.StructuredContent == nil) {
		err = fmt.Errorf("%s: %.900s", response.Status, text)
	}
	return err
}

// linger waits: an attack that holds something goes on while the honest caller calls.
func (v *victim) linger(d time.Duration) { <-time.After(d) }
