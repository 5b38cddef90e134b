package adapter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/jellydator/ttlcache/v3"
	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/tool"
)

// maxLists limits the lists that are kept for requests that narrow what is served, of about 46 KB each at most.
const maxLists = 32

// toolLists makes each list of tools once, as JSON.
type toolLists struct {
	served   tool.Served
	all      func() json.RawMessage
	making   sync.Mutex
	narrowed *ttlcache.Cache[string, json.RawMessage]
}

func newToolLists(served tool.Served) *toolLists {
	return &toolLists{
		served: served, all: sync.OnceValue(func() json.RawMessage { return encodeTools(served) }),
		narrowed: ttlcache.New(ttlcache.WithCapacity[string, json.RawMessage](maxLists)),
	}
}

// tools returns the list that a request gets.
func (l *toolLists) tools(narrowing caller.Narrowing) json.RawMessage {
	if len(narrowing) == 0 {
		return l.all()
	}
	key := fmt.Sprint(narrowing)
	l.making.Lock() // a list takes a millisecond
	defer l.making.Unlock()
	if kept := l.narrowed.Get(key); kept != nil {
		return kept.Value()
	}
	made := encodeTools(l.served.Narrow(narrowing))
	l.narrowed.Set(key, made, ttlcache.NoTTL)
	return made
}

// encodeTools describes tools in the order that mcp-go lists them in.
func encodeTools(served tool.Served) json.RawMessage {
	tools := tool.Map(served.Tools(), func(t tool.Tool) mcp.Tool { return definition(served.Describe(t)) })
	slices.SortFunc(tools, func(a, b mcp.Tool) int { return cmp.Compare(a.Name, b.Name) })
	return jsonrpc.Encode(tools)
}

// answerTools returns the response to tools/list, with the tools that are JSON already.
func (c *Call) answerTools(result mcp.ListToolsResult) [][]byte {
	return jsonrpc.AnswerWith(c.message.ID, "tools", c.tools, jsonrpc.Encode(result.PaginatedResult))
}
