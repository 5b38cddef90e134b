package edge

import (
	"container/list"
	"sync"
)

// Arrivals limits how many request bodies arrive at once. When there are more, it cuts off the one that has taken longest:
// an honest body takes milliseconds, so slow ones can't lock others out.
type Arrivals struct {
	limit int

	mu   sync.Mutex
	cuts list.List // functions that cut a body off, the oldest first
}

// NewArrivals returns a limit.
func NewArrivals(limit int) *Arrivals { return &Arrivals{limit: limit} }

// Begin counts a body until end. cut is called at most once, if the body has to make room.
func (a *Arrivals) Begin(cut func()) (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cuts.Len() >= a.limit {
		oldest, _ := a.cuts.Remove(a.cuts.Front()).(func())
		defer oldest()
	}
	element := a.cuts.PushBack(cut)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.cuts.Remove(element) // no effect if it was cut off
	}
}
