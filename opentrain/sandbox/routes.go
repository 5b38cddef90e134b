package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// prefix is the path of the public API.
const prefix = "/api/public/v1"

// route is one endpoint and its requirements.
type route struct {
	method, path string
	public       bool   // needs no token and ignores an invalid one
	feature      string // required feature (developers/concepts/scopes-and-capabilities), "" for none
	scope        string // required scope, "" for none
	claim        string // what requires a claimed account, "" for nothing
	body         bool   // the body must be a JSON object
	foreign      int    // the status for another account's job; 0 for 404
	handle       func(*Sandbox, *call) *reply
}

func routes() []route {
	const drafting, publishing, write = "public_api_job_drafting", "public_api_job_publishing", "jobs:write"
	return append([]route{
		{method: "POST", path: "/job-drafts", feature: drafting, scope: write, body: true, handle: (*Sandbox).createDraft},
		{method: "GET", path: "/job-drafts/capabilities", feature: drafting, handle: (*Sandbox).capabilities},
		{method: "PATCH", path: "/job-drafts/{id}", feature: drafting, scope: write, body: true, handle: (*Sandbox).patchDraft},
		{method: "POST", path: "/jobs/{id}/publish", feature: publishing, scope: write, handle: (*Sandbox).publish},
		{method: "POST", path: "/jobs/{id}/close", feature: publishing, scope: write, handle: (*Sandbox).closeJob},
		{method: "POST", path: "/jobs/{id}/invites", feature: "public_api_hiring", scope: "proposals:write", claim: "invite AI trainers",
			body: true, handle: (*Sandbox).inviteTrainer},
		{method: "GET", path: "/jobs", public: true, handle: (*Sandbox).searchJobs},
		{method: "GET", path: "/jobs/facets", public: true, handle: (*Sandbox).listFacets},
		{method: "GET", path: "/jobs/changes", public: true, handle: (*Sandbox).listChanges},
		{method: "GET", path: "/jobs/mine", scope: "jobs:read", handle: (*Sandbox).listOwnJobs},
		{method: "GET", path: "/jobs/{id}", public: true, handle: (*Sandbox).getJob},
		{method: "PATCH", path: "/jobs/{id}", feature: publishing, scope: write, body: true, handle: (*Sandbox).editJob},
		{method: "GET", path: "/auth/me", handle: (*Sandbox).me},
	}, laterRoutes()...)
}

// newMux has one pattern per path, not per method: /jobs/mine is never taken for /jobs/{id}.
func (s *Sandbox) newMux() *http.ServeMux {
	paths := map[string]map[string]route{"": nil, "/": nil}
	for _, r := range routes() {
		if paths[r.path] == nil {
			paths[r.path] = map[string]route{}
		}
		paths[r.path][r.method] = r
		if r.method == http.MethodGet {
			paths[r.path][http.MethodHead] = r
		}
		if r.public {
			paths[r.path][http.MethodOptions] = r
		}
	}
	mux := http.NewServeMux()
	for path, methods := range paths {
		mux.HandleFunc(prefix+path, func(w http.ResponseWriter, r *http.Request) { s.answer(r, methods).write(w) })
	}
	mux.HandleFunc("/", s.servePage)
	s.addAgents(mux)
	return mux
}

// call is one request.
type call struct {
	*http.Request
	account *account // nil on public routes
	body    map[string]json.RawMessage
	job     *job // the caller's job with the id in the path, if the route needs one
}

