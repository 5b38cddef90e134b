package acceptance_test

import (
	"bytes"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestConfirmationsOfReplicas: replicas that share a key accept each other's
// confirmations, and those of an old key beside a new one. Replicas with other keys do
// not, and neither does another caller.
func TestConfirmationsOfReplicas(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{Accounts: employers(2)})
	key := func(fill byte) []byte { return bytes.Repeat([]byte{fill}, 32) }
	replica := func(keys ...[]byte) *remote {
		return startHTTPWith(t, box.Transport(), func(c *opentrainmcp.HTTPConfig) { c.Confirm, c.StateKeys = opentrainmcp.Auto, keys })
	}
	mine, theirs := as(0), as(1)
	first := replica(key(1))
	call := func(s *remote, token string, headers []string) answer {
		t.Helper()
		return s.call("opentrain_publish", map[string]any{"jobId": "job_1", "confirmationToken": token}, headers...)
	}
	first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, mine...)
	first.call("opentrain_patch_draft", completing(), mine...)
	tokenOf := func(a answer) string {
		token, _ := a.next(t).Arguments["confirmationToken"].(string)
		return token
	}
	token := tokenOf(call(first, "", mine))
	for name, refused := range map[string]answer{
		"another key": call(replica(key(2)), token, mine), "a key of its own": call(replica(), token, mine),
		"another caller":           call(first, token, theirs),
		"another caller elsewhere": call(replica(key(1)), token, theirs), "no token": call(first, token, nil),
	} {
		if strings.Contains(refused.text, "is live") {
			t.Errorf("%s: %s", name, refused.text)
		}
	}
	for _, s := range []*remote{first} {
		if sent := s.api.seen(); strings.Contains(strings.Join(sent, "\n"), "/publish") {
			t.Errorf("%v", sent)
		}
	}
	if got := call(replica(key(3), key(1)), token, mine); !strings.Contains(got.text, "is live.") {
		t.Errorf("a replica with the old key beside a new one: %s", got.text)
	}
	if got := call(replica(key(1)), token, mine); !strings.Contains(got.text, "was already live") {
		t.Errorf("a replica with the same key: %s", got.text)
	}
	short := newSetup(box.Transport()).config(t)
	short.StateKeys = [][]byte{{1, 2, 3}}
	if _, err := opentrainmcp.New(short); err == nil {
		t.Error("a short key is accepted")
	}
}

// TestReplicasShowNoMemory: where other replicas change drafts too, a replica does not
// show what it remembers.
func TestReplicasShowNoMemory(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{}).Transport()
	key := bytes.Repeat([]byte{7}, 32)
	replica := func() *remote {
		return startHTTPWith(t, box, func(c *opentrainmcp.HTTPConfig) {
			c.Confirm, c.StateKeys, c.Replicated = opentrainmcp.Auto, [][]byte{key}, true
		})
	}
	first, second, token := replica(), replica(), []string{tokenHeader, sandbox.DemoToken}
	first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
	second.call("opentrain_patch_draft", map[string]any{"jobId": "job_1",
		"fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES", "pricePerHour": 99,
			"jobTitle": "Another title"}}, token...)
	got := first.call("opentrain_publish", job(), token...)
	next := got.next(t)
	if next.Show.Title != "Another title" || next.Show.Fields != nil || next.Show.DraftURL == "" {
		t.Errorf("%+v", next.Show)
	}
}

// TestStateKeyAloneMakesNoReplica: with a state key but without Replicated, a server is the
// only one, so a confirmation shows what it remembers of the draft. With Replicated it does
// not.
func TestStateKeyAloneMakesNoReplica(t *testing.T) {
	t.Parallel()
	token := []string{tokenHeader, sandbox.DemoToken}
	for _, replicated := range []bool{false, true} {
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
			c.Confirm, c.StateKeys, c.Replicated = opentrainmcp.Auto, [][]byte{bytes.Repeat([]byte{7}, 32)}, replicated
		})
		s.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
		s.call("opentrain_patch_draft", completing(), token...)
		got := s.call("opentrain_publish", job(), token...)
		next := got.next(t)
		if next.Action != tool.ConfirmWithHuman || next.Show == nil {
			t.Fatalf("replicated %v: %s", replicated, got.text)
		}
		if shows := shownFields(t, next)["experienceLevel"] == "EXPERT"; shows == replicated {
			t.Errorf("replicated %v: the confirmation shows %+v", replicated, next.Show)
		}
	}
}
