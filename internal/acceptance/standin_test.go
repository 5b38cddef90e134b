package acceptance_test

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

const standInBase = "/api/public/v1"

// standIn is OpenTrain's API in memory. It is written only from OpenTrain's documentation
// and shares nothing with the sandbox, so that it judges the server independently. It is
// both a RoundTripper and a Handler, and may be used by many goroutines at once.
type standIn struct {
	clock  func() time.Time
	routes map[string]standInRoute
	serve  http.Handler

	mu       sync.Mutex // guards the rest
	options  standInOptions
	accounts map[string]standInAccount
	tokens   map[string]standInToken
	jobs     []*standInJob // in the order of their making
	publish  map[string][]time.Time
	hooks    []*standInHook
	log      []*standInRequest
}

// standInOptions say which of the documented, or of the possible, APIs this is. Functions
// are called under the lock and must not call the stand-in.
type standInOptions struct {
	createForm, patchForm standInForm
	createStatus          int // of a new draft; 0 is 201
	// parse reads the body of POST /job-drafts. Of its answer, fields, needs, guesses,
	// warnings and unmapped count. Nil is standInParse.
	parse func(body map[string]any) standInJob
	// issues of a draft, beside its missing fields.
	issues func(fields map[string]any) []any
	// validationMissing is what validation.missingFields lists: "names", "entries" or
	// "none". "" is names in the guide's form and none in the reference's.
	validationMissing string
	// moderate names the reasons to block a text. moderationIn200 reports them in a 200,
	// as the guide can be read, and not in a 403 (publish) or a 409 (live edit).
	moderate        func(fields map[string]any) []string
	moderationIn200 bool
	noopMoves       bool              // a PATCH that changes nothing moves updatedAt
	readsMove       bool              // every GET under /jobs moves updatedAt of all jobs by 1 ms
	endless         bool              // lists of jobs start again instead of ending, under new cursors
	extraKeys       []string          // update keys that the documentation does not name
	people          map[string]string // who can be invited: ID to the reason why not, or ""; nil is anyone
}

// standInForm is a side of the contradictions 1 to 10 in section 7.
type standInForm int

const (
	guideForm     standInForm = iota // every answer is a full report
	referenceForm                    // a PATCH is answered with ok, jobId, status, draftUrl and validation only
)

// standInAccount is an employer account. Those who share an ID share the account.
type standInAccount struct {
	id           string
	unclaimed    bool
	off          []string // feature keys, such as public_api_hiring
	publishLimit int      // in 24 hours; 0 is 20, or 3 if unclaimed
}

type standInToken struct {
	account string
	scopes  []string
}

// standInJob is a job or draft. Its title is fields["jobTitle"].
type standInJob struct {
	id, owner, status                 string // "" is the next ID, and DRAFT
	fields                            map[string]any
	needs                             []string // the keys without which it cannot be published
	guesses, warnings, unmapped       []any    // lowConfidenceFields and so on
	created, updated                  time.Time
	idempotencyKey, externalID, event string
	eventAt                           time.Time
	invited                           []string
	serial                            int
}

// standInRequest is a request that was made, and its answer once there is one.
type standInRequest struct {
	method, path, query, body, token string
	route                            string // such as "PATCH /job-drafts/{id}"
	id                               string // {id} in the path
	header                           http.Header
	drop                             standInDrop
	status                           int // 0: no answer yet
	answer                           string
	answerHeader                     http.Header
}

// standInHook does something around requests. It runs outside of the lock: it may change
// jobs, block, or wait for other requests.
type standInHook struct {
	on    string                    // the route, such as "GET /jobs/mine"
	match func(standInRequest) bool // nil is all
	nth   int                       // only the nth such request from now on, from 1; 0 is each
	// before runs before the request is handled. If it sets a status, the request is not
	// handled but gets this status and answer ("" is the API's usual error envelope).
	before func(*standInRequest)
	// after runs once the request is handled, and may change status, answer and answerHeader.
	after func(*standInRequest)
	drop  standInDrop
	seen  int
}

