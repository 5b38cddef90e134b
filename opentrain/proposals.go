package opentrain

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// Statuses of a proposal (developers/api-reference/jobs/list-proposals).
const (
	ProposalUnreviewed  = "UNREVIEWED"
	ProposalShortlisted = "SHORTLISTED"
	ProposalMaybe       = "MAYBE"
	ProposalHired       = "HIRED"
	ProposalDeclined    = "DECLINED"
	ProposalNotAFit     = "NOT_A_FIT"
	ProposalResumeSent  = "RESUME_SENT"
)

// What a hire costs in addition to its milestone (developers/api-reference/proposals/hire).
const (
	MarketplaceFeePercent = 10   // of the milestone
	ContractFeeUSD        = 9.95 // once per contract
)

// ProposalQuery filters the proposals for a job.
type ProposalQuery struct {
	Status string // one of the Proposal constants; "" means all
	Limit  int    // page size, 1 to 100; 0 means the API's default
	Cursor string // NextCursor of the previous page
}

// ListProposals lists the proposals for one of the caller's jobs, newest first. It needs the scope proposals:read, and
// no claimed account. It fails with BAD_REQUEST and details.supportedStatuses for an unknown status, and with FORBIDDEN
// for another account's job (developers/api-reference/jobs/list-proposals).
func (c *Client) ListProposals(ctx context.Context, jobID string, query ProposalQuery) (*Page[Proposal], error) {
	values := newQuery(query.Limit, "status", query.Status, "cursor", query.Cursor)
	return fetchPage[Proposal](ctx, c, request{path: "/jobs/{jobId}/proposals", id: jobID, query: values, member: "proposals"})
}

// GetProposal returns one proposal with its details. It needs the scope proposals:read, and no claimed account. It fails
// with FORBIDDEN for another account's job (developers/api-reference/proposals/get).
func (c *Client) GetProposal(ctx context.Context, proposalID string) (*Proposal, error) {
	req := request{path: "/proposals/{proposalId}", id: proposalID, member: "proposal"}
	return fetch(ctx, c, req, "proposal", func(p *Proposal) bool { return p.ID != "" })
}

// Proposal is an AI trainer's application to a job. Its texts are written by others and are not trusted.
type Proposal struct {
	ID        string         `json:"id"`
	JobID     string         `json:"jobId"`
	JobTitle  string         `json:"jobTitle"`
	CreatedAt string         `json:"createdAt"` // RFC 3339
	UpdatedAt string         `json:"updatedAt"` // RFC 3339
	Status    ProposalStatus `json:"status"`
	Bid       *Bid           `json:"bid"`
	Candidate *Candidate     `json:"candidate"`
	Metrics   *Metrics       `json:"metrics"`

	// The details are nil in a list. They are nil in the result of GetProposal too if there is no such thing.
	AIInterview  *InterviewSummary `json:"aiInterview"`
	Verification *Verification     `json:"verification"`
	OpenLabel    json.RawMessage   `json:"openLabel"` // results of a labeling assessment, in a form that no page shows
	// Contract is there if the candidate is hired. No page shows its form: what differs from a Contract is in Unknown.
	Contract *Contract `json:"contract"`
	More
}

// ProposalStatus is the status of a proposal.
type ProposalStatus struct {
	Raw   string `json:"raw"`   // one of the Proposal constants
	Label string `json:"label"` // as the app shows it
	More
}

// Value returns one of the Proposal constants, also when the API spells it as the app does: "Not a fit" is NOT_A_FIT.
func (s ProposalStatus) Value() string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToUpper(strings.TrimSpace(cmp.Or(s.Raw, s.Label))))
}

// Bid is what a candidate asks for.
type Bid struct {
	AmountUSD            *float64 `json:"amountUsd"`            // per unit
	Unit                 string   `json:"unit"`                 // such as PER_LABEL or per_hour; the pages disagree on the spelling
	LabelerHourlyRateUSD *float64 `json:"labelerHourlyRateUsd"` // nil if none
	More
}

// UnitWords returns the unit in words, such as "per label"; "" for what is no unit.
func (b Bid) UnitWords() string {
	if len(b.Unit) > 40 || strings.ContainsFunc(b.Unit, func(r rune) bool { return r != '_' && (r|0x20 < 'a' || r|0x20 > 'z') }) {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(b.Unit, "_", " "))
}

// Candidate is an AI trainer as employers see one before a hire, without a full name or contact details.
type Candidate struct {
	ID                 string   `json:"id"` // for InviteTrainer and GetFreelancer
	ProfileSlug        string   `json:"profileSlug"`
	DisplayName        string   `json:"displayName"`
	FirstName          string   `json:"firstName"`
	LastNameInitial    string   `json:"lastNameInitial"` // with a period or without
	ProfileTitle       string   `json:"profileTitle"`
	ProfilePhotoURL    string   `json:"profilePhotoUrl"`
	CountryCode        string   `json:"countryCode"` // ISO 3166, "" on some pages
	Country            string   `json:"country"`     // a name, or a code on some pages
	TalentType         string   `json:"talentType"`  // such as FREELANCER or Individual
	HighestEarningsUSD *float64 `json:"highestEarningsUsd"`
	ReviewCount        *int     `json:"reviewCount"`
	More
}

