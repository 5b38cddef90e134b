package acceptance_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
)

// descriptions are 20 different jobs.
func descriptions() []string {
	return []string{
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
}

// cannedAnswer answers any question from only its key, type and options.
func cannedAnswer(key, kind string, options []string) any {
	canned := map[string]any{"paymentType": "PAY_PER_LABEL", "dataVolumeUnit": "NUMBER_OF_FILES", "experienceLevel": "EXPERT",
		"languages": []string{"English", "Spanish"}}
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

// follower runs the loop with only what next says.
type follower struct {
	t         *testing.T
	setup     *setup
	read      func(*testing.T, answer) step
	published bool
	found     bool
	kinds     map[string]bool // of questions met
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
		if next.tool == "" && next.action != tool.Done {
			f.t.Fatalf("the loop stops: %s", got.text)
		}
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

// step is what a client understood from a result.
type step struct {
	action    tool.Action
	tool      string
	arguments string // JSON with placeholders
	answers   map[string]any
	kinds     []string
}

// readStructured reads only structuredContent.next.
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
		t.Errorf("the question is empty: %+v", next)
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

// readText reads only the text of the result.
func readText(t *testing.T, got answer) step {
	parts := strings.Split(got.text, "\n\n")
	text := parts[len(parts)-1]
	action := regexp.MustCompile(`(?m)^Next: (\w+)`).FindStringSubmatch(text)
	if action == nil {
		t.Fatalf("no next step in:\n%s", got.text)
	}
	s := step{action: tool.Action(action[1]), answers: map[string]any{}}
	if called := regexp.MustCompile(`(?m)^Call: (\w+) (\{.*\})$`).FindStringSubmatch(text); called != nil {
		s.tool, s.arguments = called[1], called[2]
	}
	if s.action != tool.AskHuman {
		return s
	}
	if !strings.Contains(text, "\nQuestion: ") {
		t.Errorf("no question in:\n%s", text)
	}
	inputs := regexp.MustCompile(`(?m)^Input (\w+): (\w+)(?: (\[.*\]))?(?:, for \w+)?$`).FindAllStringSubmatch(text, -1)
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
	key, kind, options := onlyKey(t, arguments), "enum", "" // as options without a type say
	if found := regexp.MustCompile(`(?m)^Type: (\w+)$`).FindStringSubmatch(text); found != nil {
		kind = found[1]
	}
	if found := regexp.MustCompile(`(?m)^Options: (\[.*\])$`).FindStringSubmatch(text); found != nil {
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

// drive follows next from a description to a published job.
func drive(t *testing.T, host *client.Client) {
	t.Helper()
	tool, arguments := "opentrain_create_draft", map[string]any{"description": "10 annotators, bounding boxes on 50,000 dashcam images, " +
		"$18/hour, English"}
	for range 10 {
		got := call(t, host, tool, arguments)
		if got.isError {
			t.Fatal(got.text)
		}
		next := got.next(t)
		if tool == "opentrain_search_jobs" && strings.Contains(got.text, "job_1") {
			return
		}
		tool, arguments = next.Tool, next.Arguments
		if fields, ok := arguments["fields"].(map[string]any); ok {
			for key := range fields {
				fields[key] = next.Options[0]
			}
		}
	}
	t.Fatal("no end")
}