// standInDrop is a way to lose the connection.
type standInDrop int

const (
	dropNothing standInDrop = iota
	dropUnsent              // the connection fails: a *net.OpError with Op "dial"
	dropBefore              // the request arrives, but is not handled: as dropAfter to the caller
	dropAfter               // the request is handled, and its answer is lost
)

// newStandIn makes an API without accounts. All its times, and the Date of its answers,
// are the clock's; nil is the real time.
func newStandIn(clock func() time.Time) *standIn {
	if clock == nil {
		clock = time.Now
	}
	s := &standIn{clock: clock, accounts: map[string]standInAccount{}, tokens: map[string]standInToken{}, publish: map[string][]time.Time{}}
	s.routes = s.routing()
	mux := http.NewServeMux()
	for route := range s.routes {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) { s.take(route, w, r) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.take("", w, r) })
	s.serve = http.StripPrefix(standInBase, mux)
	return s
}

// standInClock is a clock that stands still unless it is moved.
type standInClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *standInClock) read() time.Time { return c.advance(0) }

func (c *standInClock) advance(by time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
	return c.now
}

// set changes options.
func (s *standIn) set(change func(*standInOptions)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.options)
}

// account makes an account, or changes the one of this ID.
func (s *standIn) account(a standInAccount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[a.id] = a
}

// token gives an account a token with these scopes; none is all of them.
func (s *standIn) token(token, account string, scopes ...string) {
	if scopes == nil {
		scopes = []string{"jobs:write", "proposals:write", "messages:write", "payments:write", "team:write", "webhooks:manage"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = standInToken{account, scopes}
}

func (s *standIn) revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
}

// add makes a job, as if in the app, and returns its ID.
func (s *standIn) add(job standInJob) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.insert(job, s.clock()).id
}

// edit changes a job in the app. Its updatedAt becomes the clock's time unless the change
// sets another one.
func (s *standIn) edit(id string, change func(*standInJob)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change(s.find(id), s.clock(), change)
}

// remove deletes a job in the app.
func (s *standIn) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = slices.DeleteFunc(s.jobs, func(j *standInJob) bool { return j.id == id })
}

// job returns a copy of a job, which must exist.
func (s *standIn) job(id string) standInJob {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := *s.find(id)
	j.fields, j.guesses, j.invited = maps.Clone(j.fields), slices.Clone(j.guesses), slices.Clone(j.invited)
	return j
}

// hook adds a hook and returns what removes it.
func (s *standIn) hook(h standInHook) (remove func()) {
	if _, known := s.routes[h.on]; !known {
		panic("no such route: " + h.on)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, &h)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hooks = slices.DeleteFunc(s.hooks, func(other *standInHook) bool { return other == &h })
	}
}

// fail makes the nth request to a route fail, or each if nth is 0.
func (s *standIn) fail(on string, nth, status int, body string) (remove func()) {
	return s.hook(standInHook{on: on, nth: nth, before: func(r *standInRequest) { r.status, r.answer = status, body }})
}

// hold blocks the nth request to a route, from 1, before it is handled and until release is
// called. arrived is closed when it is there.
func (s *standIn) hold(on string, nth int) (arrived <-chan struct{}, release func()) {
	there, released := make(chan struct{}), make(chan struct{})
	s.hook(standInHook{on: on, nth: nth, before: func(*standInRequest) { close(there); <-released }})
	return there, sync.OnceFunc(func() { close(released) })
}

// requests returns every request made so far, also those that never left.
func (s *standIn) requests() []standInRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []standInRequest
	for _, r := range s.log {
		all = append(all, *r)
	}
	return all
}

// arrived returns the requests to a route that reached the API, answered or not.
func (s *standIn) arrived(route string) []standInRequest {
	return slices.DeleteFunc(s.requests(), func(r standInRequest) bool { return r.route != route || r.drop == dropUnsent })
}
