package market

import (
	"context"
	"errors"
	"slices"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// findOwn looks for a job among the newest of the caller's own; nil when it isn't there or they can't be read. Its error
// is the refusal of a caller who may not read them.
func (m market) findOwn(ctx context.Context, by caller.Caller, jobID string) (*opentrain.OwnJob, error) {
	if by.ID == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tool.SideReadTime(ctx))
	defer cancel()
	page, err := m.api.ListOwnJobs(ctx, opentrain.OwnJobQuery{Limit: 100})
	if errors.Is(err, &opentrain.Error{Code: opentrain.CodeUnauthorized}) || errors.Is(err, &opentrain.Error{Code: opentrain.CodeForbidden}) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	i := slices.IndexFunc(page.Jobs, func(job opentrain.OwnJob) bool { return job.ID == jobID })
	if i < 0 {
		return nil, nil
	}
	m.accounts.SawOwn(by, jobID)
	return &page.Jobs[i], nil
}

// notPublic is the result for a job of the caller that the marketplace doesn't show.
func notPublic(job opentrain.OwnJob, interpreted []string) getJobOutput {
	out := getJobOutput{
		JobID: text.Clean(job.ID, 64), Own: true, Status: text.Clean(job.Status, 40), Title: text.Clean(job.Title, 300),
		UpdatedAt: text.Clean(job.UpdatedAt, 40), Interpreted: interpreted, Next: tool.Next{Action: tool.Done}, unlisted: true,
	}
	switch job.Status {
	case opentrain.StatusArchived:
		out.Next.Note = "OpenTrain doesn't show the text of a closed job. To post it again, ask the human for the description and use " +
			tool.CreateDraft + "."
	case opentrain.StatusDraft:
		out.Next = tool.Next{Action: tool.CallTool, Tool: tool.GetDraft, Arguments: map[string]any{"jobId": out.JobID}}
	case opentrain.StatusOpen:
		out.Next.Note = "A new listing can take five minutes to show."
	}
	return out
}

// lacks names what the job lacks of what a draft needs before it's published.
func (o getJobOutput) lacks() (lacks []string) {
	for _, field := range []struct{ key, value string }{
		{"jobTitle", o.Title}, {"jobDescription", o.Description}, {"labelTypes", strings.Join(o.LabelTypes, "")},
		{"experienceLevel", o.ExperienceLevel}, {"languages", strings.Join(o.Languages, "")}, {"pay", o.Pay},
	} {
		if field.value == "" {
			lacks = append(lacks, tool.FieldLabel(field.key))
		}
	}
	return lacks
}
