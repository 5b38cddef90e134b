package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opentrain-mcp/internal/edge"
	"opentrain-mcp/opentrain/sandbox"
)

// seedVar makes the flag that says which jobs the sandbox's account has from the start.
func seedVar(flags *pflag.FlagSet, seed *string) {
	choiceVar(flags, seed, "seed", "", "`SEED` history: the sandbox starts with a live job, a draft from last week and an archived job "+
		"of yours (default: no jobs).", "history")
}

// variantUsage explains the flag that chooses between the two forms that OpenTrain documents.
const variantUsage = "Response format: guide (as in the posting guide) or reference (as in the API reference)."

// sandboxAddress is where the sandbox listens.
const sandboxAddress = "127.0.0.1:8090"

// sandboxConnections is how many connections the sandbox has at once.
const sandboxConnections = 100

type sandboxCommand struct {
	Listen, Variant, Seed string
}

func newSandbox(std streams) *cobra.Command {
	var c sandboxCommand
	command := newCommand("sandbox", "Serve only the sandbox: its API for curl and other clients, its pages for browsers.",
		func(command *cobra.Command) error { return c.Run(command.Context(), std) })
	flags := command.Flags()
	flags.StringVar(&c.Listen, "listen", sandboxAddress, "`ADDRESS` Address to listen on (default: "+sandboxAddress+"); port 0 picks a free "+
		"one. Other machines can use the sandbox too, if they can reach the address.")
	choiceVar(flags, &c.Variant, "variant", "guide", variantUsage, "guide", "reference")
	seedVar(flags, &c.Seed)
	return command
}

// Run serves the sandbox until ctx is done.
func (c sandboxCommand) Run(ctx context.Context, std streams) error {
	if err := checkAddress("--listen", c.Listen, sandboxAddress); err != nil {
		return err
	}
	listener, err := listen("--listen", c.Listen)
	if err != nil {
		return err
	}
	base := "http://" + openable(listener.Addr())
	address, isTCP := listener.Addr().(*net.TCPAddr)
	private := isTCP && address.IP.IsLoopback() // no one else can have webhooks call services of this machine
	box := sandbox.New(sandbox.Config{Variant: sandbox.Variant(c.Variant), AppURL: base, History: c.Seed == "history", Deliver: private})
	server := &http.Server{Handler: box, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
	if private {
		server.Handler = onlyHere(box)
	}
	fmt.Fprintf(std.out, "OpenTrain sandbox (%s responses): in memory, nothing is real. Press Ctrl-C to stop.\n\n"+
		"  export OPENTRAIN_API_BASE_URL=%s\n  export OT_API_TOKEN=%s\n\nOpen %s/ to see its drafts and jobs, and what waits for you.\n",
		c.Variant, base, sandbox.DemoToken, base)
	context.AfterFunc(ctx, func() { server.Close() }) //nolint:errcheck,gosec // the process ends
	listener = edge.NewConnections(sandboxConnections, true, slog.New(slog.DiscardHandler)).Limit(server, listener)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// openable is an address that a browser on this machine can open: 0.0.0.0 and [::] can't be opened everywhere.
func openable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address.String()
}

// onlyHere refuses requests to a name that isn't this machine's own. Otherwise, a web page could make its name resolve to
// this machine (DNS rebinding) and read drafts: the token is in the documentation, and pages need none. It also refuses
// what a page of another site sends.
func onlyHere(next http.Handler) http.Handler {
	ownPages := http.NewCrossOriginProtection()
	ownPages.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "This sandbox doesn't serve pages of other sites.", http.StatusForbidden)
	}))
	next = ownPages.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if !edge.Loopback(host) {
			http.Error(w, "This sandbox serves this machine only: call it by its IP address or as localhost.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
