//go:build unix

package main

import (
	"math"
	"syscall"
)

// openFiles returns how many files this process can have open, if the system limits them.
func openFiles() (limit int, limited bool) {
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil || files.Cur > math.MaxInt32 {
		return 0, false
	}
	return int(files.Cur), true
}
