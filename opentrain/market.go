package opentrain

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// StatusClosed is the status of a public job that is public no longer. It is
// a word of the public reads alone: to its owner the job has another status
// (developers/api-reference/jobs/get).
const StatusClosed = "closed"

// JobQuery narrows a search of the marketplace. Empty members do not narrow.
type JobQuery struct {
	// Text is looked for in titles and descriptions.
	Text     string
	Category string // a category's name, for example "Image Annotation"
	Language string // a language's name, for example "Spanish"
	Country  string // an ISO 3166 code, for example "US"
	PayType  string // PAY_PER_HOUR, FIXED_PRICE or PAY_PER_LABEL
	// Limit is the page size; 0 leaves it to the API. One page of the
	// documentation gives 50 as the maximum, another 100.
	Limit  int
	Cursor string // NextCursor of the page before
}

// SearchJobs searches the published jobs. It needs no token and sends none
// (developers/api-reference/jobs/search). Answers may be five minutes old,
// and are shared with other callers: they must not be changed.
func (c *Client) SearchJobs(ctx context.Context, query JobQuery) (*JobPage, error) {
	values := queryOf("q", query.Text, "category", query.Category, "language", query.Language,
		"country", query.Country, "payType", query.PayType, "cursor", query.Cursor)
	setLimit(values, query.Limit)
	var page JobPage
	if err := c.call(ctx, request{method: http.MethodGet, path: "/jobs", query: values, public: true}, &page); err != nil {
		return nil, err
	}
	if page.Jobs == nil {
		return nil, errNot("a list of jobs")
	}
	return &page, nil
}

// JobPage is one page of public jobs.
type JobPage struct {
	Jobs []PublicJob `json:"jobs"`
	// NextCursor leads to the next page, "" on the last.
	NextCursor string `json:"nextCursor"`
	// GeneratedAt is the time of the answer (RFC 3339); it may come from a cache.
	GeneratedAt string `json:"generatedAt"`
	Extra       Extra  `json:"-"`
}

