package acceptance_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

const (
	// siteName is how callers reach the deployment.
	siteName = "mcp.example.com"
	// crowdSize is how many callers there are at once.
	crowdSize = 16
	// patience bounds every wait; a test that runs into it has failed.
	patience = 30 * time.Second
)

// deployment is deploy/nginx.conf, run by the real nginx, in front of three
// replicas of the program, which all talk to one API.
type deployment struct {
	t        *testing.T
	api      *watchedAPI
	replicas map[string]*replica
	nginx    *child
	caller   *http.Client
}

func (d *deployment) startReplica(id string, flags []string) *replica {
	d.t.Helper()
	args := append([]string{
		"http", "--listen", "127.0.0.1:0", "--behind-proxy", "--allowed-hosts", siteName, "--replica-id", id,
		"--ops-listen", "127.0.0.1:0", "--rate", "0", "--drain-pause", "1s",
	}, flags...)
	cmd := exec.Command(binary, args...)
	cmd.Env = environment(d.t, "OPENTRAIN_API_BASE_URL="+d.api.address(d.t, id))
	process := startChild(d.t, cmd, os.Kill)
	return &replica{process, listening(d.t, process)}
}

// post sends one message.
func (d *deployment) post(path, body string, header ...string) (*http.Response, string, error) {
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+siteName+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	request.Header.Set("X-OpenTrain-Token", sandbox.DemoToken)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := d.caller.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

// call calls a tool over /mcp.
func (d *deployment) call(tool, arguments string, header ...string) outcome {
	got := outcome{tool: tool, started: time.Now()}
	response, text, err := d.post("/mcp", toolCall(1, tool, arguments), header...)
	if err != nil {
		got.problem, got.cut = err.Error(), errors.Is(err, io.ErrUnexpectedEOF)
		return got
	}
	got.status = response.StatusCode
	var told struct {
		Result *struct {
			IsError           bool
			StructuredContent struct{ JobID string }
		}
	}
	if err := json.Unmarshal([]byte(text), &told); err != nil || got.status != http.StatusOK || told.Result == nil || told.Result.IsError {
		got.problem = fmt.Sprintf("%d %.300s (%v)", got.status, text, err)
		return got
	}
	got.jobID = told.Result.StructuredContent.JobID
	return got
}

// kill ends a replica without a warning, and returns when it was gone.
func (d *deployment) kill(id string) time.Time {
	d.t.Helper()
	d.replicas[id].stop(d.t, os.Kill)
	var status *exec.ExitError
	if err := d.replicas[id].end(d.t); !errors.As(err, &status) {
		d.t.Fatalf("killed, it ended with %v", err)
	}
	return time.Now()
}

// listen opens a stream and reads it from then on.
func (d *deployment) listen(path string, header ...string) (*http.Response, *eventStream) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, "https://"+siteName+path, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("X-OpenTrain-Token", sandbox.DemoToken)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := d.caller.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { response.Body.Close() })
	s := &eventStream{t: d.t, events: make(chan string, 100)}
	go func() {
		defer close(s.events)
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			if data, found := strings.CutPrefix(scanner.Text(), "data: "); found {
				s.events <- data
			}
		}
	}()
	return response, s
}

// openSSE opens a stream of the older transport.
func (d *deployment) openSSE() *eventStream {
	d.t.Helper()
	response, s := d.listen("/sse")
	if response.StatusCode != http.StatusOK {
		d.t.Fatalf("/sse: %s", response.Status)
	}
	s.path = s.next() // it comes while the stream is open, so nothing holds it back
	return s
}

// replica is one run of the program.
type replica struct {
	*child
	address string
}

// waitClosed waits until it takes no connections.
func (r *replica) waitClosed(t *testing.T) {
	t.Helper()
	for late := time.Now().Add(patience); ; {
		connection, err := net.DialTimeout("tcp", r.address, patience)
		if err != nil {
			return
		}
		connection.Close() //nolint:errcheck // it was only a try
		if time.Now().After(late) {
			t.Fatal("it still takes connections")
		}
	}
}

