package adapter

import (
	"context"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
)

// flushDelay is how long an answer waits after a notification, which mcp-go would otherwise drop.
const flushDelay = 5 * time.Millisecond

// progress reports the steps of a call to the client.
type progress struct {
	server *server.MCPServer
	token  mcp.ProgressToken // nil when the client gets no reports
	mu     sync.Mutex
	sent   int
}

// newProgress reports only to a client that asked for it, and only over a stream of its own: without
// sessions, mcp-go would send an older client's reports to others.
func newProgress(ctx context.Context, s *server.MCPServer, meta *mcp.Meta) *progress {
	p, transport := &progress{server: s}, caller.From(ctx).Transport
	modern := mcp.IsModernProtocol(server.RequestProtocolVersion(ctx))
	if meta != nil && transport != caller.Unknown && (modern || transport != caller.StreamableHTTP) {
		p.token = meta.ProgressToken
	}
	return p
}

// report sends a step to the client.
func (p *progress) report(ctx context.Context, step string) {
	if p.token == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent++
	//nolint:errcheck,gosec // a client that can't be reached gets no reports
	p.server.SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress), map[string]any{
		"progressToken": p.token, "progress": p.sent, "message": step,
	})
}

// repeat reports a step now and again at every interval, until it is stopped.
func (p *progress) repeat(ctx context.Context, interval time.Duration, step string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	p.report(ctx, step)
	running.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.report(ctx, step)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// flush lets the last report out before the answer.
func (p *progress) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent > 0 {
		waitForNotifications()
	}
}

// afterListen is a hook: the acknowledgment of a subscription to nothing goes out before its end.
func afterListen(context.Context, any, *mcp.SubscriptionsListenRequest, *mcp.SubscriptionsListenResult) {
	waitForNotifications()
}

func waitForNotifications() {
	time.Sleep(flushDelay) //nolint:forbidigo // mcp-go offers no event to wait for
}
