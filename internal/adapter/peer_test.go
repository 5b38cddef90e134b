package adapter_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/tool"
)

// TestNotificationsBelongToTheirRequest: of the requests of one client at the same time, each gets its own notifications
// and no others.
func TestNotificationsBelongToTheirRequest(t *testing.T) {
	t.Parallel()
	peer := newServer(t, tool.Set{}, nil).NewPeer("x")
	ctx := caller.With(t.Context(), &caller.Request{Transport: caller.Stdio})
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"` + mcp.LATEST_PROTOCOL_VERSION + `",` +
		`"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"}}`
	serve := func(method, id, params string) (sent []string) {
		m, err := jsonrpc.Parse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%q,"method":%q,"params":{%s%s}}`, id, method, params, meta))
		if err != nil {
			t.Error(err)
			return nil
		}
		ctx, call := peer.Begin(ctx, m)
		defer call.End()
		if response, code := call.Serve(ctx, func(message []byte) { sent = append(sent, string(message)) }); code != 0 {
			t.Errorf("got %s", response)
		}
		return sent
	}
	var callers sync.WaitGroup
	for n := range 4 {
		callers.Go(func() {
			for i := range 200 {
				id := fmt.Sprintf("s%d-%d", n, i)
				sent := serve("subscriptions/listen", id, `"notifications":{},`)
				if len(sent) != 1 || !strings.Contains(sent[0], `"`+id+`"`) {
					t.Errorf("the subscription got %q", sent)
					return
				}
			}
		})
		callers.Go(func() {
			for i := range 200 {
				if sent := serve("tools/list", fmt.Sprint(n, i), ""); len(sent) != 0 {
					t.Errorf("the list got %q", sent)
					return
				}
			}
		})
	}
	callers.Wait()
}
