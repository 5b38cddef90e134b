package tool

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Dialect is what the arguments of all tools have in common.
func Dialect() schema.Dialect {
	return schema.Dialect{
		Label: argumentLabel, Refuse: placeholder, Ignored: hostArguments(),
		Readings: map[string]schema.Reading{
			"jobId": {Text: readJobID}, "amountUsd": {Dollars: true}, "dueDate": {Text: readDate}, "approvalId": {Text: readID("approvals")},
			"proposalId": {Text: readID("proposals")}, "contractId": {Text: readID("contracts")},
			"milestoneId": {Text: trimmed}, "conversationId": {Text: trimmed}, "freelancerId": {Text: trimmed}, "webhookId": {Text: trimmed},
			"tokenId": {Text: trimmed}, "topUpId": {Text: trimmed},
		},
	}
}

// argumentLabel is how callers name a value: for statuses of jobs, also as results write them (see StatusWords).
func argumentLabel(value string) string {
	switch value {
	case opentrain.StatusOpen:
		return "Live"
	case opentrain.StatusArchived:
		return "Closed"
	case opentrain.StatusPendingApproval:
		return "Waiting for OpenTrain's approval"
	case opentrain.PayPerHour:
		return "Hourly"
	}
	return Label(value)
}

// hostArguments are arguments that hosts add to a call on their own, as public reports of them say.
func hostArguments() []string {
	return []string{
		"toolCallId", "tool", "sessionId", "action", "chatInput", // n8n's MCP Client Tool, the last three after a chat trigger
		"wait_for_previous", // Gemini CLI
	}
}

// placeholder refuses the placeholder of a question. "is not a number" would make a model send a number of its own.
func placeholder(value string) string {
	if value == Answer || strings.HasPrefix(value, "<answer:") && strings.HasSuffix(value, ">") {
		return "still has the placeholder; ask the human and put the answer there"
	}
	return ""
}

// readJobID returns the id of a job from the id itself, the job's slug, or the address of its page or draft page.
func readJobID(given string) (string, error) {
	id, err := ReadJobName(given)
	if err != nil {
		return "", err
	}
	if _, isURL := pageURL(strings.TrimSpace(given)); !isURL {
		id = JobIDIn(id)
	}
	if err := opentrain.CheckID(id); err != nil {
		return "", fmt.Errorf("%s; job ids come from %s, %s and %s", text.Clean(err.Error(), 200), CreateDraft, ListJobs, SearchJobs)
	}
	return id, nil
}

// ReadJobName returns the job's id from the address of its page or draft page. Other words may be a title.
func ReadJobName(given string) (string, error) {
	name := strings.TrimSpace(given)
	if address, isURL := pageURL(name); isURL {
		name = idInURL(address)
	}
	if name == "" {
		return "", fmt.Errorf("\"%s\" is not a job's page on OpenTrain; send the job's id or the URL of its page or draft page",
			text.Clean(given, 100))
	}
	return name, nil
}

// JobIDIn returns the id in a job's slug. Any other name is returned as it is.
func JobIDIn(name string) string {
	if head, tail := splitSlug(name); isSlug(head) && isSureID(tail) {
		return tail
	}
	return name
}

// readID reads an id, or takes it out of the address of a page below a name, such as /approvals/ID.
func readID(name string) func(string) (string, error) {
	return func(given string) (string, error) {
		given = strings.TrimSpace(given)
		address, isURL := pageURL(given)
		if !isURL {
			return given, nil
		}
		segments := strings.Split(strings.Trim(address.Path, "/"), "/")
		at := slices.Index(segments, name) + 1
		if at == 0 || at == len(segments) || segments[at] == "" || !hasJobs(address.Hostname()) {
			return "", fmt.Errorf("\"%s\" isn't a URL with an id; send the id", text.Clean(given, 100))
		}
		return segments[at], nil
	}
}

// trimmed reads an id that has no page of its own.
func trimmed(given string) (string, error) { return strings.TrimSpace(given), nil }

// readDate reads a date, also from a time.
func readDate(given string) (string, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, strings.TrimSpace(given)); err == nil {
			return at.Format(time.DateOnly), nil
		}
	}
	return "", fmt.Errorf("\"%s\" is not a date such as 2026-07-01; ask the human which day", text.Clean(given, 60))
}

// pageURL parses an address, with or without https://.
func pageURL(given string) (address *url.URL, isURL bool) {
	host, _, _ := strings.Cut(given, "/")
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if hasJobs(host) {
		given = "https://" + given
	}
	if !strings.Contains(given, "://") {
		return nil, false
	}
	address, err := url.Parse(given)
	if err != nil {
		return &url.URL{}, true
	}
	return address, true
}

// hasJobs reports whether a host has pages of jobs: OpenTrain's hosts and the sandbox's. A sandbox is on this machine, or
// has no pages (see noPages).
func hasJobs(host string) bool {
	host = strings.ToLower(host)
	return host == "opentrain.ai" || strings.HasSuffix(host, ".opentrain.ai") ||
		host == noPages || text.Loopback(host)
}

// idInURL returns the job id in an address such as /jobs/some-title-ID, /jobs/ID, /job-post?job=ID or
// /job-post?jobId=ID, "" when there is none.
func idInURL(address *url.URL) string {
	if !hasJobs(address.Hostname()) {
		return ""
	}
	segments := strings.Split(strings.Trim(address.EscapedPath(), "/"), "/")
	for i, segment := range segments[:len(segments)-1] {
		if segment != "jobs" && segment != "job-drafts" {
			continue
		}
		name, err := url.PathUnescape(segments[i+1])
		if err != nil {
			return ""
		}
		head, tail := splitSlug(name)
		switch {
		case head == "" || !isSlug(head):
			return name
		case isSureID(tail) || strings.ContainsFunc(tail, unicode.IsDigit):
			return tail
		}
		return "" // a title without an id
	}
	query := address.Query()
	if id := query.Get("job"); id != "" {
		return id
	}
	return query.Get("jobId")
}

// splitSlug splits the name of a job's page into the words of its title and the job's id: some-title-ID, or
// some-title--ID. A UUID has hyphens of its own.
func splitSlug(name string) (title, id string) {
	const length = 36 // of a UUID
	if start := len(name) - length; start >= 0 && isUUID(name[start:]) {
		return strings.TrimRight(name[:start], "-"), name[start:]
	}
	at := strings.LastIndex(name, "--")
	if at >= 0 {
		return name[:at], name[at+2:]
	}
	if at = strings.LastIndex(name, "-"); at < 0 {
		return "", name
	}
	return name[:at], name[at+1:]
}

func isUUID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }

// isSlug reports whether a text is the words of a title as addresses have them: small letters, digits, hyphens.
func isSlug(title string) bool {
	return title != "" && !strings.ContainsFunc(title, func(r rune) bool {
		return r != '-' && !unicode.IsDigit(r) && (!unicode.IsLetter(r) || unicode.IsUpper(r))
	})
}

// isSureID reports whether a text looks like an id and like no word of a title.
func isSureID(id string) bool {
	return isUUID(id) || strings.Contains(id, "_") || len(id) >= 16 && strings.ContainsFunc(id, unicode.IsDigit)
}
