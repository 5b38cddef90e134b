package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// prefix is the path of the public API.
const prefix = "/api/public/v1"

// Features that endpoints require (developers/concepts/scopes-and-capabilities).
const (
	featureDrafting   = "public_api_job_drafting"
	featurePublishing = "public_api_job_publishing"
	featureHiring     = "public_api_hiring"
)

// route is one endpoint and its requirements.
type route struct {
	method, path string // a path segment {id} matches any id
	public       bool   // needs no token and ignores an invalid one
	feature      string // required feature, "" for none
	scope        string // required scope, "" for none
	claim        string // what requires a claimed account, "" for nothing
	handle       func(*Sandbox, *call) (reply, *apiError)
}

// routes lists the endpoints. A literal path is before one with {id}.
func routes() []route {
	return []route{
		{method: "POST", path: "/job-drafts", feature: featureDrafting, scope: "jobs:write", handle: (*Sandbox).createDraft},
		{method: "GET", path: "/job-drafts/capabilities", feature: featureDrafting, handle: (*Sandbox).capabilities},
		{method: "PATCH", path: "/job-drafts/{id}", feature: featureDrafting, scope: "jobs:write", handle: (*Sandbox).patchDraft},
		{method: "POST", path: "/jobs/{id}/publish", feature: featurePublishing, scope: "jobs:write", handle: (*Sandbox).publish},
		{method: "POST", path: "/jobs/{id}/close", feature: featurePublishing, scope: "jobs:write", handle: (*Sandbox).closeJob},
		{method: "POST", path: "/jobs/{id}/invites", feature: featureHiring, scope: "proposals:write", claim: "invite AI trainers", handle: (*Sandbox).inviteTrainer},
		{method: "GET", path: "/jobs", public: true, handle: (*Sandbox).searchJobs},
		{method: "GET", path: "/jobs/facets", public: true, handle: (*Sandbox).listFacets},
		{method: "GET", path: "/jobs/changes", public: true, handle: (*Sandbox).listChanges},
		{method: "GET", path: "/jobs/mine", scope: "jobs:read", handle: (*Sandbox).listOwnJobs},
		{method: "GET", path: "/jobs/{id}", public: true, handle: (*Sandbox).getJob},
		{method: "PATCH", path: "/jobs/{id}", feature: featurePublishing, scope: "jobs:write", handle: (*Sandbox).editJob},
		{method: "GET", path: "/auth/me", handle: (*Sandbox).me},
	}
}

// call is one request.
type call struct {
	request   *http.Request
	requestID string
	account   *account // nil on public routes
	id        string   // the {id} of the path
}

// serve finds the endpoint, checks its gates and runs it.
func (s *Sandbox) serve(c *call) (reply, *apiError) {
	found, failure := s.match(c)
	if failure != nil {
		return reply{}, failure
	}
	if found.public && c.request.Method == http.MethodOptions {
		header := openToAll()
		header["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
		return reply{status: http.StatusNoContent, header: header}, nil
	}
	var answer reply
	if failure = s.gate(found, c); failure == nil {
		answer, failure = found.handle(s, c)
	}
	if found.public && failure != nil {
		failure.header = openToAll()
	}
	return answer, failure
}

// match finds the route of a request and fills in c.id.
func (s *Sandbox) match(c *call) (route, *apiError) {
	method := c.request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path, isAPI := strings.CutPrefix(c.request.URL.EscapedPath(), prefix)
	var allow []string
	literal := false // a literal path matches, so the segment is not an {id}
	for _, candidate := range s.routes {
		id, ok := matchPath(candidate.path, path)
		if !ok || !isAPI || literal && id != "" {
			continue
		}
		literal = id == ""
		if method == candidate.method || candidate.public && method == http.MethodOptions {
			c.id = id
			return candidate, nil
		}
		allow = append(allow, candidate.methods()...)
	}
	if allow == nil {
		return route{}, notFound("There is no endpoint " + c.request.Method + " " + c.request.URL.Path + ".")
	}
	slices.Sort(allow)
	failure := badRequest("The method " + c.request.Method + " is not allowed here.")
	failure.status = http.StatusMethodNotAllowed
	failure.header = map[string]string{"Allow": strings.Join(slices.Compact(allow), ", ")}
	return route{}, failure
}

func (r route) methods() []string {
	switch {
	case r.public:
		return []string{r.method, http.MethodHead, http.MethodOptions}
	case r.method == http.MethodGet:
		return []string{r.method, http.MethodHead}
	}
	return []string{r.method}
}

// matchPath matches an escaped path against a pattern and returns the unescaped segment for {id}.
func matchPath(pattern, path string) (id string, ok bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return "", false
	}
	for i, segment := range have {
		if want[i] != "{id}" {
			if want[i] != segment {
				return "", false
			}
			continue
		}
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" {
			return "", false
		}
		id = plain
	}
	return id, true
}

// gate checks token, feature, scope and claim. The order is our assumption. Public routes have a limit per
// address instead.
func (s *Sandbox) gate(r route, c *call) *apiError {
	if r.public {
		return s.checkReadLimit(c.request)
	}
	c.account = s.accountOf(bearerToken(c.request))
	if c.account == nil {
		return &apiError{status: http.StatusUnauthorized, code: "UNAUTHORIZED",
			message: "The API token is missing, invalid, expired or revoked."}
	}
	if r.feature != "" && !c.account.enabled(r.feature) {
		return forbidden("The feature "+r.feature+" is not enabled for this account.",
			details{"featureKey": r.feature, "mode": "ALLOWLIST"})
	}
	if r.scope != "" && !c.account.granted(r.scope) {
		return forbidden("The API token lacks the scope "+r.scope+".",
			details{"requiredScopes": []string{r.scope}, "grantedScopes": emptyNotNull(c.account.Scopes)})
	}
	if r.claim != "" && !c.account.Claimed {
		return forbidden("A human must claim this agent account before it can "+r.claim+".",
			details{"reason": "account_claim_required", "action": r.claim, "claimUrl": s.appURL + "/claim"})
	}
	return nil
}

func bearerToken(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func (a *account) enabled(feature string) bool {
	return !slices.Contains(a.Disabled, feature)
}

// granted reports whether the token has a scope; X:write implies X:read.
func (a *account) granted(scope string) bool {
	if resource, ok := strings.CutSuffix(scope, ":read"); ok && slices.Contains(a.Scopes, resource+":write") {
		return true
	}
	return slices.Contains(a.Scopes, scope)
}
