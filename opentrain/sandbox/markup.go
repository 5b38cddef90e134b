package sandbox

import (
	"cmp"
	_ "embed"
	"strings"

	g "maragu.dev/gomponents"
	c "maragu.dev/gomponents/components"
	h "maragu.dev/gomponents/html"
)

//go:embed page.css
var pageCSS string

// markup shows a page in HTML. Texts are from strangers: only g.Raw doesn't escape what it's given, and only link writes an address.
func (p page) markup() g.Node {
	unreal, content := "Nothing here is real; it", p.thing
	if p.Status != "" {
		unreal = "This job isn't real; it"
	}
	switch {
	case p.Problem != "":
		content = p.problem
	case p.BaseURL != "":
		content = p.first
	}
	title := cmp.Or(p.Title, "Not found")
	if p.BaseURL == "" { // the first page is called like the sandbox
		title += " · OpenTrain sandbox"
	}
	return c.HTML5(c.HTML5Props{Language: "en", Title: title,
		Head: []g.Node{h.Meta(h.Name("color-scheme"), h.Content("light dark")), h.StyleEl(g.Raw(pageCSS))},
		Body: []g.Node{
			h.Div(h.Class("banner"), h.B(g.Text("Sandbox.")), g.Text(" "+unreal+" lives in memory until the sandbox stops.")),
			h.Main(g.If(p.BaseURL == "", h.Nav(link("/", "All jobs in this sandbox"))), content()),
		}})
}

func (p page) problem() g.Node {
	return g.Group{h.H1(g.Text("Not found")), h.P(g.Text(p.Problem)), g.If(p.Link != "", h.P(link(p.Link, p.LinkText)))}
}

// first shows the first page.
func (p page) first() g.Node {
	described := func(p page) g.Node { return h.Li(link(p.Link, p.Title), h.P(h.Class("soft"), g.Text(p.About))) }
	own := g.Map(p.Own, func(p page) g.Node { return h.Li(link(p.Link, p.Title), g.Text(" "), status(p.Status)) })
	if len(own) == 0 {
		own = g.Group{h.Li(h.Class("soft"), g.Text("None yet. Create a draft, and it appears here."))}
	}
	return g.Group{h.H1(g.Text(p.Title)),
		h.P(g.Text("An OpenTrain API in memory, for trying out clients. Nothing reaches OpenTrain and nothing costs money. To use it:")),
		h.Pre(h.Class("card"), g.Text("export OPENTRAIN_API_BASE_URL="+p.BaseURL+"\nexport OT_API_TOKEN="+p.Token)),
		list("Waiting for you", g.Map(p.Waiting, described)),
		list("Your jobs", own),
		list("Live jobs of other companies", g.Map(p.Market, described))}
}

// thing shows a job, or something to decide.
func (p page) thing() g.Node {
	rows := g.Map(p.Rows, func(row [2]string) g.Node {
		total := row[0] == "You pay" || row[0] == "You paid"
		return h.Div(g.If(total, h.Class("total")), h.Dt(g.Text(row[0])), h.Dd(g.Text(row[1])))
	})
	actions := g.Map(p.Actions, func(action [2]string) g.Node {
		return h.Button(h.Name("decision"), h.Value(action[0]), g.Text(action[1]))
	})
	return g.Group{status(cmp.Or(p.Status, p.State)), h.H1(g.Text(p.Title)), words("soft", p.About), words("note", p.Note),
		list("Still open", g.Map(p.Questions, func(question string) g.Node { return h.Li(g.Text(question)) })),
		g.If(len(rows) > 0, g.Group{h.H2(g.Text("Details")), h.Dl(h.Class("card rows"), rows)}),
		g.If(len(actions) > 0, form(actions)),
		words("warning", p.Warning, h.Role("alert"), h.ID("warning")),
		g.If(p.AsksCode, form(
			h.Label(h.For("code"), g.Text("Code")),
			h.Input(h.ID("code"), h.Name("code"), g.Attr("inputmode", "numeric"), h.AutoComplete("off"), h.Required(), h.AutoFocus(),
				g.If(p.Warning != "", h.Aria("describedby", "warning"))),
			h.Button(g.Text("Claim the account")))),
		g.If(p.Status != "", g.Group{h.H2(g.Text("Description")),
			h.Div(h.Class("card text"), g.Text(cmp.Or(p.Description, "None yet.")))})}
}

func form(content ...g.Node) g.Node {
	return h.Form(h.Method("post"), h.Class("buttons"), g.Group(content))
}

// list is a list with a heading, or nothing if it's empty.
func list(heading string, items g.Group) g.Node {
	return g.If(len(items) > 0, g.Group{h.H2(g.Text(heading)), h.Ul(h.Class("card list"), items)})
}

// words is a paragraph, or nothing without a text.
func words(class, text string, attributes ...g.Node) g.Node {
	return g.If(text != "", h.P(h.Class(class), g.Group(attributes), g.Text(text)))
}

func status(text string) g.Node { return h.Span(h.Class("status"), g.Text(text)) }

// link leads to a page of a sandbox. Other schemes than HTTP's can run code, so they lead nowhere.
func link(address, text string) g.Node {
	if !strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		address = "#"
	}
	return h.A(h.Href(address), g.Text(text))
}
