package opentrainmcp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// sandboxConfig serves the demo account of a sandbox. To serve a real account, leave out
// Transport and return its API token.
func sandboxConfig() opentrainmcp.Config {
	api, err := opentrain.New(opentrain.Config{Transport: sandbox.New(sandbox.Config{}).Transport()})
	if err != nil {
		log.Fatal(err)
	}
	return opentrainmcp.Config{
		API: api,
		Token: func(context.Context) opentrainmcp.Token {
			return opentrainmcp.Token{Value: sandbox.DemoToken, From: "the example"}
		},
		Logger: slog.New(slog.DiscardHandler),
	}
}

// ServeStdio serves one host, usually on os.Stdin and os.Stdout. Here the host is in the
// same process and lists the tools, of which the configuration serves three.
func ExampleServer_ServeStdio() {
	ctx := context.Background()
	cfg := sandboxConfig()
	cfg.Tools = []string{"opentrain_create_draft", "opentrain_patch_draft", "opentrain_publish"}
	server, err := opentrainmcp.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	toServer, fromHost := io.Pipe()
	toHost, fromServer := io.Pipe()
	ended := make(chan error)
	go func() { ended <- server.ServeStdio(ctx, toServer, fromServer) }()

	host := client.NewClient(transport.NewIO(toHost, fromHost, io.NopCloser(strings.NewReader(""))))
	if err := host.Start(ctx); err != nil {
		log.Fatal(err)
	}
	if _, err := host.Initialize(ctx, mcp.InitializeRequest{}); err != nil {
		log.Fatal(err)
	}
	list, err := host.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		log.Fatal(err)
	}
	for _, tool := range list.Tools {
		fmt.Println(tool.Name)
	}

	// The server ends when the host closes its end.
	if err := fromHost.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("ended:", <-ended)
	// Output:
	// opentrain_create_draft
	// opentrain_patch_draft
	// opentrain_publish
	// ended: <nil>
}

// NewHTTPHandler makes an http.Handler for many callers, each of whom sends their own
// token. Here a caller without a token searches the marketplace, which needs none.
func ExampleNewHTTPHandler() {
	handler, err := opentrainmcp.NewHTTPHandler(opentrainmcp.HTTPConfig{Config: sandboxConfig()})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(handler)

	response, err := http.Post(server.URL+"/mcp", "application/json", strings.NewReader(`{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": {"name": "opentrain_search_jobs", "arguments": {"q": "bounding boxes", "limit": 3}}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	var answer struct {
		Result struct {
			StructuredContent struct {
				Jobs []struct{ ID, Title string }
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	for _, job := range answer.Result.StructuredContent.Jobs {
		fmt.Println(job.ID, job.Title)
	}
	response.Body.Close()
	server.Close()
	// Output:
	// market_041 Bounding Boxes for Night-Time Street Scenes
	// market_008 Shelf photos: box every product
}
