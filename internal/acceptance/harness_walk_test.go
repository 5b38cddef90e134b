package acceptance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/tool"
)

const (
	maxSteps = 40 // of a walk; the longest job has 20 questions
	maxWaits = 5  // in a row, with nothing new in between
)

// person is a human with a host, as a walk plays them.
type person struct {
	fills   respond // answers the host's forms; nil when the host shows none
	no      bool    // says no to what is asked in the conversation
	changes bool    // makes the change that a step offers
}

// persons are the people of the walks.
func persons() map[string]person {
	later := func(action mcp.ElicitationResponseAction, content any) respond {
		return func(int, form) (mcp.ElicitationResponseAction, any, error) {
			<-time.After(time.Minute) // reads it
			return action, content, nil
		}
	}
	return map[string]person{
		"says yes": {}, "says no": {no: true}, "resolves warnings": {changes: true},
		"fills in forms": {fills: func(n int, f form) (mcp.ElicitationResponseAction, any, error) {
			<-time.After(time.Minute)
			return fills(n, f)
		}}, "declines forms": {fills: later("decline", nil)}, "cancels forms": {fills: later("cancel", nil)},
		"sends forms empty": {fills: later("accept", map[string]any{})}, "host hides forms": {fills: answers("decline", nil)},
		"answers forms tomorrow": {fills: func(n int, f form) (mcp.ElicitationResponseAction, any, error) {
			<-time.After(25 * time.Hour)
			return fills(n, f)
		}},
	}
}

// walk plays a model and its human: it does what next says and nothing else.
type walk struct {
	t       testing.TB
	handler http.Handler
	token   func() string // that the host sends, "" for none
	headers []string
	person  person
	onePage bool     // reads only one page of a list
	late    []string // the refusals that OpenTrain decides on only after a yes
	// solve is what the human does about a problem, once, and the arguments that change with it. Nil is nothing.
	solve func() map[string]any
	asked func() // happens while the human thinks about a yes, once; nil is nothing

	schemas map[string]map[string]any // of the tools that are served
	seen    map[string]int            // results by call
	steps   []string                  // so far
	all     string                    // every result
	choices bool                      // the human had something to decide
}

// end is the last step of a walk.
type end struct{ tool.Next }

func (e end) String() string {
	if e.Action == tool.Fix {
		return "human"
	}
	return string(e.Action)
}

