// Package messages has the tools for conversations with AI trainers.
package messages

import (
	"cmp"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools. It is off by default.
func Toolset(desk *draft.Desk) tool.Set {
	m := messages{desk}
	return tool.Set{Name: "messages", OffByDefault: true, Tools: []tool.Tool{
		m.readMessages(), m.startProposalConversation(), m.sendMessage(),
	}}
}

type messages struct{ *draft.Desk }

const maxID = 100 // characters of an id that a result shows

// messaging is what an account needs to write messages.
func messaging() tool.Feature {
	return tool.Feature{Capability: "messagingWrites", Key: opentrain.FeatureMessaging}
}

// listConversations is the step that finds a conversation.
func listConversations() tool.Next {
	return tool.Next{Action: tool.CallTool, Tool: tool.ReadMessages, Arguments: map[string]any{}, Note: "Find the conversation."}
}

// write is the step that asks the human for a message.
func write(conversationID, question, note string) tool.Next {
	return tool.Next{
		Action: tool.AskHuman, Question: cmp.Or(question, "What should the message say?"), Field: "content", Type: "string", Note: note,
		Tool: tool.SendMessage, Arguments: map[string]any{"conversationId": conversationID, "content": tool.Answer},
	}
}
