package acceptance_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// httpProcess is the http command.
type httpProcess struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string // of the main listener
	ops     string // of the ops listener, if there is one
	ended   chan error

	mu  sync.Mutex
	log bytes.Buffer
}

// startProgram runs the http command until the test ends and waits until it listens.
func startProgram(t *testing.T, env []string, args ...string) *httpProcess {
	t.Helper()
	p := &httpProcess{t: t, ended: make(chan error, 1)}
	p.cmd = exec.Command(binary, append([]string{"http", "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Env = env
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() }) //nolint:errcheck // it may have ended
	listening := make(chan struct{})
	go p.read(stderr, listening, slices.Contains(args, "--ops-listen"))
	select {
	case <-listening:
	case err := <-p.ended:
		t.Fatalf("it ended with %v\n%s", err, p.logged())
	}
	return p
}

func (p *httpProcess) read(stderr io.Reader, listening chan struct{}, ops bool) {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		p.mu.Lock()
		p.log.Write(append(lines.Bytes(), '\n'))
		p.mu.Unlock()
		var entry struct{ Msg, Address, Serves string }
		if json.Unmarshal(lines.Bytes(), &entry) != nil || entry.Msg != "listening" {
			continue
		}
		if entry.Serves != "" {
			p.ops = entry.Address
		} else {
			p.address = entry.Address
		}
		if (entry.Serves != "") == ops {
			close(listening)
		}
	}
	p.ended <- p.cmd.Wait()
}

