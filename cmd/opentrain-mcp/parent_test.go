package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestParent: the command ends when its parent does, but not because a launcher that started it has ended, and
// not in a container, where the parent is process 1 from the start.
func TestParent(t *testing.T) {
	for name, test := range map[string]struct {
		parents []int // one each 100 ms; the last one stays
		ends    bool
	}{
		"it lives":             {[]int{50}, false},
		"in a container":       {[]int{1}, false},
		"a launcher ended":     {[]int{50, 1}, false},
		"it ended":             {[]int{50, 50, 50, 50, 50, 50, 50, 1}, true},
		"it has a new parent":  {[]int{50, 50, 50, 50, 50, 50, 50, 60}, true},
		"the launcher's ended": {[]int{50, 40, 40, 40, 40, 40, 40, 40, 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				defer end()
				start, ended := time.Now(), make(chan bool)
				go watchParent(ctx, func() int {
					return test.parents[min(int(time.Since(start)/(100*time.Millisecond)), len(test.parents)-1)]
				}, func() { close(ended) })
				select {
				case <-ended:
					if !test.ends {
						t.Error("it ended")
					}
				case <-time.After(time.Minute):
					if test.ends {
						t.Error("it didn't end")
					}
				}
			})
		})
	}
}
