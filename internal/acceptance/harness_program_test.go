package acceptance_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"

	"opentrain-mcp/internal/redistest"
)

// environment has none of this machine's settings for OpenTrain. Nothing asks for a
// confirmation, unless extra says so.
func environment(t testing.TB, extra ...string) []string {
	t.Helper()
	env := append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "OPENTRAIN_MCP_CONFIRM=off"}, extra...)
	if root := os.Getenv("SYSTEMROOT"); root != "" {
		env = append(env, "SYSTEMROOT="+root)
	}
	return env
}

// output is what a program writes to one of its standard streams.
type output struct {
	mu      sync.Mutex
	lines   []string
	read    int           // how many lines next has returned
	ended   bool          // no more lines come
	changed chan struct{} // closed at the next change
}

func (o *output) scan(stream io.Reader) {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		o.change(func() { o.lines = append(o.lines, lines.Text()) })
	}
	o.change(func() { o.ended = true })
}

func (o *output) change(apply func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	apply()
	close(o.changed)
	o.changed = make(chan struct{})
}

// next waits for the next line that holds text. It returns false if none comes.
func (o *output) next(text string) (string, bool) {
	for late := time.After(patience); ; {
		o.mu.Lock()
		for o.read < len(o.lines) {
			line := o.lines[o.read]
			o.read++
			if strings.Contains(line, text) {
				o.mu.Unlock()
				return line, true
			}
		}
		changed, ended := o.changed, o.ended
		o.mu.Unlock()
		if ended {
			return "", false
		}
		select {
		case <-changed:
		case <-late:
			return "", false
		}
	}
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines, "\n") + "\n"
}

// program is a process that a test runs.
type program struct {
	t              testing.TB
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr output
	ended          chan struct{} // closed at the end, with err
	err            error
}

// startProgram starts a command, and ends it with the test if it still runs. It doesn't read a stream that the
// command already has.
func startProgram(t testing.TB, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd, ended: make(chan struct{})}
	p.stdout.changed, p.stderr.changed = make(chan struct{}), make(chan struct{})
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr io.Reader = strings.NewReader(""), strings.NewReader("")
	if cmd.Stdout == nil {
		stdout, err = cmd.StdoutPipe()
	}
	if err == nil && cmd.Stderr == nil {
		stderr, err = cmd.StderrPipe()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	var reading sync.WaitGroup
	reading.Go(func() { p.stdout.scan(stdout) })
	reading.Go(func() { p.stderr.scan(stderr) })
	go func() {
		reading.Wait()
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-p.ended
		if t.Failed() {
			ordinary := regexp.MustCompile(`.*("status":"(200|ok)"|"msg":"audit").*\n`) // calls that went well
			t.Logf("%s logged\n%s", filepath.Base(cmd.Path), ordinary.ReplaceAllString(p.stderr.String(), ""))
		}
	})
	return p
}

// waitFor is the next line of standard error that holds text.
func (p *program) waitFor(text string) string {
	p.t.Helper()
	line, found := p.stderr.next(text)
	if !found {
		p.t.Fatalf("%q is not in the log\n%s", text, &p.stderr)
	}
	return line
}

// signal sends a signal.
func (p *program) signal(signal os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
}

// running says whether the process has not ended.
func (p *program) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// end waits for the end of the process.
func (p *program) end() error {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("the process does not end\n%s", &p.stderr)
	}
	return p.err
}

// run runs the program.
func run(t testing.TB, env []string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = env
	return startProgram(t, cmd)
}

// send writes a line to standard input.
func (p *program) send(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// receive is the next line of standard output, which must be JSON-RPC.
func (p *program) receive() message {
	p.t.Helper()
	line, found := p.stdout.next("")
	if !found {
		p.t.Fatalf("no answer\n%s", &p.stderr)
	}
	return parseMessage(p.t, line)
}

// call calls a tool over stdio.
func (p *program) call(tool string, arguments any) answer {
	p.t.Helper()
	p.send(rpc(1, tool, arguments))
	m := p.receive()
	if m.Error != nil {
		p.t.Fatalf("%s: %+v", tool, m.Error)
	}
	return parseResult(p.t, m.Result)
}

// connect is mcp-go's own client of the program over stdio.
func connect(t testing.TB, env []string, args ...string) *client.Client {
	t.Helper()
	command := func(_ context.Context, command string, _ []string, args []string) (*exec.Cmd, error) {
		cmd := exec.Command(command, args...)
		cmd.Env = env
		return cmd, nil
	}
	args = append([]string{"stdio"}, args...)
	host := newHost(transport.NewStdioWithOptions(binary, nil, args, transport.WithCommandFunc(command)), legacy)
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	initialize(t, host, legacy)
	return host
}

// httpProgram is the http command.
type httpProgram struct {
	*endpoint
	program *program
	address string
	ops     *endpoint // of --ops-listen
}

// runHTTP runs the http command and waits until it listens.
func runHTTP(t testing.TB, env []string, args ...string) *httpProgram {
	t.Helper()
	p := &httpProgram{program: run(t, env, append([]string{"http", "--listen", "127.0.0.1:0"}, args...)...)}
	p.address = listening(p.program, `"tls":`)
	p.endpoint = &endpoint{t, "http://" + p.address, http.DefaultClient}
	if slices.Contains(args, "--ops-listen") {
		p.ops = &endpoint{t, "http://" + listening(p.program, `"serves":`), http.DefaultClient}
	}
	return p
}

// listening waits for the log's line about a listener, and is its address.
func listening(p *program, member string) string {
	p.t.Helper()
	var line struct{ Address string }
	text := p.waitFor(member)
	if err := json.Unmarshal([]byte(text), &line); err != nil || line.Address == "" {
		p.t.Fatalf("no address in %s (%v)", text, err)
	}
	return line.Address
}

// runSandbox runs the sandbox command, and is its address and token.
func runSandbox(t testing.TB, args ...string) (base, token string) {
	t.Helper()
	p := run(t, environment(t), append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	for base == "" || token == "" {
		line, found := p.stdout.next("export ")
		if !found {
			t.Fatalf("no address and token in\n%s", &p.stdout)
		}
		variable, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch variable {
		case "export OPENTRAIN_API_BASE_URL":
			base = value
		case "export OT_API_TOKEN":
			token = value
		}
	}
	t.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		if err := p.end(); err != nil {
			t.Errorf("the sandbox ended with %v", err)
		}
	})
	return base, token
}

// freePort is an address on which nothing listens.
func freePort(t testing.TB) string {
	t.Helper()
	return "127.0.0.1:" + redistest.FreePort(t)
}

// certificate writes cert.pem and key.pem for names and 127.0.0.1 into a directory.
func certificate(t testing.TB, dir string, serial int64, names ...string) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
	write(t, cert, string(text))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return cert, key, roots
}
