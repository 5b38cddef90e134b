package opentrainmcp

import (
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/server"
)

// sessions knows the sessions of Streamable HTTP for older clients and whose
// they are. It keeps no trace of a session that ended.
type sessions struct {
	prefix string
	max    int

	mu     sync.Mutex
	owners map[string]string // by session id: the caller's id, "" for anonymous
}

func newSessions(replicaID string, most int) *sessions {
	return &sessions{prefix: sessionPrefix(replicaID), max: most, owners: map[string]string{}}
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
	return len(s.owners)
}

func (s *sessions) full() bool { return s.count() >= s.max }

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
	return callerSessions{sessions: s, caller: callerID(r.token.Value)}
}

// callerSessions are the sessions of one caller.
type callerSessions struct {
	*sessions
	caller string
	anyone bool
}

var errNoSession = errors.New("no such session")

// Generate implements server.SessionIdManager.
func (c callerSessions) Generate() string {
	id := c.prefix + rand.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owners[id] = c.caller
	return id
}

// Validate implements server.SessionIdManager.
func (c callerSessions) Validate(id string) (isTerminated bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if owner, known := c.owners[id]; !known || owner != c.caller && !c.anyone {
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
	delete(c.owners, id)
	return false, nil
}
