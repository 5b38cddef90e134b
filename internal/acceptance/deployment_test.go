package acceptance_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestDeployStopInTraffic: a replica that is told to stop in the middle of
// everything loses no call.
func TestDeployStopInTraffic(t *testing.T) {
	d := deploy(t)
	c := d.crowd()
	c.waitFor(300)
	d.replicas["b"].stop(t, syscall.SIGTERM)
	if err := d.replicas["b"].end(t); err != nil {
		t.Errorf("the replica ended with %v", err)
	}
	c.waitFor(300)
	for _, failure := range c.leave() {
		t.Errorf("%s: %s", failure.tool, failure.problem)
	}
	d.api.checkWrites(t)
}

// TestDeployStopWithCallsInFlight: a replica that stops answers the calls that
// it has, and new ones go to the others meanwhile.
func TestDeployStopWithCallsInFlight(t *testing.T) {
	d := deploy(t)
	c := d.crowd()
	c.waitFor(100)
	d.api.hold("b")
	d.api.waitHeld(t, crowdSize)
	d.replicas["b"].stop(t, syscall.SIGTERM)
	d.replicas["b"].waitFor(t, `"draining"`)
	d.replicas["b"].waitClosed(t)
	for n := range 6 {
		if got := d.call("opentrain_list_jobs", `{}`); got.problem != "" {
			t.Errorf("call %d while it drains: %s", n, got.problem)
		}
	}
	select {
	case <-d.replicas["b"].ended:
		t.Error("it ended with calls in flight")
	default:
	}
	d.api.release()
	if err := d.replicas["b"].end(t); err != nil {
		t.Errorf("the replica ended with %v", err)
	}
	c.waitFor(100)
	for _, failure := range c.leave() {
		t.Errorf("%s: %s", failure.tool, failure.problem)
	}
	d.api.checkWrites(t)
}

// TestDeployKill: a replica that is killed takes the calls that it has with it,
// and no other; none of them is carried out twice.
func TestDeployKill(t *testing.T) {
	d := deploy(t)
	c := d.crowd()
	c.waitFor(200)
	d.api.hold("a", "b", "c")
	held := d.api.waitHeld(t, crowdSize)
	killed := d.kill("b")
	d.api.release()
	c.waitFor(300)
	failures := c.leave()
	lost(t, failures, killed)
	if len(failures) != held["b"] || held["b"] == 0 {
		t.Errorf("%d calls failed, %v were in flight", len(failures), held)
	}
	d.api.checkWrites(t)
}

// TestDeployKillInTraffic is the same at any moment.
func TestDeployKillInTraffic(t *testing.T) {
	d := deploy(t)
	c := d.crowd()
	c.waitFor(200)
	killed := d.kill("b")
	c.waitFor(300)
	failures := c.leave()
	lost(t, failures, killed)
	if len(failures) > crowdSize {
		t.Errorf("%d calls failed, %d can have been in flight", len(failures), crowdSize)
	}
	d.api.checkWrites(t)
}

// TestDeploySSE: a stream's messages reach the replica that holds it, and its
// events come at once.
func TestDeploySSE(t *testing.T) {
	d := deploy(t)
	streams := map[string]*eventStream{}
	for range 12 {
		s := d.openSSE()
		streams[s.replica()] = s
	}
	if len(streams) != 3 {
		t.Fatalf("only %d replicas hold streams", len(streams))
	}
	id := 100
	for range 3 {
		for _, s := range streams {
			id++
			if response, text, err := d.post(s.path, toolCall(id, "opentrain_list_jobs", `{}`)); err != nil || response.StatusCode != http.StatusAccepted {
				t.Fatalf("%v %s", err, text)
			}
			if event := s.next(); !strings.Contains(event, fmt.Sprintf(`"id":%d,`, id)) || strings.Contains(event, `"isError":true`) {
				t.Errorf("got %s", event)
			}
		}
	}
	for name, test := range map[string]struct {
		path, token string
		status      int
	}{
		"another token":   {streams["b"].path, "ot_pat_somebody_else", http.StatusForbidden},
		"unknown session": {"/message?sessionId=b.none", sandbox.DemoToken, http.StatusNotFound},
		"unknown replica": {"/message?sessionId=d.none", sandbox.DemoToken, http.StatusNotFound},
		"longer replica":  {"/message?sessionId=bb.none", sandbox.DemoToken, http.StatusNotFound},
		"no replica":      {"/message?sessionId=none", sandbox.DemoToken, http.StatusNotFound},
		"no session":      {"/message", sandbox.DemoToken, http.StatusNotFound},
	} {
		response, text, err := d.post(test.path, toolCall(1, "opentrain_list_jobs", `{}`), "X-OpenTrain-Token", test.token)
		if err != nil || response.StatusCode != test.status {
			t.Errorf("%s: %v %s", name, err, text)
		}
	}
	d.stopWithStreams(streams)
}

