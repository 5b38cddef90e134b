package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

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
	Name string
	selectFlags
	JSON, Markdown bool
}

func newTools(std streams) *cobra.Command {
	var c toolsCommand
	command := newCommand("tools", "Print the tools.", func(*cobra.Command) error { return c.Run(std) })
	takes(command, &c.Name, "name", "A tool to explain, with its arguments and its result.")
	flags := command.Flags()
	c.register(flags)
	flags.BoolVar(&c.JSON, "json", false, "Print the definitions as hosts receive them.")
	flags.BoolVar(&c.Markdown, "markdown", false, "Print Markdown, the default when the output isn't a terminal.")
	return command
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
	if c.Name != "" && len(c.Toolsets) == 0 { // a person may ask about any of them
		cfg.Toolsets = []string{tool.AllToolsets}
	}
	server, err := opentrainmcp.New(cfg)
	if err != nil {
		return wrong(err)
	}
	if c.JSON {
		definitions, err := server.Definitions()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "%s\n", definitions)
		return err
	}
	if s := screen.New(std.out, os.Getenv); s.Terminal() && !c.Markdown {
		if served := server.Tools(); c.Name != "" && len(served) == 1 {
			return explain(s, served[0], offByDefault(server.Toolsets()))
		}
		list(s, server.Toolsets())
		return nil
	}
	if off := offByDefault(server.Toolsets()); c.Name != "" && off != "" {
		fmt.Fprintln(std.out, off+"\n")
	}
	return printTables(std.out, server.Toolsets())
}

// list shows the tools to a person.
func list(s screen.Screen, sets []tool.Set) {
	count, example := 0, ""
	for _, set := range sets {
		if len(set.Tools) == 0 {
			continue
		}
		s.Show("", screen.Bold, "Toolset "+set.Name)
		s.Blank()
		for _, t := range set.Tools {
			s.Show("", screen.Bold, t.Name)
			first, _, _ := strings.Cut(t.Description, ". ")
			s.Show("  ", screen.Plain, strings.TrimSuffix(first, ".")+".")
			s.Show("  ", screen.Plain, "Kind: "+fmt.Sprint(t.Kind)+". Token: "+strings.ReplaceAll(token(t.Spec), "`", "")+".")
			s.Blank()
		}
		count += len(set.Tools)
		example = cmp.Or(example, strings.TrimPrefix(set.Tools[0].Name, namePrefix))
	}
	s.Show("", screen.Plain, text.Count(count, "tool")+". To see the arguments and the result of one, run:")
	s.Line("  " + typed("tools "+example))
}

// offByDefault names the first toolset with tools that is served only where someone chooses it, "" for none.
func offByDefault(sets []tool.Set) string {
	for _, set := range sets {
		if set.OffByDefault && len(set.Tools) > 0 {
			return "Toolset " + set.Name + ", off by default: --toolsets=all turns it on."
		}
	}
	return ""
}

// explain shows a tool to a person. off is about its toolset, "" if that is on.
func explain(s screen.Screen, t tool.Tool, off string) error {
	s.Show("", screen.Bold, t.Name)
	if off != "" {
		s.Show("", screen.Plain, off)
	}
	does, approval := t.Kind.Meaning()
	s.Table([]screen.Row{
		{Label: "Kind", Value: string(t.Kind) + ". " + does},
		{Label: "Approval", Value: approval},
		{Label: "Token", Value: strings.ReplaceAll(token(t.Spec), "`", "")},
	})
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
	schemas := t.Schemas()
	return []part{{"Argument", "Arguments", schemas.Input}, {"Result", "Result", schemas.Output}}
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

// printTables writes the tools by toolset, with the arguments and the result of each, as Markdown.
func printTables(w io.Writer, sets []tool.Set) error {
	var b strings.Builder
	sets = slices.DeleteFunc(slices.Clone(sets), func(set tool.Set) bool { return len(set.Tools) == 0 })
	legend(&b, sets)
	for _, set := range sets {
		if len(sets) > 1 {
			fmt.Fprintf(&b, "### Toolset `%s`\n\n", set.Name)
		}
		b.WriteString("| Tool | What it does | Kind | Token |\n|---|---|---|---|\n")
		for _, t := range set.Tools {
			first, _, _ := strings.Cut(t.Description, ". ")
			fmt.Fprintf(&b, "| `%s` | %s. | %s | %s |\n", t.Name, first, t.Kind, token(t.Spec))
		}
		b.WriteString("\n")
		for _, t := range set.Tools {
			if err := describe(&b, t); err != nil {
				return err
			}
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// legend explains the kinds of the tools, each once, as Markdown.
func legend(b *strings.Builder, sets []tool.Set) {
	b.WriteString("| Kind | What such a tool does | Approval |\n|---|---|---|\n")
	seen := map[tool.Kind]bool{}
	for _, set := range sets {
		for _, t := range set.Tools {
			if does, approval := t.Kind.Meaning(); !seen[t.Kind] {
				fmt.Fprintf(b, "| %s | %s | %s |\n", t.Kind, does, approval)
			}
			seen[t.Kind] = true
		}
	}
	b.WriteString("\n")
}

// describe writes the arguments and the result of a tool as Markdown.
func describe(b *strings.Builder, t tool.Tool) error {
	fmt.Fprintf(b, "#### `%s`\n\n", t.Name)
	for _, part := range parts(t) {
		fields, err := schema.Fields(part.schema)
		if err != nil {
			return err
		}
		if len(fields) == 0 {
			fmt.Fprintf(b, "No %s.\n\n", strings.ToLower(part.title))
			continue
		}
		fmt.Fprintf(b, "| %s | Type | |\n|---|---|---|\n", part.name)
		for _, field := range fields {
			mark := ""
			if field.Required {
				mark = " *"
			}
			fmt.Fprintf(b, "| `%s`%s | %s | %s |\n", field.Name, mark, field.Type, field.Description)
		}
		b.WriteString("\n")
	}
	return nil
}
