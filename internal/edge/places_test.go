package edge_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"opentrain-mcp/internal/edge"
)

// TestPlaces: who holds most makes room for the others, and no one has more than half.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		limit int
		steps string // addresses that take a place; "-a" gives a's first back, "+a" uses it
		want  string // y or n per place
		ends  string // which places made room, by number
	}{
		{"half per address", 4, "a a a b b", "yynyy", ""},
		{"two hold all", 4, "a a b b c", "yyyyy", "0"},
		{"the least recently used of the one with most", 6, "b a a a c c +a d", "yyyyyyy", "2"},
		{"an equal share is left alone", 3, "a b c d", "yyyn", ""},
		{"room is made only for those with less", 4, "a a b c b", "yyyyn", ""},
		{"given back", 3, "a b c -b d e", "yyyyn", ""},
		{"loopback has all", 3, "127.0.0.1 ::1 127.0.0.1 127.0.0.1", "yyyn", ""},
		{"none", 0, "a", "n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			places, got, ends, held := edge.NewPlaces(test.limit), "", []string{}, map[string][]*edge.Place{}
			number := 0
			for _, step := range strings.Fields(test.steps) {
				switch address := step[1:]; step[0] {
				case '-':
					held[address][0].Leave()
				case '+':
					held[address][0].Use()
				default:
					n := number
					number++
					place := places.Take(step, func() { ends = append(ends, fmt.Sprint(n)) })
					if place == nil {
						got += "n"
						continue
					}
					got += "y"
					held[step] = append(held[step], place)
				}
			}
			if got != test.want || strings.Join(ends, " ") != test.ends || places.Held() > test.limit {
				t.Errorf("got %s, %v made room, %d held", got, ends, places.Held())
			}
			for _, all := range held {
				for _, place := range all {
					place.Use()
					place.Leave()
					place.Leave()
				}
			}
			if places.Held() != 0 {
				t.Errorf("%d held at the end", places.Held())
			}
		})
	}
}

// TestPushAlwaysHasRoom: the one that has waited longest of the address with most makes room, even for the same address.
func TestPushAlwaysHasRoom(t *testing.T) {
	t.Parallel()
	var cut []int
	places := edge.NewPlaces(3)
	for n, address := range []string{"a", "b", "b", "b", "a", "c", "c"} {
		places.Push(address, func() { cut = append(cut, n) })
	}
	if fmt.Sprint(cut) != "[1 2 0 3]" {
		t.Errorf("cut off %v", cut)
	}
}

// TestPlacesAtOnce: many take and leave, and nothing is counted twice.
func TestPlacesAtOnce(t *testing.T) {
	t.Parallel()
	places := edge.NewPlaces(10)
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			for range 100 {
				places.Push(fmt.Sprint(n%7), func() {}).Leave()
				if place := places.Take(fmt.Sprint(n), func() {}); place != nil {
					place.Use()
					place.Leave()
				}
			}
		})
	}
	all.Wait()
	if places.Held() != 0 {
		t.Errorf("%d held", places.Held())
	}
}
