package tools_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

func bidOf(id string, bid, unit, match, interview string) string {
	return `{"id":"` + id + `","jobId":"j","jobTitle":"T","createdAt":"2026-06-02T10:00:00Z","status":{"raw":"UNREVIEWED","label":"Unreviewed"},` +
		`"bid":{"amountUsd":` + bid + `,"unit":"` + unit + `","labelerHourlyRateUsd":null},"candidate":{"id":"f-` + id + `","displayName":"Maria ` + id +
		`.","profileTitle":"Annotator","countryCode":"ES","country":"Spain","talentType":"FREELANCER","highestEarningsUsd":2400,"reviewCount":7},` +
		`"metrics":{"interviewScore":` + interview + `,"matchScore":` + match + `}}`
}

// TestNoProposals: what comes next depends on the job's status.
func TestNoProposals(t *testing.T) {
	for status, want := range map[string]string{
		opentrain.StatusOpen:     "AI trainers apply while the job is live. Look again later.",
		opentrain.StatusDraft:    `Call: opentrain_get_draft {"jobId":"j"}`,
		opentrain.StatusArchived: "The job is closed, so no one else can apply.",
	} {
		api := owner{RoundTripper: &upstream{body: `{"proposals":[]}`}, status: status}
		result, failure := call(t, api, setup{}, alice, tool.ListProposals, `{"jobId":"j"}`)
		if failure != nil || !strings.Contains(result.Text, want) {
			t.Errorf("%s: %v %s", status, failure, result.Text)
		}
	}
}

// TestListOfProposals: they are sorted as asked, missing values last; scores and units are as they came.
func TestListOfProposals(t *testing.T) {
	all := bidOf("a", "0.06", "PER_LABEL", "0.91", "86") + "," + bidOf("b", "null", "PER_LABEL", "null", "8.6") + "," +
		bidOf("c", "18", "per_hour", "87", "null") + "," + bidOf("d", "0.02", "PER_LABEL", "0.4", "90")
	for name, test := range map[string]struct {
		args, page, order, said, query string
	}{
		"as they came":    {`{"jobId":"j"}`, `{"proposals":[` + all + `],"nextCursor":"d"}`, "abcd", "newest first. ", "limit=10"},
		"by match":        {`{"jobId":"j","sort":"match"}`, `{"proposals":[` + all + `]}`, "cadb", "highest match first. ", "limit=100"},
		"by interview":    {`{"jobId":"j","sort":"interview"}`, `{"proposals":[` + all + `]}`, "dabc", "highest interview score first. ", "limit=100"},
		"by bid":          {`{"jobId":"j","sort":"bid"}`, `{"proposals":[` + all + `]}`, "cdab", "lowest bid first, each unit apart. ", "limit=100"},
		"one of pages":    {`{"jobId":"j","sort":"bid","limit":2}`, `{"proposals":[` + all + `]}`, "cd", "More: pass cursor \"d\"", "limit=100"},
		"the next page":   {`{"jobId":"j","sort":"match","cursor":"a"}`, `{"proposals":[` + all + `]}`, "db", "highest match first. ", "limit=100"},
		"with a status":   {`{"jobId":"j","status":"not a fit"}`, `{"proposals":[]}`, "", "Job j has no proposals with status NOT_A_FIT.", "limit=10&status=NOT_A_FIT"},
		"none":            {`{"jobId":"j"}`, `{"proposals":[]}`, "", "Job j has no proposals.", "limit=10"},
		"none of a page":  {`{"jobId":"j","cursor":"x"}`, `{"proposals":[]}`, "", "There are no more proposals.", "cursor=x&limit=10"},
		"page of the job": {`{"jobId":"https://app.opentrain.ai/jobs/j"}`, `{"proposals":[]}`, "", "Interpreted", "limit=10"},
	} {
		api := &script{answers: map[string]string{"GET /jobs/j/proposals": test.page}}
		result, failure := call(t, api, setup{}, alice, tool.ListProposals, test.args)
		if failure != nil {
			t.Fatalf("%s: %s", name, failure.Text())
		}
		order := ""
		for _, found := range regexp.MustCompile(`Proposal (\w)`).FindAllStringSubmatch(result.Text, -1) {
			order += found[1]
		}
		if order != test.order || !strings.Contains(result.Text, test.said) {
			t.Errorf("%s: %s\n%s", name, order, result.Text)
		}
		wanted := []string{"GET /jobs/j/proposals?" + test.query}
		if name == "none" || name == "page of the job" { // whether anyone can still apply
			wanted = append(wanted, "GET /jobs/mine?limit=100&status=OPEN")
		}
		if !slices.Equal(api.sent, wanted) {
			t.Errorf("%s: %v", name, api.sent)
		}
		next := stepIn(t, result)
		switch {
		case name == "as they came" && next.Action != tool.Done, // no one says that the newest is the best
			strings.HasPrefix(name, "by ") && (next.Tool != tool.GetProposal || next.Arguments["proposalId"] != order[:1]),
			name == "with a status" && (next.Tool != tool.ListProposals || len(next.Arguments) != 1),
			name == "none" && !strings.Contains(next.Note, tool.InviteTrainer):
			t.Errorf("%s: %+v", name, next)
		}
	}
	api := &script{answers: map[string]string{"GET /jobs/j/proposals": `{"proposals":[` + all + `],"nextCursor":"d"}`}}
	result, failure := call(t, api, setup{}, alice, tool.ListProposals, `{"jobId":"j"}`)
	if failure != nil {
		t.Fatal(failure)
	}
	for _, want := range []string{
		"1. Proposal a · UNREVIEWED · bid $0.06 per label · match 0.91 · interview 86 · ES · 2026-06-02 · freelancerId f-a\n" +
			"   > Maria a. · Annotator · Spain · FREELANCER · 7 reviews · highest earnings $2,400\n",
		"2. Proposal b · UNREVIEWED · no bid · no match · interview 8.6 · ES", "bid $18 per hour · match 87 · no interview", `pass cursor "d"`,
	} {
		if !strings.Contains(result.Text, want) {
			t.Errorf("%q is not in\n%s", want, result.Text)
		}
	}
}

