// Package hosts adds this server to the settings of MCP hosts, and removes it again. It edits the file of a host in
// place: comments, order, indentation and line ends stay as they are.
package hosts

import (
	"slices"
	"strings"

	"opentrain-mcp/schema"
)

// Host describes a program that starts MCP servers, and where it keeps their list.
type Host struct {
	Name    string   // as on the command line
	Title   string   // as its maker writes it
	Aliases []string // other names that people type
	Format  Format
	Keys    []string // the path of keys to the object with the servers
	// Keys2 is a second path. It is used where a file already has something there.
	Keys2 []string
	Shape Shape

	// Files are the places of the user's file, the first one that fits; see expand. Darwin and Windows replace it there.
	Files, Darwin, Windows []string
	Project                []string // the same in a project, "" for hosts without such settings

	Signs    []string // folders that show that the host is installed, besides that of its file
	Commands []string // programs in the PATH that show the same
	Next     string   // what a person does after a change
	Note     string   // what else they should know
	Paste    bool     // the note is about pasting the entry
	Caveat   string   // what they should know about a project's settings
	Source   string   // the documentation of file and entry
}

// Format is the format of a host's file.
type Format string

// The formats.
const (
	JSON  Format = "JSON"
	JSONC Format = "JSON with comments"
	TOML  Format = "TOML"
	YAML  Format = "YAML"
)

// Shape is what the entry of a server looks like.
type Shape string

// The shapes.
const (
	Plain    Shape = "plain"    // command, args
	Typed    Shape = "typed"    // type, command, args
	Zed      Shape = "zed"      // source, command, args
	Goose    Shape = "goose"    // cmd, args and what goose shows of an extension
	OpenCode Shape = "opencode" // command and arguments in one list
)

// Scope says whose settings are changed.
type Scope string

// The scopes.
const (
	User    Scope = "user"    // all projects of this user
	Project Scope = "project" // the project in the current folder, for everyone who works on it
)

