package tools_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// hiddenMark is in every text of the API here: no failure may show it.
const hiddenMark = "\u200b\u202e"

// everyError lists the errors that a call can end with: every code, and everything that decides on the words.
func everyError(t *testing.T) map[string]*opentrain.Error {
	t.Helper()
	const message = "It" + hiddenMark + " can't be done."
	all := map[string]*opentrain.Error{
		"invalid argument": {Code: opentrain.CodeInvalidArgument, NotSent: true, Message: "jobId is empty"},
		"busy":             {Code: opentrain.CodeBusy, NotSent: true, RetryAfter: 3 * time.Second, Message: "too many calls are in progress"},
		"no token":         {Code: opentrain.CodeNoToken, NotSent: true},
		"timeout":          {Code: opentrain.CodeTimeout, Message: "OpenTrain didn't respond in time"},
		"network":          {Code: opentrain.CodeNetwork, Message: "the connection was lost before OpenTrain responded"},
		"not sent":         {Code: opentrain.CodeNetwork, NotSent: true, Message: "OpenTrain couldn't be reached"},
		"too large":        tooLarge(t),
		"not an answer":    {Code: opentrain.CodeBadResponse, Status: 200, Message: "the response is empty (HTTP 200)"},
		"not our job":      {Code: opentrain.CodeNotFound, NotSent: true, Message: "the account has no job with the id j"},
		"an odd code":      {Code: "TEA" + hiddenMark + "POT", Status: 418, Message: message},
	}
	for _, fault := range []opentrain.Fault{opentrain.FaultHost, opentrain.FaultRefused, opentrain.FaultTLS, opentrain.FaultProxy} {
		all["fault "+string(fault)] = &opentrain.Error{Code: opentrain.CodeNetwork, Fault: fault, NotSent: true, Message: "there is no connection"}
	}
	for _, status := range []int{302, 403, 404, 502} {
		all[fmt.Sprint("page ", status)] = &opentrain.Error{Code: opentrain.CodeBadResponse, Status: status, Message: "a web page instead of"}
	}
	refused := func(name string, code opentrain.Code, status int, details string) {
		details = strings.ReplaceAll(details, "~", hiddenMark)
		all[name] = &opentrain.Error{Code: code, Status: status, Message: message, RequestID: "r" + hiddenMark, Details: json.RawMessage(details)}
	}
	for code, status := range map[opentrain.Code]int{
		opentrain.CodeBadRequest: 400, opentrain.CodeUnauthorized: 401, opentrain.CodeForbidden: 403, opentrain.CodeNotFound: 404,
		opentrain.CodeConflict: 409, opentrain.CodeRateLimited: 429, opentrain.CodeInternal: 500,
	} {
		refused(string(code), code, status, `{"fo~o":["b~ar",{"d~eep":"d~eep"}]}`)
	}
	refused("scope", opentrain.CodeForbidden, 403, `{"requiredScopes":["jobs:write~"],"grantedScopes":["jobs:read~"]}`)
	refused("feature", opentrain.CodeForbidden, 403, `{"featureKey":"public_api~_job_publishing"}`)
	refused("issues", opentrain.CodeBadRequest, 400, `{"issues":[{"path":["a~"],"message":"no~","options":["X~"]}],"supportedFormats":["te~xt"]}`)
	refused("publish limit", opentrain.CodeRateLimited, 429, `{"limit":3,"windowHours":24}`)
	for _, status := range []string{"DRAFT", "OPEN", "ARCHIVED"} {
		refused("status "+status, opentrain.CodeConflict, 409, `{"status":"`+status+`~","requiredStatus":"OTHER"}`)
	}
	for _, reason := range []string{
		"account_claim_required", opentrain.ReasonModeration, "job_not_published", "not_a_freelancer", "freelancer_unavailable",
		"payment_method_required", "milestone_not_fundable", "milestone_not_funded", "contract_ended", "contract_rate_missing",
		"employer_first_message_required", "proposal_not_ready_for_messaging", "teams_not_enabled", "invite_email_send_failed", "a_new~_one",
	} {
		refused("reason "+reason, opentrain.CodeConflict, 409, `{"reason":"`+reason+`","reasons":["asks for~ passwords"],"claimUrl":"https://app.opentrain.ai/claim~"}`)
	}
	return all
}

