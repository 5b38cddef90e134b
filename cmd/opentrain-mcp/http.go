package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/opentrain"
)

// httpTokenHelp tells a person or a model how a caller over HTTP sends a token.
const httpTokenHelp = "To send a token: copy one from OpenTrain (app.opentrain.ai, Settings → API keys), and have the host " +
	"send it with every request to this server, as \"X-OpenTrain-Token: ot_pat_...\" or \"Authorization: Bearer ot_pat_...\". " +
	"Never put a token into a tool's arguments."

// sandboxTokenHelp is for callers of a server on which nothing is real.
const sandboxTokenHelp = "This server is a sandbox: nothing is real, and no token is needed. " +
	"Leave X-OpenTrain-Token and Authorization out of the host's configuration."

// sharedTokenHelp is for callers who act for the server's own account.
const sharedTokenHelp = "This server uses its own OpenTrain account. Its operator must fix the API token " +
	"in OPENTRAIN_PERSONAL_API_TOKEN or in the token file."

// minSecret is how many characters the secret of --auth shared must have.
const minSecret = 16

// serverTokenVariable holds the secret of --auth shared.
const serverTokenVariable = "OPENTRAIN_MCP_SERVER_TOKEN" //nolint:gosec // a name

type httpCommand struct {
	serveFlags
	Listen, ReplicaID                    string
	Sessions, NoSSE                      bool
	SessionIdle                          time.Duration
	MaxSessions, MaxStreams, MaxRequests int

	Auth, TLSCert, TLSKey, Store, BasePath, OpsListen string
	RequireToken, BehindProxy, Replicated             bool
	AllowedHosts, AllowedOrigins                      []string

	Rate                               float64
	Burst, MaxConnections, MaxUpstream int
	DrainPause, DrainTimeout           time.Duration
}

func newHTTP(std streams) *cobra.Command {
	var c httpCommand
	command := newCommand("http", "Serve many remote callers over Streamable HTTP and SSE.",
		func(command *cobra.Command) error { return c.Run(command.Context(), std) })
	group(command.Flags(), "Tools, account and log:", c.register)
	group(command.Flags(), "Address, sessions and streams:", c.registerSessions)
	group(command.Flags(), "Callers, TLS and replicas:", c.registerCallers)
	group(command.Flags(), "Limits and shutdown:", c.registerLimits)
	return command
}

func (c *httpCommand) registerSessions(flags *pflag.FlagSet) {
	flags.StringVar(&c.Listen, "listen", "127.0.0.1:8080", "`ADDRESS` Address to listen on (default: 127.0.0.1:8080). A non-loopback "+
		"address also needs --allowed-hosts, and --tls-cert or --behind-proxy.")
	flags.BoolVar(&c.Sessions, "sessions", false, "Keep sessions for older hosts, with streams, forms and progress. All requests of a "+
		"session must then reach one replica.")
	flags.DurationVar(&c.SessionIdle, "session-idle", opentrainmcp.DefaultSessionIdle,
		"End a session after this long without a request. An open stream doesn't count.")
	flags.IntVar(&c.MaxSessions, "max-sessions", defaultSessions, "Maximum sessions.")
	flags.BoolVar(&c.NoSSE, "no-sse", false, "Turn off /sse and /message, the transport of older hosts.")
	flags.IntVar(&c.MaxStreams, "max-streams", defaultStreams, "Maximum open event streams.")
	flags.IntVar(&c.MaxRequests, "max-requests", defaultRequests, "Maximum requests in progress, besides streams.")
	flags.StringVar(&c.ReplicaID, "replica-id", "", "`ID` Prefix of session ids, so a proxy can find this replica.")
}

func (c *httpCommand) registerCallers(flags *pflag.FlagSet) {
	choiceVar(flags, &c.Auth, "auth", "callers", "callers: each caller sends an OpenTrain token. shared: everyone uses this server's "+
		"account and sends the secret in OPENTRAIN_MCP_SERVER_TOKEN or in the file named by OPENTRAIN_MCP_SERVER_TOKEN_FILE.",
		"callers", "shared")
	flags.BoolVar(&c.RequireToken, "require-token", false, "Reject callers without a token.")
	pathVar(flags, &c.TLSCert, "tls-cert", "`FILE` PEM file with the TLS certificate. It is reloaded when it changes.")
	pathVar(flags, &c.TLSKey, "tls-key", "`FILE` PEM file with the TLS key.")
	flags.BoolVar(&c.BehindProxy, "behind-proxy", false, "A proxy in front handles TLS. The last address in X-Forwarded-For is the caller.")
	flags.BoolVar(&c.Replicated, "replicated", false, "Other replicas serve the same callers, so drafts can change without this one "+
		"knowing. Needs OPENTRAIN_MCP_STATE_KEY.")
	flags.StringVar(&c.Store, "store", "", "`URL` Redis or Valkey for what replicas share: redis://host:6379 or, with TLS, "+
		"rediss://user:password@host:6379/0. Implies --replicated. If the URL has a password, set it in the variable, not in the flag. "+
		"Needs OPENTRAIN_MCP_STATE_KEY.")
	flags.StringVar(&c.BasePath, "base-path", "", "`PATH` Path prefix the proxy strips: /opentrain when callers use /opentrain/sse.")
	listVar(flags, &c.AllowedHosts, "allowed-hosts", "`A,B` Names that callers use for this server, as in their Host header.")
	listVar(flags, &c.AllowedOrigins, "allowed-origins", "`A,B` Web origins that may call, such as https://app.example.com. "+
		"Turns on CORS for them.")
	flags.StringVar(&c.OpsListen, "ops-listen", "", "`ADDRESS` Serve /healthz, /readyz and /metrics on this address instead.")
}

