package tool

import (
	"net/netip"
	"net/url"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// noPages is the host of the sandbox inside this server, and of its links.
const noPages = "sandbox.invalid"

// OnPage makes a step in which the human decides on a page of OpenTrain's app, before the step's tool shows the outcome. note says
// what they do there, and lost what to do without a safe address.
func (n Next) OnPage(address, note, lost string) Next {
	n.Action, n.URL, n.Note = OpenURL, address, note
	switch {
	case address == "":
		n.URL, n.Note = opentrain.DefaultBaseURL, lost
	case !HasPages(address):
		n.Action, n.URL, n.Note = CallTool, "", NoPage
	}
	return n
}

// NoPage says how a human decides in the sandbox inside this server.
const NoPage = "This is the sandbox: the page doesn't exist. After a few checks, the sandbox acts as if the human had agreed there."

// HasPages reports whether there are pages at the address of an API, of its app or of one of its pages.
func HasPages(address string) bool {
	parsed, err := url.Parse(address)
	return err != nil || parsed.Hostname() != noPages
}

// IsLocal reports whether a host is this machine, or in its network alone: no one elsewhere can reach it.
func IsLocal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	address, err := netip.ParseAddr(host)
	address = address.Unmap()
	return text.Loopback(host) || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || err == nil &&
		(address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast() || address.IsUnspecified())
}

// page returns the address of a page for the human, with the app that is in use, "" where there is none.
func (r Runner) page(address string) string {
	switch {
	case address != opentrain.DefaultBaseURL || r.App == "":
		return address
	case !HasPages(r.App):
		return ""
	}
	return r.App
}
