//go:build !windows

package screen

import "os"

// shellBreak continues a command on the next line.
const shellBreak = ` \`

// showsColor reports whether a terminal of this kind understands colors.
func showsColor(_ *os.File, kind string) bool { return kind != "" && kind != "dumb" }
