//go:build !windows

package screen

// shellBreak continues a command on the next line.
const shellBreak = ` \`

// showsColor reports whether a terminal of this kind understands colors.
func showsColor(_ uintptr, kind string) bool { return kind != "" && kind != "dumb" }
