package web

import (
	"context"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
)

// sessions holds the open sessions of Streamable HTTP, and nothing of a session that has ended.
type sessions struct {
	newID func() string
	quota *edge.Quota

	mu   sync.Mutex
	open map[string]*session // by id
}

type session struct {
	owner string          // as caller.Request.Owner
	ctx   context.Context // ends with the session
	end   func()
}

func newSessions(cfg Config) *sessions {
	return &sessions{newID: cfg.newID, quota: edge.NewQuota(cfg.MaxSessions), open: map[string]*session{}}
}

// find returns an open session of the owner, or nil.
func (s *sessions) find(id, owner string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.open[id]; found != nil && found.owner == owner {
		return found
	}
	return nil
}

type managerKey struct{}

// ResolveSessionIdManager implements server.SessionIdManagerResolver. For an idle session, mcp-go passes nil.
func (s *sessions) ResolveSessionIdManager(r *http.Request) server.SessionIdManager {
	if r == nil {
		return &sessionManager{sessions: s}
	}
	if manager, ok := r.Context().Value(managerKey{}).(*sessionManager); ok {
		return manager
	}
	return &sessionManager{sessions: s, request: caller.From(r.Context())}
}

// sessionManager implements server.SessionIdManager for one caller.
type sessionManager struct {
	*sessions
	request *caller.Request // nil for mcp-go itself, which may end every session
	opened  string          // the id that Generate returned
	full    bool            // Generate could not open a session
}

// Generate returns "" if there are too many sessions. mcp-go then answers without one: replace its answer.
func (m *sessionManager) Generate() string {
	release, ok := m.quota.Acquire(m.request.Address)
	if !ok {
		m.full = true
		return ""
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.opened = m.newID()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[m.opened] = &session{owner: m.request.Owner, ctx: ctx, end: func() {
		cancel()
		release()
	}}
	return m.opened
}

func (m *sessionManager) Validate(id string) (isTerminated bool, err error) {
	if m.find(id, m.request.Owner) == nil {
		return false, errSessionEnded
	}
	return false, nil
}

func (m *sessionManager) Terminate(id string) (isNotAllowed bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ended := m.open[id]
	switch {
	case ended == nil:
		return false, nil // another DELETE was faster, or the session was idle
	case m.request != nil && ended.owner != m.request.Owner:
		return false, errSessionEnded
	}
	delete(m.open, id)
	ended.end()
	return false, nil
}
