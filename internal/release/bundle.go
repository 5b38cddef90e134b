package main

import (
	"context"
	"path/filepath"
)

// packer is the npm package that checks and packs MCPB bundles.
const packer = "@anthropic-ai/mcpb@2.1.2"

func (m *maker) bundleName() string { return product + "_" + m.version + ".mcpb" }

// bundle makes the MCPB bundle. One file is for all platforms, so that no one has to choose.
func (m *maker) bundle(ctx context.Context) error {
	manifest, err := m.bundleManifest()
	if err != nil {
		return err
	}
	entries, err := m.read("release/mcpb/opentrain-mcp")
	if err != nil {
		return err
	}
	for i := range entries {
		entries[i].name = "server/" + entries[i].name
	}
	for _, t := range targets() {
		switch {
		case t.os != "windows":
			entries = append(entries, program("server/"+product+"-"+t.os+"-"+t.arch, m.programs[t]))
		case t.arch == "amd64": // Windows on ARM runs it, too.
			entries = append(entries, program("server/"+t.file(), m.programs[t]))
		}
	}
	papers, err := m.read("LICENSE")
	if err != nil {
		return err
	}
	if err := writeFolder(m.path("mcpb"), append(append(entries, manifest), papers...)); err != nil {
		return err
	}
	file, err := filepath.Abs(m.path(m.bundleName()))
	if err != nil {
		return err
	}
	_, err = m.run(ctx, m.out, nil, "npm", "exec", "--yes", "--package="+packer, "--", "mcpb", "pack", "mcpb", file)
	return err
}

// bundleManifest is the manifest.json of the bundle, in version 0.3 of its format.
func (m *maker) bundleManifest() (entry, error) {
	tools, err := toolList()
	if err != nil {
		return entry{}, err
	}
	manifest := object{
		"manifest_version": "0.3", "name": product, "display_name": title, "version": m.version, "description": summary,
		"author": object{"name": authors}, "license": license, "keywords": keywords(),
		"homepage":   m.hosting.local("HOMEPAGE"),
		"repository": object{"type": "git", "url": m.hosting.local("REPOSITORY_URL")},
		"server": object{
			"type": "binary", "entry_point": "server/" + product,
			"mcp_config": object{
				"command": "${__dirname}/server/" + product, "args": []string{"stdio"},
				"env": object{ //nolint:gosec // the names of the form's fields
					tokenVariable: "${user_config.api_token}", sandboxVariable: "${user_config.sandbox}",
				},
				"platform_overrides": object{"win32": object{"command": "${__dirname}/server/" + product + ".exe"}},
			},
		},
		// Hosts leave ${user_config.…} as it is where a field has no value, not even an empty one.
		"user_config": object{
			"api_token": object{
				"type": "string", "title": "API token", "description": tokenWords, "sensitive": true, "required": false, "default": "",
			},
			"sandbox": object{
				"type": "boolean", "title": "Sandbox", "description": sandboxWords, "required": false, "default": false,
			},
		},
		"tools": tools, "prompts_generated": true,
		"compatibility": object{"platforms": []string{"darwin", "win32", "linux"}},
	}
	if url := m.hosting["PRIVACY_URL"]; url != "" {
		manifest["privacy_policies"] = []string{url}
	}
	return document("manifest.json", manifest)
}