func deploy(t *testing.T, flags ...string) *deployment {
	t.Helper()
	path := findNginx(t)
	d := &deployment{t: t, api: watchAPI(t), replicas: map[string]*replica{}}
	for _, id := range []string{"a", "b", "c"} {
		d.replicas[id] = d.startReplica(id, flags)
	}
	dir := t.TempDir()
	roots := writeCertificate(t, dir)
	address := freePort(t)
	config := nginxConfig(t, dir, address, d.replicas)
	nginx := exec.Command(path, "-e", "stderr", "-p", dir, "-c", config, "-g", "error_log stderr notice;"+asRoot("user root;")+"daemon off;")
	d.nginx = startChild(t, nginx, syscall.SIGTERM)
	d.nginx.waitFor(t, "start worker process ")
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: crowdSize,
	}
	t.Cleanup(transport.CloseIdleConnections)
	d.caller = &http.Client{Transport: transport}
	return d
}

// listening waits until the program serves, and returns the address.
func listening(t *testing.T, process *child) string {
	t.Helper()
	var line struct{ Address string }
	text := process.waitFor(t, `"tls":`) // not the line about ops
	if err := json.Unmarshal([]byte(text), &line); err != nil || line.Address == "" {
		t.Fatalf("no address in %s (%v)", text, err)
	}
	return line.Address
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

// freePort is an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // its address was all
	return listener.Addr().String()
}

// nginxConfig is deploy/nginx.conf with the addresses and directories of a test.
func nginxConfig(t *testing.T, dir, listen string, replicas map[string]*replica) string {
	t.Helper()
	data, err := os.ReadFile("../../deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	changes := []string{"listen 8443 ssl;", "listen " + listen + " ssl;", "/etc/nginx/tls/", dir + "/", " /tmp/", " " + dir + "/"}
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

// writeCertificate makes cert.pem and key.pem for siteName.
func writeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{siteName}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	write(t, filepath.Join(dir, "cert.pem"), string(text))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return roots
}

// child is a program that a test started.
type child struct {
	cmd   *exec.Cmd
	lines chan string   // of standard error, until the buffer is full
	ended chan struct{} // closed when it ended, with err
	err   error

	mu     sync.Mutex
	output bytes.Buffer // both standard streams
}

// Write implements io.Writer.
func (c *child) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.output.Write(p)
}

// said is what it wrote so far.
func (c *child) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.output.String()
}

// waitFor returns the next line of standard error that holds text.
func (c *child) waitFor(t *testing.T, text string) string {
	t.Helper()
	for late := time.After(patience); ; {
		select {
		case line := <-c.lines:
			if strings.Contains(line, text) {
				return line
			}
		case <-c.ended:
			t.Fatalf("it ended before it wrote %q: %v", text, c.err)
		case <-late:
			t.Fatalf("it does not write %q", text)
		}
	}
}

// stop sends a signal.
func (c *child) stop(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// end waits for the end.
func (c *child) end(t *testing.T) error {
	t.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	return c.err
}

func startChild(t *testing.T, cmd *exec.Cmd, end os.Signal) *child {
	t.Helper()
	c := &child{cmd: cmd, lines: make(chan string, 10_000), ended: make(chan struct{})}
	cmd.Stdout, cmd.WaitDelay = c, patience
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			fmt.Fprintln(c, scanner.Text())
			select {
			case c.lines <- scanner.Text():
			default:
			}
		}
		c.err = cmd.Wait()
		close(c.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(end) //nolint:errcheck // it may have ended
		<-c.ended
		if t.Failed() {
			t.Logf("%s wrote\n%s", filepath.Base(cmd.Path), ordinary.ReplaceAllString(c.said(), ""))
		}
	})
	return c
}

// ordinary are the log's lines about calls that went well.
var ordinary = regexp.MustCompile(`.*("status":"(200|ok)"|"msg":"audit").*\n`)

// eventStream is an open GET.
type eventStream struct {
	t      *testing.T
	path   string      // where its messages go
	events chan string // the data of each, closed at the end
}

// next returns the next event.
func (s *eventStream) next() string {
	s.t.Helper()
	select {
	case data, more := <-s.events:
		if more {
			return data
		}
		s.t.Fatal("the stream ended")
	case <-time.After(patience):
		s.t.Fatal("no event comes")
	}
	return ""
}

// replica is the id of the replica that holds the stream.
func (s *eventStream) replica() string {
	s.t.Helper()
	_, id, _ := strings.Cut(s.path, "?sessionId=")
	prefix, _, found := strings.Cut(id, ".")
	if !found {
		s.t.Fatalf("no replica in %s", s.path)
	}
	return prefix
}
