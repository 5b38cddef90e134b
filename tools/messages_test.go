package tools_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

const (
	conversations = `{"conversations":[{"id":"v","type":"DIRECT_MESSAGE","bucket":"proposal","jobId":null,"proposalId":"p","updatedAt":"2026-06-02T10:00:00Z",` +
		`"lastMessage":{"id":"m2","content":"When do I start?","senderUserId":"f-p","isFromViewer":false,"createdAt":"2026-06-02T10:00:00Z"},"unreadCount":1,"needsReplyCount":1},` +
		`{"id":"w","bucket":"job","jobId":"j","channelName":"all hands","unreadCount":0,"needsReplyCount":0,"lastMessage":null}],"nextCursor":"n"}`
	thread = `{"messages":[{"id":"m2","createdAt":"2026-06-02T10:00:00Z","senderUserId":"f-p","isFromViewer":false,"content":"When do I start?","system":null,"hasUnreadFlag":true,` +
		`"attachmentCount":2,"hasAudio":true},{"id":"m1","createdAt":"2026-06-01T10:00:00Z","senderUserId":"u","isFromViewer":true,"content":"Hello\nMaria","editedAt":"2026-06-01T11:00:00Z"},` +
		`{"id":"m0","createdAt":"2026-06-01T09:00:00Z","senderUserId":"s","isFromViewer":false,"content":"Joined.","system":{"kind":"join"}}],"nextCursor":"m0"}`
)

// TestReadingMessages: the conversations, or the messages of one with who wrote each, and never more than a read.
func TestReadingMessages(t *testing.T) {
	for name, test := range map[string]struct {
		args, answer, query string
		want                []string
		next                tool.Next
	}{
		"conversations": {`{}`, conversations, "limit=10", []string{
			"2 conversations on this page, latest first.", "1. Conversation v · proposal · proposal p · 1 unread message · needs a reply · 2026-06-02T10:00:00Z\n" +
				"   The other side (user f-p) wrote (2026-06-02T10:00:00Z):\n   > When do I start?\n2. Conversation w · job · job j\n   > Channel all hands\n", `pass cursor "n"`,
		}, tool.Next{Action: tool.CallTool, Tool: tool.ReadMessages, Arguments: map[string]any{"conversationId": "v"}}},
		"some of them": {`{"filter":"proposal","unreadOnly":true,"cursor":"c","limit":3}`, `{"conversations":[]}`, "cursor=c&filter=proposal&limit=3&unreadOnly=true",
			[]string{"There is nothing more."}, tool.Next{Action: tool.Done}},
		"none unread": {`{"unreadOnly":true}`, `{"conversations":[]}`, "limit=10&unreadOnly=true", []string{"No conversations match."},
			tool.Next{Action: tool.CallTool, Tool: tool.ReadMessages, Arguments: map[string]any{}}},
		"none": {`{}`, `{"conversations":[]}`, "limit=10", []string{"This account has no conversations yet.", tool.StartProposalConversation}, tool.Next{Action: tool.Done}},
		"one": {`{}`, `{"conversations":[{"id":"w"}]}`, "limit=10", []string{"1. Conversation w\n"},
			tool.Next{Action: tool.CallTool, Tool: tool.ReadMessages, Arguments: map[string]any{"conversationId": "w"}}},
		"read ones": {`{}`, `{"conversations":[{"id":"w"},{"id":"x"}]}`, "limit=10", []string{"To read one, pass its id"}, tool.Next{Action: tool.Done}},
		"one message": {`{"conversationId":"v"}`, `{"messages":[{"id":"m1","isFromViewer":true,"content":"Hello"}]}`, "conversationId=v&limit=10",
			[]string{"1 message of conversation v. Lines starting with > quote it."}, tool.Next{Action: tool.Done}},
		"messages": {`{"conversationId":"v"}`, thread, "conversationId=v&limit=10", []string{
			"3 messages of conversation v, oldest first.", "OpenTrain wrote (2026-06-01T09:00:00Z):\n> Joined.\nYou wrote (2026-06-01T10:00:00Z, edited):\n> Hello\n> Maria\n" +
				"The other side (user f-p) wrote (2026-06-02T10:00:00Z, 2 attachments, audio, unread):\n> When do I start?\n", "What should the answer say?", `pass cursor "m0"`,
		}, tool.Next{Action: tool.AskHuman, Tool: tool.SendMessage, Arguments: map[string]any{"conversationId": "v", "content": tool.Answer}}},
		"older messages": {`{"conversationId":"v","cursor":"m0","direction":"older"}`, thread, "conversationId=v&cursor=m0&direction=older&limit=10", nil, tool.Next{Action: tool.Done}},
		"newer messages": {`{"conversationId":"v","cursor":"m0","direction":"newer"}`, strings.Replace(thread, `"m0"}`, `null}`, 1), "conversationId=v&cursor=m0&direction=newer&limit=10", nil,
			tool.Next{Action: tool.AskHuman, Tool: tool.SendMessage, Arguments: map[string]any{"conversationId": "v", "content": tool.Answer}}},
		"under another name": {`{"conversationId":"v"}`, strings.Replace(thread, `"messages"`, `"items"`, 1), "conversationId=v&limit=10", []string{"> Hello"},
			tool.Next{Action: tool.AskHuman, Tool: tool.SendMessage, Arguments: map[string]any{"conversationId": "v", "content": tool.Answer}}},
		"no messages": {`{"conversationId":"v"}`, `{"messages":[]}`, "conversationId=v&limit=10", []string{"has no messages yet"},
			tool.Next{Action: tool.AskHuman, Tool: tool.SendMessage, Arguments: map[string]any{"conversationId": "v", "content": tool.Answer}}},
	} {
		api := &script{answers: map[string]string{"GET /messages": test.answer}}
		result, failure := call(t, api, setup{}, alice, tool.ReadMessages, test.args)
		if failure != nil {
			t.Fatal(name, failure.Text())
		}
		for _, want := range test.want {
			if !strings.Contains(result.Text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, result.Text)
			}
		}
		next := stepIn(t, result)
		if next.Action != test.next.Action || next.Tool != test.next.Tool || fmt.Sprint(next.Arguments) != fmt.Sprint(test.next.Arguments) {
			t.Errorf("%s: %+v", name, next)
		}
		if len(api.sent) != 1 || api.sent[0] != "GET /messages?"+test.query {
			t.Errorf("%s: %v", name, api.sent)
		}
	}
	api := &script{}
	_, failure := call(t, api, setup{}, alice, tool.ReadMessages, `{"conversationId":"v","unreadOnly":true}`)
	if failure == nil || failure.Code != opentrain.CodeInvalidArgument || len(api.sent) != 0 {
		t.Errorf("%v, %v", failure, api.sent)
	}
	long := `{"messages":[{"id":"m","content":"` + strings.Repeat(`\"\n`, 9000) + `"}]}`
	result, failure := call(t, &script{answers: map[string]string{"GET /messages": long}}, setup{}, alice, tool.ReadMessages, `{"conversationId":"v"}`)
	if failure != nil || len([]rune(result.Text)) > tool.MaxResult || len(result.Structured) > tool.MaxResult || !strings.Contains(result.Text, "too long to show whole") {
		t.Errorf("%v: %d and %d characters", failure, len(result.Text), len(result.Structured))
	}
}

