package applicants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const (
	maxSummary  = 2000 // characters of an interview's summary
	maxAnswer   = 8000 // of one message of an interview
	maxOpenData = 1500 // of results whose form no page shows
)

// message is a question or an answer of an interview.
type message struct {
	From    string `json:"from"` // interviewer or candidate
	SentAt  string `json:"sentAt,omitempty"`
	Content string `json:"content"`
}

func (message) JSONSchema() *schema.Node {
	return tool.PlainObject("from (interviewer or candidate), sentAt, content.")
}

// interviewed adds a part of the interview to a proposal.
func (a applicants) interviewed(ctx context.Context, proposalID string, start int, out getProposalOutput) (getProposalOutput, error) {
	interview, err := a.API.GetInterview(ctx, proposalID)
	switch {
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}): // the proposal was there a moment ago
		out.Messages = "No screening interview is recorded for this proposal."
		return out, nil
	case err != nil:
		return out, err
	}
	out.InterviewSummary = cmp.Or(out.InterviewSummary, text.StrangerParagraphs(interview.Summary, maxSummary))
	out.Proposal.InterviewScore = cmp.Or(out.Proposal.InterviewScore, score(interview.Score))
	return out.part(interview.Messages, start), nil
}

// partAt reads a cursor: the number of messages before the part.
func partAt(cursor string) (start int, err error) {
	if cursor == "" {
		return 0, nil
	}
	if start, err = strconv.Atoi(cursor); err != nil || start < 1 {
		return 0, tool.Problem("cursor", "isn't valid; pass nextCursor unchanged, or no cursor for the beginning")
	}
	return start, nil
}

// part adds the messages of the interview from start on, as many as fit.
func (o getProposalOutput) part(all []opentrain.InterviewMessage, start int) getProposalOutput {
	start = min(start, len(all))
	if start == len(all) {
		o.Messages = "There are no more messages."
		return o
	}
	o.Interview = tool.Map(all[start:], func(m opentrain.InterviewMessage) message {
		return message{text.Stranger(m.Role, 30), text.Stranger(m.SentAt, 40), text.StrangerParagraphs(m.Content, maxAnswer)}
	})
	tool.FitEntries(&o, &o.Interview)
	if tool.FitText(&o, &o.Interview[0].Content) {
		o.Cut = "The message is too long to show whole. The interview is in the app."
	}
	end := start + len(o.Interview)
	long := func(m opentrain.InterviewMessage) bool { return utf8.RuneCountInString(m.Content) > maxAnswer }
	if o.Cut == "" && slices.ContainsFunc(all[start:end], long) {
		o.Cut = fmt.Sprintf("Messages are cut after %d characters.", maxAnswer)
	}
	o.Messages = fmt.Sprintf("messages %d to %d of %d", start+1, end, len(all))
	if end < len(all) {
		o.NextCursor = strconv.Itoa(end)
	}
	return o
}
