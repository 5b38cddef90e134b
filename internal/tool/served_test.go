package tool_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// market is two toolsets, of which one is off by default.
func market() []tool.Set {
	return []tool.Set{
		{Name: "market", Tools: []tool.Tool{named("search_jobs", tool.KindPublicRead), named("get_job", tool.KindPublicRead),
			named("publish", tool.KindPublish)}},
		{Name: "messages", OffByDefault: true, Tools: []tool.Tool{named("send_message", tool.KindCreate)}},
	}
}

func namesOf(served tool.Served) string {
	return strings.Join(tool.Map(served.Tools(), func(t tool.Tool) string { return t.Name }), " ")
}

func TestSelection(t *testing.T) {
	for name, test := range map[string]struct {
		selection tool.Selection
		want      string
	}{
		"by default":                {tool.Selection{}, "search_jobs get_job publish"},
		"all":                       {tool.Selection{Toolsets: []string{"all"}}, "search_jobs get_job publish send_message"},
		"another set":               {tool.Selection{Toolsets: []string{" messages,"}}, "send_message"},
		"both":                      {tool.Selection{Toolsets: []string{"messages market"}}, "search_jobs get_job publish send_message"},
		"read-only":                 {tool.Selection{Toolsets: []string{"all"}, ReadOnly: true}, "search_jobs get_job"},
		"some tools":                {tool.Selection{Tools: []string{"publish, get_job"}}, "get_job publish"},
		"not a tool of another set": {tool.Selection{Tools: []string{"get_job", "send_message"}}, "get_job"},
		"without one":               {tool.Selection{Exclude: []string{"publish"}}, "search_jobs get_job"},
		"nothing left": {tool.Selection{Tools: []string{"publish"}, ReadOnly: true},
			"the settings exclude every tool: publish is not available, because this server is read-only"},
		"only a tool of another set": {tool.Selection{Tools: []string{"send_message"}},
			"the settings exclude every tool: send_message is not available, because this server doesn't serve the messages toolset"},
		"unknown set":                 {tool.Selection{Toolsets: []string{"mesages"}}, `there is no toolset "mesages"; did you mean messages?`},
		"unknown tool":                {tool.Selection{Exclude: []string{"x"}}, `there is no tool "x". Tools: search_jobs, get_job, publish, send_message`},
		"a very long name is clipped": {tool.Selection{Tools: []string{strings.Repeat("x", 70)}}, `there is no tool "` + strings.Repeat("x", 63) + "…\". Tools: search_jobs, get_job, publish, send_message"},
	} {
		served, err := test.selection.Of(market())
		got := namesOf(served)
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestServedText(t *testing.T) {
	served, err := tool.Selection{Exclude: []string{"publish", "get_job"}}.Of(market())
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"":                                       "",
		"Nothing is named. Not even here.":       "Nothing is named. Not even here.",
		"Use search_jobs.":                       "Use search_jobs.",
		"Stay. Use publish. Stay too.":           "Stay. Stay too.",
		"Stay. Then publish it":                  "Stay.",
		"publish it! Stay? Yes.":                 "Stay? Yes.",
		"Not for drafts: use publish. Stay.":     "Not for drafts. Stay.",
		"It reads; get_job reads all.":           "It reads.",
		"One: two; three with publish. Four":     "One: two. Four",
		"First line\nsecond with publish\nthird": "First line\nthird",
		"A line: with publish\nthird":            "A line.\nthird",
		"Its id, from get_job.":                  "Its id.",
		"Use publish, or not. Its id.":           "Its id.",
		"Only publish.":                          "",
		"To show all, use publish.":              "",
		"For drafts, use publish.":               "",
		"get_jobs and publisher are other words": "get_jobs and publisher are other words",
		"send_message is off by default.":        "",
	} {
		if got := served.Text(words); got != want {
			t.Errorf("%q became %q, want %q", words, got, want)
		}
		if got := (tool.Served{}).Text(words); got != words {
			t.Errorf("where everything is served, %q became %q", words, got)
		}
	}
}

func TestServedNext(t *testing.T) {
	all, err := tool.Selection{}.Of(market())
	if err != nil {
		t.Fatal(err)
	}
	served := all.Narrow(caller.Narrowing{{Header: "X-Header", Tools: []string{"search_jobs"}}})
	if got := namesOf(served); got != "search_jobs" || namesOf(all) != "search_jobs get_job publish" || !served.ReadOnly() || all.ReadOnly() {
		t.Errorf("left %s of %s", got, namesOf(all))
	}
	const human = "The tool for this step is not available: the X-Header header excludes it. The human can do it in OpenTrain's app."
	const app = "https://app.opentrain.ai"
	for name, test := range map[string]struct {
		next   tool.Next
		failed bool
		want   tool.Next
	}{
		"served": {tool.Next{Action: tool.CallTool, Tool: "search_jobs", Note: "Look."}, false,
			tool.Next{Action: tool.CallTool, Tool: "search_jobs", Note: "Look."}},
		"a note": {tool.Next{Action: tool.Done, Note: "Good. Now publish."}, false, tool.Next{Action: tool.Done, Note: "Good."}},
		"after a no": {tool.Next{Action: tool.ConfirmWithHuman, Tool: "search_jobs", Otherwise: "Nothing happens. To go on, use publish."}, false,
			tool.Next{Action: tool.ConfirmWithHuman, Tool: "search_jobs", Otherwise: "Nothing happens."}},
		"a change": {tool.Next{Action: tool.ConfirmWithHuman, Tool: "search_jobs", Change: &tool.Change{Tool: "publish"}}, false,
			tool.Next{Action: tool.ConfirmWithHuman, Tool: "search_jobs"}},
		"a look": {tool.Next{Action: tool.CallTool, Tool: "get_job", Note: "Look."}, false, tool.Next{Action: tool.Done, Note: "Look.", URL: app}},
		"a look at a job": {tool.Next{Action: tool.CallTool, Tool: "get_job", Note: "Look.", Page: app + "/jobs/j"}, false,
			tool.Next{Action: tool.Done, Note: "Look.", URL: app + "/jobs/j"}},
		"a look after a failure": {tool.Next{Action: tool.CallTool, Tool: "get_job", Note: "Find it."}, true,
			tool.Next{Action: tool.Fix, By: "human", Note: "Find it.", Problem: human, URL: app}},
		"a question": {tool.Next{Action: tool.AskHuman, Question: "How many?", Options: []string{"1"}, Tool: "publish", Arguments: map[string]any{"a": 1}}, false,
			tool.Next{Action: tool.Fix, By: "human", Question: "How many?", Options: []string{"1"}, Problem: human, URL: app}},
		"a wait": {tool.Next{Action: tool.Wait, RetryAfterSeconds: 5, AtMost: true, Tool: "publish"}, true,
			tool.Next{Action: tool.Fix, By: "human", Problem: human, URL: app}},
		"a fix on a page": {tool.Next{Action: tool.Fix, By: "human", Problem: "It is blocked.", URL: "https://x", Tool: "publish"}, false,
			tool.Next{Action: tool.Fix, By: "human", Problem: "It is blocked. " + human, URL: "https://x"}},
	} {
		if got := served.Next(test.next, test.failed); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", test.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestServedDescribe: names are taken out of a tool's schemas too, which stay JSON.
func TestServedDescribe(t *testing.T) {
	described := named("search_jobs", tool.KindPublicRead)
	described.Description = "Search. Read with get_job."
	input := []byte(`{"properties":{"id":{"description":"Its \"id\", from get_job."},"enum":{"enum":["get_job"]},"x":{"description":"Kept <as> it is."}}}`)
	described.Schemas = func() tool.Schemas { return tool.Schemas{Input: input} }
	sets := market()
	sets[0].Tools[0] = described
	served, err := tool.Selection{Exclude: []string{"get_job"}}.Of(sets)
	if err != nil {
		t.Fatal(err)
	}
	got := served.Tools()[0]
	const want = `{"properties":{"id":{"description":"Its \"id\"."},"enum":{"enum":["get_job"]},"x":{"description":"Kept <as> it is."}}}`
	if got.Description != "Search." || string(got.Schemas().Input) != want {
		t.Errorf("%s\n%s", got.Description, got.Schemas().Input)
	}
	if all, err := (tool.Selection{}).Of(sets); err != nil || !slices.Equal(all.Tools()[0].Schemas().Input, input) {
		t.Errorf("%v, %s", err, all.Tools()[0].Schemas().Input)
	}
}
