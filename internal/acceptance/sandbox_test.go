package acceptance_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestSandboxServesItsPages: the links of `opentrain-mcp sandbox` open pages that say what they are.
func TestSandboxServesItsPages(t *testing.T) {
	t.Parallel()
	base, token := runSandbox(t, "--seed", "history")
	host := connect(t, environment(t, "OPENTRAIN_API_BASE_URL="+base, "OT_API_TOKEN="+token))
	got := call(t, host, "opentrain_list_jobs", map[string]any{})
	for id, link := range map[string]string{
		"job_3": base + "/job-post?job=job_3", "job_2": base + "/jobs/job_2", "job_1": base + "/jobs/job_1",
	} {
		if !strings.Contains(got.text, link) {
			t.Errorf("%s is not in\n%s", link, got.text)
		}
		status, page := open(t, link, "")
		if want := map[string]int{"job_1": 404}[id]; status != max(want, 200) || !strings.Contains(page, "lives in memory until the sandbox stops") {
			t.Errorf("%s: %d\n%s", link, status, page)
		}
	}
	byPage := map[string]any{"jobId": base + "/job-post?job=job_3", "fields": map[string]any{"headcount": 2}}
	if got := call(t, host, "opentrain_patch_draft", byPage); got.isError {
		t.Errorf("the page's address as an id: %s", got.text)
	}
}

