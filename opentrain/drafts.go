package opentrain

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// MaxDescription is the length limit of a job description, in Unicode code points
// (developers/api-reference/job-drafts/create).
const MaxDescription = 60_000

// Statuses of a job (developers/api-reference/jobs/mine).
const (
	StatusDraft           = "DRAFT"
	StatusOpen            = "OPEN"
	StatusOngoing         = "ONGOING"
	StatusCompleted       = "COMPLETED"
	StatusArchived        = "ARCHIVED"
	StatusPendingApproval = "PENDING_APPROVAL"
)

// Fields are draft fields by update key, such as {"experienceLevel": "INTERMEDIATE"}. A null clears a field.
type Fields map[string]json.RawMessage

// Import formats of a DraftSource (developers/api-reference/job-drafts/create).
const (
	FormatText      = "text"
	FormatCanonical = "opentrain_canonical"
	FormatSchemaOrg = "schema_org_job_posting"
	FormatIndeedXML = "indeed_xml"
	FormatHRXML     = "hr_xml"
)

// DraftSource is the source of a draft in one of the import formats (developers/api-reference/job-drafts/create).
type DraftSource struct {
	// Format is one of the Format constants, or another one from the API's capabilities. "" means FormatText.
	Format string `json:"format"`
	// Text is a job description in plain words, for FormatText. It has at most MaxDescription code points.
	Text string `json:"-"`
	// Job is OpenTrain's own job object, for FormatCanonical.
	Job json.RawMessage `json:"job,omitempty"`
	// JSONLD is a schema.org JobPosting, for FormatSchemaOrg.
	JSONLD json.RawMessage `json:"jsonLd,omitempty"`
	// XML is a feed entry, for FormatIndeedXML and FormatHRXML.
	XML string `json:"xml,omitempty"`
	// ExternalID is the caller's own ID of the job. Optional.
	ExternalID string `json:"externalId,omitempty"`
	// IdempotencyKey makes a repeated call return the same draft instead of creating another one. Optional.
	// Without it, a call is not retried if its response is lost.
	IdempotencyKey string `json:"idempotencyKey,omitempty"`
}

// CreateDraft creates a draft from a source, which is sent unchanged. It does not publish the draft. With an
// IdempotencyKey that was used before, it returns the existing job in its current status. It fails with
// BAD_REQUEST and details.supportedFormats if the API does not support the format.
func (c *Client) CreateDraft(ctx context.Context, source DraftSource) (*Draft, error) {
	keyed := source.IdempotencyKey != ""
	return c.draft(ctx, request{method: http.MethodPost, path: "/job-drafts", body: source.body(), idempotent: keyed})
}

// body returns the request body that the API documents for the format.
func (s DraftSource) body() any {
	if s.Format != "" && s.Format != FormatText {
		return s // its JSON tags are for these formats
	}
	type source struct {
		Type           string `json:"type"`
		Text           string `json:"text"`
		ExternalID     string `json:"externalId,omitempty"`
		IdempotencyKey string `json:"idempotencyKey,omitempty"`
	}
	return map[string]source{"source": {FormatText, s.Text, s.ExternalID, s.IdempotencyKey}}
}

// UpdateDraft sets fields of an unpublished draft. The result validates the whole draft again
// (developers/api-reference/job-drafts/update).
func (c *Client) UpdateDraft(ctx context.Context, jobID string, fields Fields) (*Draft, error) {
	return c.draft(ctx, request{method: http.MethodPatch, path: "/job-drafts/{jobId}", id: jobID, body: fields})
}

func (c *Client) draft(ctx context.Context, req request) (*Draft, error) {
	return fetch(ctx, c, req, "job id", func(d *Draft) bool { return d.JobID != "" })
}

