package opentrainmcp

import (
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/edge"
)

// sessions knows the sessions of Streamable HTTP for older clients and whose
// they are. It keeps no trace of a session that ended.
type sessions struct {
	prefix string

	mu     sync.Mutex
	known  map[string]session // by id
	places places             // by the address that began them
}

// session is whose a session is.
type session struct {
	owner   string // as request.owner
	address string
}

func newSessions(replicaID string, most int) *sessions {
	return &sessions{prefix: sessionPrefix(replicaID), known: map[string]session{}, places: newPlaces(most)}
}

// sessionPrefix begins the session ids of a replica, so that a proxy finds the
// replica that holds a session.
func sessionPrefix(replicaID string) string {
	if replicaID == "" {
		return ""
	}
	return replicaID + "."
}

func (s *sessions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.known)
}

// full reports whether there is no place for a session from an address.
func (s *sessions) full(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.places.full(address)
}

// ResolveSessionIdManager implements server.SessionIdManagerResolver: each
// request sees the sessions of its own caller alone. Without a request it is
// mcp-go's sweeper that asks, to end an idle session.
func (s *sessions) ResolveSessionIdManager(r *http.Request) server.SessionIdManager {
	if r == nil {
		return callerSessions{sessions: s, anyone: true}
	}
	return s.of(requestFrom(r.Context()))
}

func (s *sessions) of(r *request) callerSessions {
	return callerSessions{sessions: s, caller: r.owner, address: r.address}
}

// callerSessions are the sessions of one caller.
type callerSessions struct {
	*sessions
	caller  string
	address string
	anyone  bool
}

var errNoSession = errors.New("no such session")

// Generate implements server.SessionIdManager.
func (c callerSessions) Generate() string {
	id := c.prefix + rand.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[id] = session{c.caller, c.address}
	c.places.take(c.address)
	return id
}

// Validate implements server.SessionIdManager.
func (c callerSessions) Validate(id string) (isTerminated bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, known := c.known[id]; !known || found.owner != c.caller && !c.anyone {
		return false, errNoSession
	}
	return false, nil
}

// Terminate implements server.SessionIdManager.
func (c callerSessions) Terminate(id string) (isNotAllowed bool, err error) {
	if _, err := c.Validate(id); err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.places.free(c.known[id].address)
	delete(c.known, id)
	return false, nil
}

// places are what may be open at once: so many in all, half of them from one
// address, so that nobody takes them all. A loopback address is nobody in
// particular.
type places struct {
	most   int
	taken  int
	byAddr map[string]int
}

func newPlaces(most int) places { return places{most: most, byAddr: map[string]int{}} }

func (p *places) full(address string) bool {
	return p.taken >= p.most || p.byAddr[address] >= max(1, p.most/2) && !edge.Loopback(address)
}

func (p *places) take(address string) {
	p.taken++
	p.byAddr[address]++
}

func (p *places) free(address string) {
	p.taken--
	if p.byAddr[address]--; p.byAddr[address] <= 0 {
		delete(p.byAddr, address)
	}
}
