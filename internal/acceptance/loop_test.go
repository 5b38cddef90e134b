package acceptance_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// descriptions are 20 jobs of all kinds.
var descriptions = []string{
	demo.SampleDescription,
	"We need 5 fluent Spanish speakers to label sentiment on 20,000 social media posts, paid per label.",
	"Transcribe 300 hours of Portuguese customer calls, $0.80 per audio minute, 12 people in Brazil and Portugal.",
	"Translate 120,000 words from English to German, 8 cents a word.",
	"Label 500 chest X-rays for a fixed price of $2,500; radiologists only.",
	"Rate chatbot answers, flexible hours.",
	"Annotators in Kenya, India and the Philippines for product categorisation of 1.5M items at 3 cents per label.",
	"Help us.",
	"🚗🚙 label cars in photos, $15-20/hour",
	"نحتاج إلى عشرة أشخاص لتصنيف الصور",
	"Segmentation of 2,000 satellite images, confidential material, beginners welcome, 12 USD per hour.",
	"Need ten native French speakers to record 50 hours of speech for $25 an hour.",
	"Review 10k LLM responses in Japanese for factual accuracy. Experts in law. NDA. Fixed price 9000 USD.",
	"Somebody to do something with data",
	"Tag 3D LiDAR point clouds, 400 scenes, €30/hour, remote, start on Monday",
	"Polygon annotation of 10,000 crop photos, 4 people, 10 cents per label, entry level, English",
	"Write 1,000 prompts and answers in Hindi. $0.50 each. No experience needed.",
	"<script>alert(1)</script> \"quotes\" & 'more'\r\nLabel 100 files at $5/hour",
	"Data labelling.\n\n- Task: named entities\n- Volume: 30 000 documents\n- Budget: USD 4,000 total\n- Languages: English, Polish",
	"Moderate comments for our forum in Korean and English, 3 shifts, 24 hours a day, 20 USD per hour, 6 moderators, intermediate",
}

// cannedAnswer answers any question from its key, type and options alone.
func cannedAnswer(key, kind string, options []string) any {
	canned := map[string]any{"paymentType": "PAY_PER_LABEL", "dataVolumeUnit": "NUMBER_OF_FILES", "experienceLevel": "EXPERT", "languages": []string{"English", "Spanish"}}
	if value, found := canned[key]; found {
		return value
	}
	switch kind {
	case "number":
		return 7
	case "boolean":
		return true
	case "array":
		if len(options) > 1 {
			return options[:2]
		}
		return []string{"Anything"}
	case "enum":
		return options[0]
	}
	return "Something"
}

// follower walks the loop with nothing but what next says.
type follower struct {
	t         *testing.T
	setup     setup
	read      func(*testing.T, answer) step
	published bool
	found     bool
	kinds     map[string]bool // of questions met
}

// step is what a client understood of a result.
type step struct {
	action    tool.Action
	tool      string
	arguments string // JSON with placeholders
	answers   map[string]any
	kinds     []string
}

func (f *follower) run(description string) {
	f.t.Helper()
	arguments, err := json.Marshal(map[string]any{"description": description})
	if err != nil {
		f.t.Fatal(err)
	}
	next := step{tool: "opentrain_create_draft", arguments: string(arguments)}
	for range 25 {
		text := next.arguments
		for placeholder, value := range next.answers {
			encoded, err := json.Marshal(value)
			if err != nil {
				f.t.Fatal(err)
			}
			text = strings.ReplaceAll(text, `"`+placeholder+`"`, string(encoded))
		}
		got := call(f.t, f.setup.host, next.tool, json.RawMessage(text))
		if got.isError {
			f.t.Fatalf("%s %s: %s", next.tool, text, got.text)
		}
		f.published = f.published || strings.Contains(string(got.structured), `"published":true`)
		f.found = f.found || next.tool == "opentrain_search_jobs" && strings.Contains(string(got.structured), `"id":"job_1"`)
		next = f.read(f.t, got)
		for _, kind := range next.kinds {
			f.kinds[kind] = true
		}
		if next.action == tool.Done {
			break
		}
	}
	if next.action != tool.Done || !f.published || !f.found {
		f.t.Errorf("ended with %+v, published %v, found %v\n%s", next, f.published, f.found, strings.Join(f.setup.api.seen(), "\n"))
	}
}

// readStructured reads structuredContent.next and nothing else.
func readStructured(t *testing.T, got answer) step {
	next := got.next(t)
	arguments, err := json.Marshal(next.Arguments)
	if err != nil {
		t.Fatal(err)
	}
	s := step{action: next.Action, tool: next.Tool, arguments: unescape(string(arguments)), answers: map[string]any{}}
	if next.Action != tool.AskHuman {
		return s
	}
	if next.Question == "" {
		t.Errorf("a question without words: %+v", next)
	}
	if len(next.Inputs) == 0 {
		key := onlyKey(t, next.Arguments)
		s.answers[tool.Answer] = cannedAnswer(key, next.Type, next.Options)
		s.kinds = append(s.kinds, kindOf(key, next.Type))
	} else {
		s.kinds = append(s.kinds, "multi-key")
	}
	for _, input := range next.Inputs {
		s.answers["<answer:"+input.Key+">"] = cannedAnswer(input.Key, input.Type, input.Options)
	}
	return s
}

