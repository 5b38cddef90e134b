package acceptance_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	opentrainmcp "opentrain-mcp"
)

// TestEveryToolOnEveryJob walks from every tool called for a job in every state. That the
// walk has an end is the test.
func TestEveryToolOnEveryJob(t *testing.T) {
	t.Parallel()
	for name, arguments := range valid() {
		for _, job := range []string{"job_1", "job_2", "job_3", "job_4", "job_5", "job_6", "job_7", "job_999", "market_001"} {
			if arguments["jobId"] == nil && job != "job_1" {
				continue
			}
			called(name, arguments, job).walk(t, name+", "+job)
		}
	}
}

// TestBeginningsHaveEnds walks from what can happen besides the job's state.
func TestBeginningsHaveEnds(t *testing.T) {
	t.Parallel()
	for name, from := range beginnings() {
		from.walk(t, name)
	}
}

// allWalks is the variable that makes the tests walk with every human on every API. It
// takes minutes with the race detector.
const allWalks = "OPENTRAIN_MCP_ALL_WALKS"

// beginning is where a walk begins, and where it has to end for a human who says yes.
type beginning struct {
	tool      string
	arguments string // JSON
	on        string // the world; "" is each
	few       bool   // kinds of humans are enough
	onePage   bool   // of a list is read
	given     func(*world)
	config    func(*opentrainmcp.HTTPConfig)
	headers   []string
	before    func(*walk) map[string]any  // calls on the same server before the walk, and the arguments that come from them
	asked     func(*world)                // happens while the human thinks about a yes
	solved    func(*world) map[string]any // what the human does about a problem, and the arguments that change with it
	late      []string                    // refusals that only a call after the yes can find
	ends      string                      // "done", or "human" for a problem of the human's; "" is either
	reaches   string                      // is in one of the results
}

// walk walks from the beginning on each API, with each kind of human. Without
// allWalks it walks on the first API, with some of the humans, others for each beginning.
func (from beginning) walk(t *testing.T, name string) {
	t.Helper()
	for api, newWorld := range worlds() {
		again := from.on == "" && api != "sandbox, guide" && os.Getenv(allWalks) != "1"
		if again || from.on != "" && from.on != api {
			continue
		}
		everyone := persons()
		if os.Getenv(allWalks) != "1" {
			for i, human := range slices.Sorted(maps.Keys(everyone)) {
				if human != "says yes" && (from.few || (i+len(name))%20 != 0) {
					delete(everyone, human)
				}
			}
		}
		t.Run(name+", "+api, func(t *testing.T) {
			t.Parallel()
			choices := from.walkWith(t, newWorld, "says yes", everyone["says yes"])
			delete(everyone, "says yes")
			for _, name := range slices.Sorted(maps.Keys(everyone)) {
				if choices && !t.Failed() {
					from.walkWith(t, newWorld, name, everyone[name])
				}
			}
		})
	}
}

// walkWith walks with one kind of human, and reports whether they had anything to decide.
func (from beginning) walkWith(t *testing.T, newWorld func(testing.TB) *world, name string, human person) (choices bool) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.fill()
			if from.given != nil {
				from.given(w)
			}
			k := w.serve(from.config)
			k.headers, k.late, k.onePage = from.headers, from.late, from.onePage
			k.list()
			arguments := decode(t, from.arguments)
			if from.before != nil {
				maps.Copy(arguments, from.before(k))
			}
			k.person = human
			if from.asked != nil {
				k.asked = func() { from.asked(w) }
			}
			if from.solved != nil {
				k.solve = func() map[string]any { return from.solved(w) }
			}
			got := k.follow("opentrain_"+from.tool, arguments)
			if name == "says yes" && (from.ends != "" && got.String() != from.ends || !strings.Contains(k.all, from.reaches)) {
				k.fail("ends with %s, want %s and %s", got, from.ends, from.reaches)
			}
			choices = k.choices
		})
	})
	return choices
}

// called is a call of a tool for a job.
func called(name string, arguments map[string]any, job string) beginning {
	if arguments["jobId"] != nil {
		arguments = maps.Clone(arguments)
		arguments["jobId"] = job
	}
	data, err := json.Marshal(arguments)
	if err != nil {
		panic(err)
	}
	return beginning{tool: name, arguments: string(data)}
}