// Draft is the API's report on a draft. A list is nil if the response does not have it, and not nil if it is
// empty there.
type Draft struct {
	JobID  string `json:"jobId"`
	Status string `json:"status"`
	// DraftURL opens the draft in the app's editor, ReviewURL in its review.
	DraftURL   string     `json:"draftUrl,omitempty"`
	ReviewURL  string     `json:"reviewUrl,omitempty"`
	Validation Validation `json:"validation"`
	// MissingFields may be absent if Validation lists the missing fields. Missing returns both.
	MissingFields []MissingField `json:"missingFields,omitempty"`
	// NormalizedFields is the content of the draft by update key.
	NormalizedFields Fields `json:"normalizedFields,omitempty"`
	// LowConfidenceFields are guesses of the parser. They need confirmation but do not prevent publishing.
	LowConfidenceFields []Note `json:"lowConfidenceFields,omitempty"`
	Warnings            []Note `json:"warnings,omitempty"`
	// UnmappedFields are parts of the source that match no field.
	UnmappedFields []Note `json:"unmappedFields,omitempty"`

	Dated
}

// Dated has the time of an answer.
type Dated struct {
	// Date is by the API's clock, to the second; zero if it gave none.
	Date time.Time `json:"-"`
}

func (d *Dated) setDate(header http.Header) {
	d.Date, _ = http.ParseTime(header.Get("Date")) // the zero time if none
}

// Missing returns every missing field once: those of MissingFields, then those that only Validation lists.
func (d *Draft) Missing() []MissingField {
	seen := map[string]bool{}
	var missing []MissingField
	for _, field := range slices.Concat(d.MissingFields, d.Validation.MissingFields) {
		key := cmp.Or(field.Field, "\n"+field.Prompt) // no field has such a name
		if key != "\n" && !seen[key] {
			missing = append(missing, field)
		}
		seen[key] = true
	}
	return missing
}

// Validation says whether a draft can be published and what prevents it.
type Validation struct {
	PublishReady      bool `json:"publishReady"`
	IssueCount        int  `json:"issueCount"`
	MissingFieldCount int  `json:"missingFieldCount"`
	// MissingFields are complete entries, names only (then only Field is set), or empty, depending on the endpoint.
	MissingFields []MissingField `json:"missingFields"`
	Issues        []Note         `json:"issues"`
}

// MissingField is a missing field of a draft and the question to ask for it.
type MissingField struct {
	Field   string `json:"field"`
	Label   string `json:"label,omitempty"`
	Message string `json:"message,omitempty"`
	Code    string `json:"code,omitempty"`
	// Prompt is the question for the human; see Question.
	Prompt string `json:"prompt,omitempty"`
	// Type is "enum", "number", "string", "boolean" or "array".
	Type string `json:"type,omitempty"`
	// EnumValues are the allowed values, nil if any value is allowed.
	EnumValues []string `json:"enumValues,omitempty"`
	// UpdateKeys are the keys of UpdateDraft that set the field.
	UpdateKeys []string `json:"updateKeys,omitempty"`
	// Example is a single value, or an object of values by update key.
	Example json.RawMessage `json:"example,omitempty"`
	Hint    string          `json:"hint,omitempty"`
}

// Question returns the prompt without the prefix "ask: " of some responses
// (developers/api-reference/job-drafts/create).
func (m MissingField) Question() string {
	return strings.TrimPrefix(m.Prompt, "ask: ")
}

// ExampleValues returns the example by update key, or nil if it is not an object.
func (m MissingField) ExampleValues() Fields {
	var values Fields
	if !bytes.HasPrefix(m.Example, []byte("{")) || json.Unmarshal(m.Example, &values) != nil {
		return nil
	}
	return values
}

// UnmarshalJSON implements json.Unmarshaler. It accepts an object or a field name.
func (m *MissingField) UnmarshalJSON(data []byte) error {
	type object MissingField
	return decodeWordsOr(data, &m.Field, (*object)(m))
}

// Note is a remark of the API on a draft: an issue, a warning, a guess or an unmapped part. The documentation
// does not show most of them. A plain string becomes Message.
type Note struct {
	Field   string          `json:"field,omitempty"`
	Path    FieldPath       `json:"path,omitempty"`
	Message string          `json:"message,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Code    string          `json:"code,omitempty"`
	Value   json.RawMessage `json:"value,omitempty"`
	// ValuePreview is the start of an unmapped part.
	ValuePreview string `json:"valuePreview,omitempty"`
}

// UnmarshalJSON implements json.Unmarshaler. It accepts an object or a string.
func (n *Note) UnmarshalJSON(data []byte) error {
	type object Note
	return decodeWordsOr(data, &n.Message, (*object)(n))
}
