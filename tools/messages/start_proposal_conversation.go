package messages

import (
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type startConversationInput struct {
	ProposalID string `json:"proposalId" jsonschema:"minLength=1,maxLength=100"`
}

func (startConversationInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{"proposalId": "From opentrain_list_proposals."})
}

type startConversationOutput struct {
	ConversationID string    `json:"conversationId"`
	ProposalID     string    `json:"proposalId"`
	JobID          string    `json:"jobId,omitempty"`
	Created        bool      `json:"created" jsonschema_description:"False if the conversation existed."`
	Interpreted    []string  `json:"interpreted,omitempty"`
	Next           tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (m messages) startProposalConversation() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.StartProposalConversation, Title: "Open a conversation", Kind: tool.KindCreate,
		Description: "Open the conversation with the candidate of a proposal and return its id for opentrain_send_message. " +
			"Use it before the first message to someone who applied to one of the account's jobs. " +
			"For a conversation that exists, take the id from opentrain_read_messages. " +
			"Opening it again returns the same conversation. The candidate isn't notified, and nothing is sent.",
		Scope: opentrain.ScopeMessagesWrite, Claimed: true, Feature: messaging(),
		OutcomeUnknown: "It's unclear whether the conversation was opened. Call again with the same proposalId: there is never a second one.",
		NotFound:       "This account's jobs have no proposal with that id.",
		Find:           tool.ListJobsNext("Find the job, then its proposals with " + tool.ListProposals + "."),
	}, m.start)
}

func (m messages) start(ctx context.Context, call tool.Call, in startConversationInput) (startConversationOutput, *tool.Ask, error) {
	started, err := m.API.StartConversation(ctx, in.ProposalID)
	if err != nil {
		return startConversationOutput{}, nil, err
	}
	out := startConversationOutput{
		ConversationID: text.Stranger(started.ConversationID, maxID), ProposalID: in.ProposalID, JobID: text.Stranger(started.JobID, maxID),
		Created: started.Created, Interpreted: call.Interpreted,
	}
	note := ""
	if !started.Created {
		note = tool.ReadMessages + " with this conversationId shows the earlier messages."
	}
	out.Next = write(out.ConversationID, "", note)
	return out, nil, nil
}

func (o startConversationOutput) Effect() tool.Effect {
	outcome := "existed"
	if o.Created {
		outcome = "opened"
	}
	return tool.Effect{JobID: o.JobID, Subject: "conversation " + o.ConversationID, Outcome: outcome}
}

func (o startConversationOutput) Text() string {
	var l text.Lines
	if o.Created {
		l.Add("Conversation %s with the candidate of proposal %s is open. Nothing was sent yet.", o.ConversationID, o.ProposalID)
	} else {
		l.Add("Conversation %s with this candidate is already open.", o.ConversationID)
	}
	l.Field("Job", o.JobID)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
