package web

import (
	_ "embed"

	g "maragu.dev/gomponents"
	c "maragu.dev/gomponents/components"
	h "maragu.dev/gomponents/html"
)

//go:embed home.css
var homeCSS string

// page is for browsers. Its addresses are HTTP's, whatever the reader's Host.
func (p home) page() g.Node {
	return c.HTML5(c.HTML5Props{Language: "en", Title: "OpenTrain MCP server", Head: []g.Node{h.StyleEl(g.Raw(homeCSS))}, Body: []g.Node{
		h.H1(g.Text("OpenTrain MCP server")),
		h.P(g.Text("Connect an AI agent to this server to post jobs on "), h.A(h.Href("https://www.opentrain.ai"), g.Text("OpenTrain")),
			g.Text(", the marketplace for hiring people for AI-training work, and to search its live jobs.")),
		h.H2(g.Text("Connect")),
		h.P(g.Text("Add this address to your MCP client:")),
		h.Pre(g.Text(p.Base + "/mcp")),
		h.P(g.Text(p.Token)),
		h.P(g.Text("For clients that read a JSON file:")),
		h.Pre(g.Text(p.Config)),
		g.If(p.SSE, h.P(h.Class("soft"),
			g.Text("Older clients that only know HTTP+SSE use "), h.Code(g.Text(p.Base+"/sse")), g.Text("."))),
		h.H2(g.Text("More")),
		h.P(g.Text("The pages docs/tools.md and docs/configuration.md of opentrain-mcp list every tool and setting."),
			g.If(p.Health, g.Group{g.Text(" "), h.A(h.Href(p.Base+"/healthz"), g.Text("/healthz")), g.Text(" says whether the server runs.")})),
	}})
}

// words are for everyone else.
func (p home) words() string {
	sse, health := "", ""
	if p.SSE {
		sse = "Older clients that only know HTTP+SSE use " + p.Base + "/sse.\n"
	}
	if p.Health {
		health = " " + p.Base + "/healthz says whether the server runs."
	}
	return `OpenTrain MCP server

Connect an AI agent to this server to post jobs on OpenTrain, the marketplace for hiring people for AI-training work,
and to search its live jobs.

Add this address to your MCP client: ` + p.Base + "/mcp\n" + p.Token + `

For clients that read a JSON file:

` + p.Config + "\n\n" + sse +
		"The pages docs/tools.md and docs/configuration.md of opentrain-mcp list every tool and setting." + health + "\n"
}
