package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
	"opentrain-mcp/tools"
)

type toolsCommand struct {
	JSON bool `name:"json" help:"Print the definitions as hosts receive them."`
}

// Run prints the table of tools, or their definitions.
func (c toolsCommand) Run(std streams) error {
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		return err
	}
	server, err := opentrainmcp.New(opentrainmcp.Config{API: api})
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
func token(spec tools.Spec) string {
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
func printTable(w io.Writer, served []tools.Tool) error {
	var b strings.Builder
	b.WriteString("| Tool | What it does | Kind | Token |\n|---|---|---|---|\n")
	for _, tool := range served {
		first, _, _ := strings.Cut(tool.Description, ". ")
		fmt.Fprintf(&b, "| `%s` | %s. | %s | %s |\n", tool.Name, first, tool.Kind, token(tool.Spec))
	}
	for _, tool := range served {
		fmt.Fprintf(&b, "\n#### `%s`\n\n", tool.Name)
		for _, part := range []struct {
			name   string
			schema json.RawMessage
		}{{"Argument", tool.InputSchema}, {"Result", tool.OutputSchema}} {
			fields, err := schema.Fields(part.schema)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "| %s | Type | |\n|---|---|---|\n", part.name)
			for _, field := range fields {
				fmt.Fprintf(&b, "| `%s`%s | %s | %s |\n", field.Name, map[bool]string{true: " *"}[field.Required], field.Type, field.Description)
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}
