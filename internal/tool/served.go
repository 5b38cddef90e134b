package tool

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// Served is what a server or a caller of it can use. Everything that a model reads goes through it, so that no words
// name a tool that can't be called. With the zero Served, nothing is left out of words.
type Served struct {
	Sets []Set // with the tools that are left

	hidden  map[string]hidden // the server's other tools, by name
	noPages bool              // see Selection.NoPages
}

// hidden is a tool that isn't served.
type hidden struct {
	why    string // the end of a sentence
	remedy string // sentences for a model, "" for none
	reads  bool   // whether it only reads
}

// Tools returns the tools, in their order.
func (s Served) Tools() []Tool {
	count := 0
	for _, set := range s.Sets {
		count += len(set.Tools)
	}
	served := make([]Tool, 0, count)
	for _, set := range s.Sets {
		served = append(served, set.Tools...)
	}
	return served
}

// Find returns the named tool as it is served, nil if it isn't.
func (s Served) Find(name string) *Tool {
	for _, set := range s.Sets {
		for i := range set.Tools {
			if set.Tools[i].Name == name {
				return &set.Tools[i]
			}
		}
	}
	return nil
}

// Lacking returns the scopes that a token lacks, with the tools that are served and need them.
func (s Served) Lacking(granted []string) (missing []string) {
	if granted == nil {
		return nil
	}
	needing := map[string][]string{}
	for _, t := range s.Tools() {
		if lacks(granted, t.Scope) != nil {
			needing[t.Scope] = append(needing[t.Scope], t.Name)
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(needing)) {
		missing = append(missing, scope+", for "+strings.Join(needing[scope], ", "))
	}
	return missing
}

// Has reports whether all the named tools are served.
func (s Served) Has(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return s.Find(name) == nil })
}

// ReadOnly reports whether no tool that is served changes anything.
func (s Served) ReadOnly() bool {
	return !slices.ContainsFunc(s.Tools(), func(t Tool) bool { return !t.Kind.ReadOnly() })
}

// Narrow leaves out what a request gives up.
func (s Served) Narrow(by caller.Narrowing) Served {
	if len(by) == 0 {
		return s
	}
	left := Served{hidden: map[string]hidden{}, noPages: s.noPages}
	maps.Copy(left.hidden, s.hidden)
	for _, set := range s.Sets {
		set.Tools = slices.DeleteFunc(slices.Clone(set.Tools), func(t Tool) bool {
			header, readOnly, excluded := by.Excludes(t.Name)
			if excluded {
				why := "the " + header + " header excludes it"
				if readOnly {
					why = "the " + header + " header makes this connection read-only"
				}
				left.hidden[t.Name] = hidden{why: why, reads: t.Kind.ReadOnly()}
			}
			return excluded
		})
		if slices.ContainsFunc(by, func(r caller.Restriction) bool { return r.ReadOnly }) {
			for i, t := range set.Tools {
				set.Tools[i], _ = t.Reading()
			}
		}
		left.Sets = append(left.Sets, set)
	}
	return left
}

// Describe takes the tools that aren't served out of a tool's descriptions.
func (s Served) Describe(t Tool) Tool {
	t.Description = s.Text(t.Description)
	whole := t.Schemas
	t.Schemas = func() Schemas {
		schemas := whole()
		return Schemas{s.describe(schemas.Input), s.describe(schemas.Output)}
	}
	return t
}

func (s Served) describe(schema json.RawMessage) json.RawMessage {
	if s.named(string(schema)) < 0 {
		return schema
	}
	const member = `"description":`
	return regexp.MustCompile(member+`"(?:[^"\\]|\\.)*"`).ReplaceAllFunc(schema, func(found []byte) []byte {
		var words string
		if json.Unmarshal(found[len(member):], &words) != nil || s.named(words) < 0 {
			return found
		}
		return []byte(member + text.JSON(s.Text(words)))
	})
}

// Text leaves out the sentences that name a tool which isn't served. Of a sentence with a colon or a semicolon, the
// part before it stays.
func (s Served) Text(words string) string {
	if s.named(words) < 0 {
		return words
	}
	left := ""
	for _, sentence := range sentences(words) {
		left += s.cut(sentence, ": ", "; ")
	}
	if left == "" && !strings.HasPrefix(words, "To ") && !strings.HasPrefix(words, "For ") { // a description needs some words
		left = s.cut(words, ", ")
	}
	return strings.TrimRight(left, " ")
}