// Name is the candidate's name as employers see it before a hire, such as "Maria G."; "" if OpenTrain sent none.
func (c Candidate) Name() string { return shownName(c.DisplayName, c.FirstName, c.LastNameInitial) }

// shownName is a name with the initial of the last one, if there is one: first names alone don't tell people apart.
func shownName(display, first, initial string) string {
	return cmp.Or(display, strings.TrimSpace(first+" "+initial))
}

// Metrics are the scores of a proposal as they came, "" if none. The pages disagree on the scales: an interview
// has 0 to 10 or 0 to 100, a match 0 to 100 or 0 to 1 (developers/guides/evaluate-candidates,
// developers/api-reference/proposals/get).
type Metrics struct {
	InterviewScore json.Number `json:"interviewScore,omitempty"`
	MatchScore     json.Number `json:"matchScore,omitempty"`
	More
}

// InterviewSummary is the result of the screening interview.
type InterviewSummary struct {
	Score               json.Number `json:"score,omitempty"` // on the scale of Metrics.InterviewScore
	Summary             string      `json:"summary"`
	TranscriptAvailable bool        `json:"transcriptAvailable"` // for GetInterview
	More
}

// Verification is what OpenTrain checked of a candidate.
type Verification struct {
	Location struct {
		Status    string `json:"status"`    // such as PASSED
		Method    string `json:"method"`    // such as GPS
		CheckedAt string `json:"checkedAt"` // RFC 3339
		More
	} `json:"location"`
	Identity struct {
		Verified *bool `json:"verified"` // nil if unknown
		More
	} `json:"identity"`
	More
}

// GetInterview returns the transcript of the screening interview, without contact details. It needs the scope
// proposals:read, and no claimed account. It fails with NOT_FOUND and details.proposalId if there is no interview
// (developers/api-reference/proposals/interview).
func (c *Client) GetInterview(ctx context.Context, proposalID string) (*Interview, error) {
	req := request{path: "/proposals/{proposalId}/interview", id: proposalID, member: "interview"}
	return fetch(ctx, c, req, "interview", func(i *Interview) bool { return i.InterviewID != "" || i.Messages != nil })
}

// Interview is a screening interview. Its texts are not trusted.
type Interview struct {
	ProposalID  string             `json:"proposalId"`
	InterviewID string             `json:"interviewId"`
	Score       json.Number        `json:"score,omitempty"` // on the scale of Metrics.InterviewScore
	Summary     string             `json:"summary"`
	Messages    []InterviewMessage `json:"messages"` // oldest first
	More
}

// InterviewMessage is a question or an answer.
type InterviewMessage struct {
	ID      string `json:"id"`
	Role    string `json:"role"` // interviewer or candidate
	Content string `json:"content"`
	SentAt  string `json:"sentAt"` // RFC 3339
	More
}

// HireRequest are the terms of a hire.
type HireRequest struct {
	Milestone HireMilestone
	// Extra are more members of the request. The API has a flag that confirms the hire of a candidate who was marked as
	// not a fit. The pages that are known don't name it.
	Extra Fields
}

// HireMilestone is the first milestone of a new contract.
type HireMilestone struct {
	Name        string  `json:"name,omitempty"`        // the API needs a name or a description
	Description string  `json:"description,omitempty"` // see Name
	AmountUSD   float64 `json:"amount"`
	DueDate     string  `json:"dueDate,omitempty"` // such as 2026-07-01
}

// HireProposal asks a human to confirm a hire in OpenTrain's app. No one is hired and nothing is charged until then. With the
// same terms again, it returns the same approval; other terms replace it. It needs the scope proposals:write,
// FeatureHiring and a claimed account. It fails with CONFLICT and details.reason payment_method_required without a payment
// method or enough credits, and other reasons (developers/api-reference/proposals/hire).
func (c *Client) HireProposal(ctx context.Context, proposalID string, hire HireRequest) (*Approval, error) {
	body := map[string]any{}
	for name, value := range hire.Extra {
		body[name] = value
	}
	body["milestone"] = hire.Milestone
	return c.requestApproval(ctx, request{path: "/proposals/{proposalId}/hire", id: proposalID, body: body, idempotent: true})
}

// StartConversation returns the conversation with the candidate of a proposal, and creates it if necessary. It needs the
// scope messages:write (proposals:write on the page about scopes), FeatureMessaging and a claimed account. It fails with
// CONFLICT and details.reason proposal_not_ready_for_messaging, and with FORBIDDEN for another account's job
// (developers/api-reference/proposals/conversation).
func (c *Client) StartConversation(ctx context.Context, proposalID string) (*StartedConversation, error) {
	req := request{method: http.MethodPost, path: "/proposals/{proposalId}/conversation", id: proposalID, idempotent: true}
	return fetch(ctx, c, req, "conversation", func(s *StartedConversation) bool { return s.ConversationID != "" })
}

// StartedConversation is the result of StartConversation.
type StartedConversation struct {
	ConversationID string `json:"conversationId"` // for ListMessages and SendMessage
	ProposalID     string `json:"proposalId"`
	JobID          string `json:"jobId"`
	Created        bool   `json:"created"` // false if the conversation existed
	More
}
