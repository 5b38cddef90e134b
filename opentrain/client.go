package opentrain

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-resty/resty/v2"
)

const (
	// DefaultBaseURL is the app's origin (developers/api-reference/overview).
	DefaultBaseURL = "https://app.opentrain.ai"

	apiPath = "/api/public/v1"

	// maxID is the length limit of a job ID, in characters. The API's public job IDs have at most 64
	// (developers/api-reference/jobs/get).
	maxID = 64
	// maxSegment is this client's length limit of any other ID in a path, in characters.
	maxSegment = 256
)

// Config configures a Client. The zero value uses DefaultBaseURL.
type Config struct {
	// BaseURL is the origin of the app, without /api/public/v1. Plain http is only allowed for loopback
	// addresses, because it would expose the token.
	BaseURL string
	// Transport sends the requests. Nil means DefaultTransport.
	Transport http.RoundTripper
	// UserAgent is sent with every request. "" means "opentrain-go".
	UserAgent string
	// PublicReadBudget is the maximum number of public reads per minute. 0 means DefaultPublicReadBudget, a
	// negative number means no limit. The API counts all clients behind one IP address together.
	PublicReadBudget int
	// MaxConcurrent is the maximum number of concurrent requests. 0 means DefaultMaxConcurrent.
	MaxConcurrent int
	// Shared, if set, has the public reads, their budget and the refused tokens for all clients that share it.
	Shared Shared
}

// Client calls the API. It caches public reads for as long as the API allows, and remembers for 30 seconds that a token
// was refused. It keeps nothing else about callers. It is safe for concurrent use.
type Client struct {
	http    *resty.Client
	baseURL string
	public  *publicReads
	memory  *memory
	refused *refusals
}

