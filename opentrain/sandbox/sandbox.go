// Package sandbox is an in-memory model of the OpenTrain public API: an [http.Handler] for trying and testing clients. It has
// no real service behind it and stores nothing.
//
// It follows the public documentation. Where two pages disagree on the form of a response, [Variant] chooses the page. Page
// names in comments are relative to https://www.opentrain.ai/docs/.
package sandbox

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"opentrain-mcp/internal/inprocess"
)

// Variant is the documentation page whose response form the sandbox uses.
type Variant string

const (
	// Guide is the form of developers/guides/post-a-job: plain questions, examples as objects, and the full report for
	// every PATCH.
	Guide Variant = "guide"
	// Reference is the form of developers/api-reference/job-drafts: questions with the prefix "ask: ", examples as strings,
	// and a short report for PATCH.
	Reference Variant = "reference"
)

// DemoToken is the bearer token of the default account.
const DemoToken = "ot_pat_sandbox_demo" //nolint:gosec // opens nothing but the sandbox

// PlaceholderURL is the AppURL for a sandbox whose pages can't be opened. Its host can't exist (RFC 2606), so its links can't
// be mistaken for OpenTrain's.
const PlaceholderURL = "https://sandbox.invalid"

// Account is an employer account with one token.
type Account struct {
	Token    string   // bearer token, ot_pat_...
	Name     string   // shown as the company of published jobs
	Scopes   []string // granted scopes; "jobs:write" implies "jobs:read"
	Claimed  bool     // false for an agent account that no human has claimed yet
	Disabled []string // features that are off, for example "public_api_job_publishing"; "teams" for an account without teams
}

// Config configures a Sandbox. The zero Config is ready to use.
type Config struct {
	Variant  Variant          // default Guide
	Accounts []Account        // default: one claimed account with DemoToken and all scopes, as a token from the app can have
	History  bool             // the first account has a live job, a draft from last week and an archived job
	Now      func() time.Time // default time.Now
	// Pace is the time between the AI trainers' applications to a published job, and before they answer; default 3 seconds.
	Pace time.Duration
	// AppURL is the prefix of draftUrl, jobUrl and the like; default "https://app.opentrain.ai". The Sandbox serves these
	// pages itself: set its own address to make the links work, or PlaceholderURL.
	AppURL string
	// PublicReadLimit is how many reads without a token a remote IP has per minute; 0 means no limit. The real API allows 120
	// (developers/api-reference/jobs/search).
	PublicReadLimit int
	// ClaimAfter is the number of polls after which a human seems to have claimed an account; 0: only the claim page does it.
	ClaimAfter int
	// DecideAfter is the number of reads after which a human seems to have confirmed an approval or paid for a top-up; 0: only
	// their pages do it. With Decline, that human declines and doesn't pay.
	DecideAfter     int
	Decline         bool
	NoPaymentMethod bool // the accounts have none: only credits can pay
	// Deliver sends the events of webhooks to loopback addresses, and to no others. Not for a sandbox that strangers use: they
	// could reach services of this machine. Without it, webhooks can be managed but get nothing.
	Deliver bool
	// Fault is for tests of clients. It is called first for every request, also concurrently. If it returns a handler, that
	// answers instead of the API; otherwise it must not read the body. A handler that panics breaks the connection.
	Fault func(*http.Request) http.Handler
}

// Sandbox serves the API and the pages that it links to. Create one with New. It is safe for concurrent use.
type Sandbox struct {
	cfg     Config
	started time.Time
	timers  bool // the time is the real one
	mux     func() *http.ServeMux
	sending sync.WaitGroup // deliveries of webhooks

	mu          sync.Mutex          // guards everything below
	accounts    map[string]*account // by token
	lastAccount int
	agents      agents
	jobs        map[string]*job    // all jobs by id; nil until the first request
	created     []*job             // the accounts' jobs in the order of creation
	added       int                // how many there have been
	bodies      int                // of those jobs, in bytes
	market      []*job             // every job ever published, in the order of publication; nil where one was published again
	people      map[string]*person // who can be invited or applied, by id and slug
	records     map[string]any     // the parts of the accounts' books, by id
	deeds       []deed             // what other people will do, in the order of time
	numbered    int                // records
	told        int                // events
	used        int                // bytes of all books, about
	readsSince  time.Time          // the start of the current minute for PublicReadLimit
	reads       map[string]int     // reads without a token in this minute, by remote IP
}

