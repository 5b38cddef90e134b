package adapter

import (
	"context"
	"errors"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// errNarrowed is for callers who gave up a tool that a resource needs.
var errNarrowed = errors.New("the headers of this request leave out tools that this needs")

// addResources offers the resources whose tools are served. Lists are equal for all callers, contents may differ.
func (s *Server) addResources(resources []tool.Resource) {
	for _, r := range resources {
		if !s.serves(r.Needs, caller.Narrowing{}) {
			continue
		}
		s.resources = append(s.resources, r)
		read := handler(s, func(ctx context.Context, by caller.Caller, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			if !s.serves(r.Needs, caller.From(ctx).Narrowing) {
				return nil, errNarrowed
			}
			values, _ := request.Params.Arguments[variableOf(r.URI)].([]string) //nolint:errcheck // none without a variable
			text, err := r.Read(ctx, by, strings.Join(values, ","))
			if err != nil {
				return nil, err
			}
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: r.MIMEType, Text: text}}, nil
		})
		if variableOf(r.URI) == "" {
			s.mcp.AddResource(mcp.NewResource(r.URI, r.Title, mcp.WithResourceDescription(r.Description), mcp.WithMIMEType(r.MIMEType)), read)
			continue
		}
		s.mcp.AddResourceTemplate(mcp.NewResourceTemplate(r.URI, r.Title,
			mcp.WithTemplateDescription(r.Description), mcp.WithTemplateMIMEType(r.MIMEType)), read)
	}
}

// variableOf returns the name of a template's variable, "" for an address without one.
func variableOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "{")
	name, _, _ := strings.Cut(rest, "}")
	return name
}
