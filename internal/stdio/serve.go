// Package stdio serves one host over standard input and output, one JSON-RPC message per line.
package stdio

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
)

const (
	workers = 16 // tool calls that run at once; further ones wait
	// maxPending limits the requests without a response, and maxBytes their messages. Further requests are refused.
	maxPending = 256
	maxBytes   = 8 << 20
	// maxKept limits the buffer of an answer that is kept for the next one, in bytes. Few are longer.
	maxKept = 64 << 10
)

// Serve serves a host that writes messages to in and reads them from out. It returns nil after the end of in, or
// of ctx, once the requests so far are answered, and an error if it can't read in or write to out. Answers that take a
// second longer than timeout are lost.
func Serve(ctx context.Context, s *adapter.Server, in io.Reader, out io.Writer, timeout time.Duration, log *slog.Logger) error {
	input, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c := &connection{
		peer: s.NewPeer(rand.Text()), out: out, log: log, workers: make(chan struct{}, workers), writing: make(chan struct{}, 1), fail: stop,
	}
	c.peer.Push(c.send)
	// The end of ctx ends the input. The running calls go on until they are answered.
	calls, cancel := context.WithCancel(caller.With(context.WithoutCancel(ctx), &caller.Request{Transport: caller.Stdio}))
	defer cancel()
	lines := &lineReader{lines: make(chan line), ended: make(chan struct{})}
	go lines.scan(input, in)
	answered := make(chan struct{})
	go func() { // it stalls when the host doesn't read, which must not hold up the end
		defer close(answered)
		c.receiveAll(input, calls, lines.lines)
		c.running.Wait()
	}()
	select {
	case <-lines.ended:
	case <-input.Done():
	}
	c.peer.End(caller.Stdio) // a host that is gone answers no form and hears no news
	defer s.Flush()
	select {
	case <-answered:
	case <-time.After(timeout + time.Second):
	}
	if cause := context.Cause(input); cause != nil && ctx.Err() == nil {
		return cause
	}
	return lines.failure()
}

// connection is the conversation with the host.
type connection struct {
	peer    *adapter.Peer
	log     *slog.Logger
	workers chan struct{}
	fail    func(error) // ends the conversation

	writing chan struct{} // has room for the one that writes
	out     io.Writer
	buffer  []byte // of the one that writes

	running        sync.WaitGroup // requests without a response
	mu             sync.Mutex
	pending, bytes int // their number, and the size of their messages
}

// receiveAll receives lines until there are no more or the input ends.
func (c *connection) receiveAll(input, calls context.Context, lines <-chan line) {
	for {
		select {
		case l, open := <-lines:
			if !open {
				return
			}
			c.receive(calls, l)
		case <-input.Done():
			return
		}
	}
}

// receive takes in a line. It blocks only while the host doesn't read what is written to it.
func (c *connection) receive(ctx context.Context, l line) {
	m, err := l.parse()
	if trace := caller.ParseTrace(m.Traceparent, m.Tracestate); trace.ID != "" {
		ctx = caller.With(ctx, &caller.Request{Transport: caller.Stdio, Trace: trace})
	}
	switch {
	case err != nil && err.Silent:
		c.log.DebugContext(ctx, "ignored a message", "reason", err.Message)
	case err != nil:
		c.write(err.Response())
	case m.Kind != jsonrpc.Request:
		c.peer.Receive(ctx, m)
	case m.Method == string(mcp.MethodPing):
		c.serve(c.peer.Begin(ctx, m))
	case !c.reserve(len(l.text)):
		ctx, call := c.peer.Begin(ctx, m)
		defer call.End()
		c.write(call.Busy(ctx)...)
	default:
		ctx, call := c.peer.Begin(ctx, m)
		c.running.Go(func() {
			defer c.release(len(l.text))
			growStack()
			if m.Method == string(mcp.MethodToolsCall) {
				select {
				case c.workers <- struct{}{}:
					defer func() { <-c.workers }()
				case <-ctx.Done():
				}
			}
			c.serve(ctx, call)
		})
	}
}

// growStack makes room for a call on a new goroutine's stack, which otherwise is copied each time that it has to double.
//
//go:noinline
func growStack() {
	var room [40 << 10]byte
	runtime.KeepAlive(&room)
}

// serve answers a request, unless it was canceled while it waited.
func (c *connection) serve(ctx context.Context, call *adapter.Call) {
	defer call.End()
	select {
	case <-ctx.Done():
		return
	default:
	}
	if response, _ := call.Serve(ctx, c.send); response != nil {
		c.write(response...)
	}
}

func (c *connection) send(message []byte) { c.write(message) }

// write writes a message, which may be in parts.
func (c *connection) write(parts ...[]byte) {
	c.writing <- struct{}{}
	defer func() { <-c.writing }()
	size := 1
	for _, part := range parts {
		size += len(part)
	}
	line := slices.Grow(c.buffer[:0], size)
	for _, part := range parts {
		line = append(line, part...)
	}
	line = append(line, '\n')
	if _, err := c.out.Write(line); err != nil {
		c.fail(fmt.Errorf("the host no longer reads standard output: %w", err))
	}
	c.buffer = line
	if cap(line) > maxKept {
		c.buffer = nil
	}
}

// reserve counts a request as pending, unless there are too many.
func (c *connection) reserve(size int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending >= maxPending || c.bytes+size > maxBytes {
		return false
	}
	c.pending++
	c.bytes += size
	return true
}

func (c *connection) release(size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending--
	c.bytes -= size
}