// TestSandboxAnswersThisMachineOnly: a name that a web page made to resolve here reads nothing (DNS rebinding).
func TestSandboxAnswersThisMachineOnly(t *testing.T) {
	t.Parallel()
	base, _ := runSandbox(t)
	address, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{
		"127.0.0.1:" + address.Port(): 200, "localhost:" + address.Port(): 200, "LOCALHOST": 200, "[::1]": 200, "127.0.0.1": 200,
		"rebound.example:" + address.Port(): 403, "localhost.example": 403, "192.0.2.1": 403,
	} {
		for _, path := range []string{"/", "/api/public/v1/jobs"} {
			if status, page := open(t, base+path, name); status != want {
				t.Errorf("%s as %s: %d\n%s", path, name, status, page)
			}
		}
	}
	for name, headers := range map[string]map[string]string{
		"a form of another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
		"an older browser":       {"Origin": "https://evil.example"},
	} {
		request, err := http.NewRequest(http.MethodPost, base+"/api/agent/identity", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		for header, value := range headers {
			request.Header.Set(header, value)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if response.Body.Close(); response.StatusCode != http.StatusForbidden {
			t.Errorf("%s registered an agent: %s", name, response.Status)
		}
	}
	everywhere, _ := runSandbox(t, "--listen", "0.0.0.0:0")
	if !strings.HasPrefix(everywhere, "http://127.0.0.1:") {
		t.Errorf("the address for browsers is %s", everywhere)
	}
	if status, _ := open(t, everywhere+"/", "sandbox.internal:8090"); status != 200 {
		t.Errorf("an operator's own name for a sandbox that serves a network: %d", status)
	}
}

// TestSandboxLinksAreMarked: with --sandbox no one serves pages, so no link looks like OpenTrain's.
func TestSandboxLinksAreMarked(t *testing.T) {
	t.Parallel()
	complete := map[string]any{"labelTypes": []string{"BOUNDING_BOX"}, "experienceLevel": "ENTRY_LEVEL", "paymentType": "PAY_PER_HOUR",
		"pricePerHour": 12, "dataVolume": 2500, "dataVolumeUnit": "NUMBER_OF_FILES", "jobTitle": "Boxes on photos"}
	for name, started := range map[string]struct{ env, args []string }{
		"flags":     {nil, []string{"--sandbox", "--seed", "history"}},
		"variables": {[]string{"OPENTRAIN_MCP_SANDBOX=true", "OPENTRAIN_MCP_SEED=history"}, nil},
	} {
		host := connect(t, environment(t, started.env...), started.args...)
		var all strings.Builder
		for _, step := range []struct {
			tool      string
			arguments map[string]any
		}{
			{"opentrain_list_jobs", map[string]any{}},
			{"opentrain_search_jobs", map[string]any{"limit": 3}},
			{"opentrain_get_job", map[string]any{"jobId": "job_2"}},
			{"opentrain_create_draft", map[string]any{"description": "Entry-level bounding boxes on 2,500 photos, $12 per hour."}},
			{"opentrain_patch_draft", map[string]any{"jobId": sandbox.PlaceholderURL + "/job-post?job=job_4", "fields": complete}},
			{"opentrain_publish", map[string]any{"jobId": "job_4"}},
			{"opentrain_update_job", map[string]any{"jobId": sandbox.PlaceholderURL + "/jobs/job_4", "fields": patch("headcount", 3)["fields"]}},
		} {
			got := call(t, host, step.tool, step.arguments)
			if got.isError {
				t.Errorf("%s: %s: %s", name, step.tool, got.text)
			}
			fmt.Fprintln(&all, got.text, string(got.structured))
		}
		for link, want := range map[string]bool{
			"https://sandbox.invalid/jobs/job_2": true, "https://sandbox.invalid/job-post?job=job_3": true,
			"https://sandbox.invalid/jobs/job_4": true, "https://app.opentrain.ai": false, "https://www.opentrain.ai": false,
		} {
			if strings.Contains(all.String(), link) != want {
				t.Errorf("%s: %s is there: %v, in\n%s", name, link, !want, &all)
			}
		}
	}
}

// open opens a page with a Host header, "" for the address's own.
func open(t *testing.T, address, host string) (status int, page string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestSandboxLetsAHumanDecide: `opentrain-mcp sandbox` with jobs from before has applicants at once; a hire waits on its page, and other
// sites can't decide it. A webhook is told.
func TestSandboxLetsAHumanDecide(t *testing.T) {
	t.Parallel()
	base, token := runSandbox(t, "--seed", "history")
	client, err := opentrain.New(opentrain.Config{BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		told <- r.Header.Get(opentrain.WebhookEventHeader)
	}))
	defer hook.Close()
	ctx := opentrain.WithToken(t.Context(), token)
	if _, err := client.CreateWebhook(ctx, hook.URL, []string{opentrain.EventApprovalConfirmed}); err != nil {
		t.Fatal(err)
	}
	found, err := client.ListProposals(ctx, "job_2", opentrain.ProposalQuery{})
	if err != nil || len(found.Items) != 3 {
		t.Fatal(found, err)
	}
	asked, err := client.HireProposal(ctx, found.Items[0].ID, opentrain.HireRequest{
		Milestone: opentrain.HireMilestone{Name: "Pilot", AmountUSD: 300},
	})
	if err != nil || !strings.HasPrefix(asked.ApprovalURL, base+"/approvals/") {
		t.Fatal(asked, err)
	}
	for _, link := range []string{asked.ApprovalURL, base + "/"} {
		if _, page := open(t, link, ""); !strings.Contains(page, "Hire an AI trainer") {
			t.Errorf("%s: %s", link, page)
		}
	}
	for origin, want := range map[string]int{"https://evil.example": http.StatusForbidden, base: http.StatusOK} {
		request, err := http.NewRequest(http.MethodPost, asked.ApprovalURL, strings.NewReader("decision=confirmed"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", origin)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if response.Body.Close(); response.StatusCode != want {
			t.Errorf("%s: %s", origin, response.Status)
		}
	}
	if got, err := client.GetApproval(ctx, asked.ID); err != nil || got.Status != opentrain.ApprovalConfirmed || !got.Result.Hired {
		t.Errorf("%+v, %v", got, err)
	}
	select {
	case kind := <-told:
		if kind != opentrain.EventApprovalConfirmed {
			t.Error(kind)
		}
	case <-time.After(patience):
		t.Error("the webhook wasn't told")
	}
}