// TestOpeningAConversation asks no one, and leads to the message.
func TestOpeningAConversation(t *testing.T) {
	for created, want := range map[string]string{"true": "is open. Nothing was sent yet.", "false": "Conversation v with this candidate is already open."} {
		api := &script{answers: map[string]string{
			"POST /proposals/p/conversation": `{"ok":true,"conversationId":"v","proposalId":"p","jobId":"j","created":` + created + `}`,
		}}
		result, failure := call(t, api, setup{confirm: true}, alice, tool.StartProposalConversation, `{"proposalId":"p"}`)
		if failure != nil || !strings.Contains(result.Text, want) || result.Effect.Subject != "conversation v" {
			t.Errorf("%v\n%s", failure, result.Text)
		}
		next := stepIn(t, result)
		if next.Action != tool.AskHuman || next.Tool != tool.SendMessage || next.Arguments["conversationId"] != "v" || next.Arguments["content"] != tool.Answer {
			t.Errorf("%+v", next)
		}
	}
}

// TestMessagingRefusals, in plain words, with a step that leads on. A gate that is known to be shut asks no one.
func TestMessagingRefusals(t *testing.T) {
	const off, me = `{"capabilities":{"messagingWrites":false}}`, `{"actor":{"userId":"u"},"token":{"id":"t","scopes":["messages:read","proposals:read"]}}`
	refuse := func(status, code, details string) string {
		return status + ` {"error":"It can't be done.","code":"` + code + `","details":` + details + `}`
	}
	for name, test := range map[string]struct{ capabilities, me, answer, want string }{
		"the candidate's token": {"", "", refuse("403", "FORBIDDEN", `{"reason":"employer_first_message_required"}`), "The employer must write the first message"},
		"not ready":             {"", "", refuse("409", "CONFLICT", `{"reason":"proposal_not_ready_for_messaging"}`), "This proposal doesn't accept messages yet."},
		"unclaimed":             {"", "", refuse("403", "FORBIDDEN", `{"reason":"account_claim_required","claimUrl":"https://app.opentrain.ai/claim"}`), "A human must claim this account first."},
		"scope":                 {"", "", refuse("403", "FORBIDDEN", `{"requiredScopes":["messages:write"],"grantedScopes":["messages:read"]}`), "lacks the messages:write scope; it has messages:read."},
		"feature":               {"", "", refuse("403", "FORBIDDEN", `{"featureKey":"public_api_messaging_writes"}`), "The feature public_api_messaging_writes is not enabled"},
		"feature, known":        {off, "", "", "The feature public_api_messaging_writes is not enabled"},
		"scope, known":          {"", me, "", "lacks the messages:write scope; it has messages:read, proposals:read."},
		"too fast":              {"", "", refuse("429", "RATE_LIMITED", `{}`), "rate-limiting"},
		"invalid":               {"", "", refuse("400", "BAD_REQUEST", `{"issues":[{"path":["content"],"message":"Too long."}]}`), "Too long."},
		"outage":                {"", "", refuse("500", "INTERNAL_ERROR", `{}`), "It's unclear whether"},
	} {
		for toolName, args := range map[string]string{tool.StartProposalConversation: `{"proposalId":"p"}`, tool.SendMessage: `{"conversationId":"v","content":"Hi"}`} {
			api := &script{answers: map[string]string{
				"GET /job-drafts/capabilities": test.capabilities, "GET /auth/me": test.me, "POST /proposals/p/conversation": test.answer, "POST /messages": test.answer,
			}}
			known := test.answer == ""
			if toolName == tool.StartProposalConversation && name == "scope, known" {
				continue // the pages disagree on its scope, so OpenTrain decides
			}
			all := serve(t, api, setup{confirm: known})
			_, ask, failure := all.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, toolName, args)
			if failure == nil || ask != nil || !strings.Contains(failure.Text(), test.want) {
				t.Errorf("%s, %s: %v, %+v", toolName, name, textOf(failure), ask)
				continue
			}
			if writes := len(api.to("POST /messages")) + len(api.to("POST /proposals/p/conversation")); writes > 1 && name != "outage" || known && writes > 0 {
				t.Errorf("%s, %s: %v", toolName, name, api.sent)
			}
			checkLeads(t, all, toolName+", "+name, failure)
		}
	}
}

