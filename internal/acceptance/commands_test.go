package acceptance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestDemoWithoutTerminal runs the README's first command.
func TestDemoWithoutTerminal(t *testing.T) {
	for _, args := range [][]string{{"demo"}, {"demo", "--variant", "reference"}, {"demo", "--yes", "Label 500 chest X-rays for a fixed price of $2,500"}} {
		cmd := exec.Command(binary, args...)
		cmd.Env = environment(t)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Done: job job_1 is published and the search finds it.") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		for _, tool := range []string{"create_draft", "patch_draft", "publish", "search_jobs"} {
			if !regexp.MustCompile(`(?m)^» opentrain_` + tool + ` \{.*  →  .* \([\d.]+ ms\)$`).Match(out) {
				t.Errorf("%v: no line shows %s\n%s", args, tool, out)
			}
		}
	}
}

// TestDemoInATerminal answers the demo's questions at a terminal.
func TestDemoInATerminal(t *testing.T) {
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("no script command here to make a terminal; .ci/run has it")
	}
	cmd := exec.Command(script, "-qec", binary+" demo", "/dev/null")
	cmd.Env = environment(t)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	screen := bufio.NewReader(io.TeeReader(stdout, &seen))
	for _, step := range []struct{ prompt, typed string }{
		{"or the name): ", "nonsense"}, {"or the name): ", "2"}, {"or the name): ", "number of files"}, {"(yes or no): ", "yes"},
	} {
		waitFor(t, screen, step.prompt, &seen)
		if _, err := io.WriteString(stdin, step.typed+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, screen, "Done: job job_1 is published and the search finds it.", &seen)
	stdin.Close()
	io.Copy(io.Discard, screen) //nolint:errcheck // a closed terminal ends with an error
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, seen.String())
	}
	if !strings.Contains(seen.String(), `"nonsense" is not in the list`) || strings.Contains(seen.String(), "sample answer") {
		t.Errorf("the answers were not read from the terminal:\n%s", seen.String())
	}
}

// waitFor reads until a text has appeared.
func waitFor(t *testing.T, screen *bufio.Reader, text string, seen *bytes.Buffer) {
	t.Helper()
	var last strings.Builder
	for !strings.HasSuffix(last.String(), text) {
		r, _, err := screen.ReadRune()
		if err != nil {
			t.Fatalf("%q did not appear: %v\n%s", text, err, seen.String())
		}
		last.WriteRune(r)
	}
}

// sandboxProcess runs the sandbox command and returns its address and token.
func sandboxProcess(t *testing.T, args ...string) (base, token string) {
	t.Helper()
	p := run(t, environment(t), append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	for line := range p.lines {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), "export OPENTRAIN_API_BASE_URL="); found {
			base = value
		}
		if value, found := strings.CutPrefix(strings.TrimSpace(line), "export OT_API_TOKEN="); found {
			token = value
			break
		}
	}
	if base == "" || token == "" {
		t.Fatalf("address %q, token %q\n%s", base, token, p.stderr)
	}
	t.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		if _, err := p.end(); err != nil {
			t.Errorf("the sandbox ended with %v", err)
		}
	})
	return base, token
}