func (p *httpProcess) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// post calls a tool; headers are pairs.
func (p *httpProcess) post(tool, arguments string, headers ...string) (status int, body string) {
	p.t.Helper()
	request, err := http.NewRequest(http.MethodPost, "http://"+p.address+"/mcp", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":`+arguments+`}}`))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.logged())
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestHTTPRefusesToStart: settings that would expose tokens, or that leave every
// caller out, end the program with words.
func TestHTTPRefusesToStart(t *testing.T) {
	cert, key := selfSigned(t, t.TempDir(), 1)
	for name, test := range map[string]struct {
		args []string
		env  []string
		says string
	}{
		"all interfaces":          {[]string{"--listen", ":0"}, nil, "tokens would travel unencrypted"},
		"another interface":       {[]string{"--listen", "192.0.2.1:80", "--allowed-hosts", "x"}, nil, "tokens would travel unencrypted"},
		"TLS, but no name":        {[]string{"--listen", ":0", "--tls-cert", cert, "--tls-key", key}, nil, "--allowed-hosts"},
		"proxy, but no name":      {[]string{"--listen", ":0", "--behind-proxy"}, nil, "--allowed-hosts"},
		"half of TLS":             {[]string{"--tls-cert", cert}, nil, "go together"},
		"no such certificate":     {[]string{"--tls-cert", "/nowhere", "--tls-key", key}, nil, "--tls-cert"},
		"wrong pair":              {[]string{"--tls-cert", key, "--tls-key", cert}, nil, "--tls-cert"},
		"shared without a secret": {[]string{"--auth", "shared"}, nil, "OPENTRAIN_MCP_SERVER_TOKEN"},
		"shared, no such file":    {[]string{"--auth", "shared"}, []string{"OPENTRAIN_MCP_SERVER_TOKEN_FILE=/nowhere"}, "OPENTRAIN_MCP_SERVER_TOKEN_FILE"},
		"shared with spaces":      {[]string{"--auth", "shared"}, []string{"OPENTRAIN_MCP_SERVER_TOKEN=a b"}, "spaces"},
		"an empty key":            {nil, []string{"OPENTRAIN_MCP_STATE_KEY= "}, "holds no key"},
		"a short key":             {nil, []string{"OPENTRAIN_MCP_STATE_KEY=c2hvcnQ="}, "32 bytes in base64"},
		"two places for a key":    {nil, []string{"OPENTRAIN_MCP_STATE_KEY=a", "OPENTRAIN_MCP_STATE_KEY_FILE=b"}, "set one"},
		"form outlasts session":   {[]string{"--sessions", "--session-idle", "1m"}, nil, "a session must last longer"},
		"every host":              {[]string{"--allowed-hosts", "*"}, nil, "allowed host"},
		"every origin":            {[]string{"--allowed-origins", "*"}, nil, "allowed origin"},
		"a path as origin":        {[]string{"--allowed-origins", "https://a.example/x"}, nil, "allowed origin"},
		"a bad replica id":        {[]string{"--replica-id", "a.b"}, nil, "replica id"},
		"no port":                 {[]string{"--listen", "localhost"}, nil, "--listen"},
		"no time":                 {[]string{"--drain-timeout", "0s"}, nil, "--drain-timeout"},
		"no calls":                {[]string{"--burst", "0"}, nil, "--burst"},
		"no reads":                {[]string{"--public-read-budget", "0"}, nil, "--public-read-budget"},
		"no such tool":            {[]string{"--tools", "opentrain_serch_jobs"}, nil, "did you mean opentrain_search_jobs"},
	} {
		cmd := exec.Command(binary, append([]string{"http"}, test.args...)...)
		cmd.Env = environment(t, test.env...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.says) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestHTTPIgnoresItsOwnToken: the operator's token is for stdio, and for
// --auth shared, whose secret goes no further.
func TestHTTPIgnoresItsOwnToken(t *testing.T) {
	var mu sync.Mutex
	var sent []string
	box := sandbox.New(sandbox.Config{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		sent = append(sent, fmt.Sprint(r.Header))
		mu.Unlock()
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(api.Close)
	env := environment(t, "OPENTRAIN_API_BASE_URL="+api.URL, "OPENTRAIN_PERSONAL_API_TOKEN="+sandbox.DemoToken, "OPENTRAIN_MCP_SERVER_TOKEN=shown-by-callers")
	if _, body := startProgram(t, env).post("opentrain_get_account", "{}"); !strings.Contains(body, "NO_TOKEN") || !strings.Contains(body, "X-OpenTrain-Token") || len(sent) != 0 {
		t.Errorf("%s, sent %v", body, sent)
	}
	shared := startProgram(t, env, "--auth", "shared")
	if _, body := shared.post("opentrain_get_account", "{}", "Authorization", "Bearer shown-by-callers"); !strings.Contains(body, "Sandbox Demo") {
		t.Error(body)
	}
	if status, _ := shared.post("opentrain_get_account", "{}"); status != http.StatusUnauthorized {
		t.Errorf("without the secret: %d", status)
	}
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, "from-a-file\n")
	env = environment(t, "OPENTRAIN_API_BASE_URL="+api.URL, "OPENTRAIN_PERSONAL_API_TOKEN="+sandbox.DemoToken, "OPENTRAIN_MCP_SERVER_TOKEN_FILE="+file)
	if _, body := startProgram(t, env, "--auth", "shared").post("opentrain_get_account", "{}", "Authorization", "Bearer from-a-file"); !strings.Contains(body, "Sandbox Demo") {
		t.Error(body)
	}
	for _, header := range sent {
		if strings.Contains(header, "shown-by-callers") || strings.Contains(header, "from-a-file") {
			t.Errorf("the secret went upstream: %s", header)
		}
	}
	if log := shared.logged(); strings.Contains(log, "shown-by-callers") || strings.Contains(log, sandbox.DemoToken) {
		t.Errorf("a secret in the log:\n%s", log)
	}
}

// TestHTTPEndsWithItsCalls: on SIGTERM the calls in flight are answered, on /mcp
// and on a stream; idle streams end; then the process ends within a second, with
// code 0.
func TestHTTPEndsWithItsCalls(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	base, arrived, release := heldAPI(t)
	p := startProgram(t, environment(t, "OPENTRAIN_API_BASE_URL="+base), "--ops-listen", "127.0.0.1:0")
	idle, _ := stream(t, p.address)
	busy, message := stream(t, p.address)
	answer, err := http.Post("http://"+p.address+message, "application/json", strings.NewReader(fmt.Sprintf(searchCall, 5)))
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%v %v", answer, err)
	}
	answer.Body.Close()
	direct := make(chan string, 1)
	go func() {
		_, body := p.post("opentrain_search_jobs", `{"q":"direct"}`)
		direct <- body
	}()
	<-arrived
	<-arrived
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(idle); err != nil || len(rest) != 0 {
		t.Errorf("an idle stream: %q %v", rest, err)
	}
	ready, err := http.Get("http://" + p.ops + "/readyz")
	if err != nil || ready.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz: %v %v", ready, err)
	}
	select {
	case err := <-p.ended:
		t.Fatalf("it ended with calls in flight: %v\n%s", err, p.logged())
	default:
	}
	release()
	if body := <-direct; !strings.Contains(body, "0 open jobs") {
		t.Error(body)
	}
	rest, err := io.ReadAll(busy)
	if err != nil || !strings.Contains(string(rest), "0 open jobs") || !strings.Contains(string(rest), `"id":5`) {
		t.Errorf("%q %v", rest, err)
	}
	answered := time.Now()
	if err := <-p.ended; err != nil {
		t.Errorf("it ended with %v\n%s", err, p.logged())
	}
	took := time.Since(answered)
	t.Logf("ended %v after the last answer", took)
	if took > time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestHTTPDrainTimeout: a call that does not end is cut at last, and that is told.
func TestHTTPDrainTimeout(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	base, arrived, _ := heldAPI(t)
	p := startProgram(t, environment(t, "OPENTRAIN_API_BASE_URL="+base), "--drain-timeout", "200ms")
	_, message := stream(t, p.address)
	answer, err := http.Post("http://"+p.address+message, "application/json", strings.NewReader(fmt.Sprintf(searchCall, 5)))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	<-arrived
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err == nil || p.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(p.logged(), "calls in flight were cut") {
		t.Errorf("%v\n%s", err, p.logged())
	}
}

// stream opens /sse and returns what follows its first event.
func stream(t *testing.T, address string) (rest io.Reader, message string) {
	t.Helper()
	answer, err := http.Get("http://" + address + "/sse")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewReader(answer.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if data, found := strings.CutPrefix(line, "data: "); found {
			message = strings.TrimSpace(data)
		}
		if strings.TrimSpace(line) == "" && message != "" {
			return lines, message
		}
	}
}

// TestHTTPUnderSlowAndLargeRequests: a body of 200 MB is refused and costs
// nothing; who sends slowly holds up nobody and is let go.
func TestHTTPUnderSlowAndLargeRequests(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	p := startProgram(t, environment(t), "--sandbox")
	var slow []net.Conn
	for n := range 200 {
		conn, err := net.Dial("tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() }) //nolint:errcheck // it is over
		head := "POST /mcp HTTP/1.1\r\nHost: " + p.address + "\r\n"
		if n%2 == 0 {
			head += "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"
		}
		if _, err := io.WriteString(conn, head); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, conn)
	}
	for range 4 {
		request, err := http.NewRequest(http.MethodPost, "http://"+p.address+"/mcp", io.LimitReader(endless{}, 200<<20))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			// The answer came while the body was still being sent.
			t.Logf("the upload was cut: %v", err)
		} else {
			answer.Body.Close()
			if answer.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("200 MB: %d", answer.StatusCode)
			}
		}
	}
	if status := declared(t, p.address, 200<<20); status != http.StatusRequestEntityTooLarge {
		t.Errorf("200 MB declared: %d", status)
	}
	start := time.Now()
	for range 50 {
		if status, body := p.post("opentrain_list_jobs", "{}"); status != 200 || strings.Contains(body, `"isError":true`) {
			t.Fatalf("%d %s", status, body)
		}
	}
	t.Logf("50 calls beside 200 slow senders took %v; the process had at most %d KB", time.Since(start), peak(t, p.cmd.Process.Pid))
	if kb := peak(t, p.cmd.Process.Pid); kb > 40_000 {
		t.Errorf("the process had %d KB", kb)
	}
	for _, conn := range slow {
		if err := conn.SetReadDeadline(time.Now().Add(40 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Fatalf("a slow sender is still connected: %v", err)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// declared says that a body is so long and sends none of it.
func declared(t *testing.T, address string, length int) int {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is over
	if _, err := fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", address, length); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// peak is the most memory that a process had, in KB.
func peak(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("%s", status)
	}
	kb, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb
}

// TestHTTPOverTLS: TLS with HTTP/2, and a certificate that is replaced while the
// server runs; a broken one leaves the old in use.
func TestHTTPOverTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := selfSigned(t, dir, 1)
	p := startProgram(t, environment(t), "--sandbox", "--tls-cert", cert, "--tls-key", key)
	serial := func() int64 {
		conn, err := tls.Dial("tcp", p.address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // it is over
		if conn.ConnectionState().NegotiatedProtocol != "h2" {
			t.Errorf("speaks %q", conn.ConnectionState().NegotiatedProtocol)
		}
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("certificate %d", n)
	}
	write(t, cert, "broken")
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(p.logged(), "the one before stays in use"); {
		if n := serial(); n != 1 || time.Now().After(deadline) {
			t.Fatalf("certificate %d\n%s", n, p.logged())
		}
	}
	selfSigned(t, dir, 2)
	for deadline := time.Now().Add(20 * time.Second); serial() != 2; {
		if time.Now().After(deadline) {
			t.Fatalf("the new certificate is not used\n%s", p.logged())
		}
	}
	_, port, _ := strings.Cut(p.address, ":")
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	answer, err := client.Post("https://localhost:"+port+"/mcp", "application/json", strings.NewReader(hello))
	if err != nil || answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
		t.Errorf("%+v %v", answer, err)
	}
	if plain, err := http.Get("http://" + p.address + "/healthz"); err == nil && plain.StatusCode == http.StatusOK {
		t.Error("answers without TLS")
	}
}

// selfSigned writes a certificate for localhost and its key.
func selfSigned(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})))
	return cert, key
}

// TestHTTPRefusesSlowBodiesAtOnce: what is refused is told before the body came,
// and a connection that sends nothing does not hold up the end.
func TestHTTPRefusesSlowBodiesAtOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	p := startProgram(t, environment(t), "--sandbox", "--require-token")
	for name, head := range map[string]string{
		"401": "POST /mcp HTTP/1.1\r\nHost: " + p.address + "\r\nContent-Type: application/json\r\n",
		"403": "POST /mcp HTTP/1.1\r\nHost: evil.example\r\n",
		"404": "POST /nothing HTTP/1.1\r\nHost: " + p.address + "\r\n",
		"415": "POST /mcp HTTP/1.1\r\nHost: " + p.address + "\r\nContent-Type: text/plain\r\nX-OpenTrain-Token: ot_pat_x\r\n",
	} {
		conn, err := net.Dial("tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, head+"Content-Length: 100\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		answer.Body.Close()
		if fmt.Sprint(answer.StatusCode) != name {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
		conn.Close() //nolint:errcheck // it is over
	}
	silent, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() //nolint:errcheck // it is over
	slow, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close() //nolint:errcheck // it is over
	if _, err := io.WriteString(slow, "POST /mcp HTTP/1.1\r\nHost: "+p.address+"\r\nX-OpenTrain-Token: ot_pat_x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err != nil {
		t.Errorf("%v\n%s", err, p.logged())
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v to end", took)
	}
}
