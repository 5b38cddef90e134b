package tool_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

func TestNextLines(t *testing.T) {
	for name, test := range map[string]struct {
		next tool.Next
		want string
	}{
		"question": {
			tool.Next{
				Action: tool.AskHuman, Question: "Which level?", Note: "Asked again.", Type: "enum", Options: []string{"A", "B<C"},
				Tool: "t", Arguments: map[string]any{"level": tool.Answer},
			},
			"Next: ask_human (then call with the answer)\nQuestion: Which level?\nNote: Asked again.\n" +
				"Options: [\"A\",\"B<C\"]\nCall: t {\"level\":\"<answer>\"}",
		},
		"several inputs": {
			tool.Next{Action: tool.AskHuman, Inputs: []tool.Input{{Key: "a", Type: "number"}, {Key: "b", Type: "enum", Options: []string{"X"}}}},
			"Next: ask_human (then call with each answer)\nInput a: number\nInput b: enum [\"X\"]",
		},
		"confirmation": {
			tool.Next{Action: tool.ConfirmWithHuman, Show: &tool.Preview{JobID: "j", Title: "T"}, Tool: "t", Otherwise: "o"},
			"Next: confirm_with_human (show it and ask; call only after a yes)\nShow:\n> Title: T\n> Job id: j\nCall: t\nIf no: o",
		},
		"wait": {
			tool.Next{Action: tool.Wait, RetryAfterSeconds: 60, AtMost: true, Tool: "t"},
			"Next: wait\nWait: at most 60 seconds\nCall: t (with the same arguments)",
		},
		"wait with arguments": {
			tool.Next{Action: tool.Wait, RetryAfterSeconds: 5, Tool: "t", Arguments: map[string]any{"a": 1}},
			"Next: wait\nWait: 5 seconds\nCall: t {\"a\":1}",
		},
		"fix":              {tool.Next{Action: tool.Fix, By: "human", Problem: "P.", URL: "https://x"}, "Next: fix\nProblem: P.\nBy: human\nOpen: https://x"},
		"no tool":          {tool.Next{Action: tool.Done, Arguments: map[string]any{"a": 1}}, "Next: done"},
		"look at the jobs": {tool.ListJobsNext("Look."), "Next: call_tool\nNote: Look.\nCall: opentrain_list_jobs {}"},
		"several lines":    {tool.Next{Action: tool.Done, Note: "a\nCall: b"}, "Next: done\nNote: a Call: b"},
	} {
		var got text.Lines
		if test.next.AddTo(&got); got.String() != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got.String(), test.want)
		}
	}
}

func TestRemarkLine(t *testing.T) {
	for want, remark := range map[string]tool.Remark{
		"":                      {},
		"a":                     {Field: "a"},
		"m":                     {Message: "m"},
		"m — r":                 {Message: "m", Reason: "r"},
		`= [1] — r`:             {Value: json.RawMessage(`[1]`), Reason: "r"},
		`a = "x" — m — r`:       {Field: "a", Value: json.RawMessage(`"x"`), Message: "m", Reason: "r"},
		"a — — starts so — r":   {Field: "a", Message: "— starts so", Reason: "r"},
		`languages = ["A","B"]`: {Field: "languages", Value: json.RawMessage(`["A","B"]`)},
	} {
		if got := remark.Line(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNextOnPage(t *testing.T) {
	for address, want := range map[string]tool.Next{
		"https://app.opentrain.ai/approvals/a1": {Action: tool.OpenURL, URL: "https://app.opentrain.ai/approvals/a1", Note: "Decide."},
		"":                                      {Action: tool.OpenURL, URL: "https://app.opentrain.ai", Note: "Look in the app."},
		"https://sandbox.invalid/approvals/a1": {
			Action: tool.CallTool, Note: "This is the sandbox: the page doesn't exist. After a few checks, the sandbox acts as if the human had agreed there.",
		},
	} {
		if want.Tool = tool.GetApproval; !reflect.DeepEqual(tool.Next{Tool: tool.GetApproval}.OnPage(address, "Decide.", "Look in the app."), want) {
			t.Errorf("%s: want %+v", address, want)
		}
	}
}

// TestGuessesReadLikeFields: a human sees no JSON and no keys.
func TestGuessesReadLikeFields(t *testing.T) {
	preview := tool.Preview{Guesses: []tool.Remark{
		{Field: "languages", Value: json.RawMessage(`["German","Dutch"]`), Reason: "from the text"},
		{Field: "experienceLevel", Value: json.RawMessage(`"ENTRY_LEVEL"`)}, {Field: "pricePerHour", Message: "unsure"}, {Reason: "r"},
	}}
	const want = "Guessed by OpenTrain: Languages: German, Dutch — from the text\nGuessed by OpenTrain: Experience level: Entry level\n" +
		"Guessed by OpenTrain: Price per hour — unsure\nGuessed by OpenTrain: r"
	if got := preview.Text(); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestIsLocal: hosts that no one elsewhere can reach.
func TestIsLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost.": true, "a.localhost": true, "nas.local": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"::ffff:10.0.0.1": true, "192.168.1.5": true, "169.254.1.1": true, "0.0.0.0": true, "fd00::1": true,
		"example.com": false, "localhost.example.com": false, "8.8.8.8": false, "2001:4860::1": false, "": false,
	} {
		if got := tool.IsLocal(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

// TestVisiblePreview: no member of a preview has hidden characters.
func TestVisiblePreview(t *testing.T) {
	const hidden = "a\u202eb"
	shown := tool.Preview{
		JobID: hidden, Title: hidden, Changes: []string{hidden}, Notes: []string{hidden}, Warnings: []string{hidden},
		Fields: opentrain.Fields{hidden: []byte(`"` + hidden + `"`)}, Guesses: []tool.Remark{{Message: hidden, Reason: hidden, Value: []byte(`"` + hidden + `"`)}},
	}.Visible()
	for _, preview := range []tool.Preview{shown, shown.Visible()} {
		if data := text.JSON(preview); strings.Contains(data, "\u202e") || !reflect.DeepEqual(preview, shown) {
			t.Errorf("got %s", data)
		}
	}
}