// TestGuideCurlCalls runs the posting guide's curl calls as printed, pointed at
// the sandbox, in the guide's order (developers/guides/post-a-job).
func TestGuideCurlCalls(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl here; .ci/run has it")
	}
	base, token := sandboxProcess(t)
	for _, step := range []struct {
		command string
		want    map[string]any // members of the answer, by path
	}{
		{`curl -sS -X POST https://app.opentrain.ai/api/public/v1/job-drafts \
  -H "Authorization: Bearer $OT_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "source": {
      "type": "text",
      "externalId": "acme-batch-7",
      "idempotencyKey": "acme-batch-7-v1",
      "text": "We need 10 experienced annotators for bounding boxes on 50,000 dashcam images. Pay is $18/hour. English required. Work runs about six weeks."
    }
  }'`, map[string]any{
			"ok": true, "jobId": "job_1", "status": "DRAFT", "draftUrl": "https://app.opentrain.ai/job-post?job=job_1",
			"validation.publishReady": false, "validation.issueCount": 0.0, "validation.missingFieldCount": 2.0, "validation.missingFields.0": "experienceLevel", "validation.missingFields.1": "dataVolumeUnit",
			"missingFields.0.field": "experienceLevel", "missingFields.0.label": "Experience level", "missingFields.0.message": "Experience level is required", "missingFields.0.code": "MISSING_EXPERIENCE_LEVEL",
			"missingFields.0.prompt": "What experience level should AI trainers have for this job?", "missingFields.0.type": "enum", "missingFields.0.enumValues.1": "INTERMEDIATE",
			"missingFields.0.updateKeys.0": "experienceLevel", "missingFields.0.example.experienceLevel": "INTERMEDIATE",
			"normalizedFields.jobTitle": "Bounding Box Annotation for Dashcam Images", "normalizedFields.paymentType": "PAY_PER_HOUR", "normalizedFields.pricePerHour": 18.0,
		}},
		{`curl -sS -X PATCH https://app.opentrain.ai/api/public/v1/job-drafts/<JOB_ID> \
  -H "Authorization: Bearer $OT_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "experienceLevel": "INTERMEDIATE",
    "dataVolumeUnit": "NUMBER_OF_FILES",
    "dataVolume": 50000
  }'`, map[string]any{"validation.publishReady": true, "validation.missingFieldCount": 0.0}},
		{`curl -sS -X POST https://app.opentrain.ai/api/public/v1/jobs/<JOB_ID>/publish \
  -H "Authorization: Bearer $OT_API_TOKEN"`, map[string]any{"ok": true, "status": "OPEN", "alreadyPublished": false, "jobUrl": "https://app.opentrain.ai/jobs/job_1", "sideEffects.dispatched": true}},
		{`curl -sS "https://app.opentrain.ai/api/public/v1/jobs?q=bounding+boxes&payType=PAY_PER_HOUR&limit=20"`, map[string]any{"jobs.0.id": "job_1", "jobs.0.pay.hourlyRate": 18.0}},
		{`curl -sS -X PATCH https://app.opentrain.ai/api/public/v1/jobs/<JOB_ID> \
  -H "Authorization: Bearer $OT_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"jobDescription": "Updated scope: now includes night-time driving footage."}'`, map[string]any{"ok": true, "status": "OPEN", "moderation.decision": "ALLOW"}},
		{`curl -sS -X POST https://app.opentrain.ai/api/public/v1/jobs/<JOB_ID>/invites \
  -H "Authorization: Bearer $OT_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"freelancerId": "<FREELANCER_ID>"}'`, map[string]any{"ok": true, "jobId": "job_1", "alreadyInvited": false}},
		{`curl -sS "https://app.opentrain.ai/api/public/v1/jobs/facets"`, map[string]any{"totalJobs": 42.0}},
		{`curl -sS "https://app.opentrain.ai/api/public/v1/jobs/changes?since=2026-06-01T00:00:00Z"`, map[string]any{"since": "2026-06-01T00:00:00.000Z"}},
		{`curl -sS -X POST https://app.opentrain.ai/api/public/v1/jobs/<JOB_ID>/close \
  -H "Authorization: Bearer $OT_API_TOKEN"`, map[string]any{"ok": true, "jobId": "job_1", "status": "ARCHIVED", "alreadyClosed": false}},
	} {
		command := strings.NewReplacer("https://app.opentrain.ai", base, "<JOB_ID>", "job_1", "<FREELANCER_ID>", sandbox.FreelancerAvailable).Replace(step.command)
		cmd := exec.Command(shell, "-c", command)
		cmd.Env = environment(t, "OT_API_TOKEN="+token)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, step.command)
		}
		var answer any
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		for path, want := range step.want {
			if got := at(answer, path); got != want {
				t.Errorf("%s is %v, want %v in\n%s", path, got, want, out)
			}
		}
	}
}

// at returns the value at a path such as "jobs.0.id".
func at(value any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			if i := int(part[0] - '0'); i < len(v) {
				value = v[i]
			}
		default:
			return nil
		}
	}
	return value
}

func TestUsageMistakesAreExplained(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"unknown command": {[]string{"stdoi"}, 2, "unexpected argument stdoi"},
		"unknown flag":    {[]string{"--sandbx"}, 2, `did you mean "--sandbox"`},
		"bad choice":      {[]string{"--publish-confirm", "maybe"}, 2, "publish-confirm"},
		"bad duration":    {[]string{"--timeout", "soon"}, 2, "timeout"},
		"no time":         {[]string{"--timeout", "0s"}, 1, "--timeout must be above zero"},
		"plain http":      {[]string{"--base-url", "http://app.opentrain.ai"}, 1, "use https"},
		"unknown tool":    {[]string{"--tools", "opentrain_publsh"}, 1, "did you mean opentrain_publish?"},
		"no certificates": {[]string{"--ca-file", "/none"}, 1, "--ca-file"},
		"bad address":     {[]string{"sandbox", "--listen", "127.0.0.1:99999"}, 1, "invalid port"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(binary, test.args...)
			cmd.Env = environment(t)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.Run() //nolint:errcheck // the exit code is looked at
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
				t.Errorf("code %d\nstdout: %s\nstderr: %s", code, &stdout, &stderr)
			}
		})
	}
}

func TestVersionAndHelp(t *testing.T) {
	for _, test := range []struct{ arg, want string }{{"version", "opentrain-mcp "}, {"--help", "Usage: opentrain-mcp"}} {
		out, err := exec.Command(binary, test.arg).Output()
		if err != nil || !strings.HasPrefix(string(out), test.want) {
			t.Errorf("%s: %v, %s", test.arg, err, out)
		}
	}
	out, err := exec.Command(binary, "tools", "--json").Output()
	var tools []map[string]any
	if err != nil || json.Unmarshal(out, &tools) != nil || len(tools) != 12 {
		t.Errorf("tools --json: %v, %s", err, out)
	}
}
