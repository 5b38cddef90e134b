package sandbox

import (
	"fmt"
	"maps"
	"slices"
)

// report is the response to create and patch. Members that a variant omits are nil.
type report struct {
	OK                  bool       `json:"ok"`
	JobID               string     `json:"jobId"`
	Status              string     `json:"status"`
	DraftURL            string     `json:"draftUrl"`
	ReviewURL           string     `json:"reviewUrl,omitempty"`
	Validation          validation `json:"validation"`
	MissingFields       any        `json:"missingFields,omitempty"`
	NormalizedFields    any        `json:"normalizedFields,omitempty"`
	LowConfidenceFields any        `json:"lowConfidenceFields,omitempty"`
	Warnings            any        `json:"warnings,omitempty"`
	UnmappedFields      any        `json:"unmappedFields,omitempty"`
}

// validation tells whether a draft can be published.
type validation struct {
	PublishReady      bool    `json:"publishReady"`
	IssueCount        int     `json:"issueCount"`
	MissingFieldCount int     `json:"missingFieldCount"`
	MissingFields     any     `json:"missingFields"`
	Issues            []issue `json:"issues"`
}

// createReport is the response to POST /job-drafts. In the reference, validation.missingFields is empty, but
// the count is not 0.
func (s *Sandbox) createReport(j *job) report {
	gaps := j.gaps()
	rep := s.shortReport(j, gaps)
	rep.MissingFields = s.missing(gaps)
	rep.NormalizedFields = maps.Clone(j.fields) // the report is written after s.mu is released
	rep.LowConfidenceFields = emptyNotNull(slices.Clone(j.guesses))
	rep.Warnings = payWarnings(j.fields)
	rep.UnmappedFields = emptyNotNull(j.unmapped)
	if s.variant == Reference {
		rep.ReviewURL = rep.DraftURL
		rep.Validation.MissingFields = []string{}
	}
	return rep
}

// patchReport is the response to PATCH /job-drafts/{jobId}: the full report in the guide, the short form in
// the reference.
func (s *Sandbox) patchReport(j *job) report {
	if s.variant == Reference {
		return s.shortReport(j, j.gaps())
	}
	return s.createReport(j)
}

func (s *Sandbox) shortReport(j *job, gaps []gap) report {
	key := "job"
	if s.variant == Reference {
		key = "jobId"
	}
	return report{
		OK: true, JobID: j.id, Status: j.status,
		DraftURL:   s.appURL + "/job-post?" + key + "=" + j.id,
		Validation: s.validation(gaps),
	}
}

// validation lists the gaps by name for the guide, in full for the reference.
func (s *Sandbox) validation(gaps []gap) validation {
	v := validation{PublishReady: len(gaps) == 0, MissingFieldCount: len(gaps), MissingFields: names(gaps), Issues: []issue{}}
	if s.variant == Reference {
		v.MissingFields = s.missing(gaps)
	}
	return v
}

// missing returns the gaps in full, in the form of the variant.
func (s *Sandbox) missing(gaps []gap) any {
	if s.variant == Reference {
		list := make([]referenceGap, len(gaps))
		for i, g := range gaps {
			list[i] = g.reference()
		}
		return list
	}
	list := make([]guideGap, len(gaps))
	for i, g := range gaps {
		list[i] = g.guide()
	}
	return list
}

// payWarnings warns about pay that is far from the usual.
func payWarnings(fields values) []string {
	bounds := map[string][2]float64{"pricePerHour": {3, 200}, "pricePerLabel": {0.002, 20}}
	warnings := []string{}
	key := rateKey(fields.text("paymentType"))
	rate, bound := fields.number(key), bounds[key]
	switch {
	case rate == 0 || bound[1] == 0:
	case rate < bound[0]:
		warnings = append(warnings, fmt.Sprintf("%s of $%v is far below what such work usually pays.", key, rate))
	case rate > bound[1]:
		warnings = append(warnings, fmt.Sprintf("%s of $%v is far above what such work usually pays.", key, rate))
	}
	return warnings
}