// cut ends a sentence before the part that names a tool which isn't served.
func (s Served) cut(sentence string, separators ...string) string {
	at := s.named(sentence)
	if at < 0 {
		return sentence
	}
	end := -1
	for _, separator := range separators {
		end = max(end, strings.LastIndex(sentence[:at], separator))
	}
	if end < 0 {
		return ""
	}
	return sentence[:end] + "." + sentence[len(strings.TrimRight(sentence, " \n")):]
}

// sentences cuts a text after the ends of its sentences and lines. Joined, they are the text.
func sentences(words string) []string {
	return regexp.MustCompile(`[^\n]*?(?:[.?!] +|\n|$)`).FindAllString(words, -1)
}

// named returns where the first name of a tool begins that isn't served, -1 for none.
func (s Served) named(words string) int {
	if len(s.hidden) == 0 {
		return -1
	}
	at := 0
	for word := range strings.FieldsFuncSeq(words, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		at += strings.Index(words[at:], word)
		if _, found := s.hidden[word]; found {
			return at
		}
		at += len(word)
	}
	return -1
}

// Next returns the step as the caller can take it. Where its tool isn't served, a human takes it in OpenTrain's app. A
// look at something that isn't necessary is left out after a success.
func (s Served) Next(next Next, failed bool) Next {
	next.Note, next.Problem, next.Otherwise = s.Text(next.Note), s.Text(next.Problem), s.Text(next.Otherwise)
	if next.Change != nil && s.named(next.Change.Tool) >= 0 {
		next.Change = nil
	}
	missing, found := s.hidden[next.Tool]
	if !found {
		return next
	}
	if next.Action == CallTool && missing.reads && !failed {
		return Next{Action: Done, Note: next.Note, URL: cmp.Or(next.Page, opentrain.DefaultBaseURL)}
	}
	return next.forHuman(text.Join(" ", "The tool for this step is not available: "+missing.why+".", s.without(next.Tool)))
}

// without is what a human can do about a tool that isn't served.
func (s Served) without(name string) string {
	inTheApp := "The human can do it in OpenTrain's app."
	if s.noPages {
		inTheApp = ""
	}
	return text.Join(" ", s.hidden[name].remedy, inTheApp)
}

// TurnOn says how a human has the server serve a tool, "" if they can't or needn't.
func (s Served) TurnOn(name string) string { return s.hidden[name].remedy }

// forHuman is the step as a human takes it in OpenTrain's app, because of a problem with its tool.
func (n Next) forHuman(problem string) Next {
	n.Action, n.By, n.Problem = Fix, "human", text.Join(" ", n.Problem, problem)
	if n.Show != nil {
		n.URL = cmp.Or(n.URL, n.Show.DraftURL)
	}
	n.URL = cmp.Or(n.URL, n.Page, opentrain.DefaultBaseURL)
	n.Tool, n.Arguments, n.Otherwise, n.RetryAfterSeconds, n.AtMost = "", nil, "", 0, false
	return n
}

// refuse explains a call of a tool that isn't served.
func (s Served) refuse(name string) *Failure {
	err := unknownTool(s.Sets, []string{name})
	missing, exists := s.hidden[name]
	if !exists {
		f := &Failure{Code: opentrain.CodeInvalidArgument, cause: err}
		f.say("%s Nothing was sent to OpenTrain.", text.Capitalize(text.Stop(err.Error())))
		f.Next = &Next{Action: Fix, By: "agent", Problem: "There is no such tool. Call one of those that are served."}
		return f
	}
	problem := name + " is not available: " + missing.why + "."
	f := &Failure{Code: opentrain.CodeForbidden, cause: err}
	f.say("%s Nothing was sent to OpenTrain.", problem)
	f.say("Tools: %s", strings.Join(toolNames(s.Sets), ", "))
	remedy := s.without(name)
	if remedy != "" {
		f.say("%s", remedy)
	}
	f.Next = &Next{Action: Fix, By: "human", Problem: text.Join(" ", problem, remedy), URL: opentrain.DefaultBaseURL}
	return f
}
