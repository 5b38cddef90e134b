package opentrain

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// PublishJob publishes a draft: it becomes visible to everyone. Publishing an
// open job again changes nothing and sets AlreadyPublished. A draft that is
// not ready is refused with BAD_REQUEST and details.validation, one that
// moderation blocks with FORBIDDEN and details.reason "moderation_blocked", a
// used-up daily limit with RATE_LIMITED (developers/api-reference/jobs/publish).
func (c *Client) PublishJob(ctx context.Context, jobID string) (*Publication, error) {
	path, err := idPath("/jobs", "jobId", jobID, "/publish")
	if err != nil {
		return nil, err
	}
	var publication Publication
	if err := c.call(ctx, request{method: http.MethodPost, path: path}, &publication); err != nil {
		return nil, err
	}
	return &publication, nil
}

// Publication is the answer to PublishJob.
//
// The posting guide reads as if a draft that is not ready or blocked were
// answered in the same form, with the report or the moderation result in it;
// then Status is not StatusOpen.
type Publication struct {
	JobID            string         `json:"jobId"`
	Status           string         `json:"status"`
	AlreadyPublished bool           `json:"alreadyPublished"`
	JobURL           string         `json:"jobUrl,omitempty"`
	PublishAttemptID string         `json:"publishAttemptId,omitempty"`
	Warnings         []Note         `json:"warnings,omitempty"`
	Validation       *Validation    `json:"validation,omitempty"`
	MissingFields    []MissingField `json:"missingFields,omitempty"`
	Moderation       *Moderation    `json:"moderation,omitempty"`
	Extra            Extra          `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Publication) UnmarshalJSON(data []byte) (err error) {
	type plain Publication
	p.Extra, err = unmarshalLenient(data, (*plain)(p))
	return err
}

// MarshalJSON implements json.Marshaler.
func (p Publication) MarshalJSON() ([]byte, error) {
	type plain Publication
	return marshalWithExtra(plain(p), p.Extra)
}

// Moderation is the verdict of the content check.
type Moderation struct {
	Decision string   `json:"decision"` // "ALLOW" when nothing was found
	Reasons  []string `json:"reasons"`
}

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
// (developers/api-reference/jobs/search). Answers may be five minutes old.
func (c *Client) SearchJobs(ctx context.Context, query JobQuery) (*JobPage, error) {
	values := queryOf("q", query.Text, "category", query.Category, "language", query.Language,
		"country", query.Country, "payType", query.PayType, "cursor", query.Cursor)
	setLimit(values, query.Limit)
	var page JobPage
	if err := c.call(ctx, request{method: http.MethodGet, path: "/jobs", query: values, public: true}, &page); err != nil {
		return nil, err
	}
	if page.Jobs == nil {
		return nil, errNoJobs()
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

// UnmarshalJSON implements json.Unmarshaler.
func (p *JobPage) UnmarshalJSON(data []byte) (err error) {
	type plain JobPage
	p.Extra, err = unmarshalLenient(data, (*plain)(p))
	return err
}

// PublicJob is a job as everyone sees it. Its values are display labels
// ("Intermediate"), not the canonical values of a draft. All text was written
// by strangers (developers/api-reference/jobs/search).
type PublicJob struct {
	ID              string   `json:"id"`
	Slug            string   `json:"slug,omitempty"`
	Title           string   `json:"title"`
	CompanyName     string   `json:"companyName,omitempty"`
	DescriptionText string   `json:"descriptionText,omitempty"`
	Summary         string   `json:"summary,omitempty"`
	Status          string   `json:"status,omitempty"`
	DatePosted      string   `json:"datePosted,omitempty"`   // RFC 3339
	ValidThrough    string   `json:"validThrough,omitempty"` // RFC 3339
	UpdatedAt       string   `json:"updatedAt,omitempty"`    // RFC 3339
	Countries       []string `json:"countries,omitempty"`
	Languages       []string `json:"languages,omitempty"`
	Category        string   `json:"category,omitempty"`
	DataType        string   `json:"dataType,omitempty"`
	LabelTypes      []string `json:"labelTypes,omitempty"`
	ExperienceLevel string   `json:"experienceLevel,omitempty"`
	Skills          []string `json:"skills,omitempty"`
	Pay             Pay      `json:"pay"`
	URL             string   `json:"url,omitempty"`
	ApplyURL        string   `json:"applyUrl,omitempty"`
	Extra           Extra    `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (j *PublicJob) UnmarshalJSON(data []byte) (err error) {
	type plain PublicJob
	j.Extra, err = unmarshalLenient(data, (*plain)(j))
	return err
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

// OwnJobQuery narrows a list of the caller's own jobs.
type OwnJobQuery struct {
	Status string // one of the Status constants; "" means all
	Limit  int    // page size, 1 to 100; 0 leaves it to the API (25)
	Cursor string // NextCursor of the page before
}

// ListOwnJobs lists the caller's jobs in any status, drafts included, newest
// first. It needs the scope jobs:read (developers/api-reference/jobs/mine).
func (c *Client) ListOwnJobs(ctx context.Context, query OwnJobQuery) (*OwnJobPage, error) {
	values := queryOf("status", query.Status, "cursor", query.Cursor)
	setLimit(values, query.Limit)
	var page OwnJobPage
	if err := c.call(ctx, request{method: http.MethodGet, path: "/jobs/mine", query: values}, &page); err != nil {
		return nil, err
	}
	if page.Jobs == nil {
		return nil, errNoJobs()
	}
	return &page, nil
}

// OwnJobPage is one page of the caller's own jobs.
type OwnJobPage struct {
	Jobs       []OwnJob `json:"jobs"`
	NextCursor string   `json:"nextCursor"` // "" on the last page
	Extra      Extra    `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *OwnJobPage) UnmarshalJSON(data []byte) (err error) {
	type plain OwnJobPage
	p.Extra, err = unmarshalLenient(data, (*plain)(p))
	return err
}

// OwnJob is one of the caller's jobs.
type OwnJob struct {
	ID                  string          `json:"id"`
	Title               string          `json:"title"`
	Status              string          `json:"status"`
	Published           bool            `json:"published"`
	AcceptingApplicants bool            `json:"acceptingApplicants"`
	CreatedAt           string          `json:"createdAt,omitempty"` // RFC 3339
	UpdatedAt           string          `json:"updatedAt,omitempty"` // RFC 3339
	JobURL              string          `json:"jobUrl,omitempty"`
	ProposalCounts      *ProposalCounts `json:"proposalCounts,omitempty"`
	Extra               Extra           `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (j *OwnJob) UnmarshalJSON(data []byte) (err error) {
	type plain OwnJob
	j.Extra, err = unmarshalLenient(data, (*plain)(j))
	return err
}

// MarshalJSON implements json.Marshaler.
func (j OwnJob) MarshalJSON() ([]byte, error) {
	type plain OwnJob
	return marshalWithExtra(plain(j), j.Extra)
}

// ProposalCounts counts the proposals on a job.
type ProposalCounts struct {
	Total      int `json:"total"`
	Unreviewed int `json:"unreviewed"`
}

// errNoJobs is the answer of something that is not the API: taken for an
// empty page it would tell an outage as "no jobs".
func errNoJobs() *Error {
	return &Error{Code: CodeBadResponse, Status: http.StatusOK, Message: "the answer holds no list of jobs"}
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