// account is an Account and its state.
// Each token has its own copy; the copies share what they point to.
type account struct {
	Account
	number  int
	claimer string          // the email address of the human who claimed it
	byKey   map[string]*job // drafts by idempotency key
	books   *books          // nil for a company of the marketplace
	key     *apiToken       // the token's record
}

// New returns a sandbox.
func New(cfg Config) *Sandbox {
	if cfg.Variant != Reference {
		cfg.Variant = Guide
	}
	timers := cfg.Now == nil && cfg.Deliver
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if len(cfg.Accounts) == 0 {
		cfg.Accounts = []Account{{Token: DemoToken, Name: "Sandbox Demo", Claimed: true, Scopes: allScopes()}}
	}
	cfg.Pace = cmp.Or(cfg.Pace, 3*time.Second)
	cfg.AppURL = strings.TrimRight(cmp.Or(cfg.AppURL, "https://app.opentrain.ai"), "/")
	s := &Sandbox{cfg: cfg, started: cfg.Now(), timers: timers, accounts: map[string]*account{}, people: map[string]*person{},
		records: map[string]any{}}
	for _, a := range cfg.Accounts {
		if made := s.newAccount(a, s.started); a.Token != "" { // otherwise, requests without a token would belong to it
			s.accounts[a.Token] = made
		}
	}
	s.mux = sync.OnceValue(s.newMux)
	return s
}

// lock locks the state and brings it up to now. The first call creates the jobs that are there from the start.
func (s *Sandbox) lock() {
	now := s.cfg.Now()
	s.mu.Lock()
	if s.jobs == nil {
		s.seed()
	}
	s.advance(now)
}

// ServeHTTP implements http.Handler.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Fault != nil {
		if instead := s.cfg.Fault(r); instead != nil {
			instead.ServeHTTP(w, r)
			return
		}
	}
	s.mux().ServeHTTP(w, r)
}

// seedJSON has the jobs that are there from the start, oldest first. They are fictional, including companies and people.
//
//go:embed seed.json
var seedJSON []byte

// seed creates the jobs of the marketplace, and those of the first account if it has a history.
func (s *Sandbox) seed() {
	s.jobs = map[string]*job{}
	var seeds []struct {
		Company       string // "" for the first account
		Posted, Saved int    // minutes before the sandbox was started; Saved is 0 for a job that wasn't changed
		Status, Event string // "" for a live job that wasn't changed
		Fields        map[string]json.RawMessage
	}
	if err := json.Unmarshal(seedJSON, &seeds); err != nil {
		panic(err) // the file is part of the program
	}
	for n, id := range []string{FreelancerAvailable, FreelancerUnavailable, FreelancerAlsoAvailable} {
		p := newPerson(theCast().Trainers[n], id, values{}, 0, s.started)
		s.people[id], s.people[p.slug] = p, p
	}
	own := s.accounts[s.cfg.Accounts[0].Token]
	ago := func(minutes int) time.Time { return s.started.Add(-time.Duration(minutes) * time.Minute) }
	for _, seed := range seeds {
		fields, _ := s.cfg.Variant.decodeAll(seed.Fields)
		j := &job{owner: own, status: cmp.Or(seed.Status, statusOpen), parsed: parsed{fields: fields},
			created: ago(seed.Posted), updated: ago(cmp.Or(seed.Saved, seed.Posted))}
		switch {
		case seed.Company != "":
			j.owner, j.id = &account{Account: Account{Name: seed.Company}}, fmt.Sprintf("market_%03d", len(s.jobs)-len(s.created)+1)
			s.jobs[j.id] = j
		case own != nil && s.cfg.History:
			s.add(j)
		default:
			continue
		}
		if j.status != statusDraft {
			s.list(j, j.created)
			j.changed, j.event = j.updated, cmp.Or(seed.Event, eventPublished)
			if j.owner == own {
				s.recruit(j, j.created)
			}
		}
	}
}

// Transport returns a RoundTripper that calls the sandbox in memory, for any host and without a socket.
func (s *Sandbox) Transport() http.RoundTripper { return inprocess.Transport{Handler: s} }
