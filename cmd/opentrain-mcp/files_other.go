//go:build !unix

package main

// openFiles returns how many files this process can have open, if the system limits them.
func openFiles() (limit int, limited bool) { return 0, false }
