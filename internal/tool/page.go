package tool

import (
	"net/url"

	"opentrain-mcp/opentrain"
)

// noPages is the host of the links of the sandbox inside this server, which has no pages.
const noPages = "sandbox.invalid"

// OnPage makes a step in which the human decides on a page of OpenTrain's app, before the step's tool shows the outcome. note says
// what they do there, and lost what to do without a safe address.
func (n Next) OnPage(address, note, lost string) Next {
	n.Action, n.URL, n.Note = OpenURL, address, note
	parsed, err := url.Parse(address)
	switch {
	case address == "":
		n.URL, n.Note = opentrain.DefaultBaseURL, lost
	case err == nil && parsed.Hostname() == noPages:
		n.Action, n.URL = CallTool, ""
		n.Note = "This is the sandbox: the page doesn't exist. The request is confirmed after a few checks."
	}
	return n
}
