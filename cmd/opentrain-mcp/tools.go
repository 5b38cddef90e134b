package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type toolsCommand struct {
	selectFlags
	JSON bool `name:"json" help:"Print the definitions as hosts receive them."`
}

// Run prints the table of tools, or their definitions.
func (c toolsCommand) Run(std streams) error {
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		return err
	}
	cfg := opentrainmcp.Config{API: api, Account: account.InProcess(api, opentrainmcp.Token{})}
	c.apply(&cfg)
	server, err := opentrainmcp.New(cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		definitions, err := server.Definitions()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "%s\n", definitions)
		return err
	}
	return printTable(std.out, server.Tools())
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
		for _, part := range []struct {
			name   string
			schema json.RawMessage
		}{{"Argument", t.InputSchema}, {"Result", t.OutputSchema}} {
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
