package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/text"
)

// home is what people learn who open the server's address.
type home struct {
	Base   string // the server's URL, as the reader reaches it
	SSE    bool   // is on
	Health bool   // is served here
	Token  string // which token to send, and how
	Config string // of an MCP client, as JSON
}

func (h *Handler) homeOf(r *http.Request) home {
	page := home{Base: h.baseURL(r), SSE: !h.cfg.NoSSE, Health: !h.cfg.SeparateOps, Token: h.tokenHelp()}
	entry := map[string]any{"type": "http", "url": page.Base + "/mcp"}
	switch {
	case h.cfg.Auth == AuthShared:
		entry["headers"] = map[string]string{"Authorization": "Bearer ..."}
	case h.cfg.Anonymous == nil:
		entry["headers"] = map[string]string{tokenHeader: tokenPrefix + "..."}
	}
	var config bytes.Buffer
	encoder := json.NewEncoder(&config)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)                                                     // the page does it
	encoder.Encode(map[string]any{"mcpServers": map[string]any{"opentrain": entry}}) //nolint:errcheck,gosec // strings
	page.Config = strings.TrimSpace(config.String())
	return page
}

// baseURL returns the server's URL as the caller reaches it. Only a proxy knows whether the caller uses TLS.
func (h *Handler) baseURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	last := strings.ToLower(strings.TrimSpace(hops[len(hops)-1]))
	if h.cfg.BehindProxy && (last == "http" || last == "https") {
		scheme = last
	}
	return scheme + "://" + text.Clip(r.Host, 256) + h.cfg.BasePath
}

// tokenHelp says which token callers send, and how.
func (h *Handler) tokenHelp() string {
	switch {
	case h.cfg.Auth == AuthShared:
		return "Send this server's token with every request: Authorization: Bearer ... Ask its operator for the token."
	case h.cfg.Anonymous != nil:
		return "This server is a sandbox: nothing is real, and no token is needed."
	}
	help := "Send an OpenTrain API token with every request: X-OpenTrain-Token: ot_pat_..., or Authorization: Bearer ot_pat_..."
	if !h.cfg.RequireToken {
		help += " Searching live jobs needs no token."
	}
	return help
}

// serveHome returns a handler that serves a page to browsers, and plain text to everyone else.
func (h *Handler) serveHome() http.Handler {
	return get(func(w http.ResponseWriter, r *http.Request) {
		header, home := w.Header(), h.homeOf(r)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		if !isBrowser(r) {
			header.Set("Content-Type", "text/plain; charset=utf-8")
			io.WriteString(w, home.words()) //nolint:errcheck,gosec // the client may be gone
			return
		}
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		home.page().Render(w) //nolint:errcheck,gosec // the client may be gone
	})
}

// isBrowser reports whether a request comes from a browser's address bar or a link.
func isBrowser(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return edge.IsNavigation(r) || strings.Contains(accept, "text/html") && !strings.Contains(accept, "text/event-stream")
}

// helpBrowser answers a browser that opens an endpoint of MCP.
func (h *Handler) helpBrowser(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", http.MethodPost)
	say(w, http.StatusMethodNotAllowed, "This address is for MCP clients, not for browsers. To connect a client, see "+h.baseURL(r)+"/")
}

// notFound answers for paths that don't exist. Hosts that look for OAuth show its description.
func (h *Handler) notFound() http.HandlerFunc {
	base := h.cfg.BasePath
	description := "There is nothing at this path. MCP is at " + base + "/mcp"
	if !h.cfg.NoSSE {
		description += ", and for older clients at " + base + "/sse"
	}
	description += "; " + base + "/ explains how to connect. This server has no OAuth. " + h.tokenHelp()
	return func(w http.ResponseWriter, _ *http.Request) {
		sayError(w, http.StatusNotFound, "not_found", description)
	}
}

// get returns a handler for GET and HEAD only.
func get(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			serve(w, r)
			return
		}
		w.Header().Set("Allow", "GET, HEAD")
		sayError(w, http.StatusMethodNotAllowed, "method_not_allowed", "Use GET here. MCP messages go to /mcp.")
	})
}

// sayError answers outside of MCP, in the form of an OAuth error.
func sayError(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	answer := map[string]string{"error": code, "error_description": description}
	json.NewEncoder(w).Encode(answer) //nolint:errcheck,gosec // the client may be gone
}