func kindOf(key, kind string) string {
	if key == "ndaRequired" {
		return "unknown key"
	}
	return kind
}

func onlyKey(t *testing.T, arguments map[string]any) string {
	t.Helper()
	fields, _ := arguments["fields"].(map[string]any)
	if len(fields) != 1 {
		t.Fatalf("want one field in %v", arguments)
	}
	for key := range fields {
		return key
	}
	return ""
}

func unescape(text string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(text)
}

var (
	actionLine = regexp.MustCompile(`(?m)^Next: (\w+)`)
	callLine   = regexp.MustCompile(`(?m)^Call: (\w+) (\{.*\})$`)
	typeLine   = regexp.MustCompile(`(?m)^Type: (\w+)$`)
	optionLine = regexp.MustCompile(`(?m)^Options: (\[.*\])$`)
	inputLine  = regexp.MustCompile(`(?m)^Input (\w+): (\w+)(?: (\[.*\]))?$`)
)

// readText reads the text of the result and nothing else.
func readText(t *testing.T, got answer) step {
	parts := strings.Split(got.text, "\n\n")
	text := parts[len(parts)-1]
	action := actionLine.FindStringSubmatch(text)
	if action == nil {
		t.Fatalf("no next step in:\n%s", got.text)
	}
	s := step{action: tool.Action(action[1]), answers: map[string]any{}}
	if called := callLine.FindStringSubmatch(text); called != nil {
		s.tool, s.arguments = called[1], called[2]
	}
	if s.action != tool.AskHuman {
		return s
	}
	if !strings.Contains(text, "\nQuestion: ") {
		t.Errorf("no question in:\n%s", text)
	}
	inputs := inputLine.FindAllStringSubmatch(text, -1)
	for _, input := range inputs {
		s.answers["<answer:"+input[1]+">"] = cannedAnswer(input[1], input[2], list(t, input[3]))
	}
	if len(inputs) > 0 {
		s.kinds = append(s.kinds, "multi-key")
		return s
	}
	var arguments map[string]any
	if err := json.Unmarshal([]byte(s.arguments), &arguments); err != nil {
		t.Fatal(err)
	}
	key, kind, options := onlyKey(t, arguments), typeLine.FindStringSubmatch(text)[1], ""
	if found := optionLine.FindStringSubmatch(text); found != nil {
		options = found[1]
	}
	s.answers[tool.Answer] = cannedAnswer(key, kind, list(t, options))
	s.kinds = append(s.kinds, kindOf(key, kind))
	return s
}

