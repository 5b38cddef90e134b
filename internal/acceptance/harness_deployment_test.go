package acceptance_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

const (
	// siteName is how callers reach the deployment.
	siteName = "mcp.example.com"
	// callersAtOnce is how many callers there are at once.
	callersAtOnce = 16
)

// deployment is deploy/nginx.conf, run by the real nginx, in front of three replicas of
// the program. All replicas use one API.
type deployment struct {
	*endpoint
	from     func(ip string) *endpoint // for a caller with that address
	api      *watchedAPI
	env      []string // of all replicas; nil for an address of the API for each
	replicas map[string]*replica
	nginx    *program
}

// replica is one run of the program.
type replica struct {
	*program
	address string
	ops     *endpoint // of --ops-listen
}

// deploy starts a deployment. It lifts nginx's limit of requests, because all callers of
// a test have one address. It skips the test where there is no nginx.
func deploy(t *testing.T, flags ...string) *deployment {
	t.Helper()
	return deployWith(t, []string{"rate=500r/s", "rate=100000r/s"}, flags...)
}

// deployWith starts a deployment with changes of nginx.conf: pairs of old and new.
func deployWith(t *testing.T, changes []string, flags ...string) *deployment {
	t.Helper()
	return deployIn(t, nil, changes, flags...)
}

// deployIn starts a deployment whose replicas have one address of the API, and more environment variables, unless env is nil.
func deployIn(t *testing.T, env, changes []string, flags ...string) *deployment {
	t.Helper()
	slow(t, "starts a deployment behind nginx")
	path := findNginx(t)
	d := &deployment{api: watchAPI(t), replicas: map[string]*replica{}}
	if env != nil {
		d.env = append(slices.Clone(env), "OPENTRAIN_API_BASE_URL="+d.api.address(t, "all"))
	}
	for _, id := range []string{"a", "b", "c"} {
		d.replicas[id] = d.startReplica(t, id, flags)
	}
	dir, address := t.TempDir(), freePort(t)
	_, _, roots := certificate(t, dir, 1, siteName)
	config := nginxConfig(t, dir, address, d.replicas, changes...)
	d.nginx = startProgram(t, exec.Command(path, "-e", "stderr", "-p", dir, "-c", config,
		"-g", "error_log stderr notice;"+asRoot("user root;")+"daemon off;"))
	t.Cleanup(func() { // a signal that nginx passes on to its workers
		d.nginx.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		<-d.nginx.ended
	})
	d.nginx.waitFor("start worker process ")
	d.from = func(ip string) *endpoint {
		dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		transport := &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost: callersAtOnce,
		}
		t.Cleanup(transport.CloseIdleConnections)
		return &endpoint{t, "https://" + siteName, &http.Client{Transport: transport}}
	}
	d.endpoint = d.from("127.0.0.1")
	return d
}

func (d *deployment) startReplica(t *testing.T, id string, flags []string) *replica {
	t.Helper()
	args := append([]string{
		"http", "--listen", "127.0.0.1:0", "--behind-proxy", "--allowed-hosts", siteName, "--replica-id", id,
		"--ops-listen", "127.0.0.1:0", "--rate", "0", "--drain-pause", "1s",
	}, flags...)
	env := d.env
	if env == nil {
		env = []string{"OPENTRAIN_API_BASE_URL=" + d.api.address(t, id)}
	}
	p := run(t, environment(t, env...), args...)
	r := &replica{program: p, address: listening(p, `"tls":`)}
	r.ops = &endpoint{t, "http://" + listening(p, `"serves":`), http.DefaultClient}
	return r
}

func findNginx(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	path, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("deploy/nginx.conf is not tested: there is no nginx (apt-get install nginx-light)")
	}
	return path
}

// asRoot is a directive for root, under whom nginx would run its workers as a
// user who cannot enter the test's directory.
func asRoot(directive string) string {
	if os.Geteuid() == 0 {
		return directive
	}
	return ""
}

// nginxConfig is deploy/nginx.conf with the addresses and directories of a test, and more
// changes: pairs of old and new.
func nginxConfig(t *testing.T, dir, listen string, replicas map[string]*replica, more ...string) string {
	t.Helper()
	data, err := os.ReadFile("../../deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	changes := append([]string{
		"listen 8443 ssl;", "listen " + listen + " ssl;", "/etc/nginx/tls/", dir + "/", " /tmp/", " " + dir + "/",
	}, more...)
	for id, replica := range replicas {
		changes = append(changes, "opentrain-mcp-"+id+":8080", replica.address)
	}
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("deploy/nginx.conf has no %q", changes[i])
		}
	}
	text = strings.NewReplacer(changes...).Replace(text)
	path := filepath.Join(dir, "nginx.conf")
	write(t, path, text)
	return path
}

// asDemo are a caller's headers, with the demo account's token.
func asDemo(more ...string) []string {
	return append([]string{"Accept", "application/json, text/event-stream", tokenHeader, sandbox.DemoToken}, more...)
}

// outcome is how a caller's call ended.
type outcome struct {
	tool    string
	started time.Time
	status  int
	jobID   string
	problem string // "" when it succeeded
	cut     bool   // the answer had begun
}

// attempt calls a tool over /mcp. The call may fail.
func (d *deployment) attempt(tool string, arguments any, headers ...string) outcome {
	got := outcome{tool: tool, started: time.Now()}
	answer, err := d.try("POST", "/mcp", rpc(1, tool, arguments), asDemo(headers...)...)
	if err != nil {
		got.problem, got.cut = err.Error(), errors.Is(err, io.ErrUnexpectedEOF)
		return got
	}
	got.status = answer.status
	var message struct {
		Result *struct {
			IsError           bool
			StructuredContent struct{ JobID string }
		}
	}
	err = json.Unmarshal([]byte(answer.body), &message)
	if err != nil || got.status != http.StatusOK || message.Result == nil || message.Result.IsError {
		got.problem = fmt.Sprintf("%d %.300s (%v)", got.status, answer.body, err)
		return got
	}
	got.jobID = message.Result.StructuredContent.JobID
	return got
}

// kill ends a replica without a warning, and returns when it was gone.
func (d *deployment) kill(id string) time.Time {
	d.t.Helper()
	d.replicas[id].signal(os.Kill)
	var status *exec.ExitError
	if err := d.replicas[id].end(); !errors.As(err, &status) {
		d.t.Fatalf("the killed replica ended with %v", err)
	}
	return time.Now()
}

// waitClosed waits until the replica accepts no connections.
func (r *replica) waitClosed() {
	r.t.Helper()
	eventually(r.t, "the replica refuses connections", func() bool {
		connection, err := net.DialTimeout("tcp", r.address, patience)
		if err == nil {
			connection.Close() //nolint:errcheck // it was only a try
		}
		return err != nil
	})
}

// replica is the id of the replica that holds a stream.
func (s *events) replica() string {
	s.t.Helper()
	_, id, _ := strings.Cut(s.message, "?sessionId=")
	prefix, _, found := strings.Cut(id, ".")
	if !found {
		s.t.Fatalf("no replica in %s", s.message)
	}
	return prefix
}