// correspondence is an API with the conversations of above and the candidate of the first.
func correspondence() *script {
	return &script{answers: map[string]string{
		"GET /messages": conversations, "GET /proposals/p": detailed(""), "POST /messages": `201 {"ok":true,"message":{"id":"m3","createdAt":"2026-06-03T10:00:00Z","content":"Hi"}}`,
	}}
}

// sending is the arguments of a message.
func sending(conversationID, content, token string) string {
	data, err := json.Marshal(map[string]string{"conversationId": conversationID, "content": content, "confirmationToken": token})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// TestSendingAsksFirst: the human sees the whole text and who gets it. A yes is for that message alone, and counts once.
func TestSendingAsksFirst(t *testing.T) {
	api := correspondence()
	all := serve(t, api, setup{confirm: true})
	run := func(args string) (tool.Result, tool.Next) {
		t.Helper()
		result, ask, failure := all.run(t.Context(), t, tool.Call{Caller: alice}, tool.SendMessage, args)
		if failure != nil || ask != nil {
			t.Fatal(textOf(failure), ask)
		}
		return result, stepIn(t, result)
	}
	const content = "Hello Maria,\n\nyou can start\u200b on Monday."
	result, next := run(sending("v", content, ""))
	shown := strings.Join(next.Show.Changes, "\n")
	const want = "To: \"Maria p.\", the candidate of proposal p\nIn conversation: v\nMessage:\n> Hello Maria,\n> \n> you can start[U+200B] on Monday."
	if next.Action != tool.ConfirmWithHuman || shown != want || len(api.sent) > 5 || len(api.to("POST /messages")) != 0 {
		t.Fatalf("%+v after %v", next, api.sent)
	}
	if !strings.Contains(result.Text, "The message wasn't sent by this call.") || next.Arguments["content"] != content {
		t.Errorf("got\n%s", result.Text)
	}
	token, ok := next.Arguments["confirmationToken"].(string)
	if !ok {
		t.Fatalf("%+v", next)
	}
	for _, other := range []string{sending("v", "Another.", token), sending("w", content, token)} {
		if _, next := run(other); next.Action != tool.ConfirmWithHuman || !strings.Contains(next.Note, "isn't valid") {
			t.Errorf("%s: %+v", other, next)
		}
	}
	result, next = run(sending("v", content, token))
	if next.Action != tool.Done || result.Effect != (tool.Effect{Subject: "conversation v", Outcome: "sent"}) || !strings.Contains(result.Text, "Message id: m3") {
		t.Errorf("%+v\n%s", result.Effect, result.Text)
	}
	if _, next = run(sending("v", content, token)); next.Tool != tool.ReadMessages || !strings.Contains(next.Note, "used before") {
		t.Errorf("a yes counts twice: %+v", next)
	}
	body, err := json.Marshal(content)
	if sent := api.to("POST /messages"); err != nil || len(sent) != 1 || !strings.Contains(sent[0], string(body)) {
		t.Errorf("sent %v", sent)
	}
}

// TestSendingInAForm: the form shows the same, and a no sends nothing.
func TestSendingInAForm(t *testing.T) {
	for answer, sends := range map[string]bool{"true": true, "false": false, "": false} {
		api := correspondence()
		all := serve(t, api, setup{confirm: true})
		args := sending("v", "Hello\nMaria", "")
		_, ask, failure := all.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, tool.SendMessage, args)
		if failure != nil || ask == nil || ask.Message != "Send this message?\nTo: \"Maria p.\", the candidate of proposal p\nIn conversation: v\nMessage:\n> Hello\n> Maria" {
			t.Fatal(failure, ask)
		}
		again := tool.Call{Caller: alice, CanAsk: true, State: ask.State, Form: tool.FormDeclined}
		if answer != "" {
			again.Form, again.Answers = tool.FormAnswered, map[string]json.RawMessage{"confirm": json.RawMessage(answer)}
		}
		result, _, failure := all.run(t.Context(), t, again, tool.SendMessage, args)
		if failure != nil || (len(api.to("POST /messages")) == 1) != sends || sends != strings.Contains(result.Text, "was sent in") {
			t.Errorf("%q: %v, %v\n%s", answer, failure, api.sent, result.Text)
		}
	}
}

