package adapter

import (
	"context"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// progress reports the steps of a call to the client.
type progress struct {
	call *Call // nil when the client gets no reports
	mu   sync.Mutex
	sent int
}

// newProgress reports only to a client that asked for it.
func newProgress(ctx context.Context) *progress {
	if call := callFrom(ctx); call.message.ProgressToken != nil && call.send != nil {
		return &progress{call: call}
	}
	return &progress{}
}

// report sends a step to the client.
func (p *progress) report(step string) {
	if p.call == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent++
	p.call.notify(string(mcp.MethodNotificationProgress), map[string]any{
		"progressToken": p.call.message.ProgressToken, "progress": p.sent, "message": step,
	})
}

// repeat reports a step now and again at every interval, until it is stopped.
func (p *progress) repeat(ctx context.Context, interval time.Duration, step string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	p.report(step)
	running.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.report(step)
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
