package opentrainmcp

import (
	"context"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// noticePause is how long a request waits after its last notification. mcp-go
// hands notifications over to another goroutine, which drops what it has in
// its hands when the answer is ready.
const noticePause = 5 * time.Millisecond

// letNoticesOut waits until the notifications of a request are on their way.
func letNoticesOut() {
	time.Sleep(noticePause) //nolint:forbidigo // there is nothing to wait for but time
}

// notices tells a client how far a call is.
type notices struct {
	server *server.MCPServer
	token  mcp.ProgressToken
	mu     sync.Mutex
	sent   int
}

// noticesOf are the notices of a call; they are told to nobody unless the
// client asked for them and a stream of its own carries them.
func (s *Server) noticesOf(ctx context.Context, request mcp.CallToolRequest) *notices {
	n := &notices{server: s.mcp}
	modern := mcp.IsModernProtocol(server.RequestProtocolVersion(ctx))
	if meta := request.Params.Meta; meta != nil && (modern || !s.asker.stateless || requestFrom(ctx).done != nil) {
		n.token = meta.ProgressToken
	}
	return n
}

// tell sends a notice.
func (n *notices) tell(ctx context.Context, step string) {
	if n.token == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent++
	//nolint:errcheck,gosec // a client that cannot be told does without
	n.server.SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress), map[string]any{
		"progressToken": n.token, "progress": n.sent, "message": step,
	})
}

// end lets the last notice out before the answer.
func (n *notices) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sent > 0 {
		letNoticesOut()
	}
}

// afterListen is a hook: an acknowledgement goes out before the end of a
// subscription to nothing.
func afterListen(context.Context, any, *mcp.SubscriptionsListenRequest, *mcp.SubscriptionsListenResult) {
	letNoticesOut()
}
