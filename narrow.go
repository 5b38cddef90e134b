package opentrainmcp

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/tools"
)

// The headers with which a caller asks for less than the server offers.
const (
	readOnlyHeader = "X-MCP-Readonly"
	toolsHeader    = "X-MCP-Tools"
)

// narrowing is what a caller left of the tools. It can only take away.
type narrowing struct {
	readOnly bool
	tools    [][]string // a tool must be in each list
}

// narrowingOf reads a request's narrowing. What cannot be understood is
// refused: a caller who wants less must not get more.
func narrowingOf(header http.Header, known []tools.Tool) (narrowing, *refusal) {
	var n narrowing
	for _, value := range header.Values(readOnlyHeader) {
		wanted, err := strconv.ParseBool(strings.TrimSpace(value))
		if err != nil {
			return n, &refusal{http.StatusBadRequest, fmt.Sprintf("%s is true or false, not %q.", readOnlyHeader, clip(value))}
		}
		n.readOnly = n.readOnly || wanted
	}
	for _, value := range header.Values(toolsHeader) {
		names := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		if len(names) == 0 {
			return n, &refusal{http.StatusBadRequest, toolsHeader + " names no tool. Leave the header out to have all of them."}
		}
		for _, name := range names {
			if !slices.ContainsFunc(known, func(tool tools.Tool) bool { return tool.Name == name }) {
				return n, &refusal{http.StatusBadRequest, fmt.Sprintf("%s names %q, which is no tool of this server.", toolsHeader, clip(name))}
			}
		}
		n.tools = append(n.tools, names)
	}
	return n, nil
}

// clip bounds what of a caller's header is repeated.
func clip(value string) string { return value[:min(len(value), 64)] }

// and joins two narrowings.
func (n narrowing) and(other narrowing) narrowing {
	return narrowing{readOnly: n.readOnly || other.readOnly, tools: slices.Concat(n.tools, other.tools)}
}

// allows reports whether a tool is left.
func (n narrowing) allows(tool tools.Tool) bool {
	if n.readOnly && !tool.Kind.ReadOnly() {
		return false
	}
	return !slices.ContainsFunc(n.tools, func(names []string) bool { return !slices.Contains(names, tool.Name) })
}

// narrowTools is a server.ToolFilterFunc: it leaves out, of a list and of what
// can be called, what the caller of this request does not want.
func (s *Server) narrowTools(ctx context.Context, listed []mcp.Tool) []mcp.Tool {
	narrowing := requestFrom(ctx).narrowing
	return slices.DeleteFunc(slices.Clone(listed), func(definition mcp.Tool) bool {
		return slices.ContainsFunc(s.tools, func(tool tools.Tool) bool { return tool.Name == definition.Name && !narrowing.allows(tool) })
	})
}

// narrowPrompts is a hook: it leaves out the prompts whose tools are left out.
func (s *Server) narrowPrompts(ctx context.Context, _ any, _ *mcp.ListPromptsRequest, result *mcp.ListPromptsResult) {
	left := requestFrom(ctx).narrowing
	result.Prompts = slices.DeleteFunc(slices.Clone(result.Prompts), func(prompt mcp.Prompt) bool {
		return !s.serves(left, promptTools(prompt.Name)...)
	})
}
