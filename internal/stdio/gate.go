package stdio

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxLine limits one incoming message, in bytes. A description of 60,000 escaped characters takes 720 KB.
const maxLine = 4 << 20

// gate is the input and the output of mcp-go's stdio server. It passes on clean lines, and reports the end of
// the input only when every request is answered.
type gate struct {
	ctx     context.Context
	out     io.Writer
	timeout time.Duration // how long the end of the input waits for answers
	onEnd   func()        // called at the end of the input, before waiting

	lines   chan []byte
	unread  []byte // the rest of the line that mcp-go is reading
	writing sync.Mutex

	mu      sync.Mutex
	err     error          // from reading the input or refusing a line
	pending map[string]int // requests without an answer, by id
	idle    chan struct{}  // closed when pending becomes empty
}

func newGate(ctx context.Context, in io.Reader, out io.Writer, timeout time.Duration, onEnd func()) *gate {
	g := &gate{
		ctx: ctx, out: out, timeout: timeout, onEnd: onEnd,
		lines: make(chan []byte), pending: map[string]int{}, idle: make(chan struct{}),
	}
	close(g.idle)
	go g.scan(bufio.NewReaderSize(in, 64<<10))
	return g
}

// Read implements io.Reader for mcp-go.
func (g *gate) Read(p []byte) (int, error) {
	if len(g.unread) == 0 {
		select {
		case g.unread = <-g.lines: // nil at the end of the input
		case <-g.ctx.Done():
		}
		if len(g.unread) == 0 {
			g.drain()
			return 0, io.EOF
		}
		g.requested(g.unread)
	}
	n := copy(p, g.unread)
	g.unread = g.unread[n:]
	return n, nil
}

// Write implements io.Writer for mcp-go, which writes one message at a time.
func (g *gate) Write(p []byte) (int, error) {
	g.writing.Lock()
	n, err := g.out.Write(p)
	g.writing.Unlock()
	g.answered(p)
	return n, err
}

func (g *gate) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// scan reads the input line by line.
func (g *gate) scan(in *bufio.Reader) {
	defer close(g.lines)
	for {
		line, err := g.readLine(in)
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

// readLine reads one line, without its newline. It refuses and skips a line that is too long.
func (g *gate) readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := in.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > maxLine; !tooLong {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if tooLong {
			line = nil
			// Nothing was read of the message, so its id is unknown.
			_, err := fmt.Fprintf(g, `{"error":{"code":%d,"message":"the message is larger than %d MiB"},"id":null,"jsonrpc":"2.0"}`+"\n",
				mcp.INVALID_REQUEST, maxLine>>20)
			g.fail(err)
		}
		return bytes.TrimRight(line, "\r\n"), err
	}
}

// fail keeps an error for failure. It ignores nil.
func (g *gate) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = errors.Join(g.err, err)
}

// drain waits until every request is answered, or until the timeout.
func (g *gate) drain() {
	g.onEnd()
	g.mu.Lock()
	idle := g.idle
	g.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(g.timeout):
	}
}

// message is what the gate looks at in a message.
type message struct {
	Method string          `json:"method"`
	ID     json.RawMessage `json:"id"`
}

// requested remembers a request until it is answered, but not a subscription, whose answer comes at its end.
func (g *gate) requested(line []byte) {
	var request message
	if json.Unmarshal(line, &request) != nil || request.Method == "" || request.Method == "subscriptions/listen" {
		return
	}
	if key := idKey(request.ID); key != "" {
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.pending) == 0 {
			g.idle = make(chan struct{})
		}
		g.pending[key]++
	}
}

// answered forgets the request that a message answers. The server's own requests and notifications have a
// method and answer nothing.
func (g *gate) answered(line []byte) {
	var answer message
	if json.Unmarshal(line, &answer) != nil || answer.Method != "" {
		return
	}
	key := idKey(answer.ID)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending[key] == 0 {
		return
	}
	if g.pending[key]--; g.pending[key] == 0 {
		delete(g.pending, key)
	}
	if len(g.pending) == 0 {
		close(g.idle)
	}
}

// idKey returns one spelling of an id, "" for none. mcp-go sends numbers back as float64.
func idKey(id json.RawMessage) string {
	var value any
	if len(id) == 0 || json.Unmarshal(id, &value) != nil || value == nil {
		return ""
	}
	return fmt.Sprintf("%T %v", value, value)
}
