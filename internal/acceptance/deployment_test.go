package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestDeployStopInTraffic: stopping a replica under load loses no call.
func TestDeployStopInTraffic(t *testing.T) {
	d := deploy(t)
	c := d.startCallers()
	c.waitFor(300)
	d.replicas["b"].signal(syscall.SIGTERM)
	if err := d.replicas["b"].end(); err != nil {
		t.Errorf("the replica ended with %v", err)
	}
	c.waitFor(300)
	for _, failure := range c.leave() {
		t.Errorf("%s: %s", failure.tool, failure.problem)
	}
	d.api.checkWrites()
}

// TestDeployStopWithCallsInFlight: a stopping replica answers the calls that it has.
// New calls go to the other replicas.
func TestDeployStopWithCallsInFlight(t *testing.T) {
	d := deploy(t)
	c := d.startCallers()
	c.waitFor(100)
	d.api.delay("b")
	d.api.waitDelayed(callersAtOnce)
	d.replicas["b"].signal(syscall.SIGTERM)
	d.replicas["b"].waitFor(`"draining"`)
	d.replicas["b"].waitClosed()
	for n := range 6 {
		if got := d.attempt("opentrain_list_jobs", map[string]any{}); got.problem != "" {
			t.Errorf("call %d while it drains: %s", n, got.problem)
		}
	}
	if !d.replicas["b"].running() {
		t.Error("the replica ended with calls in flight")
	}
	d.api.release()
	if err := d.replicas["b"].end(); err != nil {
		t.Errorf("the replica ended with %v", err)
	}
	c.waitFor(100)
	for _, failure := range c.leave() {
		t.Errorf("%s: %s", failure.tool, failure.problem)
	}
	d.api.checkWrites()
}

// TestDeployKill: a killed replica loses only the calls that it had. No call is carried
// out twice.
func TestDeployKill(t *testing.T) {
	d := deploy(t)
	c := d.startCallers()
	c.waitFor(200)
	d.api.delay("a", "b", "c")
	delayed := d.api.waitDelayed(callersAtOnce)
	killed := d.kill("b")
	d.api.release()
	c.waitFor(300)
	failures := c.leave()
	lost(t, failures, killed)
	if len(failures) != delayed["b"] || delayed["b"] == 0 {
		t.Errorf("%d calls failed, %v were in flight", len(failures), delayed)
	}
	d.api.checkWrites()
}

// TestDeployKillInTraffic is TestDeployKill at an arbitrary moment.
func TestDeployKillInTraffic(t *testing.T) {
	d := deploy(t)
	c := d.startCallers()
	c.waitFor(200)
	killed := d.kill("b")
	c.waitFor(300)
	failures := c.leave()
	lost(t, failures, killed)
	if len(failures) > callersAtOnce {
		t.Errorf("%d calls failed, want at most %d", len(failures), callersAtOnce)
	}
	d.api.checkWrites()
}

// TestDeploySSE: messages of a stream reach the replica that holds it, and events
// arrive without delay.
func TestDeploySSE(t *testing.T) {
	d := deploy(t)
	streams := map[string]*events{}
	for range 12 {
		s := d.open(asDemo()...)
		streams[s.replica()] = s
	}
	if len(streams) != 3 {
		t.Fatalf("streams are on %d replicas, want three", len(streams))
	}
	id := 100
	for range 3 {
		for _, s := range streams {
			id++
			if got := s.call(id, "opentrain_list_jobs", map[string]any{}); got.id != fmt.Sprint(id) || got.isError {
				t.Errorf("call %d: got %+v", id, got)
			}
		}
	}
	for name, test := range map[string]struct {
		path, token string
		status      int
	}{
		"another token":   {streams["b"].message, "ot_pat_somebody_else", http.StatusForbidden},
		"unknown session": {"/message?sessionId=b.none", sandbox.DemoToken, http.StatusNotFound},
		"unknown replica": {"/message?sessionId=d.none", sandbox.DemoToken, http.StatusNotFound},
		"longer replica":  {"/message?sessionId=bb.none", sandbox.DemoToken, http.StatusNotFound},
		"no replica":      {"/message?sessionId=none", sandbox.DemoToken, http.StatusNotFound},
		"no session":      {"/message", sandbox.DemoToken, http.StatusNotFound},
	} {
		got := d.do("POST", test.path, rpc(1, "opentrain_list_jobs", map[string]any{}), tokenHeader, test.token)
		if got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	d.stopWithStreams(streams)
}

// stopWithStreams stops a replica that holds a stream with a call in flight. The answer
// still arrives, and new streams go to the other replicas.
func (d *deployment) stopWithStreams(streams map[string]*events) {
	d.t.Helper()
	d.api.delay("b")
	streams["b"].post(rpc(7, "opentrain_list_jobs", map[string]any{}))
	d.api.waitDelayed(1)
	d.replicas["b"].signal(syscall.SIGTERM)
	d.replicas["b"].waitClosed()
	for range 6 {
		if s := d.open(asDemo()...); s.replica() == "b" {
			d.t.Error("a stopping replica opened a stream")
		}
	}
	d.api.release()
	if got := parseAnswer(d.t, streams["b"].next("message")); got.id != "7" {
		d.t.Errorf("got %+v", got)
	}
	streams["b"].wantEnd()
	if err := d.replicas["b"].end(); err != nil {
		d.t.Errorf("the replica ended with %v", err)
	}
	// Another replica answers for it, so that the host opens a new stream.
	if got := streams["b"].post(rpc(8, "opentrain_list_jobs", map[string]any{})); got.status != http.StatusNotFound {
		d.t.Errorf("after the end: %d %s", got.status, got.body)
	}
}

// TestDeploySessions: with --sessions, every request of a session reaches the replica
// that holds it. When the replica is gone, the client learns that it must start again.
func TestDeploySessions(t *testing.T) {
	d := deploy(t, "--sessions")
	sessions := map[string]string{}
	for range 12 {
		began := d.do("POST", "/mcp", hello, asDemo()...)
		if began.status != http.StatusOK {
			t.Fatalf("initialize: %d %s", began.status, began.body)
		}
		id := began.header.Get("Mcp-Session-Id")
		replica, _, _ := strings.Cut(id, ".")
		sessions[replica] = id
	}
	if len(sessions) != 3 {
		t.Fatalf("the sessions are on %v, want three replicas", sessions)
	}
	for range 3 {
		for _, id := range sessions {
			if got := d.attempt("opentrain_list_jobs", map[string]any{}, "Mcp-Session-Id", id); got.problem != "" {
				t.Errorf("session %s: %s", id, got.problem)
			}
			if got := d.do("POST", "/mcp/", ping, asDemo("Mcp-Session-Id", id)...); got.status != http.StatusOK {
				t.Errorf("session %s, with a slash: %d %s", id, got.status, got.body)
			}
		}
	}
	stream := d.listen("/mcp", tokenHeader, sandbox.DemoToken, "Mcp-Session-Id", sessions["b"])
	if r := stream.response; r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("GET: %s", r.Status)
	}
	d.replicas["b"].signal(syscall.SIGTERM)
	if err := d.replicas["b"].end(); err != nil {
		t.Errorf("the replica ended with %v", err)
	}
	stream.wantEnd()
	for replica, want := range map[string]int{"a": http.StatusOK, "b": http.StatusNotFound, "c": http.StatusOK} {
		if got := d.attempt("opentrain_list_jobs", map[string]any{}, "Mcp-Session-Id", sessions[replica]); got.status != want {
			t.Errorf("session of %s: %s", replica, got.problem)
		}
	}
}

