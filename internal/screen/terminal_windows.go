package screen

import "golang.org/x/sys/windows"

// shellBreak would continue a command on the next line. The shells of Windows don't agree on one.
const shellBreak = ""

// showsColor reports whether a terminal understands colors. A Windows console must be told to.
func showsColor(fd uintptr, kind string) bool {
	console := windows.Handle(fd)
	var mode uint32
	return kind != "dumb" && windows.GetConsoleMode(console, &mode) == nil &&
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
