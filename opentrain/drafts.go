package opentrain

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// MaxDescription is the longest job description that the API takes, in
// Unicode code points (developers/api-reference/job-drafts/create).
const MaxDescription = 60_000

// StatusDraft and its siblings are the states of a job
// (developers/api-reference/jobs/mine).
const (
	StatusDraft           = "DRAFT"
	StatusOpen            = "OPEN"
	StatusOngoing         = "ONGOING"
	StatusCompleted       = "COMPLETED"
	StatusArchived        = "ARCHIVED"
	StatusPendingApproval = "PENDING_APPROVAL"
)

// Fields are draft fields by update key, for example
// {"experienceLevel": "INTERMEDIATE"}. A null clears a field.
type Fields map[string]json.RawMessage

// The import formats of a DraftSource
// (developers/api-reference/job-drafts/create).
const (
	FormatText      = "text"
	FormatCanonical = "opentrain_canonical"
	FormatSchemaOrg = "schema_org_job_posting"
	FormatIndeedXML = "indeed_xml"
	FormatHRXML     = "hr_xml"
)

// DraftSource is what a draft is made from, in one of the import formats
// (developers/api-reference/job-drafts/create).
type DraftSource struct {
	// Format is one of the Format constants, or another that the API's
	// capabilities name; "" is FormatText.
	Format string
	// Text is a job description in plain words, for FormatText; at most
	// MaxDescription code points.
	Text string
	// Job is OpenTrain's own job object, for FormatCanonical.
	Job json.RawMessage
	// JSONLD is a schema.org JobPosting, for FormatSchemaOrg.
	JSONLD json.RawMessage
	// XML is a feed entry, for FormatIndeedXML and FormatHRXML.
	XML string
	// ExternalID is the caller's own name for the job. Optional.
	ExternalID string
	// IdempotencyKey makes a repeated call find the same draft instead of
	// making a second one. Optional, recommended: only with it a call whose
	// answer was lost is repeated.
	IdempotencyKey string
}

// CreateDraft makes a draft of a source, which is sent as it is. It is never
// published by itself. Repeated with the same IdempotencyKey it returns the
// same job, in whatever status that has by now. A format that the API does not
// take is BAD_REQUEST with details.supportedFormats.
func (c *Client) CreateDraft(ctx context.Context, source DraftSource) (*Draft, error) {
	return c.draft(ctx, request{method: http.MethodPost, path: "/job-drafts", body: source.body(), keyed: source.IdempotencyKey != ""})
}

// body writes a source in the shape that the pages show for its format.
func (s DraftSource) body() any {
	type common struct {
		ExternalID     string `json:"externalId,omitempty"`
		IdempotencyKey string `json:"idempotencyKey,omitempty"`
	}
	both := common{ExternalID: s.ExternalID, IdempotencyKey: s.IdempotencyKey}
	if s.Format == "" || s.Format == FormatText {
		type text struct {
			Type string `json:"type"`
			Text string `json:"text"`
			common
		}
		return map[string]text{"source": {Type: FormatText, Text: s.Text, common: both}}
	}
	return struct {
		Format string          `json:"format"`
		Job    json.RawMessage `json:"job,omitempty"`
		JSONLD json.RawMessage `json:"jsonLd,omitempty"`
		XML    string          `json:"xml,omitempty"`
		common
	}{Format: s.Format, Job: s.Job, JSONLD: s.JSONLD, XML: s.XML, common: both}
}

// UpdateDraft sets any number of fields of an unpublished draft. The answer
// validates the whole draft anew (developers/api-reference/job-drafts/update).
func (c *Client) UpdateDraft(ctx context.Context, jobID string, fields Fields) (*Draft, error) {
	path, err := idPath("/job-drafts", jobID, "")
	if err != nil {
		return nil, err
	}
	return c.draft(ctx, request{method: http.MethodPatch, path: path, body: fields})
}

func (c *Client) draft(ctx context.Context, req request) (*Draft, error) {
	var draft Draft
	if err := c.call(ctx, req, &draft); err != nil {
		return nil, err
	}
	if draft.JobID == "" {
		return nil, &Error{Code: CodeBadResponse, Status: http.StatusOK, Message: "the answer names no jobId"}
	}
	return &draft, nil
}

// Draft is the report that the API gives of a draft. Lists that the API left
// out are nil; lists that it gave empty are not.
type Draft struct {
	JobID  string `json:"jobId"`
	Status string `json:"status"`
	// DraftURL opens the draft in the app's editor, ReviewURL in its review.
	DraftURL   string     `json:"draftUrl,omitempty"`
	ReviewURL  string     `json:"reviewUrl,omitempty"`
	Validation Validation `json:"validation"`
	// MissingFields may be absent from an answer that lists the gaps in
	// Validation alone; Missing joins both.
	MissingFields []MissingField `json:"missingFields,omitempty"`
	// NormalizedFields is what the draft contains, by update key.
	NormalizedFields Fields `json:"normalizedFields,omitempty"`
	// LowConfidenceFields are the parser's guesses: to be confirmed, not blocking.
	LowConfidenceFields []Note `json:"lowConfidenceFields,omitempty"`
	Warnings            []Note `json:"warnings,omitempty"`
	// UnmappedFields are parts of the input that fit no field.
	UnmappedFields []Note `json:"unmappedFields,omitempty"`
	Extra          Extra  `json:"-"`
}

