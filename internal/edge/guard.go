// Package edge guards an HTTP server that strangers reach: which names and
// pages may talk to it, how much they may send, how often they may call, and
// who they are.
package edge

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"
)

// Guard lets requests through whose Host and Origin are expected. A web page
// that had its own name point to this server (DNS rebinding), or that simply
// sends requests here, is refused on every route. A connection to a loopback
// address may use the loopback forms of that address for both.
type Guard struct {
	// Hosts are the names that callers use, with a port or for every port.
	Hosts []string
	// Origins are the pages that may call, as browsers send them:
	// https://host or https://host:port. With any, CORS is switched on.
	Origins []string
	// AnyAddress accepts every Host that is an IP address. A page cannot rebind
	// one; probes that use a machine's address need it.
	AnyAddress bool
}

// Check tells what is wrong with the lists.
func (g Guard) Check() error {
	for _, host := range g.Hosts {
		if host == "" || strings.ContainsAny(host, "*/ ") {
			return fmt.Errorf("allowed host %q: want a name such as mcp.example.com, or a name and a port", host)
		}
	}
	for _, origin := range g.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.Contains(origin, "*") {
			return fmt.Errorf("allowed origin %q: want a scheme and a host such as https://app.example.com", origin)
		}
	}
	return nil
}

// The headers of the protocol, and this server's, that pages may send and read.
var (
	requestHeaders = []string{
		"Content-Type", "Accept", "Authorization", "X-OpenTrain-Token", "Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name",
		"Last-Event-ID", "X-MCP-Readonly", "X-MCP-Tools", "Traceparent", "Tracestate",
	}
	answerHeaders = []string{"Mcp-Session-Id", "Mcp-Protocol-Version", "Www-Authenticate", "Retry-After", "X-Request-Id"}
)

// Wrap puts the guard before a handler.
func (g Guard) Wrap(next http.Handler) http.Handler {
	if len(g.Origins) > 0 {
		next = cors.New(cors.Options{
			AllowedOrigins: g.Origins,
			AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodDelete},
			AllowedHeaders: requestHeaders,
			ExposedHeaders: answerHeaders,
			MaxAge:         600,
		}).Handler(next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.admit(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var (
	errHost   = errors.New("this server does not answer to the name in the Host header; its operator allows names with --allowed-hosts")
	errOrigin = errors.New("pages of this origin may not call this server; its operator allows origins with --allowed-origins")
)

func (g Guard) admit(r *http.Request) error {
	own := loopbackPort(r)
	host := strings.ToLower(r.Host)
	name, port := splitHost(host)
	address, err := netip.ParseAddr(name)
	switch {
	case slices.ContainsFunc(g.Hosts, func(allowed string) bool { return strings.EqualFold(allowed, host) || strings.EqualFold(allowed, name) }):
	case own != "" && isLoopback(name) && (port == own || port == "" && (own == "80" || own == "443")):
	case g.AnyAddress && err == nil && address.IsValid():
	default:
		return errHost
	}
	origins := r.Header.Values("Origin")
	// A page that loads an address as an image sends no Origin, but says this.
	if site := r.Header.Get("Sec-Fetch-Site"); len(origins) == 0 && (site == "cross-site" || site == "same-site") {
		return errOrigin
	}
	for _, origin := range origins {
		if !slices.Contains(g.Origins, origin) && !isOwnOrigin(origin, own) {
			return errOrigin
		}
	}
	return nil
}

// loopbackPort is the port of a connection to a loopback address, "" for one
// to any other.
func loopbackPort(r *http.Request) string {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !local.IP.IsLoopback() {
		return ""
	}
	_, port, err := net.SplitHostPort(local.String())
	if err != nil {
		return ""
	}
	return port
}

func isOwnOrigin(origin, own string) bool {
	u, err := url.Parse(origin)
	if err != nil || own == "" || u.Scheme+"://"+u.Host != origin || u.Scheme != "http" && u.Scheme != "https" || !isLoopback(strings.ToLower(u.Hostname())) {
		return false
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return port == own
}

func isLoopback(name string) bool {
	address, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && address.IsLoopback()
}

// splitHost separates a Host header's name from its port, "" when it has none.
func splitHost(host string) (name, port string) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return strings.Trim(host, "[]"), ""
	}
	return name, port
}
