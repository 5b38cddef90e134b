// Package sandbox is an in-memory model of the OpenTrain public API: an [http.Handler] for trying and testing
// clients. It has no real service behind it and stores nothing.
//
// It follows the public documentation. Where two pages disagree on the form of a response, [Variant] chooses
// the page. Page names in comments are relative to https://www.opentrain.ai/docs/.
package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Variant is the documentation page whose response form the sandbox uses.
type Variant string

const (
	// Guide is the form of developers/guides/post-a-job: plain questions, examples as objects, and the full
	// report for every PATCH.
	Guide Variant = "guide"
	// Reference is the form of developers/api-reference/job-drafts: questions with the prefix "ask: ",
	// examples as strings, and a short report for PATCH.
	Reference Variant = "reference"
)

// ParseVariant returns the variant with the given name.
func ParseVariant(s string) (Variant, error) {
	switch v := Variant(s); v {
	case Guide, Reference:
		return v, nil
	}
	return "", fmt.Errorf("unknown sandbox variant %q: use %q or %q", s, Guide, Reference)
}

// DemoToken is the bearer token of the default account.
const DemoToken = "ot_pat_sandbox_demo" //nolint:gosec // opens nothing but the sandbox

// Account is an employer account with one token.
type Account struct {
	Token string // bearer token, ot_pat_...
	Name  string // shown as the company of published jobs
	// Scopes are the granted scopes; "jobs:write" implies "jobs:read".
	Scopes []string
	// Claimed is false for an agent account that no human has claimed yet.
	Claimed bool
	// Disabled lists features that are off, for example "public_api_job_publishing".
	Disabled []string
}

// Config configures a Sandbox. The zero Config is ready to use.
type Config struct {
	Variant Variant // default Guide
	// Accounts default to one claimed account with DemoToken and the scopes that a claimed account has.
	Accounts []Account
	Now      func() time.Time // default time.Now
	// AppURL is the prefix of draftUrl, jobUrl and the like; default "https://app.opentrain.ai".
	AppURL string
	// PublicReadLimit is the maximum number of reads without a token per minute and remote IP, by Now. 0
	// means no limit. The real API allows 120 (developers/api-reference/jobs/search).
	PublicReadLimit int
	// ClaimAfter is the number of polls after which a human seems to have claimed an agent's account. 0 means that only the
	// claim page does it.
	ClaimAfter int
	// Fault may answer a request instead of the API, for tests of clients. It is called first for every
	// request. If the handler that it returns is not nil, the handler answers. Fault must not read the body
	// of other requests and must be safe for concurrent use. A handler that panics breaks the connection,
	// over Transport and over a socket.
	Fault func(*http.Request) http.Handler
}

// Sandbox serves the API. Create one with New. It is safe for concurrent use.
type Sandbox struct {
	variant   Variant
	now       func() time.Time
	appURL    string
	readLimit int
	fault     func(*http.Request) http.Handler
	routes    []route

	claimAfter int

	mu       sync.Mutex          // guards everything below
	accounts map[string]*account // by token
	agents   agents
	// jobs has the jobs of all accounts by id. order has them in the order of creation.
	jobs  map[string]*job
	order []*job
	// market is every job ever published, oldest first. Cursors hold a job's seq, so that pages stay stable
	// while jobs are published.
	market   []listing
	attempts int
	reads    readCounts
}

// account is an Account and its state.
type account struct {
	Account
	number    int
	byKey     map[string]*job // drafts by idempotency key
	published []time.Time     // successful publishes, oldest first
}

// New returns a sandbox with the seeded marketplace and no drafts.
func New(cfg Config) *Sandbox {
	s := &Sandbox{
		variant:    Guide,
		now:        cfg.Now,
		appURL:     strings.TrimRight(cfg.AppURL, "/"),
		readLimit:  cfg.PublicReadLimit,
		claimAfter: cfg.ClaimAfter,
		fault:      cfg.Fault,
		routes:     routes(),
		accounts:   map[string]*account{},
		jobs:       map[string]*job{},
	}
	if cfg.Variant == Reference {
		s.variant = Reference
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.appURL == "" {
		s.appURL = "https://app.opentrain.ai"
	}
	accounts := cfg.Accounts
	if len(accounts) == 0 {
		accounts = []Account{{Token: DemoToken, Name: "Sandbox Demo", Scopes: claimedScopes(), Claimed: true}}
	}
	for i, a := range accounts {
		if a.Token != "" { // otherwise, requests without a token would belong to it
			s.accounts[a.Token] = &account{Account: a, number: i + 1, byKey: map[string]*job{}}
		}
	}
	s.market = s.seed(s.now())
	return s
}

// claimedScopes are the scopes that a claimed account's token has
// (developers/concepts/scopes-and-capabilities).
func claimedScopes() []string {
	return []string{
		"jobs:read", "jobs:write", "proposals:read", "messages:read", "payments:read", "team:read",
		"proposals:write", "messages:write", "team:write",
	}
}

// ServeHTTP implements http.Handler.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.fault != nil {
		if instead := s.fault(r); instead != nil {
			instead.ServeHTTP(w, r)
			return
		}
	}
	if s.serveAgents(w, r) {
		return
	}
	c := &call{request: r, requestID: newRequestID()}
	rep, failure := s.serve(c)
	if failure != nil {
		rep = failure.reply(c.requestID)
	}
	rep.write(w, c.requestID)
}

// timestamp formats a time like the API does.
func timestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
