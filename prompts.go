package opentrainmcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/tools"
)

const (
	promptPostJob     = "post_job"
	promptReviewDraft = "review_draft"
)

// promptTools are the tools that a prompt speaks of.
func promptTools(prompt string) []string {
	if prompt == promptReviewDraft {
		return []string{"opentrain_list_jobs", "opentrain_patch_draft", "opentrain_publish", "opentrain_get_job"}
	}
	return []string{"opentrain_create_draft", "opentrain_patch_draft", "opentrain_publish", "opentrain_search_jobs"}
}

// addPrompts offers the prompts, which people start in their host, as far as
// the tools that they name are served.
func (s *Server) addPrompts() {
	s.addPrompt(mcp.NewPrompt(promptPostJob,
		mcp.WithPromptTitle("Post a job"),
		mcp.WithPromptDescription("Post a job on OpenTrain, from a description to the published listing."),
		mcp.WithArgument("description", mcp.ArgumentDescription("The job in your own words: task, data, people, pay, languages, time.")),
	), s.postJob)
	s.addPrompt(mcp.NewPrompt(promptReviewDraft,
		mcp.WithPromptTitle("Review a draft"),
		mcp.WithPromptDescription("Go through one of your drafts on OpenTrain: what it says, what is missing, what was guessed."),
		mcp.WithArgument("jobId", mcp.RequiredArgument(), mcp.ArgumentDescription("Id of the draft.")),
	), s.reviewDraft)
}

func (s *Server) addPrompt(prompt mcp.Prompt, answer func(context.Context, tools.Caller, mcp.GetPromptRequest) (*mcp.GetPromptResult, error)) {
	needed := promptTools(prompt.Name)
	if !s.serves(narrowing{}, needed...) {
		return
	}
	s.mcp.AddPrompt(prompt, guarded(s, func(ctx context.Context, caller tools.Caller, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		if !s.serves(requestFrom(ctx).narrowing, needed...) {
			return nil, errNarrowed
		}
		return answer(ctx, caller, request)
	}))
}

// errNarrowed is what a caller is told who left out the tools that are needed.
var errNarrowed = errors.New("the headers of this request leave out tools that this needs")

// serves reports whether all of these tools are served, and left by a
// narrowing.
func (s *Server) serves(left narrowing, names ...string) bool {
	found := 0
	for _, tool := range s.tools {
		if slices.Contains(names, tool.Name) && left.allows(tool) {
			found++
		}
	}
	return found == len(names)
}

func (s *Server) postJob(_ context.Context, _ tools.Caller, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	var b strings.Builder
	b.WriteString("Post a job on OpenTrain for me.\n\n")
	if description := strings.TrimSpace(request.Params.Arguments["description"]); description != "" {
		b.WriteString("My description, which goes to opentrain_create_draft as it is:\n\n" + description + "\n\n")
	} else {
		b.WriteString("First ask me what the job is: the task, the data, how many people, the pay, languages and time. Pass my words to opentrain_create_draft as they are.\n\n")
	}
	b.WriteString("Then follow next in every result. Ask me each question word for word and offer its options; do not answer for me. " +
		"Confirm with me what was guessed. When nothing is missing, show me the whole draft and publish it only after I say yes. " +
		"At last search for the job and show me how it appears.")
	return message("Post a job on OpenTrain", b.String()), nil
}

func (s *Server) reviewDraft(ctx context.Context, caller tools.Caller, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	jobID := strings.TrimSpace(request.Params.Arguments["jobId"])
	const then = " Show me what the draft says, what was guessed and what is missing. " +
		"Ask me the open questions word for word and set my answers with opentrain_patch_draft. Publish only after I say yes."
	if jobID == "" {
		return message("Review a draft on OpenTrain", "Show me my drafts on OpenTrain (opentrain_list_jobs with status DRAFT) and ask me which one to review."+then), nil
	}
	var job *tools.OwnJob
	exact := false // a title that is shown otherwise than it is must not be set
	if caller.ID != "" {
		var err error
		if job, exact, err = s.reference.OwnJob(ctx, jobID); err != nil {
			s.cfg.Logger.DebugContext(ctx, "prompt without the job", "error", err)
		}
	}
	text := fmt.Sprintf("Review my draft %s on OpenTrain. Find it with opentrain_list_jobs.", jobID)
	switch {
	case job == nil:
	case job.Status != opentrain.StatusDraft:
		text = fmt.Sprintf("My job %s (%s) on OpenTrain is %s, no draft any more. Show me how it stands: opentrain_list_jobs has its status and proposals, opentrain_get_job its public text.", jobID, job.Title, job.Status)
		return message("Review a job on OpenTrain", text), nil
	case exact && job.Title != "" && !strings.HasPrefix(strings.ToLower(job.Title), "untitled"):
		// The API has no call that reads a draft; every patch returns the report.
		fields, err := json.Marshal(map[string]string{"jobTitle": job.Title})
		if err != nil {
			return nil, errFault
		}
		text = fmt.Sprintf("Review my draft %s on OpenTrain. Call opentrain_patch_draft with jobId %q and fields %s: that is the title it has, so nothing changes, and the result is the draft's report.", jobID, jobID, fields)
	}
	return message("Review a draft on OpenTrain", text+then), nil
}

// message makes a prompt of one message of the user's.
func message(description, text string) *mcp.GetPromptResult {
	return mcp.NewGetPromptResult(description, []mcp.PromptMessage{mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text))})
}
