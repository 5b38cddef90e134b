// Package mcpgo serves an mcp-go server over both transports.
package mcpgo

import (
	"github.com/mark3labs/mcp-go/server"

	"peers/peer"
)

// Serve runs the server as peer.Serve says: without sessions over HTTP, and with a worker for each of 16 calls over stdio.
func Serve(s *server.MCPServer) {
	peer.Serve(
		func() error { return server.ServeStdio(s, server.WithWorkerPoolSize(16)) },
		server.NewStreamableHTTPServer(s, server.WithStateLess(true), server.WithDisableStreaming(true)),
	)
}