func (c *httpCommand) registerLimits(flags *pflag.FlagSet) {
	flags.Float64Var(&c.Rate, "rate", opentrainmcp.DefaultCallsPerSecond, "Calls per second per caller. An address can make ten times as "+
		"many, with any number of tokens. 0 means no limit.")
	flags.IntVar(&c.Burst, "burst", opentrainmcp.DefaultBurst, "Maximum burst of calls per caller.")
	flags.IntVar(&c.MaxConnections, "max-connections", 0, "`N` Maximum open connections (default: twice --max-streams, at least 500, as "+
		"far as the limit of open files allows).")
	flags.IntVar(&c.MaxUpstream, "max-upstream", opentrain.DefaultMaxConcurrent, "Maximum concurrent requests to OpenTrain.")
	flags.DurationVar(&c.DrainPause, "drain-pause", 0, "After SIGTERM, keep listening for this long and answer new calls with 503, "+
		"so that a proxy sends them to another replica.")
	flags.DurationVar(&c.DrainTimeout, "drain-timeout", 40*time.Second, "Time for running calls to finish after SIGTERM.")
}

// Run serves many callers over HTTP until ctx is done.
func (c httpCommand) Run(ctx context.Context, std streams) error {
	log := c.logger(std.err, "json")
	if err := c.checkEdge(); err != nil {
		return err
	}
	c.fitConnections(log)
	limitMemory(c.memoryOf())
	collectLess()
	handler, closeStore, err := c.handler(log) //nolint:contextcheck // the store outlives calls
	if err != nil {
		return err
	}
	defer closeStore()
	certificates, err := c.certificates(log)
	if err != nil {
		return err
	}
	listener, err := listen("--listen", c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // the process ends
	if certificates != nil {
		listener = edge.LimitHello(listener)
	}
	log.Info("listening", "address", listener.Addr().String(), "tls", certificates != nil,
		"sessions", c.Sessions, "sse", !c.NoSSE, "auth", c.Auth)
	if std.told.Terminal() {
		scheme := map[bool]string{false: "http", true: "https"}[certificates != nil]
		fmt.Fprintf(std.err, "Serving at %s://%s%s/mcp. Press Ctrl-C to stop.\n", scheme, openable(listener.Addr()), c.BasePath)
	}
	servers := []*http.Server{httpServer(handler, log)}
	servers[0].TLSConfig = certificates
	connections := edge.NewConnections(c.MaxConnections, c.BehindProxy, log)
	listeners := []net.Listener{connections.Limit(servers[0], listener)}
	if c.OpsListen != "" {
		ops, err := listen("--ops-listen", c.OpsListen)
		if err != nil {
			return err
		}
		defer ops.Close() //nolint:errcheck // the process ends
		servers = append(servers, httpServer(handler.Ops(), log))
		listeners = append(listeners, edge.NewConnections(opsConnections, true, log).Limit(servers[1], ops))
		log.Info("listening", "address", ops.Addr().String(), "serves", "health and metrics")
	}
	failed := serve(servers, listeners)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	if c.DrainPause > 0 {
		log.Info("turning new calls away")
		handler.TurnAway()
		select {
		case err := <-failed:
			return err
		case <-time.After(c.DrainPause):
		}
	}
	return c.drain(context.WithoutCancel(ctx), log, handler, servers)
}

// serve starts the servers. The channel gets the error of each that ends.
func serve(servers []*http.Server, listeners []net.Listener) <-chan error {
	failed := make(chan error, len(servers))
	for i, server := range servers {
		go func() {
			if server.TLSConfig != nil {
				failed <- server.ServeTLS(listeners[i], "", "")
			} else {
				failed <- server.Serve(listeners[i])
			}
		}()
	}
	return failed
}

// drain ends streams, answers the calls in flight and closes the servers.
func (c httpCommand) drain(ctx context.Context, log *slog.Logger, handler *opentrainmcp.HTTPHandler, servers []*http.Server) error {
	log.Info("draining")
	ctx, cancel := context.WithTimeout(ctx, c.DrainTimeout)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- servers[0].Shutdown(ctx) }()
	err := handler.Shutdown(ctx)
	if err == nil {
		// Every call is answered. Shutdown would still wait five seconds for connections that never sent anything.
		select {
		case err = <-closed:
		case <-time.After(lastClose):
			err = servers[0].Close()
		}
	}
	for _, server := range servers[1:] { // health answers until the end
		err = errors.Join(err, server.Close())
	}
	if err != nil {
		return fmt.Errorf("calls in flight were cut off: %w", err)
	}
	log.Info("stopped")
	return nil
}

