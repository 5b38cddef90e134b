package acceptance_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// environment has nothing of this machine's settings for OpenTrain. Publishing
// is not asked for: TestConfirm… has that.
func environment(t *testing.T, extra ...string) []string {
	t.Helper()
	env := append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "OPENTRAIN_MCP_PUBLISH_CONFIRM=off"}, extra...)
	if root := os.Getenv("SYSTEMROOT"); root != "" {
		env = append(env, "SYSTEMROOT="+root)
	}
	return env
}

// process is the program, run by a host that speaks raw lines.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string // of stdout, closed at its end
	stderr *bytes.Buffer
	ended  chan error
}

func (p *process) send(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// receive returns the next line of stdout, which must be JSON-RPC.
func (p *process) receive() message {
	p.t.Helper()
	select {
	case line, more := <-p.lines:
		if !more {
			p.t.Fatalf("stdout ended; stderr:\n%s", p.stderr)
		}
		var m message
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.JSONRPC != "2.0" {
			p.t.Fatalf("not JSON-RPC on stdout: %q", line)
		}
		return m
	case <-time.After(20 * time.Second):
		p.t.Fatalf("no answer; stderr:\n%s", p.stderr)
	}
	return message{}
}

// end waits for the process and returns how long that took.
func (p *process) end() (time.Duration, error) {
	p.t.Helper()
	start := time.Now()
	select {
	case err := <-p.ended:
		return time.Since(start), err
	case <-time.After(20 * time.Second):
		p.t.Fatal("the process does not end")
	}
	return 0, nil
}

func (p *process) call(tool, arguments string) toolAnswer {
	p.t.Helper()
	p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool, arguments))
	m := p.receive()
	var answer toolAnswer
	if err := json.Unmarshal(m.Result, &answer); err != nil || m.Error != nil || len(answer.Content) != 1 {
		p.t.Fatalf("%s: %+v %s (%v)", tool, m.Error, m.Result, err)
	}
	return answer
}

func run(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), lines: make(chan string, 100), stderr: &bytes.Buffer{}, ended: make(chan error, 1)}
	p.cmd.Env, p.cmd.Stderr = env, p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() }) //nolint:errcheck // it may have ended
	go func() {
		scanner := bufio.NewScanner(stdout)
		scanner.Buffer(nil, 16<<20)
		for scanner.Scan() {
			p.lines <- scanner.Text()
		}
		close(p.lines)
		p.ended <- p.cmd.Wait()
	}()
	return p
}

// message is a JSON-RPC answer.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// toolAnswer is the result of a tools/call as it came over stdout.
type toolAnswer struct {
	IsError           bool            `json:"isError"`
	StructuredContent json.RawMessage `json:"structuredContent"`
	Content           []struct{ Text string }
	Meta              struct {
		Failure failure `json:"opentrain/error"`
	} `json:"_meta"`
}

// failure is _meta["opentrain/error"].
type failure struct {
	Code              string
	Status            int
	RequestID         string `json:"requestId"`
	Retryable         bool
	RetryAfterSeconds int
	Details           json.RawMessage
	Next              struct {
		Action, By, Tool, URL string
		Arguments             map[string]any
		RetryAfterSeconds     int
		AtMost                bool
	}
}

const (
	hello      = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	searchCall = `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"opentrain_search_jobs","arguments":{"q":"n%[1]d"}}}`
)

// connect runs the program under mcp-go's own client.
func connect(t *testing.T, env []string, args ...string) *client.Client {
	t.Helper()
	stdio := transport.NewStdioWithOptions(binary, nil, append([]string{"stdio"}, args...), transport.WithCommandFunc(
		func(_ context.Context, command string, _ []string, args []string) (*exec.Cmd, error) {
			cmd := exec.Command(command, args...)
			cmd.Env = env
			return cmd, nil
		}))
	host := client.NewClient(stdio)
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = mcp.LATEST_LEGACY_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	if _, err := host.Initialize(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	return host
}

func callTool(t *testing.T, host *client.Client, name string, arguments map[string]any) (text string, isError bool) {
	t.Helper()
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = name, arguments
	result, err := host.CallTool(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	content, ok := result.Content[0].(mcp.TextContent)
	if !ok {
		t.Fatalf("the content is a %T", result.Content[0])
	}
	return content.Text, result.IsError
}

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

// sandboxProcess runs the sandbox command and returns its address and token.
func sandboxProcess(t *testing.T, args ...string) (base, token string) {
	t.Helper()
	p := run(t, environment(t), append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	for line := range p.lines {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), "export OPENTRAIN_API_BASE_URL="); found {
			base = value
		}
		if value, found := strings.CutPrefix(strings.TrimSpace(line), "export OT_API_TOKEN="); found {
			token = value
			break
		}
	}
	if base == "" || token == "" {
		t.Fatalf("address %q, token %q\n%s", base, token, p.stderr)
	}
	t.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		if _, err := p.end(); err != nil {
			t.Errorf("the sandbox ended with %v", err)
		}
	})
	return base, token
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
