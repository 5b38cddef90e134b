package adapter

import (
	"context"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/metrics"
)

// count counts the request, which was answered with the code of an error, 0 for a result.
func (c *Call) count(ctx context.Context, code int) {
	counted := c.operation
	counted.Method, counted.Code, counted.Session = methodOf(c.message), code, c.peer.counted(caller.From(ctx), c.message.Version)
	switch {
	case c.canceled.Load():
		counted.Error = metrics.Canceled
	case code != 0:
		counted.Error = ""
	}
	c.peer.server.cfg.Metrics.Served(counted, time.Since(c.start))
}

// countAsked counts a request to the client. failure is "" if the client answered it.
func (c *Call) countAsked(ctx context.Context, method, failure string, start time.Time) {
	counted := metrics.Operation{Method: method, Error: failure, Session: c.peer.counted(caller.From(ctx), c.message.Version)}
	c.peer.server.cfg.Metrics.Asked(counted, time.Since(start))
}

func (p *Peer) countNotification(ctx context.Context, m jsonrpc.Message) {
	p.server.cfg.Metrics.Served(metrics.Operation{Method: methodOf(m), Session: p.counted(caller.From(ctx), m.Version)}, 0)
}

// End ends the session: its client answers no form and hears of no change any more. It is counted if its client said hello.
func (p *Peer) End(over caller.Transport) {
	p.end()
	if p.session.ProtocolVersion() != "" {
		p.server.cfg.Metrics.Ended(p.counted(&caller.Request{Transport: over}, ""), time.Since(p.start))
	}
}

// counted describes the session of a request for metrics. version is the one in _meta, "" for none.
func (p *Peer) counted(request *caller.Request, version string) metrics.Session {
	if version == "" {
		version = p.session.ProtocolVersion()
	}
	if version == "" {
		version = request.Version
	}
	if version != "" && !mcp.IsValidProtocolVersion(version) {
		version = metrics.Other
	}
	return metrics.Session{Version: version, Pipe: request.Transport == caller.Stdio}
}

// methodOf returns the method of a message for metrics: callers can make up any number of them.
func methodOf(m jsonrpc.Message) string {
	switch mcp.MCPMethod(m.Method) {
	case mcp.MethodInitialize, mcp.MethodServerDiscover, mcp.MethodPing, mcp.MethodSetLogLevel, mcp.MethodToolsList, mcp.MethodToolsCall,
		mcp.MethodPromptsList, mcp.MethodPromptsGet, mcp.MethodCompletionComplete,
		mcp.MethodResourcesList, mcp.MethodResourcesTemplatesList, mcp.MethodResourcesRead, mcp.MethodResourcesSubscribe,
		mcp.MethodResourcesUnsubscribe, mcp.MethodSubscriptionsListen,
		mcp.MethodNotificationInitialized, mcp.MethodNotificationCancelled, mcp.MethodNotificationProgress,
		mcp.MethodNotificationRootsListChanged:
		return m.Method
	default:
		return metrics.Other
	}
}
