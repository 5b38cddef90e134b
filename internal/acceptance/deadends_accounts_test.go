package acceptance_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// ofAccounts are the problems with the caller's account, and with OpenTrain as a whole,
// that any tool can meet. The human solves them, or time does.
func ofAccounts() map[string]beginning {
	all := map[string]beginning{}
	for name, arguments := range valid() {
		job := "job_1"
		if slices.Contains([]string{"update_job", "close_job", "invite_trainer"}, name) {
			job = "job_3"
		}
		call := called(name, arguments, job)
		add := func(what string, from beginning) {
			from.tool, from.arguments, from.ends, from.few = call.tool, call.arguments, "done", true
			from.on = cmp.Or(from.on, "sandbox, guide")
			all[name+", "+what] = from
		}
		add("no token", beginning{
			given: func(w *world) { w.token = "" }, solved: func(w *world) map[string]any { w.token = sandbox.DemoToken; return nil },
		})
		add("a wrong token", beginning{
			on:    "stand-in",
			given: func(w *world) { w.token = "ot_pat_wrong" }, solved: func(w *world) map[string]any { w.token = sandbox.DemoToken; return nil },
		})
		add("a token without the scope", beginning{
			on: "stand-in", given: func(w *world) { w.stand.token(sandbox.DemoToken, sandbox.DemoToken, "team:write") }, solved: fullAccount,
		})
		add("a token that only reads", beginning{
			on: "stand-in", given: func(w *world) { w.stand.token(sandbox.DemoToken, sandbox.DemoToken, "jobs:read") }, solved: fullAccount,
		})
		for _, feature := range []string{"public_api_job_drafting", "public_api_job_publishing", "public_api_hiring"} {
			add("without "+feature, beginning{on: "stand-in", solved: fullAccount, given: func(w *world) {
				w.stand.account(standInAccount{id: sandbox.DemoToken, off: []string{feature}})
			}})
		}
		add("an unclaimed account", beginning{on: "stand-in", solved: fullAccount, late: []string{"A human must claim this account"}, given: func(w *world) {
			w.stand.account(standInAccount{id: sandbox.DemoToken, unclaimed: true})
		}})
		add("an account revoked meanwhile", beginning{
			on: "stand-in", late: []string{"is invalid, expired or revoked"},
			asked: func(w *world) { w.stand.revoke(sandbox.DemoToken) },
			solved: func(w *world) map[string]any {
				time.Sleep(time.Minute) //nolint:forbidigo // of the bubble: a refused token is tried again after half a minute
				return fullAccount(w)
			},
		})
		for what, fault := range map[string]struct {
			status int
			body   string
		}{
			"an outage":               {http.StatusServiceUnavailable, `{"error":"Down.","code":"SERVICE_UNAVAILABLE"}`},
			"a gateway's page":        {http.StatusBadGateway, `<html>Bad gateway</html>`},
			"a limit":                 {http.StatusTooManyRequests, `{"error":"Slow down.","code":"RATE_LIMITED"}`},
			"answers of another kind": {http.StatusOK, `{"up":true}`},
		} {
			add(what+" at first", beginning{given: func(w *world) { w.failsFor(20*time.Second, "", fault.status, fault.body) }})
			add(what+" after the yes", beginning{asked: func(w *world) { w.failsFor(20*time.Second, "", fault.status, fault.body) }})
		}
		add("a server that is busy", beginning{config: func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond, c.Burst = 5, 2 }})
	}
	return all
}

// fullAccount is what a human does about an account that lacks something.
func fullAccount(w *world) map[string]any {
	w.stand.account(standInAccount{id: sandbox.DemoToken})
	w.stand.token(sandbox.DemoToken, sandbox.DemoToken)
	return nil
}

// ofWhatIsServed are calls where not everything is served. They end where nothing is left
// that the model can call.
func ofWhatIsServed() map[string]beginning {
	all := map[string]beginning{}
	for name, arguments := range valid() {
		for _, job := range []string{"job_1", "job_2", "job_3", "job_4", "job_6"} {
			if arguments["jobId"] == nil && job != "job_1" {
				continue
			}
			for what, from := range map[string]beginning{
				"read-only":        {config: readOnly},
				"the only tool":    {config: func(c *opentrainmcp.HTTPConfig) { c.Tools = []string{"opentrain_" + name} }},
				"posting":          {config: func(c *opentrainmcp.HTTPConfig) { c.Toolsets = []string{"posting"} }},
				"market, account":  {headers: []string{"X-MCP-Toolsets", "market,account"}},
				"read-only header": {headers: []string{"X-MCP-Readonly", "true"}},
			} {
				call := called(name, arguments, job)
				from.tool, from.arguments, from.on, from.few = call.tool, call.arguments, "sandbox, guide", true
				all[fmt.Sprintf("%s, %s, %s", name, job, what)] = from
			}
		}
	}
	return all
}