// PublicJob is a job as everyone sees it. Its values are display labels
// ("Intermediate"), not the canonical values of a draft. All text was written
// by strangers (developers/api-reference/jobs/search).
type PublicJob struct {
	ID              string `json:"id"`
	Slug            string `json:"slug,omitempty"`
	Title           string `json:"title"`
	CompanyName     string `json:"companyName,omitempty"`
	DescriptionText string `json:"descriptionText,omitempty"`
	Summary         string `json:"summary,omitempty"`
	// Status is StatusOpen, or StatusClosed (then only ID is set too).
	Status       string   `json:"status,omitempty"`
	DatePosted   string   `json:"datePosted,omitempty"`   // RFC 3339
	ValidThrough string   `json:"validThrough,omitempty"` // RFC 3339
	UpdatedAt    string   `json:"updatedAt,omitempty"`    // RFC 3339
	Countries    []string `json:"countries,omitempty"`
	Languages    []string `json:"languages,omitempty"`
	Category     string   `json:"category,omitempty"`
	DataType     string   `json:"dataType,omitempty"`
	LabelTypes   []string `json:"labelTypes,omitempty"`
	// LabelingSoftware is "" when the job names none.
	LabelingSoftware string   `json:"labelingSoftware,omitempty"`
	ExperienceLevel  string   `json:"experienceLevel,omitempty"`
	Skills           []string `json:"skills,omitempty"`
	Pay              Pay      `json:"pay"`
	URL              string   `json:"url,omitempty"`
	ApplyURL         string   `json:"applyUrl,omitempty"`
	Extra            Extra    `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (j *PublicJob) UnmarshalJSON(data []byte) error {
	type plain PublicJob
	return decodeLenient(data, (*plain)(j))
}

// MarshalJSON implements json.Marshaler.
func (j PublicJob) MarshalJSON() ([]byte, error) {
	type plain PublicJob
	return marshalWithExtra(plain(j), j.Extra)
}

// Pay is what a public job pays. Amounts that do not apply are nil.
type Pay struct {
	PaymentType  string   `json:"paymentType"`
	Currency     string   `json:"currency"` // ISO 4217
	HourlyRate   *float64 `json:"hourlyRate"`
	HourlyMin    *float64 `json:"hourlyMin"`
	HourlyMax    *float64 `json:"hourlyMax"`
	FixedPrice   *float64 `json:"fixedPrice"`
	PerLabelRate *float64 `json:"perLabelRate"`
}

// GetJob reads one public job. It needs no token and sends none. A job that was
// public and is so no longer comes with StatusClosed and nothing else but its
// ID; one that never was public is NOT_FOUND, a draft of the caller's own too
// (developers/api-reference/jobs/get). Answers may be five minutes old,
// and are shared with other callers.
func (c *Client) GetJob(ctx context.Context, jobID string) (*PublicJob, error) {
	path, err := idPath("/jobs", jobID, "")
	if err != nil {
		return nil, err
	}
	var job PublicJob
	if err := c.call(ctx, request{method: http.MethodGet, path: path, public: true, closed404: true}, &job); err != nil {
		return nil, err
	}
	if job.ID == "" {
		return nil, errNot("a job")
	}
	return &job, nil
}

// tellsClosed reports whether a body says that a job is public no longer.
func tellsClosed(body []byte) bool {
	var job struct{ ID, Status string }
	return json.Unmarshal(body, &job) == nil && job.ID != "" && job.Status == StatusClosed
}

// Facets counts the open jobs by the values that JobQuery can filter by. It
// needs no token and sends none (developers/api-reference/jobs/facets). The answer
// is shared with other callers.
func (c *Client) Facets(ctx context.Context) (*Facets, error) {
	var facets Facets
	if err := c.call(ctx, request{method: http.MethodGet, path: "/jobs/facets", public: true}, &facets); err != nil {
		return nil, err
	}
	if facets.Categories == nil && facets.Languages == nil && facets.Countries == nil && facets.PayTypes == nil {
		return nil, errNot("facets")
	}
	return &facets, nil
}

// Facets are the values that open jobs have, each list by falling count.
type Facets struct {
	TotalJobs   int     `json:"totalJobs"`
	Categories  []Facet `json:"categories"`
	Languages   []Facet `json:"languages"`
	Countries   []Facet `json:"countries"` // ISO 3166 codes
	PayTypes    []Facet `json:"payTypes"`
	GeneratedAt string  `json:"generatedAt"` // RFC 3339; it may come from a cache
	Extra       Extra   `json:"-"`
}

// Facet is a value and how many open jobs have it.
type Facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// MaxChanges is how many events one answer of ListChanges holds at most; with
// that many there may be more, from Until on
// (developers/api-reference/jobs/changes).
const MaxChanges = 5000

// ListChanges lists the latest event of each public job since a time, that time
// included. It needs no token and sends none
// (developers/api-reference/jobs/changes). The answer is shared with other
// callers.
func (c *Client) ListChanges(ctx context.Context, since time.Time) (*Changes, error) {
	values := queryOf("since", since.UTC().Format(time.RFC3339Nano))
	var changes Changes
	if err := c.call(ctx, request{method: http.MethodGet, path: "/jobs/changes", query: values, public: true}, &changes); err != nil {
		return nil, err
	}
	if changes.Changes == nil {
		return nil, errNot("a list of changes")
	}
	return &changes, nil
}

// Changes are what happened on the marketplace from Since to Until (RFC 3339).
type Changes struct {
	Since       string   `json:"since"`
	Until       string   `json:"until"` // what to ask from next time
	Changes     []Change `json:"changes"`
	GeneratedAt string   `json:"generatedAt"`
	Extra       Extra    `json:"-"`
}

// Change is the latest event of one job.
type Change struct {
	JobID      string `json:"jobId"`
	EventType  string `json:"eventType"`  // PUBLISHED, UPDATED or CLOSED
	OccurredAt string `json:"occurredAt"` // RFC 3339
}

// errNot is the failure of an answer that is JSON but not the API's: taken for
// an empty one it would tell an outage as "nothing there".
func errNot(what string) *Error {
	return &Error{Code: CodeBadResponse, Status: http.StatusOK, Message: "the answer does not hold " + what}
}

// queryOf makes a query of pairs of name and value, leaving out empty values.
func queryOf(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

func setLimit(values url.Values, limit int) {
	if limit != 0 {
		values.Set("limit", strconv.Itoa(limit))
	}
}