// Missing returns every gap that the draft has, each once: those of
// MissingFields first, then those that only Validation names.
func (d *Draft) Missing() []MissingField {
	return joinMissing(d.MissingFields, d.Validation.MissingFields)
}

func joinMissing(full, named []MissingField) []MissingField {
	seen := map[string]bool{}
	var all []MissingField
	for _, list := range [][]MissingField{full, named} {
		for _, gap := range list {
			name := gap.Field
			if name == "" {
				name = "\n" + gap.Prompt // no field has such a name
			}
			if seen[name] || gap.Field == "" && gap.Prompt == "" {
				continue
			}
			seen[name] = true
			all = append(all, gap)
		}
	}
	return all
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *Draft) UnmarshalJSON(data []byte) error {
	type plain Draft
	return decodeLenient(data, (*plain)(d))
}

// MarshalJSON implements json.Marshaler; members that came unknown go out again.
func (d Draft) MarshalJSON() ([]byte, error) {
	type plain Draft
	return marshalWithExtra(plain(d), d.Extra)
}

// Validation says how far a draft is from being publishable.
type Validation struct {
	PublishReady      bool `json:"publishReady"`
	IssueCount        int  `json:"issueCount"`
	MissingFieldCount int  `json:"missingFieldCount"`
	// MissingFields are whole entries, mere names (only Field is set) or
	// nothing, depending on the endpoint.
	MissingFields []MissingField `json:"missingFields"`
	Issues        []Note         `json:"issues"`
	Extra         Extra          `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Validation) UnmarshalJSON(data []byte) error {
	type plain Validation
	return decodeLenient(data, (*plain)(v))
}

// MarshalJSON implements json.Marshaler.
func (v Validation) MarshalJSON() ([]byte, error) {
	type plain Validation
	return marshalWithExtra(plain(v), v.Extra)
}

// MissingField is one gap of a draft and the question that fills it.
type MissingField struct {
	Field   string `json:"field"`
	Label   string `json:"label,omitempty"`
	Message string `json:"message,omitempty"`
	Code    string `json:"code,omitempty"`
	// Prompt is the question for the human; see Question.
	Prompt string `json:"prompt,omitempty"`
	// Type is "enum", "number", "string", "boolean" or "array".
	Type string `json:"type,omitempty"`
	// EnumValues are the only values taken, nil when any is.
	EnumValues []string `json:"enumValues,omitempty"`
	// UpdateKeys are the keys of UpdateDraft that fill the gap.
	UpdateKeys []string `json:"updateKeys,omitempty"`
	// Example is a bare value, or an object of values by update key.
	Example json.RawMessage `json:"example,omitempty"`
	Hint    string          `json:"hint,omitempty"`
	Extra   Extra           `json:"-"`
}

// Question returns the prompt without the "ask: " that some answers put in
// front of it (developers/api-reference/job-drafts/create).
func (m MissingField) Question() string {
	return strings.TrimPrefix(m.Prompt, "ask: ")
}

// ExampleValues returns the example as an object by update key, nil when it is
// a bare value or absent.
func (m MissingField) ExampleValues() Fields {
	var values Fields
	if !isObject(m.Example) || json.Unmarshal(m.Example, &values) != nil {
		return nil
	}
	return values
}

// UnmarshalJSON accepts an entry or a bare field name.
func (m *MissingField) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &m.Field) == nil {
		return nil
	}
	type plain MissingField
	return decodeLenient(data, (*plain)(m))
}

// MarshalJSON implements json.Marshaler.
func (m MissingField) MarshalJSON() ([]byte, error) {
	type plain MissingField
	return marshalWithExtra(plain(m), m.Extra)
}

// Note is a remark of the API on a draft: an issue, a warning, a guess or an
// unmapped part. The pages print no form for most of them, so a bare string
// becomes Message.
type Note struct {
	Field   string          `json:"field,omitempty"`
	Path    FieldPath       `json:"path,omitempty"`
	Message string          `json:"message,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Code    string          `json:"code,omitempty"`
	Value   json.RawMessage `json:"value,omitempty"`
	// ValuePreview is the start of an unmapped part.
	ValuePreview string `json:"valuePreview,omitempty"`
	Extra        Extra  `json:"-"`
}

// UnmarshalJSON accepts an object or a bare string.
func (n *Note) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &n.Message) == nil {
		return nil
	}
	type plain Note
	return decodeLenient(data, (*plain)(n))
}

// MarshalJSON implements json.Marshaler.
func (n Note) MarshalJSON() ([]byte, error) {
	type plain Note
	return marshalWithExtra(plain(n), n.Extra)
}
