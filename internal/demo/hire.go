package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// pilot is the first milestone of the demo's hire, in US dollars.
const pilot = 300

// proposal is what the demo needs of a proposal.
type proposal struct {
	ID        string `json:"proposalId"`
	Bid       string `json:"bid"`
	Candidate struct {
		ID      string `json:"freelancerId"`
		Name    string `json:"name"`
		Country string `json:"country"`
	} `json:"candidate"`
	Match     any `json:"matchScore"`
	Interview any `json:"interviewScore"`
}

// hire goes on from a live job: it compares who applied, writes to the best match, and asks for a hire. The person decides about the
// message and the hire.
func (r *run) hire(ctx context.Context) error {
	r.pass("A day later, AI trainers have applied.", 24*time.Hour)
	if _, err := r.call(ctx, tool.ListProposals, map[string]any{"jobId": r.jobID, "sort": "match"}); err != nil {
		return err
	}
	if len(r.last.Proposals) == 0 {
		return errors.New("no one has applied")
	}
	r.Screen.Table(tool.Map(r.last.Proposals, func(p proposal) screen.Row {
		return screen.Row{Label: p.Candidate.Name, Value: text.Join(" · ", p.Candidate.Country, p.Bid,
			fmt.Sprintf("match%c%v", screen.NoBreak, p.Match), fmt.Sprintf("interview%c%v", screen.NoBreak, p.Interview))}
	}))
	best := r.last.Proposals[0]
	if _, err := r.call(ctx, tool.GetProposal, map[string]any{"proposalId": best.ID, "interview": true}); err != nil {
		return err
	}
	r.Screen.Quote(r.last.InterviewSummary)
	if _, err := r.call(ctx, tool.GetFreelancerProfile, map[string]any{"freelancerId": best.Candidate.ID}); err != nil {
		return err
	}
	r.Screen.Quote(r.last.Bio)
	if _, err := r.call(ctx, tool.StartProposalConversation, map[string]any{"proposalId": best.ID}); err != nil {
		return err
	}
	conversation := r.last.ConversationID
	content := "Hi " + best.Candidate.Name + ", thanks for applying. Could you start next week?"
	yes, err := r.agree(ctx, tool.SendMessage, map[string]any{"conversationId": conversation, "content": content})
	if err != nil {
		return err
	}
	if yes {
		r.pass("A minute later, "+best.Candidate.Name+" replies.", time.Minute)
		if _, err := r.call(ctx, tool.ReadMessages, map[string]any{"conversationId": conversation}); err != nil {
			return err
		}
		messages, _ := r.last.Messages.([]any)
		for _, m := range messages {
			if message, _ := m.(map[string]any); message != nil {
				r.Screen.Quote(fmt.Sprint(message["content"]))
			}
		}
	}
	due := r.now().AddDate(0, 1, 0).Format(time.DateOnly)
	terms := map[string]any{"proposalId": best.ID, "name": "Pilot", "amountUsd": pilot, "dueDate": due}
	if yes, err = r.agree(ctx, tool.HireProposal, terms); err != nil {
		return err
	}
	r.Screen.Blank()
	switch {
	case !yes:
		r.Screen.Show("", screen.Plain, "OK. No one is hired.")
	case r.last.Approval.URL == "":
		return errors.New("the hire has no approval")
	default:
		r.Screen.Show("", screen.Bold, "Done. The hire waits for a human's approval. Nothing is charged until then.")
		r.Screen.Show("", screen.Plain, "The page in the sandbox where a human confirms or declines it (the link doesn't open):")
		r.Screen.Line(r.last.Approval.URL)
	}
	return nil
}

// pass lets the sandbox's time pass.
func (r *run) pass(words string, d time.Duration) {
	r.ahead.Add(int64(d))
	r.Screen.Blank()
	r.Screen.Show("", screen.Bold, words)
}

// agree calls a tool that asks the human first, and calls it again if the person agrees.
func (r *run) agree(ctx context.Context, name string, arguments map[string]any) (yes bool, err error) {
	next, err := r.call(ctx, name, arguments)
	if err != nil || next.Action != tool.ConfirmWithHuman {
		return err == nil, err
	}
	if next.Show != nil {
		r.Screen.Blank()
		for _, line := range next.Show.Changes {
			if quoted, is := strings.CutPrefix(line, "> "); is {
				r.Screen.Quote(quoted)
				continue
			}
			r.Screen.Show("  ", screen.Plain, line)
		}
		r.tell("", sentences(next.Show.Notes))
	}
	if yes, err = r.person.confirm(ctx, next.Question); err != nil || !yes {
		return false, err
	}
	_, err = r.call(ctx, next.Tool, next.Arguments)
	return err == nil, err
}
