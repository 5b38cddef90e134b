package main

import (
	"context"
	"time"
)

const (
	// launched is how long a launcher may take to start the server and end. Until then, another parent may appear.
	launched = 500 * time.Millisecond
	// parentCheck is how often the parent is looked up.
	parentCheck = 2 * time.Second
)

// watchParent calls ended when the parent process ends: the system then gives the process another parent. Usually
// standard input ends as well, but not if some other process still holds it open. In a container, the parent never
// changes. On Windows, a process keeps the number of the parent that it had.
func watchParent(ctx context.Context, parent func() int, ended func()) {
	wait := time.NewTimer(launched)
	defer wait.Stop()
	for first := 0; ; wait.Reset(parentCheck) {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		switch now := parent(); first {
		case 0:
			first = now
		case now:
		default:
			ended()
			return
		}
	}
}
