package opentrainmcp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"
)

const (
	// maxMessage bounds one incoming message, in bytes: a description of 60,000
	// code points, every one escaped, takes 720 KB.
	maxMessage = 4 << 20
	// stdioWorkers is how many tool calls run at once for one host.
	stdioWorkers = 16
)

// ServeStdio serves one host that writes JSON-RPC messages to in and reads
// them from out, a line each. It returns nil after the end of in, or after ctx
// is done, once the requests read so far are answered.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	g := newGate(ctx, in, out, s.cfg.Timeout+time.Second)
	g.ending = s.asker.end // nobody can answer a form any more
	stdio := server.NewStdioServer(s.mcp)
	server.WithWorkerPoolSize(stdioWorkers)(stdio)
	stdio.SetErrorLogger(slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelWarn))
	// The gate ends the input when ctx is done. Cancelling mcp-go itself would
	// cancel the calls that are running.
	if err := stdio.Listen(context.WithoutCancel(ctx), g, g); err != nil {
		return fmt.Errorf("stdio: %w", err)
	}
	return g.failure()
}

// gate stands between a host and mcp-go's stdio server, which cancels running
// calls as soon as its input ends, answers blank lines with errors, reads lines
// of any length, and drops a last line without a newline. The gate holds the
// end of the input back until every request is answered.
type gate struct {
	ctx   context.Context
	out   io.Writer
	limit time.Duration // how long the end waits for answers
	// ending is called when the input has ended.
	ending func()

	lines chan []byte
	rest  []byte // of the line being read by mcp-go

	mu       sync.Mutex
	err      error          // of reading the input or refusing a message
	open     map[string]int // requests without an answer, by id
	answered chan struct{}  // closed and replaced at every answer
	write    sync.Mutex
}

func newGate(ctx context.Context, in io.Reader, out io.Writer, limit time.Duration) *gate {
	g := &gate{ctx: ctx, out: out, limit: limit, lines: make(chan []byte), open: map[string]int{}, answered: make(chan struct{})}
	go g.scan(bufio.NewReaderSize(in, 64<<10))
	return g
}

// scan hands the input over, line by line.
func (g *gate) scan(in *bufio.Reader) {
	defer close(g.lines)
	for {
		line, err := g.line(in)
		if len(bytes.TrimSpace(line)) > 0 {
			select {
			case g.lines <- append(line, '\n'):
			case <-g.ctx.Done():
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				g.fail(fmt.Errorf("reading stdin: %w", err))
			}
			return
		}
	}
}

// line reads one line without its newline. One that is too long is answered
// with an error and skipped.
func (g *gate) line(in *bufio.Reader) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := in.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > maxMessage; !tooLong {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if tooLong {
			line = nil
			g.refuse(fmt.Sprintf("the message is larger than %d MiB", maxMessage>>20))
		}
		return bytes.TrimRight(line, "\r\n"), err
	}
}

// refuse answers a message of which not even the id was read.
func (g *gate) refuse(message string) {
	answer, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": nil, "error": map[string]any{"code": -32600, "message": message}})
	if err == nil {
		_, err = g.Write(append(answer, '\n'))
	}
	if err != nil {
		g.fail(err)
	}
}

func (g *gate) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = errors.Join(g.err, err)
}

func (g *gate) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// Read implements io.Reader for mcp-go.
func (g *gate) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		select {
		case line, more := <-g.lines:
			if !more {
				g.drain()
				return 0, io.EOF
			}
			g.rest = line
			g.note(line)
		case <-g.ctx.Done():
			g.drain()
			return 0, io.EOF
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// Write implements io.Writer for mcp-go, which writes one message at a time.
func (g *gate) Write(p []byte) (int, error) {
	g.write.Lock()
	n, err := g.out.Write(p)
	g.write.Unlock()
	var answer struct {
		Method string          `json:"method"`
		ID     json.RawMessage `json:"id"`
	}
	if json.Unmarshal(p, &answer) == nil && answer.Method == "" {
		g.settle(idKey(answer.ID))
	}
	return n, err
}

// note remembers a request that wants an answer.
func (g *gate) note(line []byte) {
	var request struct {
		Method string          `json:"method"`
		ID     json.RawMessage `json:"id"`
	}
	// A subscription is answered only when it ends.
	if json.Unmarshal(line, &request) != nil || request.Method == "" || request.Method == "subscriptions/listen" {
		return
	}
	if key := idKey(request.ID); key != "" {
		g.mu.Lock()
		g.open[key]++
		g.mu.Unlock()
	}
}

// settle crosses out a request that was answered.
func (g *gate) settle(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[key] > 1 {
		g.open[key]--
	} else {
		delete(g.open, key)
	}
	close(g.answered)
	g.answered = make(chan struct{})
}

// drain waits until every request is answered, at most for the limit.
func (g *gate) drain() {
	g.ending()
	deadline := time.After(g.limit)
	for {
		g.mu.Lock()
		open, answered := len(g.open), g.answered
		g.mu.Unlock()
		if open == 0 {
			return
		}
		select {
		case <-answered:
		case <-deadline:
			return
		}
	}
}

// idKey returns one spelling of a request's id, "" for none. Numbers go
// through float64, as mcp-go sends them back.
func idKey(id json.RawMessage) string {
	var value any
	if len(id) == 0 || json.Unmarshal(id, &value) != nil || value == nil {
		return ""
	}
	return fmt.Sprintf("%T %v", value, value)
}