// All returns the hosts that this package knows.
func All() []Host { //nolint:funlen // a table
	return []Host{
		{
			Name: "claude-desktop", Title: "Claude Desktop", Format: JSON, Keys: []string{"mcpServers"}, Shape: Plain,
			Files:  []string{"${XDG_CONFIG_HOME:-~/.config}/Claude/claude_desktop_config.json"},
			Darwin: []string{"~/Library/Application Support/Claude/claude_desktop_config.json"},
			// The installer and the Store make a package, which has its own copy of the folder:
			// https://github.com/anthropics/claude-code/issues/26073
			Windows: []string{
				"?${LOCALAPPDATA:-~/AppData/Local}/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json",
				"${APPDATA:-~/AppData/Roaming}/Claude/claude_desktop_config.json",
			},
			Next:   "Quit Claude Desktop and open it again.",
			Source: "https://modelcontextprotocol.io/docs/develop/connect-local-servers",
		},
		{
			Name: "claude-code", Title: "Claude Code", Format: JSON, Keys: []string{"mcpServers"}, Shape: Typed,
			Files:    []string{"${CLAUDE_CONFIG_DIR:-~}/.claude.json"},
			Project:  []string{".mcp.json"},
			Signs:    []string{"~/.claude"},
			Commands: []string{"claude"},
			Next:     "Start a new Claude Code session; /mcp shows the server.",
			Caveat:   "Claude Code asks before it starts a server from a project's .mcp.json.",
			Source:   "https://code.claude.com/docs/en/mcp",
		},
		{
			Name: "cursor", Title: "Cursor", Format: JSONC, Keys: []string{"mcpServers"}, Shape: Typed,
			Files:    []string{"~/.cursor/mcp.json"},
			Project:  []string{".cursor/mcp.json"},
			Commands: []string{"cursor"},
			Next:     "Restart Cursor, and turn the server on in its settings under Tools & MCP.",
			Source:   "https://cursor.com/docs/mcp",
		},
		{
			Name: "vscode", Title: "VS Code", Aliases: []string{"code", "vs-code", "visual-studio-code", "copilot"},
			Format: JSONC, Keys: []string{"servers"}, Shape: Typed,
			Files: []string{
				"${XDG_CONFIG_HOME:-~/.config}/Code/User/mcp.json",
				"?${XDG_CONFIG_HOME:-~/.config}/Code - Insiders/User/mcp.json",
				"?${XDG_CONFIG_HOME:-~/.config}/VSCodium/User/mcp.json",
			},
			Darwin: []string{
				"~/Library/Application Support/Code/User/mcp.json",
				"?~/Library/Application Support/Code - Insiders/User/mcp.json",
				"?~/Library/Application Support/VSCodium/User/mcp.json",
			},
			Windows: []string{
				"${APPDATA:-~/AppData/Roaming}/Code/User/mcp.json",
				"?${APPDATA:-~/AppData/Roaming}/Code - Insiders/User/mcp.json",
				"?${APPDATA:-~/AppData/Roaming}/VSCodium/User/mcp.json",
			},
			Project:  []string{".vscode/mcp.json"},
			Commands: []string{"code", "code-insiders", "codium"},
			Next:     "In VS Code, run \"MCP: List Servers\" from the Command Palette and start the server.",
			Source:   "https://code.visualstudio.com/docs/agents/reference/mcp-configuration",
		},
		{
			// Windsurf is Devin Desktop since June 2026. Versions from before read the file in ~/.codeium.
			// https://docs.sevalla.com/ai-agents/windsurf
			Name: "windsurf", Title: "Windsurf (Devin Desktop)", Aliases: []string{"devin", "devin-desktop", "codeium"},
			Format: JSONC, Keys: []string{"mcpServers"}, Shape: Plain,
			Files:    []string{"~/.config/devin/mcp_config.json", "?~/.codeium/windsurf/mcp_config.json"},
			Windows:  []string{"${APPDATA:-~/AppData/Roaming}/devin/mcp_config.json", "?~/.codeium/windsurf/mcp_config.json"},
			Project:  []string{".devin/mcp_config.json"},
			Commands: []string{"windsurf", "devin-desktop"},
			Next:     "Restart Windsurf or Devin Desktop.",
			Caveat:   "Versions that are still called Windsurf have no project settings.",
			Source:   "https://docs.devin.ai/desktop/cascade/mcp",
		},
		{
			Name: "codex", Title: "Codex", Aliases: []string{"codex-cli"}, Format: TOML, Keys: []string{"mcp_servers"}, Shape: Plain,
			Files:    []string{"${CODEX_HOME:-~/.codex}/config.toml"},
			Project:  []string{".codex/config.toml"},
			Commands: []string{"codex"},
			Next:     "Start a new Codex session; /mcp shows the server.",
			Caveat:   "Codex reads a project's settings only once you trust the project.",
			Source:   "https://developers.openai.com/codex/mcp",
		},
		{
			Name: "gemini", Title: "Gemini CLI", Aliases: []string{"gemini-cli"}, Format: JSONC, Keys: []string{"mcpServers"}, Shape: Plain,
			Files:    []string{"${GEMINI_CLI_HOME:-~}/.gemini/settings.json"},
			Project:  []string{".gemini/settings.json"},
			Commands: []string{"gemini"},
			Next:     "Start Gemini CLI again; /mcp shows the server.",
			Note:     "Gemini CLI starts servers only in folders that you trust.",
			Source:   "https://geminicli.com/docs/tools/mcp-server",
		},
		{
			// Folders: https://github.com/block/goose/blob/main/crates/goose/src/config/paths.rs
			Name: "goose", Title: "goose", Format: YAML, Keys: []string{"extensions"}, Shape: Goose,
			Files:    []string{"?${GOOSE_PATH_ROOT}/config/config.yaml", "${XDG_CONFIG_HOME:-~/.config}/goose/config.yaml"},
			Windows:  []string{"?${GOOSE_PATH_ROOT}/config/config.yaml", "${APPDATA:-~/AppData/Roaming}/Block/goose/config/config.yaml"},
			Commands: []string{"goose"},
			Next:     "Start a new goose session.",
			Source:   "https://block.github.io/goose/docs/guides/config-files",
		},
		{
			// "args" must be there, and versions from 2025 want "source".
			// https://github.com/zed-industries/zed/blob/main/crates/settings_content/src/project.rs
			Name: "zed", Title: "Zed", Format: JSONC, Keys: []string{"context_servers"}, Shape: Zed,
			Files:    []string{"${XDG_CONFIG_HOME:-~/.config}/zed/settings.json"},
			Darwin:   []string{"~/.config/zed/settings.json"},
			Windows:  []string{"${APPDATA:-~/AppData/Roaming}/Zed/settings.json"},
			Project:  []string{".zed/settings.json"},
			Commands: []string{"zed", "zeditor"},
			Next:     "Zed starts the server at once; the agent panel's settings show a green dot.",
			Source:   "https://zed.dev/docs/ai/mcp",
		},
		{
			Name: "jetbrains", Title: "JetBrains (Junie)", Aliases: []string{"junie", "intellij", "idea", "pycharm", "webstorm", "goland"},
			Format: JSONC, Keys: []string{"mcpServers"}, Shape: Plain,
			Files:    []string{"~/.junie/mcp/mcp.json"},
			Project:  []string{".junie/mcp/mcp.json"},
			Signs:    []string{"~/.junie"},
			Commands: []string{"junie", "idea", "pycharm", "webstorm", "goland"},
			Next:     "Turn the server on in the IDE's settings under Tools, Junie, MCP Settings.",
			Note: "JetBrains AI Assistant has a separate list: paste the entry in Settings, Tools, AI Assistant, " +
				"Model Context Protocol (MCP).",
			Paste:  true,
			Source: "https://www.jetbrains.com/help/junie/model-context-protocol-mcp.html",
		},
		{
			// Version 2 also has its servers in mcp.servers, and reads both: https://opencode.ai/v2/docs/migrate-v1
			Name: "opencode", Title: "opencode", Format: JSONC, Keys: []string{"mcp"}, Keys2: []string{"mcp", "servers"}, Shape: OpenCode,
			Files: []string{
				"${XDG_CONFIG_HOME:-~/.config}/opencode/opencode.json", "${XDG_CONFIG_HOME:-~/.config}/opencode/opencode.jsonc"},
			Project:  []string{"opencode.json", "opencode.jsonc"},
			Commands: []string{"opencode"},
			Next:     "Start opencode again.",
			Source:   "https://opencode.ai/docs/mcp-servers",
		},
		{
			// Folders: https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1371
			Name: "lmstudio", Title: "LM Studio", Aliases: []string{"lm-studio"}, Format: JSONC, Keys: []string{"mcpServers"}, Shape: Plain,
			Files:    []string{"?<~/.lmstudio-home-pointer>/mcp.json", "?~/.cache/lm-studio/mcp.json", "~/.lmstudio/mcp.json"},
			Commands: []string{"lms"},
			Next:     "Restart LM Studio, and turn the server on in the chat's Integrations.",
			Source:   "https://lmstudio.ai/docs/app/mcp",
		},
	}
}

// Named finds a host by its name or an alias.
func Named(name string) (Host, bool) {
	typed := fold(name)
	for _, host := range All() {
		if host.Name == typed || slices.Contains(host.Aliases, typed) {
			return host, true
		}
	}
	return Host{}, false
}

// Meant returns the names of the hosts that an unknown name may stand for.
func Meant(name string) []string {
	var begin, words []string
	typed := fold(name)
	for _, host := range All() {
		if typed != "" && strings.HasPrefix(host.Name, typed) {
			begin = append(begin, host.Name)
		}
		words = append(append(words, host.Name), host.Aliases...)
	}
	if len(begin) > 0 {
		return begin
	}
	if host, found := Named(schema.Nearest(typed, words)); found {
		return []string{host.Name}
	}
	return nil
}

// fold is how a name is compared.
func fold(name string) string {
	return strings.NewReplacer(" ", "-", "_", "-").Replace(strings.ToLower(strings.TrimSpace(name)))
}

// Names returns the names of all hosts.
func Names() []string {
	all := All()
	names := make([]string, len(all))
	for i, host := range all {
		names[i] = host.Name
	}
	return names
}
