package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// introduce says what is about to happen.
func (r *run) introduce() {
	r.Screen.Show("", screen.Bold, "OpenTrain MCP demo")
	r.Screen.Blank()
	r.Screen.Show("", screen.Plain, "Watch an AI agent turn a job description into a live job. You answer its questions. "+
		"Everything runs in a sandbox on this computer: nothing is real, and you don't need an account.")
	r.Screen.Blank()
	r.Screen.Show("» ", screen.Plain, "marks an MCP tool that the agent calls.")
	r.Screen.Show("? ", screen.Plain, "marks a question for you.")
	r.Screen.Blank()
	r.Screen.Show("", screen.Bold, "Job description")
	r.Screen.Quote(r.Description)
}

// showArguments shows what a call sends, as far as it says something new to a person.
func (r *run) showArguments(arguments map[string]any) {
	if query, isSearch := arguments["q"].(string); isSearch {
		r.Screen.Show("  ", screen.Plain, "Search for: "+query)
	}
	fields, _ := arguments["fields"].(map[string]any)
	for _, key := range inOrder(fields) {
		r.Screen.Show("  ", screen.Plain, tool.FieldLabel(key)+": "+readable(key, json.RawMessage(text.JSON(fields[key]))))
	}
}

// review shows the finished draft for the person's yes or no.
func (r *run) review(next tool.Next) {
	r.Screen.Blank()
	r.Screen.Show("", screen.Bold, "Your draft")
	r.Screen.Show("", screen.Plain, "The agent shows it to you, and publishes it only after your yes.")
	r.Screen.Blank()
	if preview := next.Show; preview != nil {
		r.Screen.Table(tool.Map(inOrder(preview.Fields), func(key string) screen.Row {
			return screen.Row{Label: tool.FieldLabel(key), Value: readable(key, preview.Fields[key])}
		}))
		if len(preview.Guesses)+len(preview.Warnings)+len(preview.Notes) > 0 {
			r.Screen.Blank()
		}
		clear(r.told) // a yes is for all of this
		r.tell(check, preview.Guesses)
		r.tell("", sentences(slices.Concat(preview.Warnings, preview.Notes)))
	}
}

// longest is how much of a value a remark repeats, in characters.
const longest = 80

// tell shows remarks on the draft that the person hasn't read yet. mark is a sentence's beginning, such as "Not used:".
func (r *run) tell(mark string, remarks []tool.Remark) {
	for _, remark := range remarks {
		words := mark
		if !strings.Contains(remark.Field, ".") { // a path means nothing to a person
			words = text.Join(" ", words, noun(remark.Field))
		}
		if len(remark.Value) > 0 {
			words = text.Join(" ", words, "“"+text.Clip(readable(remark.Field, remark.Value), longest)+"”")
		}
		between := ". "
		if strings.HasSuffix(words, ":") {
			between = " "
		}
		words = text.Capitalize(text.Join(between, words, text.Join(" ", remark.Message, remark.Reason)))
		if !r.told[words] {
			r.told[words] = true
			r.Screen.Show("! ", screen.Plain, words)
		}
	}
}

// sentences are remarks on no field.
func sentences(list []string) []tool.Remark {
	return tool.Map(list, func(words string) tool.Remark { return tool.Remark{Message: words} })
}

// readable writes a value for people beside the label of its field.
func readable(key string, value json.RawMessage) string {
	switch string(value) {
	case "true":
		return "Yes"
	case "false":
		return "No"
	}
	return tool.WithoutUnit(key, value)
}

// inOrder sorts the fields of a draft as a person reads a job: what it is, the data, the people, the pay, the rest.
func inOrder[V any](fields map[string]V) []string {
	reading := []string{
		"jobTitle", "labelTypes", "subjectMatter", "dataType", "dataVolume", "dataVolumeUnit", "headcount", "experienceLevel", "languages",
		"countries", "paymentType", "pricePerHour", "pricePerLabel", "fixedPrice", "projectDuration", "timeRequirement", "workloadDesc",
	}
	rank := func(key string) int {
		at := slices.Index(reading, key)
		switch {
		case key == "jobDescription":
			return len(reading) + 1
		case at < 0:
			return len(reading)
		}
		return at
	}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

// whatNext says how to go on after the demo.
func (r *run) whatNext() {
	r.Screen.Blank()
	r.Screen.Show("", screen.Bold, "What's next")
	r.Screen.Blank()
	program, number := r.Program, 1
	step := func(words string) {
		r.Screen.Show(fmt.Sprintf("%d. ", number), screen.Plain, words)
		number++
	}
	if program == "" {
		file := "opentrain-mcp"
		if runtime.GOOS == "windows" {
			file += ".exe"
		}
		program = `"$PWD/` + file + `"`
		step("Build the program:")
		r.Screen.Command("go build", "-o "+file, "./cmd/opentrain-mcp")
	}
	words := []string{program, strings.TrimSpace("install " + r.Host), "--sandbox"}
	if r.Host == "" {
		step("Connect your agent, still in the sandbox. This lists the hosts:")
	} else {
		step("Connect your agent, still in the sandbox:")
	}
	if r.Hire { // whose tools are off by default
		words = append(words, "--toolsets=all")
	}
	r.Screen.Command(words...)
	step("Ask your agent: “Post a job on OpenTrain: we need 10 annotators for bounding boxes on 50,000 dashcam images, " +
		"$18 an hour, English.”")
	r.Screen.Blank()
	r.Screen.Show("", screen.Plain, "README.md shows how to connect any host, and how to post real jobs with an OpenTrain account.")
}
