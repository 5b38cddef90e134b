package opentrain

import (
	"context"
	"encoding/json"
	"time"
)

// StatusClosed is the status of a job that is no longer public. Only public reads use it: its owner sees
// another status (developers/api-reference/jobs/get).
const StatusClosed = "closed"

// JobQuery filters the jobs of the marketplace. Empty members do not filter.
type JobQuery struct {
	Text     string // searched in titles and descriptions
	Category string // a category name, for example "Image Annotation"
	Language string // a language name, for example "Spanish"
	Country  string // an ISO 3166 code, for example "US"
	PayType  string // PAY_PER_HOUR, FIXED_PRICE or PAY_PER_LABEL
	Limit    int    // page size, 0 for the API's default; the documentation gives 50 and 100 as the maximum
	Cursor   string // NextCursor of the previous page
}

// SearchJobs searches the published jobs (developers/api-reference/jobs/search). It is a public read.
func (c *Client) SearchJobs(ctx context.Context, query JobQuery) (*JobPage, error) {
	values := newQuery(query.Limit, "q", query.Text, "category", query.Category, "language", query.Language,
		"country", query.Country, "payType", query.PayType, "cursor", query.Cursor)
	req := request{path: "/jobs", query: values, public: true}
	return fetch(ctx, c, req, "list of jobs", func(p *JobPage) bool { return p.Jobs != nil })
}

// JobPage is one page of public jobs.
type JobPage struct {
	Jobs        []PublicJob `json:"jobs"`
	NextCursor  string      `json:"nextCursor"`  // "" on the last page
	GeneratedAt string      `json:"generatedAt"` // RFC 3339; may be cached
}

// PublicJob is a published job. Its values are display labels ("Intermediate"), not the canonical values of a
// draft. Its texts are written by users and are not trusted (developers/api-reference/jobs/search).
type PublicJob struct {
	ID               string   `json:"id"`
	Slug             string   `json:"slug,omitempty"`
	Title            string   `json:"title"`
	CompanyName      string   `json:"companyName,omitempty"`
	DescriptionText  string   `json:"descriptionText,omitempty"`
	Summary          string   `json:"summary,omitempty"`
	Status           string   `json:"status,omitempty"`       // StatusOpen, or StatusClosed; then only ID is set
	DatePosted       string   `json:"datePosted,omitempty"`   // RFC 3339
	ValidThrough     string   `json:"validThrough,omitempty"` // RFC 3339
	UpdatedAt        string   `json:"updatedAt,omitempty"`    // RFC 3339
	Countries        []string `json:"countries,omitempty"`
	Languages        []string `json:"languages,omitempty"`
	Category         string   `json:"category,omitempty"`
	DataType         string   `json:"dataType,omitempty"`
	LabelTypes       []string `json:"labelTypes,omitempty"`
	LabelingSoftware string   `json:"labelingSoftware,omitempty"` // "" if the job does not name one
	ExperienceLevel  string   `json:"experienceLevel,omitempty"`
	Skills           []string `json:"skills,omitempty"`
	Pay              Pay      `json:"pay"`
	URL              string   `json:"url,omitempty"`
	ApplyURL         string   `json:"applyUrl,omitempty"`
}

// Pay is the pay of a public job. Amounts that do not apply are nil.
type Pay struct {
	PaymentType  string   `json:"paymentType"`
	Currency     string   `json:"currency"` // ISO 4217
	HourlyRate   *float64 `json:"hourlyRate"`
	HourlyMin    *float64 `json:"hourlyMin"`
	HourlyMax    *float64 `json:"hourlyMax"`
	FixedPrice   *float64 `json:"fixedPrice"`
	PerLabelRate *float64 `json:"perLabelRate"`
}

// GetJob returns a public job. A job that is no longer public has StatusClosed and only its ID. It fails with
// NOT_FOUND if the job was never public, even if it is a draft of the caller
// (developers/api-reference/jobs/get). It is a public read.
func (c *Client) GetJob(ctx context.Context, jobID string) (*PublicJob, error) {
	return c.publicJob(ctx, jobID, false)
}

// GetJobUncached is GetJob past this client's cache. The API's own edge may still answer from its cache.
func (c *Client) GetJobUncached(ctx context.Context, jobID string) (*PublicJob, error) {
	return c.publicJob(ctx, jobID, true)
}

func (c *Client) publicJob(ctx context.Context, jobID string, uncached bool) (*PublicJob, error) {
	req := request{path: "/jobs/{jobId}", id: jobID, public: true, uncached: uncached, closedOK: true}
	return fetch(ctx, c, req, "job", func(j *PublicJob) bool { return j.ID != "" })
}

// saysClosed reports whether a body says that a job is no longer public.
func saysClosed(body []byte) bool {
	var job struct{ ID, Status string }
	return json.Unmarshal(body, &job) == nil && job.ID != "" && job.Status == StatusClosed
}

// Facets counts the open jobs for each value that JobQuery can filter by
// (developers/api-reference/jobs/facets). It is a public read.
func (c *Client) Facets(ctx context.Context) (*Facets, error) {
	return fetch(ctx, c, request{path: "/jobs/facets", public: true}, "facets", func(f *Facets) bool {
		return f.Categories != nil || f.Languages != nil || f.Countries != nil || f.PayTypes != nil
	})
}

// Facets are the values of open jobs, each list in descending order of count.
type Facets struct {
	TotalJobs   int     `json:"totalJobs"`
	Categories  []Facet `json:"categories"`
	Languages   []Facet `json:"languages"`
	Countries   []Facet `json:"countries"` // ISO 3166 codes
	PayTypes    []Facet `json:"payTypes"`
	GeneratedAt string  `json:"generatedAt"` // RFC 3339; may be cached
}

// Facet is a value and the number of open jobs with it.
type Facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// MaxChanges is the maximum number of events in a result of ListChanges. If there are that many, there may be
// more from Until on (developers/api-reference/jobs/changes).
const MaxChanges = 5000

// ListChanges lists the latest event of each public job since a time, inclusive
// (developers/api-reference/jobs/changes). It is a public read.
func (c *Client) ListChanges(ctx context.Context, since time.Time) (*Changes, error) {
	values := newQuery(0, "since", since.UTC().Format(time.RFC3339Nano))
	req := request{path: "/jobs/changes", query: values, public: true}
	return fetch(ctx, c, req, "list of changes", func(c *Changes) bool { return c.Changes != nil })
}

// Changes are the events on the marketplace from Since to Until (RFC 3339).
type Changes struct {
	Since       string   `json:"since"`
	Until       string   `json:"until"` // pass it as since to the next call
	Changes     []Change `json:"changes"`
	GeneratedAt string   `json:"generatedAt"` // RFC 3339; may be cached
}

// Change is the latest event of one job.
type Change struct {
	JobID      string `json:"jobId"`
	EventType  string `json:"eventType"`  // PUBLISHED, UPDATED or CLOSED
	OccurredAt string `json:"occurredAt"` // RFC 3339
}
