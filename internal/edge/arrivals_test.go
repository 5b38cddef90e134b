package edge_test

import (
	"fmt"
	"testing"

	"opentrain-mcp/internal/edge"
)

// TestArrivals: the body that has taken longest makes room, and no other.
func TestArrivals(t *testing.T) {
	var cut []int
	a := edge.NewArrivals(2)
	begin := func(n int) func() { return a.Begin(func() { cut = append(cut, n) }) }
	end1, end2 := begin(1), begin(2)
	end1()
	end3, end4 := begin(3), begin(4)
	end2()
	end3()
	begin(5)
	begin(6)
	end4()
	if fmt.Sprint(cut) != "[2 4]" {
		t.Errorf("cut off %v", cut)
	}
}