// lastClose is how long connections without a call may take to close.
const lastClose = 300 * time.Millisecond

// handler builds what is served, and returns what closes the store of it.
func (c httpCommand) handler(log *slog.Logger) (handler *opentrainmcp.HTTPHandler, closeStore func(), err error) {
	cfg := opentrainmcp.HTTPConfig{ // for which 0 is the default, but a flag of 0 isn't
		Auth: opentrainmcp.Auth(c.Auth), RequireToken: c.RequireToken,
		Sessions: c.Sessions, SessionIdle: cmp.Or(c.SessionIdle, -1), MaxSessions: cmp.Or(c.MaxSessions, -1),
		NoSSE: c.NoSSE, MaxStreams: cmp.Or(c.MaxStreams, -1), MaxRequests: cmp.Or(c.MaxRequests, -1),
		ReplicaID: c.ReplicaID, BasePath: c.BasePath,
		AllowedHosts: c.AllowedHosts, AllowedOrigins: c.AllowedOrigins, BehindProxy: c.BehindProxy,
		SeparateOps: c.OpsListen != "", CallsPerSecond: cmp.Or(c.Rate, opentrainmcp.NoLimit), Burst: cmp.Or(c.Burst, -1),
	}
	shared := cfg.Auth == opentrainmcp.AuthShared
	if shared {
		if cfg.ServerToken, err = serverToken(log); err != nil {
			return nil, nil, err
		}
	}
	if cfg.Config, err = c.config(log, shared, c.MaxUpstream, c.Store); err != nil {
		return nil, nil, err
	}
	closeStore = func() {
		if closer, ok := cfg.Store.(io.Closer); ok {
			_ = closer.Close() // the process ends
		}
	}
	cfg.Replicated, cfg.TokenHelp, cfg.TrialHelp = c.Replicated || c.Store != "", httpTokenHelp, "" // callers don't start the server
	switch {
	case shared:
		cfg.TokenHelp = sharedTokenHelp
	case c.Sandbox:
		cfg.TokenHelp = sandboxTokenHelp
		cfg.Anonymous, cfg.Token = cfg.Token, nil
	}
	cfg.ToolsetHelp = "The server's operator can turn it on with --toolsets=all."
	if handler, err = opentrainmcp.NewHTTPHandler(cfg); err != nil {
		closeStore()
		return nil, nil, wrong(err)
	}
	c.report(log, shared)
	return handler, closeStore, nil
}

// checkEdge refuses settings that would send callers' tokens unencrypted, or lock every caller out.
func (c httpCommand) checkEdge() error {
	if err := checkAddress("--listen", c.Listen, "127.0.0.1:8080"); err != nil {
		return err
	}
	if c.OpsListen != "" {
		if err := checkAddress("--ops-listen", c.OpsListen, "127.0.0.1:9090"); err != nil {
			return err
		}
	}
	host, _, _ := net.SplitHostPort(c.Listen)
	loopback := edge.Loopback(host)
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return usagef("--tls-cert and --tls-key go together")
	case !loopback && c.TLSCert == "" && !c.BehindProxy:
		return usagef("--listen %s is reachable from other machines, so tokens would travel unencrypted. "+
			"Set --tls-cert and --tls-key, or --behind-proxy if a proxy handles TLS", c.Listen)
	case !loopback && len(c.AllowedHosts) == 0:
		return usagef("--listen %s is reachable from other machines: set --allowed-hosts to the names callers use for this server", c.Listen)
	case c.MaxConnections < 0:
		return usagef("--max-connections can't be negative")
	case c.MaxUpstream < 1:
		return usagef("--max-upstream must be above zero")
	case c.DrainTimeout <= 0 || c.DrainPause < 0:
		return usagef("--drain-timeout must be above zero; --drain-pause can't be negative")
	}
	return nil
}

// serverToken reads the secret of --auth shared.
func serverToken(log *slog.Logger) (string, error) {
	token, from, err := secret(log, serverTokenVariable)
	if err != nil {
		return "", err
	}
	switch {
	case token == "":
		return "", usagef("--auth shared needs a secret that callers send as Authorization: Bearer, in the %s "+
			"environment variable or in the file named by %s_FILE", serverTokenVariable, serverTokenVariable)
	case len(token) < minSecret:
		return "", usagef("the secret in %s has %d characters; use at least %d: openssl rand -hex 32", from, len(token), minSecret)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", usagef("the secret in %s has spaces or characters not allowed in a header", from)
	}
	return token, nil
}