// TestWhoGetsAMessage: as much as OpenTrain says, after one round of reads. Without a conversation no one is asked.
func TestWhoGetsAMessage(t *testing.T) {
	one := func(members string) string { return `{"conversations":[{"id":"v"` + members + `}]}` }
	for name, test := range map[string]struct{ list, want string }{
		"a candidate":         {one(`,"proposalId":"p"`), `To: "Maria p.", the candidate of proposal p`},
		"an unknown proposal": {one(`,"proposalId":"q"`), `To: the candidate of proposal q`},
		"a channel":           {one(`,"jobId":"j","channelName":"all\nhands"`), `To: everyone in the channel "all hands"`},
		"a user":              {one(`,"jobId":"j","lastMessage":{"senderUserId":"f","isFromViewer":false}`), "To: user f"},
		"a job":               {one(`,"jobId":"j","lastMessage":{"senderUserId":"u","isFromViewer":true}`), "To: whoever is in the conversation about job j"},
		"nothing":             {one(``), "To: whoever is in the conversation (OpenTrain doesn't say who)"},
		"a user, then OpenTrain": {`{"conversations":[{"id":"v","jobId":"j"}],"messages":[{"id":"m1","senderUserId":"f","content":"Hi","system":null},` +
			`{"id":"m2","senderUserId":"bot","content":"Joined","system":{"kind":"join"}}]}`, "To: user f"},
		"two users": {`{"conversations":[{"id":"v","jobId":"j"}],"messages":[{"id":"m1","senderUserId":"g","content":"Hi"},` +
			`{"id":"m2","senderUserId":"f","content":"Hi"},{"id":"m3","senderUserId":"g","content":"Hi"}]}`, "To: user f, user g"},
		"OpenTrain alone": {`{"conversations":[{"id":"v","jobId":"j"}],"messages":[{"id":"m2","senderUserId":"bot","content":"Joined","system":true}]}`,
			"To: whoever is in the conversation about job j"},
		"an older one": {`{"conversations":[{"id":"x"}],"messages":[]}`, "To: whoever is in the conversation (OpenTrain doesn't say who)"},
	} {
		api := correspondence()
		api.answers["GET /messages"] = test.list
		result, failure := call(t, api, setup{confirm: true}, alice, tool.SendMessage, sending("v", "Hi", ""))
		if failure != nil || stepIn(t, result).Show.Changes[0] != test.want {
			t.Errorf("%s: %v\n%s", name, textOf(failure), result.Text)
		}
	}
	api := &script{}
	result, failure := call(t, api, setup{confirm: true}, alice, tool.SendMessage, sending("v", "Hi", ""))
	if failure == nil || !strings.Contains(failure.Text(), "no conversation with that id. Nothing was changed.") || failure.Next.Tool != tool.ReadMessages {
		t.Errorf("%v\n%s", textOf(failure), result.Text)
	}
	for content, want := range map[string]string{
		strings.Repeat("\n", 9000): "must not be empty", strings.Repeat("\"\n", 5000): "too long to show to the human", strings.Repeat("x", 10_001): "content",
	} {
		api := correspondence()
		if _, failure := call(t, api, setup{confirm: true}, alice, tool.SendMessage, sending("v", content, "")); !strings.Contains(textOf(failure), want) || len(api.to("POST /messages")) > 0 {
			t.Errorf("%.5q: %s", content, textOf(failure))
		}
	}
	// The longest message of plain text is shown whole.
	content := strings.Repeat("A word. ", 1249) + "The end"
	result, failure = call(t, correspondence(), setup{confirm: true}, alice, tool.SendMessage, sending("v", content, ""))
	if failure != nil || !slices.Contains(stepIn(t, result).Show.Changes, "> "+content) || !strings.Contains(result.Text, content) || len(result.Text) > tool.MaxResult {
		t.Errorf("%v, %d characters", textOf(failure), len(result.Text))
	}
}

