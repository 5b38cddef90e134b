// Package edge protects an HTTP server that strangers can reach. It checks which hosts and web pages may use
// the server, and limits how much a caller may send, how often it may call and how much it may keep open.
package edge

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rs/cors"
)

// Guard accepts only requests with an expected Host and Origin. It protects every route from web pages that
// send requests to this server, and from pages whose own name resolves to it (DNS rebinding). People may follow links
// from any page (see [IsNavigation]). On a connection to a loopback address, both headers may also name that address in
// any loopback form.
type Guard struct {
	// Hosts are the names that callers use, each with a port, or without one to accept every port.
	Hosts []string
	// Origins are the web pages that may call: https://host or https://host:port. They get CORS headers.
	Origins []string
	// AnyAddress accepts every Host that is an IP address. DNS rebinding can't forge one.
	AnyAddress bool
	// AnyHost accepts every Host, for what any page may see.
	AnyHost bool
}

// Check returns an error if Hosts or Origins has an invalid entry.
func (g Guard) Check() error {
	for _, host := range g.Hosts {
		if host == "" || strings.ContainsAny(host, "*/ ") {
			return fmt.Errorf("%q: must be a name such as mcp.example.com, with or without a port", host)
		}
	}
	for _, origin := range g.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.Contains(origin, "*") {
			return fmt.Errorf("%q: must be a scheme and a host, such as https://app.example.com", origin)
		}
	}
	return nil
}

// plain is an origin as browsers write it: in lower case, without the port that its scheme has anyway.
func plain(origin string) string {
	origin = strings.ToLower(origin)
	if strings.HasPrefix(origin, "https:") {
		return strings.TrimSuffix(origin, ":443")
	}
	return strings.TrimSuffix(origin, ":80")
}

func (g Guard) originAllowed(origin string) bool {
	return slices.ContainsFunc(g.Origins, func(allowed string) bool { return plain(allowed) == plain(origin) })
}

// Wrap returns a handler that calls next for accepted requests only.
func (g Guard) Wrap(next http.Handler) http.Handler {
	if len(g.Origins) > 0 {
		next = cors.New(cors.Options{
			AllowOriginFunc: g.originAllowed,
			AllowedMethods:  []string{http.MethodGet, http.MethodPost, http.MethodDelete},
			AllowedHeaders: []string{
				"Content-Type", "Accept", "Authorization", "X-OpenTrain-Token", "Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method",
				"Mcp-Name", "Last-Event-ID", "X-MCP-Readonly", "X-MCP-Toolsets", "X-MCP-Tools", "Traceparent", "Tracestate",
			},
			ExposedHeaders: []string{"Mcp-Session-Id", "Mcp-Protocol-Version", "Www-Authenticate", "Retry-After", "X-Request-Id"},
			MaxAge:         600,
		}).Handler(next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.verify(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var (
	errHost   = errors.New("this server doesn't answer to the name in the Host header; its operator can allow it with --allowed-hosts")
	errOrigin = errors.New("pages from this origin can't call this server; its operator can allow it with --allowed-origins")
	errEmbed  = errors.New("pages of other sites can link to this server, but they can't load anything from it")
)

// IsNavigation reports whether a browser opens the address as a page of its own: a person typed it or followed a link. The
// page before reads nothing of the answer, but it chose the address, so such a request must have no effects.
func IsNavigation(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

func (g Guard) verify(r *http.Request) error {
	if !g.hostAllowed(r) {
		return errHost
	}
	origins := r.Header.Values("Origin")
	// For an image or a link at this server's address, browsers send no Origin, but they send Sec-Fetch-Site.
	site := r.Header.Get("Sec-Fetch-Site")
	if len(origins) == 0 && (site == "cross-site" || site == "same-site") && !IsNavigation(r) {
		return errEmbed
	}
	for _, origin := range origins {
		if !g.originAllowed(origin) && !ownOrigin(origin, loopbackPort(r)) {
			return errOrigin
		}
	}
	return nil
}

func (g Guard) hostAllowed(r *http.Request) bool {
	if g.AnyHost {
		return true
	}
	host := strings.ToLower(r.Host)
	name, port := splitHost(host)
	listed := func(allowed string) bool { return strings.EqualFold(allowed, host) || strings.EqualFold(allowed, name) }
	if slices.ContainsFunc(g.Hosts, listed) {
		return true
	}
	if own := loopbackPort(r); own != "" && Loopback(name) && (port == own || port == "") {
		return true
	}
	_, err := netip.ParseAddr(name)
	return g.AnyAddress && err == nil
}

// loopbackPort returns the port of a connection to a loopback address, or "" for other connections.
func loopbackPort(r *http.Request) string {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !local.IP.IsLoopback() {
		return ""
	}
	return strconv.Itoa(local.Port)
}

// ownOrigin reports whether an origin is this server on a loopback address.
func ownOrigin(origin, loopbackPort string) bool {
	u, err := url.Parse(origin)
	if err != nil || loopbackPort == "" || u.Scheme+"://"+u.Host != origin || !Loopback(u.Hostname()) {
		return false
	}
	return u.Scheme == "http" && cmp.Or(u.Port(), "80") == loopbackPort ||
		u.Scheme == "https" && cmp.Or(u.Port(), "443") == loopbackPort
}

// splitHost splits a Host header into name and port. The port is "" if the header has none.
func splitHost(host string) (name, port string) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return strings.Trim(host, "[]"), ""
	}
	return name, port
}
