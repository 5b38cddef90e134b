package main

import (
	"context"
	"path/filepath"
)

// npmName is the name of the main npm package. The packages of the platforms add the platform to it.
func (m *maker) npmName() string { return m.hosting.local("NPM_SCOPE") + "/" + product }

// npmPackages makes the npm packages: one with the program for each platform, and one that starts the program of the
// package that npm has installed. Nothing is downloaded when they are installed.
func (m *maker) npmPackages(ctx context.Context) error {
	papers, err := m.read("LICENSE")
	if err != nil {
		return err
	}
	start, err := m.read("release/npm/opentrain-mcp.js")
	if err != nil {
		return err
	}
	optional := object{}
	var folders []string
	for _, t := range targets() {
		platform, arch := t.node()
		name := m.npmName() + "-" + platform + "-" + arch
		optional[name] = m.version
		about := m.npmAbout(name, "The program of "+m.npmName()+" for "+platform+" "+arch+".")
		about["os"], about["cpu"] = []string{platform}, []string{arch}
		about["preferUnplugged"] = true // Yarn must not leave a program in its zip files.
		folder := filepath.Join("npm", platform+"-"+arch)
		if err := m.npmFolder(folder, about, append([]entry{program("bin/"+t.file(), m.programs[t])}, papers...)); err != nil {
			return err
		}
		folders = append(folders, folder)
	}
	about := m.npmAbout(m.npmName(), summary)
	about["bin"] = object{product: product + ".js"}
	about["engines"] = object{"node": ">=18"}
	about["optionalDependencies"] = optional
	about["keywords"] = keywords()
	about["mcpName"] = m.hosting.local("REGISTRY_NAME") // The registry looks for it.
	words := text("README.md", "# "+product+"\n\n"+summary+"\n\n```sh\nnpx -y "+m.npmName()+" demo\n```\n\n"+
		"`npx -y "+m.npmName()+" --help` lists the commands. More: "+m.hosting.local("HOMEPAGE")+"\n")
	folder := filepath.Join("npm", "main")
	if err := m.npmFolder(folder, about, append(append(start, words), papers...)); err != nil {
		return err
	}
	args := []string{"pack", "--ignore-scripts", "--pack-destination", "."}
	for _, folder := range append(folders, folder) {
		args = append(args, "./"+filepath.ToSlash(folder))
	}
	_, err = m.run(ctx, m.out, nil, "npm", args...)
	return err
}

// npmAbout is what all packages say.
func (m *maker) npmAbout(name, description string) object {
	about := object{
		"name": name, "version": m.version, "description": description, "license": license, "author": authors,
		"homepage":      m.hosting.local("HOMEPAGE"),
		"repository":    object{"type": "git", "url": "git+" + m.hosting.local("REPOSITORY_URL") + ".git"},
		"publishConfig": object{"access": "public"},
	}
	if m.hosting["NPM_SCOPE"] == "" {
		about["private"] = true // npm then refuses to publish it.
	}
	return about
}

func (m *maker) npmFolder(folder string, about object, entries []entry) error {
	file, err := document("package.json", about)
	if err != nil {
		return err
	}
	return writeFolder(m.path(folder), append(entries, file))
}