func list(t *testing.T, text string) []string {
	t.Helper()
	var values []string
	if text != "" {
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// TestNextAloneLeadsToAPublishedJob: 20 descriptions, both variants, a client
// that reads only structuredContent.next and one that reads only the text.
func TestNextAloneLeadsToAPublishedJob(t *testing.T) {
	if len(descriptions) != 20 {
		t.Fatalf("%d descriptions", len(descriptions))
	}
	for name, read := range map[string]func(*testing.T, answer) step{"structured": readStructured, "text": readText} {
		for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
			kinds := map[string]bool{}
			for i, description := range descriptions {
				t.Run(fmt.Sprintf("%s/%s/%d", name, variant, i), func(t *testing.T) {
					f := follower{t: t, setup: start(t, variant), read: read, kinds: kinds}
					f.run(description)
				})
			}
			for _, kind := range []string{"enum", "number", "array", "multi-key", "unknown key"} {
				if !kinds[kind] {
					t.Errorf("%s, %s: no %s question among %v", name, variant, kind, kinds)
				}
			}
		}
	}
}

// TestPromptsAreAskedVerbatim compares the questions with the API's prompts.
func TestPromptsAreAskedVerbatim(t *testing.T) {
	for variant, want := range map[sandbox.Variant]string{
		sandbox.Guide:     "What experience level should AI trainers have for this job?",
		sandbox.Reference: "What experience level should AI trainers have? (EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL)",
	} {
		got := call(t, start(t, variant).host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
		next := got.next(t)
		if next.Question != want || next.Field != "experienceLevel" || next.Type != "enum" || next.Remaining != 2 {
			t.Errorf("%s: %+v", variant, next)
		}
		if !strings.Contains(got.text, "\nQuestion: "+want+"\n") {
			t.Errorf("%s: the text is\n%s", variant, got.text)
		}
		if !slices.Contains(next.Options, "ANY_EXPERIENCE_LEVEL") || len(next.Options) != 4 {
			t.Errorf("%s: options %v", variant, next.Options)
		}
		if !strings.Contains(got.text, "Also missing: ") || !strings.Contains(got.text, "dataVolumeUnit") {
			t.Errorf("%s: the text does not name the other question:\n%s", variant, got.text)
		}
	}
}

// TestRepeatedCreateMakesOneDraft repeats a create with a new request id.
func TestRepeatedCreateMakesOneDraft(t *testing.T) {
	s := start(t, sandbox.Guide)
	arguments := map[string]any{"description": demo.SampleDescription}
	first := call(t, s.host, "opentrain_create_draft", arguments)
	second := call(t, s.host, "opentrain_create_draft", arguments)
	if string(first.structured) != string(second.structured) {
		t.Errorf("two answers:\n%s\n%s", first.structured, second.structured)
	}
	jobs := call(t, s.host, "opentrain_list_jobs", nil)
	if count := strings.Count(string(jobs.structured), `"id":"`); count != 1 {
		t.Errorf("%d jobs: %s", count, jobs.structured)
	}
	for _, own := range []map[string]any{
		{"description": demo.SampleDescription, "idempotencyKey": "another"},
		{"description": demo.SampleDescription, "externalId": "another"},
		{"description": demo.SampleDescription + " "},
	} {
		if third := call(t, s.host, "opentrain_create_draft", own); strings.Contains(string(third.structured), `"jobId":"job_1"`) {
			t.Errorf("%v found the first draft", own)
		}
	}
}

// TestRestartMakesNoSecondDraft: a server that was started anew makes the same key.
func TestRestartMakesNoSecondDraft(t *testing.T) {
	api := sandbox.New(sandbox.Config{}).Transport()
	arguments := map[string]any{"description": demo.SampleDescription}
	first := call(t, startWith(t, api, func(*opentrainmcp.Config) {}).host, "opentrain_create_draft", arguments)
	second := call(t, startWith(t, api, func(*opentrainmcp.Config) {}).host, "opentrain_create_draft", arguments)
	if first.isError || string(first.structured) != string(second.structured) {
		t.Errorf("two answers:\n%s\n%s", first.structured, second.structured)
	}
}

// TestLostAnswerMakesNoSecondDraft: the API made the draft, its answer was lost
// on the way, and the model calls again.
func TestLostAnswerMakesNoSecondDraft(t *testing.T) {
	api := sandbox.New(sandbox.Config{}).Transport()
	lost := 0
	s := startWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		answer, err := api.RoundTrip(r)
		if r.Method == http.MethodPost && lost < 3 && err == nil { // as often as the client tries
			lost++
			answer.Body.Close()
			return nil, io.ErrUnexpectedEOF
		}
		return answer, err
	}), func(*opentrainmcp.Config) {})
	arguments := map[string]any{"description": demo.SampleDescription}
	first := call(t, s.host, "opentrain_create_draft", arguments)
	if !first.isError || first.failure.Code != opentrain.CodeNetwork || !first.failure.Retryable || !strings.Contains(first.text, "no second one is made") {
		t.Fatalf("got %s", first.text)
	}
	next := first.failure.Next
	if next == nil || next.Action != tool.Wait || next.Tool != "opentrain_create_draft" {
		t.Fatalf("next is %+v", next)
	}
	if second := call(t, s.host, next.Tool, next.Arguments); second.isError || !strings.Contains(string(second.structured), `"jobId":"job_1"`) {
		t.Errorf("got %s", second.text)
	}
	if jobs := call(t, s.host, "opentrain_list_jobs", nil); strings.Count(string(jobs.structured), `"id":"`) != 1 {
		t.Errorf("got %s", jobs.structured)
	}
}

// TestAbsentNullAndValue are three things in a patch. Where the capabilities
// cannot be read, a key that nobody knows goes through, and the API decides.
func TestAbsentNullAndValue(t *testing.T) {
	api := sandbox.New(sandbox.Config{Fault: func(r *http.Request) http.Handler {
		if strings.HasSuffix(r.URL.Path, "/capabilities") {
			return http.NotFoundHandler()
		}
		return nil
	}})
	s := startWith(t, api.Transport(), func(*opentrainmcp.Config) {})
	call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	got := call(t, s.host, "opentrain_patch_draft", json.RawMessage(`{"jobId":"job_1","fields":{"headcount":null,"pricePerHour":20.50,"brandNew":{"a":[1.0,null]}}}`))
	if sent := s.api.body("PATCH /api/public/v1/job-drafts/job_1"); sent != `{"brandNew":{"a":[1.0,null]},"headcount":null,"pricePerHour":20.50}` {
		t.Errorf("the API received %s", sent)
	}
	// The sandbox does not know the key, and the model is told.
	if !got.isError || !strings.Contains(got.text, "brandNew") || got.failure.Code != opentrain.CodeBadRequest {
		t.Errorf("got %s", got.text)
	}
	cleared := call(t, s.host, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": nil}})
	if cleared.isError || strings.Contains(string(cleared.structured), `"headcount"`) || !strings.Contains(string(cleared.structured), `"pricePerHour":18`) {
		t.Errorf("got %s", cleared.structured)
	}
}