// TestLostMessagesAreNotSentAgain: the step after a lost answer looks whether the message is there, and a yes from before is void.
func TestLostMessagesAreNotSentAgain(t *testing.T) {
	for name, broken := range map[string]func(*script){
		"lost": func(api *script) { api.lost = "POST /messages" },
		"502":  func(api *script) { api.answers["POST /messages"] = "502 <html>" },
		"504":  func(api *script) { api.answers["POST /messages"] = `504 {"error":"Late.","code":"INTERNAL_ERROR"}` },
		"odd":  func(api *script) { api.answers["POST /messages"] = `201 {"ok":true}` },
	} {
		for _, confirmed := range []bool{true, false} {
			api := correspondence()
			broken(api)
			all, args := serve(t, api, setup{confirm: confirmed}), sending("v", "Hi", "")
			if confirmed {
				result, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice}, tool.SendMessage, args)
				if failure != nil {
					t.Fatal(failure)
				}
				arguments, err := json.Marshal(stepIn(t, result).Arguments)
				if args = string(arguments); err != nil {
					t.Fatal(err)
				}
			}
			_, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice}, tool.SendMessage, args)
			if failure == nil || failure.Next.Action != tool.CallTool || failure.Next.Tool != tool.ReadMessages || len(failure.Next.Arguments) != 1 ||
				!strings.Contains(failure.Text(), "It's unclear whether the message was sent.") || len(api.to("POST /messages")) != 1 {
				t.Errorf("%s: %s\n%v", name, textOf(failure), api.sent)
			}
			if !confirmed {
				continue
			}
			result, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice}, tool.SendMessage, args)
			if failure != nil || stepIn(t, result).Tool != tool.ReadMessages || len(api.to("POST /messages")) != 1 {
				t.Errorf("%s: a yes from before counts again: %v", name, api.sent)
			}
		}
	}
}

// TestAMessageOfTheSameSecond: a yes counts for a conversation as it was, so a message that was sent since then voids it.
func TestAMessageOfTheSameSecond(t *testing.T) {
	messages := func(more string) string {
		return `{"conversations":[{"id":"v"}],"messages":[` + more + `{"id":"m1","isFromViewer":true,"content":"Hi","createdAt":"2026-06-01T10:00:00Z"}]}`
	}
	api := correspondence()
	api.answers["GET /messages"] = messages("")
	all := serve(t, api, setup{confirm: true})
	shown := all.next(t, "send_message", sending("v", "Hello", ""))
	arguments, err := json.Marshal(shown.Arguments)
	if err != nil {
		t.Fatal(err)
	}
	api.answers["GET /messages"] = messages(`{"id":"m2","isFromViewer":true,"content":"Hello","createdAt":"2026-06-01T10:00:00.5Z"},`)
	again := all.next(t, "send_message", string(arguments))
	if len(api.to("POST /messages")) > 0 || again.Action != tool.ConfirmWithHuman {
		t.Errorf("%+v, %v", again, api.sent)
	}
}
