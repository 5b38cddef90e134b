package links_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"opentrain-mcp/internal/links"
)

// TestFollow: what is written to the path that Follow returns is what the system reads through the links.
func TestFollow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		links  [][2]string // from, to
		target string      // "" if there is no way
	}{
		"no link":                         {nil, "home/config/cli.json"},
		"no link, in a linked folder":     {[][2]string{{"home/config", "../data"}}, "data/cli.json"},
		"a relative link":                 {[][2]string{{"home/config/cli.json", "../a.json"}}, "home/a.json"},
		"below a linked folder":           {[][2]string{{"home/config", "../data/config"}, {"data/config/cli.json", "../a.json"}}, "data/a.json"},
		"to a folder that isn't there":    {[][2]string{{"home/config/cli.json", "../../x/y/a.json"}}, "x/y/a.json"},
		"a link of links":                 {[][2]string{{"home/config/cli.json", "../b"}, {"home/b", "../data/c"}, {"data/c", "d"}}, "data/d"},
		"out of a linked folder":          {[][2]string{{"far", "data/deep"}, {"home/config/cli.json", "../../far/../a.json"}}, "data/a.json"},
		"to a new folder below a link":    {[][2]string{{"far", "data/deep"}, {"home/config/cli.json", "../../far/../n/a"}}, "data/n/a"},
		"out of a folder that isn't":      {[][2]string{{"home/config/cli.json", "gone/../a.json"}}, ""},
		"to itself":                       {[][2]string{{"home/config/cli.json", "cli.json"}}, ""},
		"an absolute link":                {[][2]string{{"home/config/cli.json", "ROOT/data/a.json"}}, "data/a.json"},
		"a folder's link to what isn't":   {[][2]string{{"home/config/x", "../../data/new"}, {"home/config/cli.json", "x/a"}}, "data/new/a"},
		"a link beside another with dots": {[][2]string{{"home/config/cli.json", "./../config/./a.json"}}, "home/config/a.json"},
	} {
		root, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		in := func(path string) string { return filepath.Join(root, filepath.FromSlash(path)) }
		folder := func(path string) {
			if err := os.MkdirAll(in(path), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		folder("data/deep")
		folder("data/config")
		folder("home")
		for _, link := range test.links {
			folder(filepath.Dir(link[0]))
			if err := os.Symlink(filepath.FromSlash(strings.ReplaceAll(link[1], "ROOT", root)), in(link[0])); err != nil {
				t.Skip(err)
			}
		}
		given := in("home/config/cli.json")
		path, err := links.Follow(given)
		if test.target == "" {
			if err == nil {
				t.Errorf("%s: %s", name, path)
			}
			continue
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o700)
		}
		if err == nil {
			err = os.WriteFile(path, []byte(name), 0o600)
		}
		read, errRead := os.ReadFile(given)
		there, errThere := os.ReadFile(in(test.target))
		if err != nil || errRead != nil || errThere != nil || string(read) != name || string(there) != name {
			t.Errorf("%s: %s, %v, %v, %v", name, path, err, errRead, errThere)
		}
		if info, err := os.Lstat(given); err != nil || !strings.HasPrefix(name, "no link") && info.Mode().IsRegular() {
			t.Errorf("%s: the link was replaced", name)
		}
	}
}