// TestManyProposals: a long page is cut, and its cursor leads to the first proposal that isn't shown.
func TestManyProposals(t *testing.T) {
	api := paging{}
	for page, seen, args := 0, 0, `{"jobId":"j","limit":100,"sort":"bid"}`; ; page++ {
		result, failure := call(t, api, setup{}, alice, tool.ListProposals, args)
		if failure != nil {
			t.Fatal(failure)
		}
		var out struct {
			Proposals  []struct{ ProposalID string }
			NextCursor string
		}
		if err := json.Unmarshal(result.Structured, &out); err != nil || len(result.Text) > tool.MaxResult || len(result.Structured) > tool.MaxResult {
			t.Fatalf("%d and %d characters, %v", len(result.Text), len(result.Structured), err)
		}
		if seen += len(out.Proposals); out.NextCursor == "" {
			if seen != 150 || page < 2 {
				t.Errorf("%d proposals on %d pages", seen, page+1)
			}
			return
		}
		args = `{"jobId":"j","limit":100,"sort":"bid","cursor":"` + out.NextCursor + `"}`
	}
}

// paging is a job with 150 proposals.
type paging struct{}

func (paging) RoundTrip(r *http.Request) (*http.Response, error) {
	query, start, limit := r.URL.Query(), 0, 0
	if _, err := fmt.Sscan(query.Get("limit"), &limit); err != nil {
		return nil, err
	}
	if cursor := query.Get("cursor"); cursor != "" {
		if _, err := fmt.Sscan(cursor, &start); err != nil {
			return nil, err
		}
	}
	var page []string
	for i := start; i < min(start+limit, 150); i++ {
		page = append(page, bidOf(fmt.Sprintf("%d-%s", i, strings.Repeat("x", 60)), "1", "PER_LABEL", "1", "1"))
	}
	next := "null"
	if start+limit < 150 {
		next = fmt.Sprintf(`"%d"`, start+limit)
	}
	body := `{"proposals":[` + strings.Join(page, ",") + `],"nextCursor":` + next + `}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func detailed(more string) string {
	return `{"proposal":` + strings.TrimSuffix(bidOf("p", "0.06", "PER_LABEL", "0.91", "86"), "}") + more + `}}`
}

const checked = `,"aiInterview":{"score":86,"summary":"Knows\nboxes.","transcriptAvailable":true},"verification":{"location":` +
	`{"status":"PASSED","method":"GPS","checkedAt":"2026-06-01T09:00:00Z"},"identity":{"verified":true}},"openLabel":{"score":3}`

// TestProposalLeadsOn: a proposal ends with what can be done next, as far as it is served and the status allows it.
func TestProposalLeadsOn(t *testing.T) {
	hired := strings.Replace(detailed(checked+`,"contract":{"id":"c1","status":"active"}`), `"raw":"UNREVIEWED"`, `"raw":"HIRED"`, 1)
	notAFit := strings.Replace(detailed(checked), `"raw":"UNREVIEWED"`, `"raw":"NOT_A_FIT"`, 1)
	for name, test := range map[string]struct {
		body   string
		action tool.Action
		note   []string
	}{
		"open":      {detailed(checked), tool.Done, []string{"doesn't serve the contracts toolset", tool.StartProposalConversation, tool.GetFreelancerProfile + " with freelancerId f-p"}},
		"hired":     {hired, tool.Done, []string{"This candidate is hired."}},
		"not a fit": {notAFit, tool.Done, []string{"isn't in the running", tool.StartProposalConversation}},
	} {
		api := &script{answers: map[string]string{"GET /proposals/p": test.body}}
		result, failure := call(t, api, setup{}, alice, tool.GetProposal, `{"proposalId":"p"}`)
		if failure != nil {
			t.Fatal(name, failure)
		}
		next := stepIn(t, result)
		if next.Action != test.action || next.URL != "https://app.opentrain.ai/jobs/j" || len(api.sent) != 1 {
			t.Errorf("%s: %+v, %v", name, next, api.sent)
		}
		for _, want := range append(test.note, "Bid: $0.06 per label\n", "Match score, on OpenTrain's scale: 0.91\n", "Verification: location PASSED (GPS, 2026-06-01), identity verified\n",
			"> Maria p. · Annotator · Spain", "Interview summary:\n> Knows\n> boxes.\n", "> {\"score\":3}\n", "with interview: true") {
			if !strings.Contains(result.Text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, result.Text)
			}
		}
	}
	// Where the tools for contracts are served, they come next.
	for body, want := range map[string]string{
		detailed(checked): `Call: opentrain_hire_proposal {"amountUsd":"<answer:amountUsd>","description":"<answer:description>","dueDate":"<answer:dueDate>","proposalId":"p"}`,
		hired:             `Call: opentrain_get_contract {"contractId":"c1"}`,
	} {
		all := serve(t, &script{answers: map[string]string{"GET /proposals/p": body}}, setup{})
		contracts := []tool.Tool{{Spec: tool.Spec{Name: tool.HireProposal}}, {Spec: tool.Spec{Name: tool.GetContract}}}
		by := tool.Call{Caller: alice, Served: tool.Served{Sets: []tool.Set{{Tools: append(slices.Collect(maps.Values(all.tools)), contracts...)}}}}
		if result, _, failure := all.run(t.Context(), t, by, tool.GetProposal, `{"proposalId":"p"}`); failure != nil || !strings.Contains(result.Text, want) {
			t.Errorf("%v:\n%s", failure, result.Text)
		}
	}
	// Words name no tool that isn't served.
	api := &script{answers: map[string]string{"GET /proposals/p": detailed("")}}
	all := serve(t, api, setup{})
	result, _, failure := all.run(t.Context(), t, all.with(t, tool.GetProposal, tool.GetFreelancerProfile), tool.GetProposal, `{"proposalId":"p"}`)
	if failure != nil || strings.Contains(result.Text, tool.StartProposalConversation) || !strings.Contains(result.Text, tool.GetFreelancerProfile) {
		t.Errorf("%v:\n%s", failure, result.Text)
	}
}

// TestInterviewComesInParts: the parts are short enough, and together they are the whole interview.
func TestInterviewComesInParts(t *testing.T) {
	var messages []string
	for i := range 40 {
		role := [2]string{"interviewer", "candidate"}[i%2]
		messages = append(messages, fmt.Sprintf(`{"id":"m%d","role":"%s","content":"say %d %s","sentAt":"2026-06-01T10:00:00Z"}`, i, role, i, strings.Repeat("x\\n", 800)))
	}
	api := &script{answers: map[string]string{
		"GET /proposals/p": detailed(checked), "GET /proposals/p/interview": `{"interview":{"interviewId":"i","score":86,"messages":[` + strings.Join(messages, ",") + `]}}`,
	}}
	heard, parts := 0, 0
	for args := `{"proposalId":"p","interview":true}`; args != ""; parts++ {
		result, failure := call(t, api, setup{}, alice, tool.GetProposal, args)
		if failure != nil {
			t.Fatal(failure)
		}
		if len([]rune(result.Text)) > tool.MaxResult || len([]rune(string(result.Structured))) > tool.MaxResult {
			t.Fatalf("%d and %d characters", len(result.Text), len(result.Structured))
		}
		var out struct {
			Interview  []struct{ From, Content string }
			NextCursor string
		}
		if err := json.Unmarshal(result.Structured, &out); err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Interview {
			want := fmt.Sprintf("say %d ", heard)
			if !strings.HasPrefix(m.Content, want) || m.From != [2]string{"interviewer", "candidate"}[heard%2] || !strings.Contains(result.Text, "> "+want) {
				t.Errorf("message %d: %s, %.20q", heard, m.From, m.Content)
			}
			heard++
		}
		if args = ""; out.NextCursor != "" {
			args = `{"proposalId":"p","cursor":"` + out.NextCursor + `"}`
		}
	}
	if heard != 40 || parts < 3 {
		t.Errorf("%d messages in %d parts", heard, parts)
	}
	for args, want := range map[string]string{
		`{"proposalId":"p","cursor":"40"}`: "Interview: There are no more messages.", `{"proposalId":"p","cursor":"x"}`: "cursor isn't valid",
		`{"proposalId":"p","cursor":"-3"}`: "cursor isn't valid",
	} {
		result, failure := call(t, api, setup{}, alice, tool.GetProposal, args)
		if words := result.Text + textOf(failure); !strings.Contains(words, want) {
			t.Errorf("%s: %s", args, words)
		}
	}
	// One message that is too long is cut, and none at all is no failure.
	api.answers["GET /proposals/p"] = detailed(`,"aiInterview":{"summary":"` + strings.Repeat(`\"\n`, 2000) + `"}`)
	api.answers["GET /proposals/p/interview"] = `{"interview":{"interviewId":"i","messages":[{"role":"candidate","content":"` + strings.Repeat(`\"\n`, 9000) + `"}]}}`
	result, failure := call(t, api, setup{}, alice, tool.GetProposal, `{"proposalId":"p","interview":true}`)
	if failure != nil || len([]rune(result.Text)) > tool.MaxResult || len(result.Structured) > tool.MaxResult || !strings.Contains(result.Text, "too long to show whole") {
		t.Errorf("%v, %d and %d characters", failure, len(result.Text), len(result.Structured))
	}
	delete(api.answers, "GET /proposals/p/interview")
	result, failure = call(t, api, setup{}, alice, tool.GetProposal, `{"proposalId":"p","interview":true}`)
	if failure != nil || !strings.Contains(result.Text, "No screening interview is recorded for this proposal.") {
		t.Errorf("%v\n%s", failure, result.Text)
	}
	api.answers["GET /proposals/p/interview"] = `500 {"error":"Down.","code":"INTERNAL_ERROR"}`
	if _, failure = call(t, api, setup{}, alice, tool.GetProposal, `{"proposalId":"p","interview":true}`); failure == nil || !failure.Retryable {
		t.Errorf("an outage is shown as no interview: %v", failure)
	}
}

func textOf(failure *tool.Failure) string {
	if failure == nil {
		return ""
	}
	return failure.Text()
}

const profile = `{"freelancer":{"id":"f","profileSlug":"maria-g","profilePath":"/profile/maria-g","displayName":"Maria G.","talentType":"Individual",` +
	`"title":"Annotator","bio":"I label.\nA lot.","city":"Madrid","countryCode":"ES","country":"Spain","hourlyRateUsd":18,"availability":"FULL_TIME",` +
	`"expertiseLevel":"EXPERT","englishLevel":"FLUENT","memberSince":"2024","identityVerified":true,` +
	`"skills":{"subjectMatter":["Cars"],"tags":["SENTIMENT_ANALYSIS"],"software":["CVAT"],"dataTypes":["TEXT"],"labelTypes":["CLASSIFICATION"]},` +
	`"languages":[{"language":"Spanish","proficiency":"NATIVE"}],"stats":{"totalEarnedUsd":2400,"billedHours":12.5,"jobSuccessScore":98,"reviewCount":2,"averageRating":4.9},` +
	`"agency":null,"labelExperience":[{"id":"1","title":"Boxes","description":"Many.","fromYear":2020,"toYear":null,"ongoing":true,"software":"CVAT","dataType":"IMAGE","labelTypes":["BOX"]}],` +
	`"workExperience":[{"company":"Acme"}],"education":[{"school":"UPM"}],"reviews":[{"id":"r","rating":5,"comment":"Good.","createdAt":"2026-01-02T00:00:00Z"}]}}`

// TestProfile: the whole profile is there, by id, by slug and by the address of its page.
func TestProfile(t *testing.T) {
	for given, asked := range map[string]string{
		"f": "f", "maria-g": "maria-g", "https://app.opentrain.ai/profile/maria-g?x=1": "maria-g", "/profile/maria%20g/#top": "maria g",
	} {
		api := &script{answers: map[string]string{"GET /freelancers/" + asked: profile}}
		result, failure := call(t, api, setup{}, alice, tool.GetFreelancerProfile, `{"freelancerId":"`+given+`"}`)
		if failure != nil {
			t.Fatal(given, failure.Text())
		}
		for _, want := range []string{
			"Profile of AI trainer f.", "Identity: verified", "Rate: $18 per hour", "Earned: $2,400", "Hours billed: 12.5", "Job success, on OpenTrain's scale: 98",
			"scale: 4.9 from 2 reviews", "Page: https://app.opentrain.ai/profile/maria-g", "> Maria G. · Annotator · Madrid, Spain · Individual",
			"> Level: EXPERT, English FLUENT, FULL_TIME, member since 2024", "> Languages: Spanish (NATIVE)", "> Subjects: Cars", "> Skills: SENTIMENT_ANALYSIS",
			"> Labeling project: Boxes · 2020–now · CVAT · IMAGE · BOX · Many.", `> Work: {"company":"Acme"}`, `> Education: {"school":"UPM"}`,
			"> Review: rating 5 · 2026-01-02 · Good.", "Bio:\n> I label.\n> A lot.", "opentrain_invite_trainer with freelancerId f.",
		} {
			if !strings.Contains(result.Text, want) {
				t.Errorf("%s: %q is not in\n%s", given, want, result.Text)
			}
		}
	}
	entry := `{"title":"` + strings.Repeat("x", 2000) + `"}`
	long := `{"freelancer":{"id":"f","bio":"` + strings.Repeat("y", 9000) + `","labelExperience":[` + strings.Repeat(entry+",", 40) + entry + `],"workExperience":[` +
		strings.Repeat(entry+",", 40) + entry + `],"education":[` + strings.Repeat(entry+",", 40) + entry + `]}}`
	result, failure := call(t, &script{answers: map[string]string{"GET /freelancers/f": long}}, setup{}, alice, tool.GetFreelancerProfile, `{"freelancerId":"f"}`)
	if failure != nil || len([]rune(result.Text)) > tool.MaxResult || len(result.Structured) > tool.MaxResult || !strings.Contains(result.Text, "Left out: ") {
		t.Errorf("%v, %d and %d characters", failure, len(result.Text), len(result.Structured))
	}
}

// TestPeopleNotFound: what isn't there, or belongs to another account, leads to where it can be found.
func TestPeopleNotFound(t *testing.T) {
	const foreign = `403 {"error":"This job belongs to another account.","code":"FORBIDDEN"}`
	for name, args := range map[string]string{
		tool.ListProposals: `{"jobId":"j"}`, tool.GetProposal: `{"proposalId":"p"}`, tool.GetFreelancerProfile: `{"freelancerId":"f"}`,
		tool.StartProposalConversation: `{"proposalId":"p"}`, tool.ReadMessages: `{"conversationId":"v"}`, tool.SendMessage: `{"conversationId":"v","content":"Hi"}`,
	} {
		for _, answer := range []string{"", foreign} {
			api := &script{answers: map[string]string{
				"GET /jobs/j/proposals": answer, "GET /proposals/p": answer, "GET /freelancers/f": answer, "POST /proposals/p/conversation": answer,
				"GET /messages": answer, "POST /messages": answer,
			}}
			_, failure := call(t, api, setup{confirm: true}, alice, name, args)
			if failure == nil || failure.Next.Action != tool.CallTool || failure.Next.Tool != tool.ListJobs && failure.Next.Tool != tool.ReadMessages {
				t.Errorf("%s, %q: %v", name, answer, textOf(failure))
			}
		}
	}
}

// TestSortingReadsAllPages: the best proposal is the first one wherever OpenTrain lists it, and the cursor leads on in the same order.
func TestSortingReadsAllPages(t *testing.T) {
	pages := map[string]string{}
	for page := range 6 { // one more than is read
		entries := make([]string, 100)
		for i := range entries {
			n := page*100 + i
			entries[i] = fmt.Sprintf(`{"id":"p%d","jobId":"j","metrics":{"matchScore":%d},"candidate":{"id":"c"}}`, n, n)
		}
		pages[fmt.Sprint(page)] = `{"proposals":[` + strings.Join(entries, ",") + fmt.Sprintf(`],"nextCursor":"%d"}`, page+1)
	}
	var sent []string
	api := roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.URL.RawQuery)
		body := pages[cmp.Or(r.URL.Query().Get("cursor"), "0")]
		if !strings.HasSuffix(r.URL.Path, "/jobs/j/proposals") {
			body = `{}`
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
	seen := []string{}
	args := `{"jobId":"j","sort":"match","limit":2}`
	for range 2 {
		sent = nil
		result, failure := call(t, api, setup{}, alice, tool.ListProposals, args)
		if failure != nil || !strings.Contains(result.Text, "highest match first, of the 500 newest") || len(sent) != 5 {
			t.Fatalf("%v after %v\n%s", textOf(failure), sent, result.Text)
		}
		var out struct {
			Proposals  []struct{ ProposalID string }
			NextCursor string
		}
		if err := json.Unmarshal(result.Structured, &out); err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Proposals {
			seen = append(seen, p.ProposalID)
		}
		args = fmt.Sprintf(`{"jobId":"j","sort":"match","limit":2,"cursor":%q}`, out.NextCursor)
	}
	if want := "p499 p498 p497 p496"; strings.Join(seen, " ") != want {
		t.Errorf("%v, not %s", seen, want)
	}
	pages["2"] = `<html>`
	if result, failure := call(t, api, setup{}, alice, tool.ListProposals, `{"jobId":"j","sort":"match"}`); failure == nil {
		t.Errorf("an error in the middle looks like a list: %s", result.Text)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
