package posting

import (
	"context"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

func postJob() tool.Prompt {
	return tool.Prompt{
		Name: "post_job", Title: "Post a job",
		Description: "Post a job on OpenTrain, from a description to a live listing.",
		Argument: tool.PromptArgument{
			Name: "description", Description: "The job in your own words: task, data, people, pay, languages, timeline.",
		},
		Needs: []string{tool.CreateDraft, tool.PatchDraft, tool.Publish, tool.SearchJobs},
		Text:  postJobText,
	}
}

func postJobText(_ context.Context, _ caller.Caller, description string) (title, words string) {
	start := "First ask me what the job is: the task, the data, how many people, the pay, languages and timeline. " +
		"Pass my words to opentrain_create_draft unchanged.\n\n"
	if description != "" {
		start = "Pass my description to opentrain_create_draft unchanged:\n\n" + description + "\n\n"
	}
	return "Post a job on OpenTrain", "Post a job on OpenTrain for me.\n\n" + start +
		"Then follow the next step of every result. Ask me each question word for word and offer its options. Don't answer for me. " +
		"Check OpenTrain's guesses with me. When nothing is missing, show me the whole draft and publish it only after I say yes. " +
		"Finally, search for the job and show me how it is listed."
}

func (p posting) reviewDraft() tool.Prompt {
	return tool.Prompt{
		Name: "review_draft", Title: "Review a draft",
		Description: "Go through one of your drafts on OpenTrain: what it says, what is missing, what was guessed.",
		Argument:    tool.PromptArgument{Name: "jobId", Description: "Id or title of the draft.", Required: true},
		Needs:       []string{tool.ListJobs, tool.GetDraft, tool.PatchDraft, tool.Publish},
		Text:        reviewText, Complete: p.completeDrafts,
	}
}

func reviewText(_ context.Context, _ caller.Caller, jobID string) (title, words string) {
	start := "Show me my drafts on OpenTrain (opentrain_list_jobs with status DRAFT) and ask me which one to review."
	if jobID != "" {
		start = "Review my draft on OpenTrain: call opentrain_get_draft with jobId " + text.JSON(jobID) + "."
	}
	return "Review a draft on OpenTrain", start + " Show me what the draft says, what was guessed and what is missing. " +
		"Ask me the open questions word for word and save my answers with opentrain_patch_draft. Publish only after I say yes."
}

// completeDrafts lists the caller's newest drafts whose id or title contains what was typed.
func (p posting) completeDrafts(ctx context.Context, by caller.Caller, typed string) ([]string, error) {
	if by.ID == "" {
		return nil, nil
	}
	page, err := p.API.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: opentrain.StatusDraft, Limit: 100})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, job := range page.Jobs {
		if containsFold(job.ID, typed) || containsFold(job.Title, typed) {
			ids = append(ids, text.Clean(job.ID, 64))
		}
	}
	return ids, nil
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}
