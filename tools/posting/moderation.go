package posting

import (
	"encoding/json"
	"errors"
	"maps"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// contentCheck reads what the content check found. Its decision counts, if it has one: a job that passed may have reasons too.
func contentCheck(moderation *opentrain.Moderation) (blocked bool, reasons []string) {
	if moderation == nil {
		return false, nil
	}
	blocked = moderation.Decision != "ALLOW" && (moderation.Decision != "" || len(moderation.Reasons) > 0)
	return blocked, text.CleanAll(moderation.Reasons, tool.MaxReasons, tool.MaxReason)
}

// blockedBy reads the content check from an error with a code; nil when the error is about something else.
func blockedBy(err error, code opentrain.Code) *opentrain.Moderation {
	var details struct {
		Reason  string   `json:"reason"`
		Reasons []string `json:"reasons"`
	}
	apiError, ok := errors.AsType[*opentrain.Error](err)
	if !ok || apiError.Code != code || !apiError.DecodeDetails(&details) || details.Reason != opentrain.ReasonModeration {
		return nil
	}
	return &opentrain.Moderation{Decision: "BLOCK", Reasons: details.Reasons}
}

// changeContent is the step after the content check blocked a job. It names the texts that an edit just set. Otherwise only the human
// can say which text it is about.
func changeContent(jobID, problem string, edited opentrain.Fields) tool.Next {
	texts := maps.Clone(edited)
	maps.DeleteFunc(texts, func(_ string, value json.RawMessage) bool {
		var words string
		return json.Unmarshal(value, &words) != nil || tool.Label(words) != words // a value of a list of choices
	})
	ask := "Ask the human what to change"
	if len(texts) == 0 {
		texts = opentrain.Fields{"jobTitle": nil, "jobDescription": nil}
		ask = "Ask the human which text to change, the title or the description, and leave out the other"
	}
	fields := make(map[string]any, len(texts))
	for key := range texts {
		fields[key] = tool.AnswerTo(key)
		if len(texts) == 1 {
			fields[key] = tool.Answer
		}
	}
	return tool.Next{
		Action: tool.Fix, By: "human", Tool: tool.PatchDraft, Arguments: map[string]any{"jobId": jobID, "fields": fields},
		Problem: problem + " " + ask + ". Then save it and publish again.",
	}
}