// post sends a request to the server.
func (k *walk) post(body, method, name string) json.RawMessage {
	k.t.Helper()
	r := httptest.NewRequestWithContext(k.t.Context(), http.MethodPost, "http://walk/mcp", strings.NewReader(body))
	headers := append(modernHeaders(method, name, "Content-Type", "application/json", "Accept", "application/json, text/event-stream"),
		k.headers...)
	if token := k.token(); token != "" {
		headers = append(headers, tokenHeader, token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	k.handler.ServeHTTP(w, r)
	m := parseMessage(k.t, w.Body.String())
	if m.Error != nil {
		k.fail("%s: %s", body, m.Error.Message)
	}
	return m.Result
}

// list reads what is served.
func (k *walk) list() {
	k.t.Helper()
	var list struct {
		Tools []struct {
			Name        string
			InputSchema map[string]any
		}
	}
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + modernMeta + `}}`
	if err := json.Unmarshal(k.post(body, "tools/list", ""), &list); err != nil {
		k.t.Fatal(err)
	}
	k.schemas, k.seen = map[string]map[string]any{}, map[string]int{}
	for _, t := range list.Tools {
		k.schemas[t.Name] = t.InputSchema
	}
}

// call calls a tool and answers its forms.
func (k *walk) call(name string, arguments map[string]any) answer {
	k.t.Helper()
	capabilities, extra := `{}`, ""
	if k.person.fills != nil {
		capabilities = `{"elicitation":{"form":{}}}`
	}
	for n := range 6 {
		body := strings.Replace(modernRPC(name, arguments, capabilities), `"params":{`, `"params":{`+extra, 1)
		result := k.post(body, "tools/call", name)
		var asking struct {
			RequestState  string
			InputRequests map[string]struct{ Params mcp.ElicitationParams }
		}
		if err := json.Unmarshal(result, &asking); err != nil {
			k.t.Fatal(err)
		}
		if asking.RequestState == "" {
			return parseResult(k.t, result)
		}
		k.choices = true
		shown := formOf(k.t, asking.InputRequests["form"].Params)
		k.step("form %s", shown.message)
		action, content, _ := k.person.fills(n+1, shown)
		response := map[string]any{"action": action, "content": content}
		extra = fmt.Sprintf(`"requestState":%s,"inputResponses":{"form":%s},`, jsonOf(k.t, asking.RequestState), jsonOf(k.t, response))
	}
	k.fail("%s keeps asking in forms", name)
	return answer{}
}

// follow calls a tool and goes on to the end.
func (k *walk) follow(name string, arguments map[string]any) end {
	k.t.Helper()
	by, waits := tool.Action(""), 0
	for range maxSteps {
		got := k.call(name, arguments)
		next := k.record(name, arguments, got)
		k.check(by, got, next)
		if by == tool.AskHuman && !got.isError {
			clear(k.seen) // an answer was saved: the same call means something else now
		}
		call := fmt.Sprint(name, jsonOf(k.t, arguments), stable(got.text))
		if k.seen[call]++; k.seen[call] > 1 && by != tool.Wait {
			k.fail("the same call has the same result again")
		}
		if by == tool.Wait && k.seen[call] > 1 {
			if waits++; waits > maxWaits {
				k.fail("waits for ever")
			}
		}
		by = next.Action
		repeat := next.Tool == "" || next.Tool == name && next.Arguments == nil
		if next.Tool != "" && !repeat {
			name, arguments = next.Tool, withLong(next, arguments)
		}
		if cursor := cursorIn(k.t, got); by == tool.Done && cursor != "" && !k.onePage {
			arguments = maps.Clone(arguments)
			arguments["cursor"], by = cursor, tool.CallTool
			continue
		}
		switch k.choices = k.choices || by == tool.AskHuman || by == tool.ConfirmWithHuman || by == tool.Fix; {
		case by == tool.Done, by == tool.ConfirmWithHuman && k.person.no:
			return end{next}
		case k.person.changes && next.Change != nil:
			words := []tool.Input{{Key: "jobDescription", Type: "string"}} // that warnings are about
			name, arguments = next.Change.Tool, k.answered(tool.Next{Arguments: next.Change.Arguments, Type: "string", Inputs: words})
		case by == tool.AskHuman:
			arguments = k.answered(next)
		case by == tool.ConfirmWithHuman:
			if k.asked != nil {
				k.asked()
				k.asked = nil
			}
		case by == tool.Wait:
			<-time.After(time.Duration(next.RetryAfterSeconds) * time.Second)
		case by == tool.Fix && next.By == "agent" && repeat:
			arguments = k.corrected(name, arguments, got)
		case by == tool.Fix && next.By == "agent":
		case by == tool.Fix && k.solve == nil:
			return end{next}
		case by == tool.Fix:
			if !repeat {
				arguments = k.answered(next)
			}
			arguments = maps.Clone(arguments)
			maps.Copy(arguments, k.solve())
			k.solve = nil
		}
	}
	k.fail("the walk has no end")
	return end{}
}

// cursorIn is where the next page begins, "" for none.
func cursorIn(t testing.TB, got answer) string {
	t.Helper()
	var page struct{ NextCursor string }
	if !got.isError {
		if err := json.Unmarshal(got.structured, &page); err != nil {
			t.Fatal(err)
		}
	}
	return page.NextCursor
}

// withLong are the arguments of a step. Those that are too long to repeat come from the
// call before, where the note says so.
func withLong(next tool.Next, before map[string]any) map[string]any {
	arguments := maps.Clone(next.Arguments)
	if strings.Contains(next.Note, "Send the same") || strings.Contains(next.Note, "Send the other arguments again") {
		for key, value := range before {
			if _, has := arguments[key]; !has && (key == "fields" || key == "freelancerId") {
				arguments[key] = value
			}
		}
	}
	return arguments
}

// record keeps a result and returns its next step.
func (k *walk) record(name string, arguments map[string]any, got answer) tool.Next {
	k.t.Helper()
	k.all += string(got.structured) + got.text
	var next tool.Next
	switch {
	case !got.isError:
		next = got.next(k.t)
	case got.failure.Next != nil:
		next = *got.failure.Next
	}
	k.step("%s %s→ %s\n%s", name, jsonOf(k.t, arguments), jsonOf(k.t, next), got.text)
	return next
}

// check checks a result that the step before led to.
func (k *walk) check(by tool.Action, got answer, next tool.Next) {
	k.t.Helper()
	proposed := by == tool.CallTool || by == tool.AskHuman || by == tool.ConfirmWithHuman
	late := slices.ContainsFunc(append(k.late, "The form has expired"), func(part string) bool { return strings.Contains(got.text, part) })
	_, served := k.schemas[next.Tool]
	switch {
	case got.isError && proposed && !late && !got.failure.Retryable:
		k.fail("a %s step leads to a refusal", by)
	case next.Tool != "" && !served:
		k.fail("%s is not served", next.Tool)
	}
	problem := ""
	switch next.Action {
	case tool.Done:
	case tool.AskHuman:
		if next.Question == "" || next.Tool == "" || !strings.Contains(jsonOf(k.t, next.Arguments), "<answer") {
			problem = "there is no question, or no place for its answer"
		}
	case tool.ConfirmWithHuman:
		if next.Question == "" || next.Show == nil || next.Tool == "" || next.Otherwise == "" {
			problem = "it asks nothing, or doesn't say what a yes or a no means"
		}
	case tool.CallTool:
		if next.Tool == "" || next.Arguments == nil {
			problem = "there is no call"
		}
	case tool.Wait:
		if next.RetryAfterSeconds <= 0 || next.Tool == "" {
			problem = "it doesn't say how long, or for what"
		}
	case tool.Fix:
		if next.Problem == "" || next.By != "agent" && next.By != "human" {
			problem = "it doesn't say what to fix, or who does"
		}
	default:
		problem = "there is no such action"
	}
	if problem != "" {
		k.fail("%s: %s", next.Action, problem)
	}
}

// answered puts answers in the places of a step: the first option, or a value of the type.
func (k *walk) answered(next tool.Next) map[string]any {
	arguments := maps.Clone(next.Arguments)
	values := map[string]any{tool.Answer: answerOf(next.Type, next.Options)}
	for _, input := range next.Inputs {
		values[tool.AnswerTo(input.Key)] = answerOf(input.Type, input.Options)
	}
	for key, value := range arguments {
		if fields, nested := value.(map[string]any); nested {
			fields = maps.Clone(fields)
			for name, field := range fields {
				fields[name] = placed(field, values)
			}
			arguments[key] = fields
			continue
		}
		arguments[key] = placed(value, values)
	}
	return arguments
}

func placed(value any, values map[string]any) any {
	if place, is := value.(string); is && values[place] != nil {
		return values[place]
	}
	return value
}

func answerOf(kind string, options []string) any {
	switch {
	case kind == "array" && len(options) > 0:
		return options[:1]
	case kind == "array":
		return []string{"Spanish"}
	case len(options) > 0:
		return options[0]
	case kind == "number":
		return 7
	case kind == "boolean":
		return true
	}
	return "Plain and honest words"
}

func (k *walk) step(format string, args ...any) {
	k.steps = append(k.steps, fmt.Sprintf(format, args...))
}

func (k *walk) fail(format string, args ...any) {
	k.t.Helper()
	steps := ""
	for i, step := range k.steps {
		steps += fmt.Sprintf("%d. %s\n", i+1, step)
	}
	k.t.Fatalf(format+"\n%s", append(args, steps)...)
}
