package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

type sandboxCommand struct {
	Listen  string `default:"127.0.0.1:8090" placeholder:"ADDRESS" help:"Address to listen on; port 0 picks a free one."`
	Variant string `enum:"guide,reference" default:"guide" help:"Form of the responses: as in the posting guide or in the API reference."`
}

// Run serves the sandbox until ctx is done.
func (c sandboxCommand) Run(ctx context.Context, std streams) error {
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	server := &http.Server{
		Handler:           sandbox.New(sandbox.Config{Variant: sandbox.Variant(c.Variant)}),
		ReadHeaderTimeout: 5 * time.Second,
	}
	fmt.Fprintf(std.out, "OpenTrain sandbox (%s responses): in memory, nothing is real. Press Ctrl-C to stop.\n\n"+
		"  export OPENTRAIN_API_BASE_URL=%s\n  export OT_API_TOKEN=%s\n", c.Variant, base, sandbox.DemoToken)
	context.AfterFunc(ctx, func() { server.Close() }) //nolint:errcheck,gosec // the process ends
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
