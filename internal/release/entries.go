package main

import (
	"context"
	"path/filepath"
)

// registryEntry makes server.json, the entry in the MCP registry. It has the checksum of the bundle.
func (m *maker) registryEntry(context.Context) error {
	sum, err := m.sum(m.bundleName())
	if err != nil {
		return err
	}
	repository := m.hosting.local("REPOSITORY_URL")
	variables := []object{
		{"name": tokenVariable, "description": "API token of OpenTrain. " + tokenWords, "isSecret": true, "isRequired": false},
		{"name": sandboxVariable, "description": sandboxWords, "format": "boolean", "isRequired": false, "default": "false"},
	}
	kind := func(name, identifier string, more object) object {
		pack := object{
			"registryType": name, "identifier": identifier, "transport": object{"type": "stdio"}, "environmentVariables": variables,
		}
		for key, value := range more {
			pack[key] = value
		}
		return pack
	}
	file, err := document("server.json", object{
		"$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
		"name":    m.hosting.local("REGISTRY_NAME"), "title": title, "description": summary, "version": m.version,
		"websiteUrl": m.hosting.local("HOMEPAGE"),
		"repository": object{"url": repository, "source": "github"},
		"packages": []object{
			kind("npm", m.npmName(), object{"registryBaseUrl": "https://registry.npmjs.org", "version": m.version, "runtimeHint": "npx"}),
			kind("oci", m.hosting.local("IMAGE")+":"+m.version, nil),
			kind("mcpb", repository+"/releases/download/v"+m.version+"/"+m.bundleName(), object{"fileSha256": sum}),
		},
	})
	if err != nil {
		return err
	}
	return writeFolder(m.out, []entry{file})
}

// geminiExtension makes an extension for Gemini CLI for each platform. Gemini CLI finds them by their names.
func (m *maker) geminiExtension(context.Context) error {
	papers, err := m.read("LICENSE")
	if err != nil {
		return err
	}
	for _, t := range targets() {
		manifest, err := document("gemini-extension.json", object{
			"name": server, "version": m.version, "description": summary,
			"mcpServers": object{server: object{"command": "${extensionPath}${/}" + t.file(), "args": []string{"stdio"}}},
		})
		if err != nil {
			return err
		}
		platform, arch := t.node()
		name := platform + "." + arch + "." + product + t.format()
		if err := writeArchive(m.path(name), append(papers, manifest, program(t.file(), m.programs[t])), m.at); err != nil {
			return err
		}
	}
	return nil
}

// claudePlugin makes the plugin for Claude Code. It is the same for all platforms, so it starts the npm package;
// before there is one, the program that is in the PATH.
func (m *maker) claudePlugin(context.Context) error {
	about := object{
		"name": server, "displayName": title, "version": m.version, "description": summary, "author": object{"name": authors},
		"homepage": m.hosting.local("HOMEPAGE"), "repository": m.hosting.local("REPOSITORY_URL"), "license": license, "keywords": keywords(),
	}
	start := object{"command": product, "args": []string{"stdio"}}
	needs := "It needs `" + product + "` in the `PATH`."
	if m.hosting["NPM_SCOPE"] != "" {
		start = object{"command": "npx", "args": []string{"-y", m.npmName() + "@" + m.version, "stdio"}}
		needs = "It needs Node.js 18 or newer."
	}
	manifest, err := document(".claude-plugin/plugin.json", about)
	if err != nil {
		return err
	}
	servers, err := document(".mcp.json", object{"mcpServers": object{server: start}})
	if err != nil {
		return err
	}
	papers, err := m.read("LICENSE")
	if err != nil {
		return err
	}
	words := text("README.md", "# "+title+"\n\n"+summary+"\n\n"+needs+" You need no account to begin: ask Claude to post a job, "+
		"and it offers to register one.\n\nMore: "+m.hosting.local("HOMEPAGE")+"\n")
	entries := append([]entry{manifest, servers, words}, papers...)
	if err := writeFolder(filepath.Join(m.out, "claude-plugin"), entries); err != nil {
		return err
	}
	return writeArchive(m.path(product+"_"+m.version+"_claude-plugin.zip"), entries, m.at)
}
