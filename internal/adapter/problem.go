package adapter

import (
	"context"
	"errors"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// unknown is the error of a request that names something which doesn't exist, in words for people.
type unknown struct {
	words string
	uri   string // of a resource, "" for anything else
}

func (u *unknown) Error() string { return u.words }

// problem is how to answer a request that has wrong params. mcp-go would answer that the error is internal.
type problem struct {
	code    int
	message string
	data    any // nil for none
}

// problemOf returns the problem with the params of a request that failed with err, nil for any other error. The code is the
// one of the request's protocol version.
func (s *Server) problemOf(ctx context.Context, request any, err error) *problem {
	missing, found := errors.AsType[*unknown](err)
	if !found {
		missing = s.missing(ctx, request, err)
	}
	switch {
	case missing == nil:
		return nil
	case missing.uri == "":
		return &problem{code: jsonrpc.CodeInvalidParams, message: missing.words}
	}
	code := mcp.RESOURCE_NOT_FOUND
	if mcp.IsModernProtocol(server.RequestProtocolVersion(ctx)) {
		code = jsonrpc.CodeInvalidParams
	}
	return &problem{code: code, message: missing.words, data: map[string]string{"uri": missing.uri}}
}

// missing puts into words what mcp-go doesn't find by itself, nil for any other error.
func (s *Server) missing(ctx context.Context, request any, err error) *unknown {
	switch request := request.(type) {
	case *mcp.ReadResourceRequest:
		uri := text.Clean(request.Params.URI, maxNamed)
		switch {
		case !errors.Is(err, server.ErrResourceNotFound):
			return nil
		case uri == "":
			return &unknown{words: "uri is required. " + s.knownResources(ctx)}
		}
		return &unknown{"There is no resource " + uri + ". " + s.knownResources(ctx), uri}
	case *mcp.GetPromptRequest:
		if errors.Is(err, server.ErrPromptNotFound) {
			return s.noPrompt(ctx, request.Params.Name)
		}
	}
	return nil
}

// maxNamed bounds what an error repeats of a name, in characters.
const maxNamed = 200

func (s *Server) noPrompt(ctx context.Context, name string) *unknown {
	var names []string
	for _, p := range s.prompts {
		if s.servedTo(ctx).Has(p.Needs...) {
			names = append(names, p.Name)
		}
	}
	return &unknown{words: "There is no prompt " + text.JSON(text.Clean(name, maxNamed)) + ". " + listOf("Prompts", names)}
}

func (s *Server) knownResources(ctx context.Context) string {
	var addresses []string
	for _, r := range s.resources {
		if s.servedTo(ctx).Has(r.Needs...) {
			addresses = append(addresses, r.URI)
		}
	}
	return listOf("Resources", addresses)
}

// noArgument is for an argument that a prompt or a resource doesn't have. argument is the one that it has, "" for none.
func noArgument(of, name, argument string) *unknown {
	return &unknown{words: of + " has no argument " + text.JSON(text.Clean(name, maxNamed)) + ". " +
		listOf("Arguments", strings.Fields(argument))}
}

func listOf(what string, names []string) string {
	if len(names) == 0 {
		return what + ": none."
	}
	return what + ": " + strings.Join(names, ", ") + "."
}

// readError is the error of a resource as its reader gets it.
func readError(uri string, err error) error {
	if missing, ok := errors.AsType[tool.NotFoundError](err); ok {
		return &unknown{text.Clean(missing.Error(), maxNamed*2), text.Clean(uri, maxNamed)}
	}
	return err
}