// answer answers a request to a path with these endpoints by method.
func (s *Sandbox) answer(r *http.Request, methods map[string]route) *reply {
	found, allowed := methods[r.Method]
	switch {
	case methods == nil:
		return refuse(http.StatusNotFound, "There is no endpoint "+r.Method+" "+r.URL.Path+".", nil)
	case !allowed:
		rep := refuse(http.StatusMethodNotAllowed, "The method "+r.Method+" is not allowed here.", nil)
		rep.header = map[string]string{"Allow": strings.Join(slices.Sorted(maps.Keys(methods)), ", ")}
		return rep
	case r.Method == http.MethodOptions:
		return &reply{status: http.StatusNoContent,
			header: map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS"}}
	case !found.public:
		return s.answerPrivate(found, &call{Request: r})
	}
	s.lock()
	defer s.mu.Unlock()
	rep := s.checkReadLimit(r)
	if rep == nil {
		rep = found.handle(s, &call{Request: r})
	}
	// Pages of any origin may read the answer, and caches may keep it (developers/api-reference/jobs/search).
	rep.header = map[string]string{"Access-Control-Allow-Origin": "*"}
	if rep.status == http.StatusOK {
		rep.header["Cache-Control"] = "public, s-maxage=300, stale-while-revalidate=3600"
	}
	return rep
}

// checkReadLimit counts a read without a token and rejects it over the limit. The pages do not document a Retry-After header,
// so there is none. That the window is fixed, not sliding, and the members of details are our assumption.
func (s *Sandbox) checkReadLimit(r *http.Request) *apiError {
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	now := s.cfg.Now()
	if now.Sub(s.readsSince).Abs() >= time.Minute {
		s.reads, s.readsSince = map[string]int{}, now
	}
	s.reads[ip]++
	if limit := s.cfg.PublicReadLimit; limit > 0 && s.reads[ip] > limit {
		return refuse(http.StatusTooManyRequests, fmt.Sprintf("The limit of %d requests a minute is reached.", limit),
			object{"limit": limit, "windowSeconds": 60})
	}
	return nil
}

// answerPrivate checks token, feature, claim and scope, and answers. The order is our assumption: the token of an unclaimed
// account never has the scopes of what needs a claim, and yet the pages show the refusal for it.
func (s *Sandbox) answerPrivate(r route, c *call) (rep *reply) {
	scheme, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	c.account = s.accountOf(strings.TrimSpace(token))
	switch a := c.account; {
	case a == nil || !strings.EqualFold(scheme, "Bearer"):
		return refuse(http.StatusUnauthorized, "The API token is missing, invalid, expired or revoked.", nil)
	case r.feature == teamFeature && slices.Contains(a.Disabled, "teams"):
		return refuse(http.StatusForbidden, "Teams aren't enabled for this account.", object{"reason": "teams_not_enabled"})
	case slices.Contains(a.Disabled, r.feature):
		return refuse(http.StatusForbidden, "The feature "+r.feature+" is not enabled for this account.",
			object{"featureKey": r.feature, "mode": "ALLOWLIST"})
	case r.claim != "" && !a.Claimed:
		return refuse(http.StatusForbidden, "A human must claim this agent account before it can "+r.claim+".",
			object{"reason": "account_claim_required", "action": r.claim, "claimUrl": s.cfg.AppURL + "/claim"})
	case r.scope != "" && !a.granted(r.scope):
		return a.lacks(r.scope)
	}
	if r.body {
		if c.body, rep = readObject(c.Body); rep != nil {
			return rep
		}
	}
	s.lock()
	defer s.mu.Unlock()
	if s.accounts[c.account.Token] != c.account { // it was claimed or revoked meanwhile
		return refuse(http.StatusUnauthorized, "The API token was revoked.", nil)
	}
	c.job = s.jobs[c.PathValue("id")]
	switch takesJob := strings.Contains(r.path, "{id}"); {
	case takesJob && c.job != nil && c.job.owner.books != c.account.books && r.foreign != 0:
		return refuse(r.foreign, "This job belongs to another account.", nil)
	case takesJob && (c.job == nil || c.job.owner.books != c.account.books):
		return refuse(http.StatusNotFound, "There is no such job, or it belongs to another account.", nil)
	}
	if r.method != http.MethodPost || r.scope == "jobs:write" { // jobs have a limit of their own
		return r.handle(s, c)
	}
	size := 0
	for _, raw := range c.body {
		size += len(raw)
	}
	return s.within(c.account.books, size, func() *reply { return r.handle(s, c) })
}

// granted reports whether the token has a scope; X:write implies X:read.
func (a *account) granted(scope string) bool {
	resource, isRead := strings.CutSuffix(scope, ":read")
	return slices.Contains(a.Scopes, scope) || isRead && slices.Contains(a.Scopes, resource+":write")
}

// me is GET /auth/me (developers/api-reference/auth/me).
func (s *Sandbox) me(c *call) *reply {
	a := c.account
	user := a.user()
	return ok(object{
		"actor": object{"userId": user, "email": a.email(),
			"firstName": a.Name, "lastName": "", "fullName": a.Name, "userType": "EMPLOYER"},
		"token": object{"id": a.key.id, "label": a.key.name,
			"scopes": append([]string{}, a.Scopes...), "ownerOrganizationId": nil},
		"account": object{"kind": "employer_organization", "organizationId": fmt.Sprintf("org_%d", a.number),
			"ownerUserId": user, "memberRole": "OWNER"},
	})
}

// capabilities is GET /job-drafts/capabilities (developers/api-reference/job-drafts/capabilities). Unlike the page's sample,
// updateKeys is complete.
func (s *Sandbox) capabilities(c *call) *reply {
	on := func(feature string) bool { return !slices.Contains(c.account.Disabled, "public_api_"+feature) }
	keys, enums := make([]string, 0, len(updateFields())), object{}
	for _, f := range updateFields() {
		keys = append(keys, f.Key)
		if f.Type == "enum" {
			enums[f.Key] = f.options(Reference) // the only page that prints them
		}
	}
	return ok(object{
		"featureKey": "public_api_job_drafting", "namespace": "job-drafts", "rolloutMode": "ALL", "actorIsAdmin": false,
		"capabilities": object{
			"draftImport": true, "draftCreate": true, "draftUpdate": true, "draftUrlRead": true, // otherwise there is no answer
			"publish": on("job_publishing"), "hiring": on("hiring"), "messagingWrites": on("messaging_writes"),
			"team": on("team"), "paymentsWrite": on("payments_write"),
			"credits": on("credits"), "webhooks": on("webhooks"),
		},
		"draft":         object{"importFormats": formats(), "updateKeys": keys, "enums": enums},
		"authBootstrap": "token", "enabled": true,
	})
}

// reply is a response that is not written yet.
type reply struct {
	status  int
	header  map[string]string
	body    any    // of a success; nil for none
	message string // of an error
	details object
}

// apiError is a reply that refuses a request.
type apiError = reply

func ok(body any) *reply { return &reply{status: http.StatusOK, body: body} }

func refuse(status int, message string, d object) *apiError {
	return &reply{status: status, message: message, details: d}
}

func badRequest(message string, d ...object) *apiError {
	return refuse(http.StatusBadRequest, message, append(d, nil)[0])
}

func (rep *reply) write(w http.ResponseWriter) {
	requestID := uuid.NewString()
	h := w.Header()
	h.Set("X-Request-Id", requestID)
	h.Set("Cache-Control", "no-store")
	for name, value := range rep.header {
		h.Set(name, value)
	}
	if rep.message != "" { // all errors have the same envelope (developers/api-reference/overview)
		codes := map[int]string{http.StatusUnauthorized: "UNAUTHORIZED", http.StatusForbidden: "FORBIDDEN",
			http.StatusNotFound: "NOT_FOUND", http.StatusConflict: "CONFLICT", http.StatusTooManyRequests: "RATE_LIMITED"}
		if rep.details == nil {
			rep.details = object{}
		}
		rep.body = object{"error": rep.message, "code": cmp.Or(codes[rep.status], "BAD_REQUEST"), "requestId": requestID,
			"details": rep.details}
	}
	if rep.body == nil {
		w.WriteHeader(rep.status)
		return
	}
	data := encode(rep.body)
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(rep.status)
	w.Write(data) //nolint:errcheck,gosec // the caller is gone
}

// encode marshals without escaping <, > and &, so that texts stay readable.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.Encode(v) //nolint:errcheck,gosec // never fails: the values come from JSON
	return buf.Bytes()
}

// object is a JSON object.
type object map[string]any

// timestamp formats a time like the API does.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// readObject reads a request body as a JSON object. The pages do not document a size limit.
func readObject(body io.ReadCloser) (members map[string]json.RawMessage, failure *apiError) {
	const maxBody = 1 << 20
	data, err := io.ReadAll(http.MaxBytesReader(nil, body, maxBody))
	if err == nil {
		err = json.Unmarshal(data, &members)
	}
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	_, isTooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case isTooLarge:
		return nil, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is larger than %d bytes.", maxBody),
			object{"maxBytes": maxBody})
	case isSyntax:
		return nil, badRequest(fmt.Sprintf("The body is not valid JSON: %v (at byte %d).", syntax, syntax.Offset),
			object{"offset": syntax.Offset})
	case isType || err == nil && members == nil:
		return nil, badRequest("The body must be a JSON object.")
	case err != nil:
		return nil, badRequest("The body could not be read to its end.")
	}
	return members, nil
}