// New returns a Client. It fails if the base URL is invalid. It does not send requests.
func New(cfg Config) (*Client, error) {
	baseURL, err := parseBaseURL(cmp.Or(cfg.BaseURL, DefaultBaseURL))
	if err != nil {
		return nil, err
	}
	transport := cfg.Transport
	if transport == nil {
		transport = DefaultTransport()
	}
	throttle := newThrottle(transport, cfg.PublicReadBudget, cfg.MaxConcurrent, cfg.Shared)
	client := resty.NewWithClient(&http.Client{
		Transport: throttle,
		// Do not follow redirects: the token goes to the configured host only.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).
		SetHeader("User-Agent", cmp.Or(cfg.UserAgent, "opentrain-go")).
		SetHeader("Accept", "application/json").
		SetContentLength(true). // otherwise a POST without a body is sent in chunks
		SetRetryCount(maxAttempts - 1).
		SetRetryAfter(backoff).
		SetRetryMaxWaitTime(maxBackoff).
		OnBeforeRequest(checkRetry).
		SetLogger(noLogger{})
	return &Client{http: client, baseURL: baseURL, public: newPublicReads(cfg.Shared), memory: newMemory(), refused: throttle.refused}, nil
}

// Host returns the host that the client calls, with a port if the base URL has one.
func (c *Client) Host() string {
	_, rest, _ := strings.Cut(c.baseURL, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// BaseURL returns the origin of the app that the client calls, as Config.BaseURL.
func (c *Client) BaseURL() string { return strings.TrimSuffix(c.baseURL, apiPath) }

// SameBaseURL reports whether two base URLs lead to the same API.
func SameBaseURL(a, b string) bool {
	one, errOne := CanonicalBaseURL(a)
	other, errOther := CanonicalBaseURL(b)
	return errOne == nil && errOther == nil && one == other
}

// CanonicalBaseURL returns the one spelling of all base URLs that lead to the same API. It fails if the base URL is invalid.
func CanonicalBaseURL(raw string) (string, error) {
	base, err := parseBaseURL(raw)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	u.Host = strings.TrimSuffix(strings.ToLower(u.Host), map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	return u.String(), nil
}

// ShownBaseURL is a base URL as an error shows it, which may be wrong. A value that isn't an address may be a secret as a whole, and a user
// name or a query may have one. An @ behind the host means that the host itself is part of a password.
func ShownBaseURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") {
		return "(hidden)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// DraftURL returns the page of a draft in the app (developers/guides/post-a-job), which only its owner can open.
func (c *Client) DraftURL(jobID string) string {
	return c.BaseURL() + "/job-post?job=" + url.QueryEscape(jobID)
}

// JobURL returns the page of a job in the app (developers/api-reference/jobs/mine).
func (c *Client) JobURL(jobID string) string { return c.BaseURL() + "/jobs/" + url.PathEscape(jobID) }

// DefaultTransport returns a new transport with the system's CA certificates, the usual proxy variables, and
// enough idle connections for many concurrent calls to one host.
func DefaultTransport() *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.MaxIdleConnsPerHost = DefaultMaxConcurrent
	transport.MaxIdleConns = 0 // there is only one host
	transport.MaxResponseHeaderBytes = 64 << 10
	// What arrives before it is read: by default 4 MiB per response.
	transport.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10}
	return transport
}

// noLogger keeps resty from writing URLs to standard error.
type noLogger struct{}

func (noLogger) Errorf(string, ...any) {}
func (noLogger) Warnf(string, ...any)  {}
func (noLogger) Debugf(string, ...any) {}

// parseBaseURL validates a base URL and returns it with the API's path.
func parseBaseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Host == "": // it may be a secret as a whole
		return "", errors.New("what is set isn't an address such as " + DefaultBaseURL)
	case u.Scheme != "https" && u.Scheme != "http":
		return "", fmt.Errorf("%q isn't an address such as %s", ShownBaseURL(raw), DefaultBaseURL)
	case u.User != nil, u.RawQuery != "", u.Fragment != "", strings.Contains(u.Path, "@"):
		return "", errors.New("base URL must not have a user name, a query or a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", fmt.Errorf("base URL %q: plain http would send the token unencrypted; use https", ShownBaseURL(raw))
	}
	path := strings.TrimSuffix(strings.TrimRight(u.EscapedPath(), "/"), apiPath)
	return u.Scheme + "://" + u.Host + path + apiPath, nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}

// request is one API call.
type request struct {
	method string // "" means GET
	path   string // below apiPath, or below agentPath for agent requests; a name in braces stands for id
	id     string
	query  url.Values
	body   any // encoded as JSON unless nil
	// idempotent writes are safe to repeat: they carry an idempotency key, or the API's pages say that a repeated
	// call returns the same result.
	idempotent bool
	member     string // of the response, which holds the result; "" if the response is the result
	anyMember  bool   // the API's pages don't name the member: without it, the only list of the response is the result
	// public requests carry no token. Their results are cached and shared.
	public      bool
	uncached    bool // a public request that neither reads nor fills the cache
	invalidates bool // may change the results of public reads
	closedOK    bool // a 404 for a job that is no longer public is a result
	// agent requests carry no token either. Their secret is in the body, and their errors have the form of OAuth.
	agent  bool
	form   url.Values // a body that is not JSON
	secret string     // must not come back in an error
}

// response is a response of the API with any status.
type response struct {
	status int
	header http.Header
	body   []byte
	size   int // approximate bytes of the body when it is decoded, with the body
}

// fetch makes one API call and decodes the response. If valid rejects the decoded value, the error says that
// the response does not hold noun: an outage must not look like an empty result. A nil valid rejects nothing.
func fetch[T any](ctx context.Context, c *Client, req request, noun string, valid func(*T) bool) (*T, error) {
	var err error
	if req.path, err = expandPath(req.path, req.id); err != nil {
		return nil, err
	}
	load := func(ctx context.Context, got *response) (any, response, error) {
		ctx, answer := c.memory.newAnswer(ctx)
		defer answer.release()
		res, err := c.sendOr(ctx, req, got)
		if err != nil {
			return nil, res, err
		}
		var value T
		if err := decodeResult(res.body, req, &value); err != nil {
			return nil, res, unexpected(res, err)
		}
		if valid != nil && !valid(&value) {
			err := unexpected(res, nil)
			err.Message = "the response has no " + noun
			return nil, res, err
		}
		if dated, ok := any(&value).(interface{ setDate(http.Header) }); ok {
			dated.setDate(res.header)
		}
		return &value, res, nil
	}
	var value any
	switch {
	case req.public && req.uncached, req.agent:
		value, _, err = load(ctx, nil)
	case req.public:
		value, err = c.public.read(ctx, req.path+"?"+req.query.Encode(), load)
	case TokenFrom(ctx) == "":
		err = &Error{Code: CodeNoToken, Message: "this call needs an OpenTrain API token", NotSent: true}
	default:
		value, _, err = load(ctx, nil)
		if req.invalidates && MayHaveChanged(err) {
			c.public.invalidate()
		}
	}
	if err != nil {
		return nil, err
	}
	result := *value.(*T) //nolint:errcheck,forcetypeassert // load returns nothing else, and a URL has one type
	return &result, nil
}

// send sends a request, with retries where they are safe. For an error status it returns both the response
// and an *Error.
func (c *Client) send(ctx context.Context, req request) (response, error) {
	policy := retryPolicy{idempotent: req.method == "" || req.idempotent}
	r := c.http.R().SetContext(policy.watch(ctx)).AddRetryCondition(policy.shouldRetry).SetHeaders(traceFrom(ctx).header())
	base := c.baseURL
	switch {
	case req.agent:
		base = c.BaseURL() + agentPath
	case !req.public:
		r.SetAuthToken(TokenFrom(ctx))
	}
	if req.form != nil {
		r.SetFormDataFromValues(req.form)
	}
	if req.body != nil {
		body, err := encode(req.body)
		if err != nil {
			return response{}, invalidArgument("the request can't be written as JSON: %v", err)
		}
		r.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	raw, err := r.SetQueryParamsFromValues(req.query).Execute(cmp.Or(req.method, http.MethodGet), base+req.path)
	var stopped *retryStopped
	if errors.As(err, &stopped) {
		return response{}, policy.stopped(stopped.error)
	}
	if err != nil {
		failure := transportError(ctx, err, policy.neverSent(err))
		failure.NotSent = failure.NotSent && !policy.sent
		return response{}, failure
	}
	answer := answerFrom(ctx)
	res := response{status: raw.StatusCode(), header: raw.Header(), body: answer.body, size: answer.size}
	failed := res.status < 200 || res.status > 299
	switch {
	case req.agent && failed:
		return res, agentError(redact(res, req.secret))
	case !req.agent && !req.public:
		res = redact(res, TokenFrom(ctx))
	}
	closed := req.closedOK && res.status == http.StatusNotFound && saysClosed(res.body)
	if failed && !closed {
		e := responseError(res)
		if res.status == http.StatusUnauthorized && !req.public {
			c.refused.remember(TokenFrom(ctx), *e)
		}
		return res, e
	}
	return res, nil
}

// sendOr is send, unless another client has shared the response. That takes the same memory.
func (c *Client) sendOr(ctx context.Context, req request, got *response) (response, error) {
	if got == nil {
		return c.send(ctx, req)
	}
	answer := answerFrom(ctx)
	answer.body = got.body
	if err := answer.measure(ctx); err != nil {
		return response{}, busy("too many large responses from OpenTrain are being read", maxQueueTime)
	}
	got.size = answer.size
	return *got, nil
}

// encode encodes JSON without escaping <, > and &, so that the API stores a description as it was written.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// expandPath replaces the name in braces in a path, such as {jobId}, with the escaped ID.
func expandPath(path, id string) (string, error) {
	before, rest, _ := strings.Cut(path, "{")
	name, after, hasID := strings.Cut(rest, "}")
	if !hasID {
		return path, nil
	}
	check := checkSegment
	if name == "jobId" {
		check = CheckID
	}
	if err := check(id); err != nil {
		return "", invalidArgument("%s %v", name, err)
	}
	return before + url.PathEscape(id) + after, nil
}

// CheckID returns an error for a job ID that leads to another endpoint. Its message starts with the ID.
func CheckID(id string) error {
	switch length := utf8.RuneCountInString(id); {
	case slices.Contains([]string{"mine", "facets", "changes", "capabilities"}, id): // other endpoints
		return fmt.Errorf("%q is not an id", id)
	case length > maxID:
		return fmt.Errorf("has %d characters; the limit is %d", length, maxID)
	}
	return checkSegment(id)
}

// checkSegment returns an error for an ID that is not one segment of a path.
func checkSegment(id string) error {
	switch length := utf8.RuneCountInString(id); {
	case strings.TrimSpace(id) == "":
		return errors.New("is empty")
	case id == ".", id == "..":
		return fmt.Errorf("%q is not an id", id)
	case length > maxSegment:
		return fmt.Errorf("has %d characters; the limit is %d", length, maxSegment)
	case strings.ContainsFunc(id, func(r rune) bool { return strings.ContainsRune(`/\%`, r) || unicode.IsControl(r) }):
		return fmt.Errorf("%q has invalid characters", id)
	}
	return nil
}

// newQuery returns a query with the nonzero members of pairs and limit.
func newQuery(limit int, pairs ...string) url.Values {
	values := url.Values{}
	if limit != 0 {
		values.Set("limit", strconv.Itoa(limit))
	}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			values.Set(pair[0], pair[1])
		}
	}
	return values
}