// tooLarge is the client's error for an answer over its limit.
func tooLarge(t *testing.T) *opentrain.Error {
	t.Helper()
	api, err := opentrain.New(opentrain.Config{Transport: &upstream{body: strings.Repeat(" ", 9<<20)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.GetJob(t.Context(), "j")
	failure, ok := errors.AsType[*opentrain.Error](err)
	if !ok || !errors.Is(err, opentrain.ErrTooLarge) {
		t.Fatal(err)
	}
	return failure
}

// TestFailuresSayEachFactOnce, for every error of every tool: no sentence stands twice, a read says nothing of
// changes and a write says it once, nothing hidden is passed on, and the next step leads somewhere.
func TestFailuresSayEachFactOnce(t *testing.T) {
	all := serve(t, &upstream{}, setup{help: "Set a token so and so."})
	all.runner.Address = tool.Address{Host: "api.example:444", From: "--base-url"}
	outcome := regexp.MustCompile(`(?i)nothing was (changed|sent)|unclear whether|was not published and stays`)
	sentence := regexp.MustCompile(`[^.!?\n]+(?:\.\w[^.!?\n]*)*[.!?]`)
	stilted := regexp.MustCompile(`(?i)mended|not taken|\btold\b`)
	for name, err := range everyError(t) {
		for _, made := range all.tools {
			for _, by := range []caller.Caller{alice, {}} {
				const args = `{"jobId":"j","fields":{"headcount":1}}`
				failure := all.runner.Explain(made, tool.Call{Caller: by}, json.RawMessage(args), fmt.Errorf("wrapped: %w", err))
				words := failure.Text()
				report := func(problem string) { t.Errorf("%s, %s: %s:\n%s", name, made.Name, problem, words) }
				seen := map[string]bool{}
				for _, said := range sentence.FindAllString(words, -1) {
					said = strings.TrimSpace(said)
					if seen[said] {
						report("twice: " + said)
					}
					seen[said] = true
				}
				said, reads := len(outcome.FindAllString(words, -1)), made.Kind.ReadOnly() || made.Kind == tool.KindShow
				if reads && said > 0 && err.Code != opentrain.CodeInvalidArgument && name != "publish limit" {
					report("a read speaks of changes")
				}
				if !reads && said != 1 {
					report(fmt.Sprintf("a write says %d times what was changed", said))
				}
				if n := utf8.RuneCountInString(words); n > 700 || stilted.MatchString(words) {
					report(fmt.Sprintf("%d characters", n))
				}
				meta, errMeta := json.Marshal(failure)
				if errMeta != nil || strings.ContainsAny(words+string(meta), hiddenMark) {
					report(fmt.Sprintf("hidden characters, or no JSON (%v): %s", errMeta, meta))
				}
				checkLeads(t, all, name+", "+made.Name, failure)
			}
		}
	}
}

// checkLeads checks that a failure's next step is one that somebody can take.
func checkLeads(t *testing.T, all served, name string, failure *tool.Failure) {
	t.Helper()
	next := failure.Next
	if next == nil {
		t.Errorf("%s: no next step", name)
		return
	}
	_, served := all.tools[next.Tool]
	served = served || next.Tool == tool.GetProposal || next.Tool == tool.GetTeam // of toolsets that this release may not have yet
	ok := served || next.Tool == ""
	switch next.Action {
	case tool.CallTool:
		ok = served && next.Tool != ""
	case tool.OpenURL:
		ok = served && next.URL != ""
	case tool.Wait:
		ok = served && next.RetryAfterSeconds > 0 && failure.Retryable
	case tool.Fix:
		ok = ok && next.Problem != "" && slices.Contains([]string{"human", "agent"}, next.By)
	case tool.Done: // nothing can be done here, and the note says what else
		ok = next.Tool == "" && next.Note != ""
	default:
		ok = false
	}
	if !ok {
		t.Errorf("%s: the next step is %+v", name, next)
	}
}
