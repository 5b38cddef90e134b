package tool

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// Address is where OpenTrain's API is.
type Address struct {
	Host string // with a port if it isn't the usual one
	From string // the setting that names it, "" for the default
}

func (a Address) String() string {
	if a.From == "" {
		return a.Host + " (the default)"
	}
	return a.Host + " (from " + a.From + ")"
}

// outage explains a failure in which OpenTrain gave no answer of its own.
func (e explainer) outage() Next {
	status, problem := e.apiError.Status, text.Sentence(e.apiError.Message)
	e.wrong(e.tool.Name + " failed: " + problem)
	remedy := ""
	switch {
	case errors.Is(e.apiError, opentrain.ErrTooLarge):
		return e.tooLarge()
	case status == 0 && e.apiError.Code != opentrain.CodeBadResponse:
		remedy = e.remedy()
	case status != 0 && status < 500 && status != http.StatusOK && status != http.StatusCreated:
		remedy = "Check the base URL and the proxy settings."
	default:
		return e.retryOutage()
	}
	if e.runner.Address.Host != "" {
		e.say("Address: %s.", e.runner.Address)
		problem += " Address: " + e.runner.Address.String() + "."
	}
	if remedy == "" {
		return e.retryOutage()
	}
	e.say("%s", remedy)
	return Next{Action: Fix, By: "human", Problem: text.Capitalize(problem) + " " + remedy}
}

// retryOutage is the step of a failure that waiting may cure.
func (e explainer) retryOutage() Next {
	if e.tool.Check.Action == CallTool && opentrain.MayHaveChanged(e.apiError) {
		return e.named(e.tool.Check)
	}
	next := e.retry(cmp.Or(e.RetryAfterSeconds, 5), false)
	next.Note = text.Join(" ", e.tool.Check.Note, "If it keeps failing, tell the human.")
	return next
}

// remedy says how to get a connection that waiting doesn't bring; "" when waiting may.
func (e explainer) remedy() string {
	configured := e.runner.Address.From != ""
	switch fault := e.apiError.Fault; {
	case fault == opentrain.FaultProxy:
		return "Check the proxy settings of this server: HTTPS_PROXY and NO_PROXY."
	case fault == opentrain.FaultTLS:
		return text.Join(" ", correct(configured), "If a proxy inspects the traffic, give this server its CA certificate with --ca-file.")
	case fault == opentrain.FaultHost && configured:
		return correct(configured) + " If it is right, check this machine's network connection."
	case fault == opentrain.FaultHost:
		return "Check this machine's network connection."
	case fault == opentrain.FaultRefused && configured:
		return correct(configured) + " If it is right, start the API there."
	}
	return ""
}

// correct is the remedy of an address that someone set.
func correct(configured bool) string {
	if configured {
		return "If the address is wrong, correct it and restart this server."
	}
	return ""
}

// tooLarge is the step after an answer over the client's limit.
func (e explainer) tooLarge() Next {
	if e.tool.Kind.ReadOnly() && strings.Contains(string(e.tool.Schemas().Input), `"limit"`) {
		const problem = "Ask for less, with a smaller limit or narrower filters."
		e.say("%s", problem)
		return Next{Action: Fix, By: "agent", Problem: problem, Tool: e.tool.Name}
	}
	if !e.tool.Kind.ReadOnly() {
		return e.retryOutage()
	}
	const problem = "The human can see it in OpenTrain's app."
	e.say("%s", problem)
	return fixInApp(problem)
}
