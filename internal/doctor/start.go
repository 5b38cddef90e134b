package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/text"
)

// ending is how long a server may take to end once its input has ended.
const ending = 500 * time.Millisecond

// protocol is the version that every host speaks at the moment. For a newer one, the client would wait seconds for an answer
// that an older server never gives.
const protocol = "2025-11-25"

// server is what a server says about itself.
type server struct {
	version string
	tools   int
}

// handedOn is the environment of the entry's server. It has the few variables that MCP's SDKs hand on, and the entry's
// own. Some hosts hand on more.
func (e *examination) handedOn(f entry) (environ []string) {
	names := []string{"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"}
	if e.Machine.GOOS == "windows" {
		names = []string{
			"APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PROCESSOR_ARCHITECTURE", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP",
			"USERNAME", "USERPROFILE", "PROGRAMFILES",
		}
	}
	own, _ := f.Variables(e.Machine.Getenv)
	for _, variable := range e.Environ {
		name, _, _ := strings.Cut(variable, "=")
		if _, set := own[name]; !set && slices.Contains(names, strings.ToUpper(name)) {
			environ = append(environ, variable)
		}
	}
	for name, value := range own {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// start starts a server as its host does, and lists its tools. The error goes on from the server's path.
func (e *examination) start(ctx context.Context, f entry, path string) (server, error) {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	run, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	var log tail
	command := func(context.Context, string, []string, []string) (*exec.Cmd, error) {
		cmd := exec.CommandContext(run, path, f.Args...) //nolint:gosec // what the host starts
		cmd.Env, cmd.Dir, cmd.Stderr, cmd.WaitDelay = e.handedOn(f), e.Machine.Home, &log, ending
		return cmd, nil
	}
	host := client.NewClient(transport.NewStdioWithOptions(path, nil, nil, transport.WithCommandFunc(command),
		transport.WithCommandLogger(slog.New(slog.DiscardHandler))), client.WithProtocolVersion(protocol))
	started, err := ask(ctx, host, e.Version)
	late := ctx.Err() != nil
	if late {
		kill()
	}
	timer := time.AfterFunc(ending, kill)
	defer timer.Stop()
	ended := host.Close()
	switch {
	case err == nil:
		return started, nil
	case late:
		return server{}, fmt.Errorf("didn't answer as an MCP server within %s%s", e.Timeout, log.said())
	}
	if failed, is := errors.AsType[*fs.PathError](err); is {
		return server{}, fmt.Errorf("can't be started: %w", failed.Err)
	}
	code := 0
	if failed, is := errors.AsType[*exec.ExitError](ended); is {
		code = failed.ExitCode()
	}
	if !errors.Is(err, transport.ErrTransportClosed) && code == 0 {
		return server{}, fmt.Errorf("doesn't answer as an MCP server: %w%s", err, log.said())
	}
	return server{}, fmt.Errorf("ended at once, with exit code %d%s", code, log.said())
}

// ask begins a session and lists the tools.
func ask(ctx context.Context, host *client.Client, version string) (server, error) {
	if err := host.Start(ctx); err != nil {
		return server{}, err
	}
	var hello mcp.InitializeRequest
	hello.Params.ClientInfo = mcp.Implementation{Name: "opentrain-mcp doctor", Version: version}
	about, err := host.Initialize(ctx, hello)
	if err != nil {
		return server{}, err
	}
	tools, err := host.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return server{}, err
	}
	return server{text.Clean(about.ServerInfo.Version, 100), len(tools.Tools)}, nil
}

// tail keeps the end of a log.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	const limit = 8 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-limit):]
	return len(p), nil
}

// said is the line of the log that says most, after a colon: this program's own error, or else the last line.
func (t *tail) said() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := ""
	for line := range strings.Lines(string(t.text)) {
		if message, own := strings.CutPrefix(line, "opentrain-mcp: "); own {
			return ": " + text.Clean(message, 400)
		}
		if line = text.Clean(line, 400); line != "" {
			last = ": " + line
		}
	}
	return last
}