// TestDeployNginx: nginx accepts the file, serves only over TLS, forwards only the
// routes for callers, and logs no secret.
func TestDeployNginx(t *testing.T) {
	path := findNginx(t)
	d := deploy(t)
	dir := t.TempDir()
	certificate(t, dir, 1, siteName)
	check := exec.Command(path, "-t", "-e", "stderr", "-p", dir, "-c", nginxConfig(t, dir, freePort(t), d.replicas), "-g",
		asRoot("user root;"))
	if output, err := check.CombinedOutput(); err != nil || strings.Contains(string(output), "[warn]") {
		t.Errorf("nginx -t: %v\n%s", err, output)
	}
	for path, fromReplica := range map[string]bool{
		"/": true, "/mcp": true, "/mcp/": true, "/register": true, "/.well-known/oauth-protected-resource": true,
		"/healthz": false, "/readyz": false, "/metrics": false, "/metrics/": false, "//metrics": false, "/%6detrics": false,
	} {
		got := d.do("GET", path, "", asDemo()...)
		if id := got.header.Get("X-Request-Id"); got.TLS == nil || (id != "") != fromReplica {
			t.Errorf("%s: %s, answered by a replica: %v", path, got.Status, id != "")
		}
		if !fromReplica && (got.status != http.StatusNotFound || !json.Valid([]byte(got.body))) {
			t.Errorf("%s: %s %s", path, got.Status, got.body)
		}
	}
	big := strings.Repeat(" ", 1<<20) + `{}`
	if got := d.do("POST", "/mcp", big, asDemo()...); got.status != http.StatusRequestEntityTooLarge || !json.Valid([]byte(got.body)) {
		t.Errorf("a large body: %d %s", got.status, got.body)
	}
	large := rpc(1, "opentrain_list_jobs", map[string]any{"status": strings.Repeat("x", 200_000)})
	if got := d.do("POST", "/mcp", large, asDemo()...); got.status != http.StatusOK {
		t.Errorf("a body that goes to a file: %d %s", got.status, got.body)
	}
	got := d.do("POST", "/message?sessionId=a.secret", rpc(1, "opentrain_list_jobs", map[string]any{}),
		asDemo("Authorization", "Bearer ot_pat_secret", "X-Request-Id", "mine")...)
	if id := got.header.Get("X-Request-Id"); id == "mine" || id == "" {
		t.Errorf("request ID %q: %d %s", id, got.status, got.body)
	}
	d.checkPlain()
	d.nginx.signal(syscall.SIGTERM)
	if err := d.nginx.end(); err != nil {
		t.Errorf("nginx ended with %v", err)
	}
	log := d.nginx.stdout.String() + d.nginx.stderr.String()
	if !strings.Contains(log, `"path":"/message"`) || strings.Contains(log, "secret") || strings.Contains(log, sandbox.DemoToken) {
		t.Errorf("the log is\n%s", log)
	}
}

// checkPlain checks that nothing is served without TLS.
func (d *deployment) checkPlain() {
	d.t.Helper()
	plain := &endpoint{d.t, "http://" + siteName, d.client}
	if got := plain.do("GET", "/mcp", ""); got.status != http.StatusBadRequest {
		d.t.Errorf("without TLS: %d", got.status)
	}
}
