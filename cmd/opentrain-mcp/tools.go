package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// namePrefix is at the start of every tool's name. People may leave it out.
const namePrefix = "opentrain_"

type toolsCommand struct {
	Name string `arg:"" optional:"" help:"A tool to explain, with its arguments and its result."`
	selectFlags
	JSON     bool `name:"json" help:"Print the definitions as hosts receive them."`
	Markdown bool `help:"Print Markdown, the default when the output isn't a terminal."`
}

// Run prints the tools, or their definitions.
func (c toolsCommand) Run(std streams) error {
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		return err
	}
	cfg := opentrainmcp.Config{API: api, Account: account.InProcess(api, opentrainmcp.Token{})}
	c.apply(&cfg)
	if c.Name != "" && len(c.Tools) == 0 {
		cfg.Tools = []string{namePrefix + strings.TrimPrefix(c.Name, namePrefix)}
	}
	server, err := opentrainmcp.New(cfg)
	if err != nil {
		return wrong(err)
	}
	served := server.Tools()
	if c.JSON {
		definitions, err := server.Definitions()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "%s\n", definitions)
		return err
	}
	if s := screen.New(std.out, os.Getenv); s.Terminal() && !c.Markdown {
		if c.Name != "" && len(served) == 1 {
			return explain(s, served[0])
		}
		list(s, served)
		return nil
	}
	return printTable(std.out, served)
}

// list shows the tools to a person.
func list(s screen.Screen, served []tool.Tool) {
	if len(served) == 0 {
		s.Show("", screen.Plain, "No tools.")
		return
	}
	for _, t := range served {
		s.Show("", screen.Bold, t.Name)
		first, _, _ := strings.Cut(t.Description, ". ")
		s.Show("  ", screen.Plain, strings.TrimSuffix(first, ".")+".")
		s.Show("  ", screen.Plain, "Kind: "+fmt.Sprint(t.Kind)+". Token: "+strings.ReplaceAll(token(t.Spec), "`", "")+".")
		s.Blank()
	}
	s.Show("", screen.Plain, text.Count(len(served), "tool")+". To see the arguments and the result of one, run:")
	s.Line("  " + typed("tools "+strings.TrimPrefix(served[0].Name, namePrefix)))
}

// explain shows a tool to a person.
func explain(s screen.Screen, t tool.Tool) error {
	s.Show("", screen.Bold, t.Name)
	s.Show("", screen.Plain, "Kind: "+fmt.Sprint(t.Kind)+". Token: "+strings.ReplaceAll(token(t.Spec), "`", "")+".")
	s.Blank()
	s.Show("", screen.Plain, t.Description)
	for _, part := range parts(t) {
		fields, err := schema.Fields(part.schema)
		if err != nil {
			return err
		}
		if len(fields) == 0 {
			continue
		}
		s.Blank()
		s.Show("", screen.Bold, part.title)
		rows := make([]screen.Row, len(fields))
		for i, field := range fields {
			rows[i] = screen.Row{Label: field.Name, Value: field.Type + ". " + field.Description}
			if field.Required && part.name == "Argument" {
				rows[i].Value = "Required " + rows[i].Value
			}
		}
		s.Table(rows)
	}
	return nil
}

// part is one side of a tool.
type part struct {
	name   string
	title  string
	schema json.RawMessage
}

func parts(t tool.Tool) []part {
	return []part{{"Argument", "Arguments", t.InputSchema}, {"Result", "Result", t.OutputSchema}}
}

// token says what token a tool needs.
func token(spec tool.Spec) string {
	switch {
	case !spec.Kind.NeedsToken():
		return "none"
	case spec.Claimed:
		return "`" + spec.Scope + "`, claimed account"
	case spec.Scope != "":
		return "`" + spec.Scope + "`"
	}
	return "any"
}

// printTable writes the tools, and what each one returns, as Markdown.
func printTable(w io.Writer, served []tool.Tool) error {
	var b strings.Builder
	b.WriteString("| Tool | What it does | Kind | Token |\n|---|---|---|---|\n")
	for _, t := range served {
		first, _, _ := strings.Cut(t.Description, ". ")
		fmt.Fprintf(&b, "| `%s` | %s. | %s | %s |\n", t.Name, first, t.Kind, token(t.Spec))
	}
	for _, t := range served {
		fmt.Fprintf(&b, "\n#### `%s`\n\n", t.Name)
		for _, part := range parts(t) {
			fields, err := schema.Fields(part.schema)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "| %s | Type | |\n|---|---|---|\n", part.name)
			for _, field := range fields {
				mark := ""
				if field.Required {
					mark = " *"
				}
				fmt.Fprintf(&b, "| `%s`%s | %s | %s |\n", field.Name, mark, field.Type, field.Description)
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}
