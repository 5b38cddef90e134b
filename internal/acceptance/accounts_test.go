package acceptance_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// newcomer is a model without an account, and its human. It knows the list of tools, and does what the results say.
type newcomer struct {
	t       *testing.T
	program *program
	email   string
	said    string   // all results
	path    []string // the tools that were called
}

// empty is a program in an empty home directory, at the API at base. It asks before it acts.
func (n *newcomer) start(base, home string, args ...string) {
	n.t.Helper()
	env := environment(n.t, "HOME="+home, "USERPROFILE="+home, "OPENTRAIN_API_BASE_URL="+base, "OPENTRAIN_MCP_CONFIRM=auto",
		"OPENTRAIN_MCP_LOG_LEVEL=debug")
	n.program = run(n.t, env, args...)
	n.program.send(hello)
	n.program.receive()
}

// follow calls a tool and does what the steps say, to the last one.
func (n *newcomer) follow(name string, arguments map[string]any) tool.Next {
	n.t.Helper()
	for range 40 {
		got := n.program.call(name, arguments)
		n.path = append(n.path, strings.TrimPrefix(name, "opentrain_"))
		meta, err := json.Marshal(got.failure)
		if err != nil {
			n.t.Fatal(err)
		}
		n.said += got.text + string(got.structured) + string(meta)
		next := tool.Next{}
		switch {
		case !got.isError:
			next = got.next(n.t)
		case got.failure.Next != nil:
			next = *got.failure.Next
		}
		switch next.Action {
		case tool.Done:
			return next
		case tool.AskHuman:
			next.Arguments = n.answered(next)
		case tool.ConfirmWithHuman:
			if next.Show == nil {
				n.t.Fatalf("nothing to show: %s", got.text)
			}
		case tool.OpenURL:
			n.claim(next)
		case tool.CallTool, tool.Wait:
		default:
			n.t.Fatalf("%v: %s leads nowhere: %s", n.path, name, got.text)
		}
		name, arguments = next.Tool, next.Arguments
	}
	n.t.Fatalf("no end: %v", n.path)
	return tool.Next{}
}

// answered are the arguments of a question with the human's answers.
func (n *newcomer) answered(next tool.Next) map[string]any {
	n.t.Helper()
	if next.Field == "email" {
		return map[string]any{"email": n.email}
	}
	return (&walk{t: n.t}).answered(next)
}

// claim is what the human does on the claim page.
func (n *newcomer) claim(next tool.Next) {
	n.t.Helper()
	code := regexp.MustCompile(`\d{6}`).FindString(next.Note)
	response, err := http.PostForm(next.URL, url.Values{"code": {code}})
	if err != nil {
		n.t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNotFound { // another agent may have started again
		n.t.Errorf("%s %s: %d %s", next.URL, code, response.StatusCode, page)
	}
}

// post takes a job from its description to the marketplace, and then invites someone, which needs a claimed account.
func (n *newcomer) post(description string) {
	n.t.Helper()
	n.follow("opentrain_create_draft", map[string]any{"description": description})
	published := regexp.MustCompile(`"jobId":"(job_\d+)","published":true`).FindStringSubmatch(n.said)
	if published == nil {
		n.t.Fatalf("nothing is published: %v\n%s", n.path, n.said)
	}
	n.follow("opentrain_invite_trainer", map[string]any{"jobId": published[1], "freelancerId": sandbox.FreelancerAvailable})
}

// saved are the members of cli.json in a home directory.
func saved(t *testing.T, home string) map[string]string {
	t.Helper()
	path := filepath.Join(home, ".config", "opentrain", "cli.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	members := map[string]string{}
	for name, value := range all {
		if member, is := value.(string); is {
			members[name] = member
		}
	}
	return members
}

// TestFromNothingToAPublishedJob: a model that knows only the tools gets an account, posts a job, and has its human claim
// the account, in one process. It sees no token.
func TestFromNothingToAPublishedJob(t *testing.T) {
	t.Parallel()
	base, _ := runSandbox(t)
	home := t.TempDir()
	n := &newcomer{t: t, email: "owner@example.org"}
	n.start(base, home)
	n.follow("opentrain_create_draft", map[string]any{"description": "Label 500 photos of dogs, $12 per hour."})
	before := saved(t, home)
	if before["claimToken"] == "" || before["baseUrl"] != base || !strings.HasPrefix(before["apiToken"], "ot_pat_") {
		t.Errorf("saved %v", before)
	}
	path := strings.Join(n.path, " ")
	if !strings.HasPrefix(path, "create_draft register_agent create_draft patch_draft") || !strings.HasSuffix(path, "publish search_jobs") {
		t.Error(path)
	}
	if !strings.Contains(n.said, "A human must claim this account within 24 hours") {
		t.Error("nothing says that the account must be claimed")
	}
	n.path = nil
	n.follow("opentrain_invite_trainer", map[string]any{"jobId": "job_1", "freelancerId": sandbox.FreelancerAvailable})
	if path := strings.Join(n.path, " "); path != "invite_trainer claim_account claim_status invite_trainer invite_trainer" {
		t.Error(path)
	}
	after := saved(t, home)
	if after["claimToken"] != "" || after["apiToken"] == before["apiToken"] || after["baseUrl"] != base {
		t.Errorf("saved %v, then %v", before, after)
	}
	if !strings.Contains(n.said, `"email":"owner@example.org"`) || !strings.Contains(n.said, "The account is claimed") &&
		!strings.Contains(n.said, "A human has claimed the account") {
		t.Error(n.said)
	}
	n.program.stdin.Close()
	if err := n.program.end(); err != nil {
		t.Error(err)
	}
	if leaked := regexp.MustCompile(`ot_(pat|clm)_\w+`).FindString(n.said + n.program.stderr.String()); leaked != "" {
		t.Errorf("%s is shown", leaked)
	}
}

// TestTwoServersShareOneAccount: two models without an account, each with a server of its own, do the same at once. They get
// one account, and nothing is lost.
func TestTwoServersShareOneAccount(t *testing.T) {
	t.Parallel()
	base, _ := runSandbox(t)
	home := t.TempDir()
	var both sync.WaitGroup
	models := []*newcomer{{t: t, email: "owner@example.org"}, {t: t, email: "owner@example.org"}}
	for i, n := range models {
		n.start(base, home)
		both.Go(func() { n.post(fmt.Sprintf("Label %d00 photos of dogs, $12 per hour.", i+3)) })
	}
	both.Wait()
	last := saved(t, home)
	if last["claimToken"] != "" || last["baseUrl"] != base {
		t.Errorf("saved %v", last)
	}
	for _, n := range models {
		jobs := n.program.call("opentrain_list_jobs", map[string]any{"status": "OPEN"})
		if jobs.isError || !strings.Contains(jobs.text, "job_1") || !strings.Contains(jobs.text, "job_2") {
			t.Error(jobs.text)
		}
	}
}
