package web

import (
	"context"
	"sync"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
)

// sessions holds the open sessions of Streamable HTTP, and nothing of a session that has ended.
type sessions struct {
	newID  func() string
	idle   time.Duration
	places *edge.Places

	mu   sync.Mutex
	byID map[string]*session
}

// session is an open session. It ends with DELETE, when it wasn't used for a while, or when others need its place.
type session struct {
	owner string // as caller.Request.Owner
	place *edge.Place
	peer  *adapter.Peer
	ctx   context.Context // ends with the session
	end   func()
	idle  time.Duration

	mu    sync.Mutex
	users int // requests and streams in progress
	timer *time.Timer
}

func newSessions(cfg Config) *sessions {
	return &sessions{newID: cfg.newID, idle: cfg.SessionIdle, places: edge.NewPlaces(cfg.MaxSessions), byID: map[string]*session{}}
}

// open opens a session, or returns nil if there are too many. evict must end the session when others need its place.
func (s *sessions) open(server Server, request *caller.Request, evict func(*session)) (opened *session, id string) {
	id = s.newID()
	ctx, cancel := context.WithCancel(context.Background())
	opened = &session{owner: request.Owner, ctx: ctx, idle: s.idle}
	remove := func(onlyIdle bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.byID[id] != opened || onlyIdle && opened.inUse() {
			return
		}
		delete(s.byID, id)
		opened.timer.Stop()
		cancel()
		opened.place.Leave()
		opened.peer.End(caller.StreamableSession)
	}
	opened.end = func() { remove(false) }
	s.mu.Lock()
	defer s.mu.Unlock()
	if opened.place = s.places.Take(request.Address, func() { go evict(opened) }); opened.place == nil {
		cancel()
		return nil, ""
	}
	opened.peer = server.NewPeer(id)
	opened.timer = time.AfterFunc(s.idle, func() { remove(true) })
	s.byID[id] = opened
	return opened, id
}

// use returns an open session of the owner, which stays open until release, or nil.
func (s *sessions) use(id, owner string) (found *session, release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found = s.byID[id]; found == nil || found.owner != owner {
		return nil, nil
	}
	found.place.Use()
	return found, found.use()
}

// close ends all sessions.
func (s *sessions) close() {
	s.mu.Lock()
	open := make([]*session, 0, len(s.byID))
	for _, each := range s.byID {
		open = append(open, each)
	}
	s.mu.Unlock()
	for _, each := range open {
		each.end()
	}
}

func (s *session) inUse() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users > 0
}

// use keeps a session open until release. Its idle time starts again then.
func (s *session) use() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
	s.timer.Stop()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.users--; s.users == 0 && s.ctx.Err() == nil {
			s.timer.Reset(s.idle)
		}
	}
}
