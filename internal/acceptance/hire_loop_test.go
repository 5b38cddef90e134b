package acceptance_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestFromADescriptionToAHire: a client that follows next, and says yes, goes from a description to a published job, and from its
// applicants to a hire that a human has confirmed in the app. The API gets each write once.
func TestFromADescriptionToAHire(t *testing.T) {
	t.Parallel()
	everything := func(c *opentrainmcp.Config) { c.Confirm, c.Toolsets = opentrainmcp.Auto, []string{"all"} }
	for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
		for transport, start := range map[string]func(*testing.T, *sandbox.Sandbox) (func(string, any) answer, *upstream){
			"stdio": func(t *testing.T, box *sandbox.Sandbox) (func(string, any) answer, *upstream) {
				s := startWith(t, box.Transport(), everything)
				return func(name string, arguments any) answer { return call(t, s.host, name, arguments) }, s.api
			},
			"/mcp": func(t *testing.T, box *sandbox.Sandbox) (func(string, any) answer, *upstream) {
				s := startHTTPWith(t, box.Transport(), func(c *opentrainmcp.HTTPConfig) { everything(&c.Config) })
				return func(name string, arguments any) answer {
					return s.call(name, arguments, tokenHeader, sandbox.DemoToken)
				}, s.api
			},
		} {
			t.Run(transport+" "+string(variant), func(t *testing.T) {
				clock := &standInClock{now: time.Now()}
				say, api := start(t, sandbox.New(sandbox.Config{Variant: variant, Now: clock.read, DecideAfter: 2}))
				follow(t, say, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "askHuman": false})
				clock.advance(time.Minute) // people apply
				var list struct{ Proposals []struct{ ProposalID string } }
				if err := json.Unmarshal(say("opentrain_list_proposals", job()).structured, &list); err != nil || len(list.Proposals) == 0 {
					t.Fatal(err, list)
				}
				steps := follow(t, say, "opentrain_get_proposal", map[string]any{"proposalId": list.Proposals[0].ProposalID})
				for _, want := range []tool.Action{tool.AskHuman, tool.ConfirmWithHuman, tool.OpenURL} {
					if !slices.Contains(steps, want) {
						t.Errorf("no %s among %v", want, steps)
					}
				}
				writes := map[string]int{}
				for _, sent := range api.seen() {
					if strings.HasPrefix(sent, "POST ") {
						writes[sent[strings.LastIndex(sent, "/")+1:]]++
					}
				}
				if writes["job-drafts"] != 1 || writes["publish"] != 1 || writes["hire"] != 1 || len(writes) != 3 {
					t.Errorf("%v", writes)
				}
				if got := say("opentrain_list_contracts", map[string]any{}); !strings.Contains(got.text, "contract_") {
					t.Error(got.text)
				}
			})
		}
	}
}

// follow does what next says until it says that it's done, and returns the actions. A human answers each question, says yes, and
// decides in the app.
func follow(t *testing.T, say func(string, any) answer, name string, arguments map[string]any) (actions []tool.Action) {
	t.Helper()
	for range 25 {
		got := say(name, arguments)
		if got.isError {
			t.Fatalf("%s %v: %s", name, arguments, got.text)
		}
		next := got.next(t)
		actions = append(actions, next.Action)
		if next.Action == tool.Done {
			return actions
		}
		if next.Tool == "" {
			t.Fatalf("%s leads nowhere: %s", name, got.text)
		}
		name, arguments = next.Tool, filled(t, next)
	}
	t.Fatalf("no end: %v", actions)
	return nil
}

// filled are the arguments of a step with a human's answers.
func filled(t *testing.T, next tool.Next) map[string]any {
	t.Helper()
	answers := map[string]any{"amountUsd": 300, "dueDate": "2031-07-01", "description": "The first 1,000 images"}
	arguments, err := json.Marshal(next.Arguments)
	if err != nil {
		t.Fatal(err)
	}
	words := unescape(string(arguments))
	inputs := next.Inputs
	if next.Action == tool.AskHuman && len(inputs) == 0 {
		inputs = []tool.Input{{Key: next.Field, Type: next.Type, Options: next.Options}}
	}
	for _, input := range inputs {
		value, known := answers[input.Key]
		if !known {
			value = cannedAnswer(input.Key, input.Type, input.Options)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		words = strings.NewReplacer(`"`+tool.AnswerTo(input.Key)+`"`, string(encoded), `"`+tool.Answer+`"`, string(encoded)).Replace(words)
	}
	var made map[string]any
	if err := json.Unmarshal([]byte(words), &made); err != nil {
		t.Fatal(err)
	}
	return made
}
