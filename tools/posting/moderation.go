package posting

import (
	"errors"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// verdict is what the content check said of a job.
type verdict struct {
	blocked bool
	reasons []string // may be there for a job that went through, too
}

// verdictOf reads the verdict from an answer.
func verdictOf(moderation *opentrain.Moderation) verdict {
	if moderation == nil {
		return verdict{}
	}
	blocked := len(moderation.Reasons) > 0 || moderation.Decision != "" && moderation.Decision != "ALLOW"
	return verdict{blocked, reasonsOf(moderation.Reasons)}
}

// verdictOfError reads the verdict from a refusal with a certain code.
func verdictOfError(err error, code opentrain.Code) verdict {
	var refusal *opentrain.Error
	var details struct {
		Reason  string   `json:"reason"`
		Reasons []string `json:"reasons"`
	}
	if !errors.As(err, &refusal) || refusal.Code != code || !refusal.DecodeDetails(&details) || details.Reason != tool.ReasonModeration {
		return verdict{}
	}
	return verdict{true, reasonsOf(details.Reasons)}
}

func reasonsOf(reasons []string) []string {
	return text.CleanAll(reasons, tool.MaxReasons, tool.MaxReason)
}

// changeContent is the step after the content check blocked a job.
func changeContent(jobID, problem string) tool.Next {
	return tool.Next{
		Action: tool.Fix, By: "human", Tool: tool.PatchDraft,
		Arguments: map[string]any{"jobId": jobID, "fields": map[string]any{"jobDescription": tool.Answer}},
		Problem: problem + " The human should change what the reasons name, in jobDescription or another field; " +
			"set it, then publish again.",
	}
}
