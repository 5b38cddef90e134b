package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// With these variables the test binary becomes a bare server: the address that it
// listens on, and the address that its tool reads.
const (
	bareListen   = "BARE_LISTEN"
	bareUpstream = "BARE_UPSTREAM"
)

// bareTool is the one tool of the bare server.
const bareTool = "list_jobs"

// serveBare serves the smallest mcp-go server that answers the same calls: one tool
// that passes on what it reads, as text and as structured content. It only returns on
// failure.
func serveBare(listen, upstream string) error {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return fmt.Errorf("the default transport is a %T", http.DefaultTransport)
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = 64 // as many as callers: none has to dial
	api := &http.Client{Transport: transport}
	bare := server.NewMCPServer("bare", "1", server.WithToolCapabilities(false))
	bare.AddTool(mcp.NewTool(bareTool), func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		body, err := readUpstream(ctx, api, upstream, request.Header.Get("Authorization"))
		if err != nil {
			return nil, err
		}
		return mcp.NewToolResultStructured(json.RawMessage(body), string(body)), nil
	})
	mux := http.NewServeMux()
	mux.Handle("/mcp", server.NewStreamableHTTPServer(bare, server.WithStateLess(true), server.WithDisableStreaming(true)))
	return http.ListenAndServe(listen, mux)
}

func readUpstream(ctx context.Context, api *http.Client, url, authorization string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", authorization)
	answer, err := api.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("upstream answered %s", answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// loadedServer is a server in its own process.
type loadedServer struct {
	name, url string
	pid       int
}

// resident is the memory of the process in MB, or 0 where the system does not report
// it.
func (s *loadedServer) resident() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0
	}
	return kilobytes / 1024
}

// processor is the processor time of the process, or 0 where the system does not report
// it.
func (s *loadedServer) processor() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(stat), ") ") // the name may have spaces
	fields := strings.Fields(after)
	var used time.Duration
	for _, i := range []int{11, 12} { // utime and stime, in hundredths of a second
		if len(fields) <= i {
			return 0
		}
		ticks, err := strconv.Atoi(fields[i])
		if err != nil {
			return 0
		}
		used += time.Duration(ticks) * 10 * time.Millisecond
	}
	return used
}

// startServer runs a server on a free port and waits until it listens. The bare server
// has no arguments and reads its address from a variable.
func startServer(b *testing.B, name, path string, env []string, args ...string) *loadedServer {
	b.Helper()
	address := freePort(b)
	if len(args) > 0 {
		args = append(args, "--listen", address)
	} else {
		env = append(env, bareListen+"="+address)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(environment(b), env...)
	p := startProgram(b, cmd)
	eventually(b, name+" listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close() //nolint:errcheck // it listens
		}
		return err == nil || !p.running()
	})
	if !p.running() {
		b.Fatalf("%s ended: %v\n%s", name, p.err, &p.stderr)
	}
	return &loadedServer{name: name, url: "http://" + address + "/mcp", pid: cmd.Process.Pid}
}
