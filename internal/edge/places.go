package edge

import (
	"container/list"
	"sync"
)

// Places limits how many holders there are at once, such as streams. When all places are held, the address that holds
// most gives up the one that it used least recently. So no one can lock others out by holding places.
type Places struct {
	limit int

	mu        sync.Mutex
	held      int
	uses      int                   // so far: the order of the holders
	byAddress map[string]*list.List // of *Place, the least recently used first
}

// Place is one of the Places.
type Place struct {
	places  *Places
	address string
	evict   func()
	used    int
	element *list.Element // nil once it was given up
}

// NewPlaces returns a number of places.
func NewPlaces(limit int) *Places { return &Places{limit: limit, byAddress: map[string]*list.List{}} }

// Take takes a place for an address, as returned by [Address], or returns nil. When all places are held, it evicts
// another address's holder only if that address has at least two more. No address gets more than half of the places (but
// at least one), except loopback addresses, as in a Quota. The places call evict at most once, when they need the place.
func (p *Places) Take(address string, evict func()) *Place {
	return p.add(address, evict, func(own int, most *Place) bool {
		return (own < max(1, p.limit/2) || Loopback(address)) && (most == nil || p.count(most.address) > own+1)
	})
}

// Push takes a place like Take, but evicts a holder whenever all places are held, if need be one of the same address.
func (p *Places) Push(address string, evict func()) *Place {
	return p.add(address, evict, func(int, *Place) bool { return true })
}

// Held returns how many places are held.
func (p *Places) Held() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held
}

// add takes a place if that is allowed for an address with own places, and most, which has to make room; nil if there is
// room.
func (p *Places) add(address string, evict func(), allowed func(own int, most *Place) bool) *Place {
	p.mu.Lock()
	var most *Place
	if p.held >= p.limit {
		most = p.first()
	}
	place := &Place{places: p, address: address, evict: evict}
	ok := (most != nil || p.limit > 0) && allowed(p.count(address), most)
	if ok && most != nil {
		most.remove()
	}
	if ok {
		place.push()
	}
	p.mu.Unlock()
	switch {
	case !ok:
		return nil
	case most != nil:
		most.evict()
	}
	return place
}

// first returns the place that is given up first.
func (p *Places) first() (first *Place) {
	most := 0
	for _, same := range p.byAddress {
		place, _ := same.Front().Value.(*Place)
		if same.Len() > most || same.Len() == most && place.used < first.used {
			first, most = place, same.Len()
		}
	}
	return first
}

func (p *Places) count(address string) int {
	if same := p.byAddress[address]; same != nil {
		return same.Len()
	}
	return 0
}

// Use makes the place the most recently used of its address.
func (p *Place) Use() {
	p.places.mu.Lock()
	defer p.places.mu.Unlock()
	if p.element != nil {
		p.remove()
		p.push()
	}
}

// Leave gives the place back. Further calls have no effect.
func (p *Place) Leave() {
	p.places.mu.Lock()
	defer p.places.mu.Unlock()
	if p.element != nil {
		p.remove()
	}
}

func (p *Place) push() {
	same := p.places.byAddress[p.address]
	if same == nil {
		same = list.New()
		p.places.byAddress[p.address] = same
	}
	p.places.held++
	p.places.uses++
	p.used, p.element = p.places.uses, same.PushBack(p)
}

func (p *Place) remove() {
	same := p.places.byAddress[p.address]
	same.Remove(p.element)
	if p.element = nil; same.Len() == 0 {
		delete(p.places.byAddress, p.address)
	}
	p.places.held--
}
