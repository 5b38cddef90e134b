package posting

import (
	"context"
	"fmt"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

func postJob() tool.Prompt {
	return tool.Prompt{
		Name: "post_job", Title: "Post a job",
		Description: "Post a job on OpenTrain, from a description to the published listing.",
		Argument: tool.PromptArgument{
			Name: "description", Description: "The job in your own words: task, data, people, pay, languages, time.",
		},
		Needs: []string{tool.CreateDraft, tool.PatchDraft, tool.Publish, tool.SearchJobs},
		Text:  postJobText,
	}
}

func postJobText(_ context.Context, _ caller.Caller, description string) (title, words string) {
	start := "First ask me what the job is: the task, the data, how many people, the pay, languages and time. " +
		"Pass my words to opentrain_create_draft as they are.\n\n"
	if description != "" {
		start = "My description, which goes to opentrain_create_draft as it is:\n\n" + description + "\n\n"
	}
	return "Post a job on OpenTrain", "Post a job on OpenTrain for me.\n\n" + start +
		"Then follow next in every result. Ask me each question word for word and offer its options; do not answer for me. " +
		"Confirm with me what was guessed. When nothing is missing, show me the whole draft and publish it only after I say yes. " +
		"Finally, search for the job and show me how it appears."
}

func (p posting) reviewDraft() tool.Prompt {
	return tool.Prompt{
		Name: "review_draft", Title: "Review a draft",
		Description: "Go through one of your drafts on OpenTrain: what it says, what is missing, what was guessed.",
		Argument:    tool.PromptArgument{Name: "jobId", Description: "Id of the draft.", Required: true},
		Needs:       []string{tool.ListJobs, tool.PatchDraft, tool.Publish, tool.GetJob},
		Text:        p.reviewText, Complete: p.completeDrafts,
	}
}

func (p posting) reviewText(ctx context.Context, by caller.Caller, jobID string) (title, words string) {
	title = "Review a draft on OpenTrain"
	const then = " Show me what the draft says, what was guessed and what is missing. " +
		"Ask me the open questions word for word and set my answers with opentrain_patch_draft. Publish only after I say yes."
	if jobID == "" {
		return title, "Show me my drafts on OpenTrain (opentrain_list_jobs with status DRAFT) and ask me which one to review." + then
	}
	job := draft.Own{OwnJob: opentrain.OwnJob{Status: opentrain.StatusDraft}}
	if by.ID != "" {
		if found, err := p.FindOwn(ctx, jobID, opentrain.StatusDraft); err == nil && !found.Unknown { // without the job the prompt still helps
			job = found
		}
	}
	name := text.Clean(job.Title, 200)
	switch {
	case job.Status != opentrain.StatusDraft:
		return "Review a job on OpenTrain", fmt.Sprintf("My job %s (%s) on OpenTrain is %s, no longer a draft. "+
			"Show me how it stands: opentrain_list_jobs has its status and proposals, opentrain_get_job its public text.",
			jobID, name, text.Clean(job.Status, 40))
	case name == "" || name != job.Title || strings.HasPrefix(strings.ToLower(name), "untitled"):
		// A title that isn't shown exactly as it is must not be set.
		return title, fmt.Sprintf("Review my draft %s on OpenTrain. Find it with opentrain_list_jobs.", jobID) + then
	}
	// The API has no call that reads a draft; every patch returns the report.
	return title, fmt.Sprintf("Review my draft %s on OpenTrain. Call opentrain_patch_draft with jobId %q and fields %s: "+
		"that is the title it has, so nothing changes, and the result is the draft's report.",
		jobID, jobID, text.JSON(map[string]string{"jobTitle": name})) + then
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