// stopWithStreams stops a replica that holds a stream with a call in flight: the
// answer still comes, and new streams go to the others.
func (d *deployment) stopWithStreams(streams map[string]*eventStream) {
	d.t.Helper()
	d.api.hold("b")
	if _, text, err := d.post(streams["b"].path, toolCall(7, "opentrain_list_jobs", `{}`)); err != nil {
		d.t.Fatal(err, text)
	}
	d.api.waitHeld(d.t, 1)
	d.replicas["b"].stop(d.t, syscall.SIGTERM)
	d.replicas["b"].waitClosed(d.t)
	for range 6 {
		if s := d.openSSE(); s.replica() == "b" {
			d.t.Error("a replica that stops opens a stream")
		}
	}
	d.api.release()
	if event := streams["b"].next(); !strings.Contains(event, `"id":7,`) {
		d.t.Errorf("got %s", event)
	}
	if event, more := <-streams["b"].events; more {
		d.t.Errorf("got %s after the last answer", event)
	}
	if err := d.replicas["b"].end(d.t); err != nil {
		d.t.Errorf("the replica ended with %v", err)
	}
	// Another replica answers for it, so that the host opens a new stream.
	if response, text, err := d.post(streams["b"].path, toolCall(8, "opentrain_list_jobs", `{}`)); err != nil || response.StatusCode != http.StatusNotFound {
		d.t.Errorf("after the end: %v %s", err, text)
	}
}

// TestDeploySessions: with --sessions, each request of a session reaches the
// replica that holds it; when that is gone the client is told to start again.
func TestDeploySessions(t *testing.T) {
	d := deploy(t, "--sessions")
	sessions := map[string]string{}
	for range 12 {
		response, text, err := d.post("/mcp", hello)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("initialize: %v %s", err, text)
		}
		id := response.Header.Get("Mcp-Session-Id")
		replica, _, _ := strings.Cut(id, ".")
		sessions[replica] = id
	}
	if len(sessions) != 3 {
		t.Fatalf("sessions are at %v", sessions)
	}
	for range 3 {
		for _, id := range sessions {
			if got := d.call("opentrain_list_jobs", `{}`, "Mcp-Session-Id", id); got.problem != "" {
				t.Errorf("session %s: %s", id, got.problem)
			}
		}
	}
	response, stream := d.listen("/mcp", "Mcp-Session-Id", sessions["b"])
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("GET: %s", response.Status)
	}
	d.replicas["b"].stop(t, syscall.SIGTERM)
	if err := d.replicas["b"].end(t); err != nil {
		t.Errorf("the replica ended with %v", err)
	}
	if event, more := <-stream.events; more {
		t.Errorf("the stream goes on: %s", event)
	}
	for replica, want := range map[string]int{"a": http.StatusOK, "b": http.StatusNotFound, "c": http.StatusOK} {
		if got := d.call("opentrain_list_jobs", `{}`, "Mcp-Session-Id", sessions[replica]); got.status != want {
			t.Errorf("session of %s: %s", replica, got.problem)
		}
	}
}

// TestDeployNginx: nginx takes the file, speaks TLS alone, passes on what is
// meant for callers and nothing else, and logs no secret.
func TestDeployNginx(t *testing.T) {
	path := findNginx(t)
	d := deploy(t)
	dir := t.TempDir()
	writeCertificate(t, dir)
	check := exec.Command(path, "-t", "-e", "stderr", "-p", dir, "-c", nginxConfig(t, dir, freePort(t), d.replicas), "-g", asRoot("user root;"))
	if output, err := check.CombinedOutput(); err != nil || strings.Contains(string(output), "[warn]") {
		t.Errorf("nginx -t: %v\n%s", err, output)
	}
	for path, want := range map[string]int{"/healthz": 404, "/readyz": 404, "/metrics": 404, "/": 404, "/mcp/": 404, "/mcp": http.StatusMethodNotAllowed} {
		response, _ := d.listen(path)
		if response.StatusCode != want || response.TLS == nil {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
	big := strings.Repeat(" ", 1<<20) + `{}`
	if response, _, err := d.post("/mcp", big); err != nil || response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %v", err)
	}
	response, text, err := d.post("/message?sessionId=a.secret", toolCall(1, "opentrain_list_jobs", `{}`), "Authorization", "Bearer ot_pat_secret", "X-Request-Id", "mine")
	if err != nil || response.Header.Get("X-Request-Id") == "mine" || response.Header.Get("X-Request-Id") == "" {
		t.Errorf("%v %s", err, text)
	}
	d.checkPlain()
	d.nginx.stop(t, syscall.SIGTERM)
	if err := d.nginx.end(t); err != nil {
		t.Errorf("nginx ended with %v", err)
	}
	log := d.nginx.said()
	if !strings.Contains(log, `"path":"/message"`) || strings.Contains(log, "secret") || strings.Contains(log, sandbox.DemoToken) {
		t.Errorf("the log is\n%s", log)
	}
}

// checkPlain: without TLS nothing is answered.
func (d *deployment) checkPlain() {
	d.t.Helper()
	transport, ok := d.caller.Transport.(*http.Transport)
	if !ok {
		d.t.Fatal("no transport")
	}
	response, err := (&http.Client{Transport: transport}).Get("http://" + siteName + "/mcp")
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		d.t.Errorf("without TLS: %s", response.Status)
	}
}
