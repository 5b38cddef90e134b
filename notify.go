package opentrainmcp

import (
	"context"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// noticePause is how long a request waits after its last notification. mcp-go
// hands notifications over to another goroutine, which drops what it has in
// its hands when the answer is ready.
const noticePause = 2 * time.Millisecond

// letNoticesOut waits until the notifications of a request are on their way.
func letNoticesOut() {
	time.Sleep(noticePause) //nolint:forbidigo // there is nothing to wait for but time
}

// afterListen is a hook: an acknowledgement goes out before the end of a
// subscription to nothing.
func afterListen(context.Context, any, *mcp.SubscriptionsListenRequest, *mcp.SubscriptionsListenResult) {
	letNoticesOut()
}
