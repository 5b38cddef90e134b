package tools_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/tool"
)

// sharedStore is a store that replicas share.
type sharedStore struct {
	store.Store
	values *sync.Map
}

func (sharedStore) Shared() bool { return true }

func (s sharedStore) Get(key string) []byte {
	value, _ := s.values.Load(key)
	held, _ := value.([]byte)
	return held
}

func (s sharedStore) Put(key string, value []byte, _ time.Duration) { s.values.Store(key, value) }
func (s sharedStore) Delete(key string)                             { s.values.Delete(key) }

// TestReplicasShareDrafts: a replica completes OpenTrain's short answer with what another one was told of the draft. What the
// store has lost is unknown, and so is the draft of another caller.
func TestReplicasShareDrafts(t *testing.T) {
	short := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false,"missingFieldCount":1,"missingFields":["headcount"]}}`
	whole := asking().answers["POST /job-drafts"]
	whole = strings.TrimSuffix(whole, "}") + `,"lowConfidenceFields":[{"field":"dataType","value":"IMAGE","reason":"A guess."}]}`
	api := &script{answers: map[string]string{"POST /job-drafts": whole, "PATCH /job-drafts/j": short}}
	shared := sharedStore{store.InMemory(time.Now), new(sync.Map)}
	replica := func() served { return serve(t, api, setup{store: shared}) }
	run := func(at served, by tool.Call, name, arguments string) string {
		result, _, failure := at.run(t.Context(), t, by, name, arguments)
		if failure != nil {
			t.Fatal(failure.Text())
		}
		return result.Text
	}
	first, second := replica(), replica()
	run(first, tool.Call{Caller: alice}, tool.CreateDraft, `{"description":"x"}`)
	const change = `{"jobId":"j","fields":{"experienceLevel":"A"}}`
	const question, content, guess = "Question: How many?", `"jobTitle":"T"`, "Guess to confirm: Data type"
	if text := run(second, tool.Call{Caller: caller.Caller{ID: "bob"}}, tool.PatchDraft, change); strings.Contains(text, question) {
		t.Errorf("another caller's draft:\n%s", text)
	}
	text := run(second, tool.Call{Caller: alice}, tool.PatchDraft, change)
	structured, _, _ := first.run(t.Context(), t, tool.Call{Caller: alice}, tool.PatchDraft, change)
	for _, want := range []string{question, guess} {
		if !strings.Contains(text, want) || !strings.Contains(structured.Text, want) {
			t.Errorf("%q is missing in\n%s\n---\n%s", want, text, structured.Text)
		}
	}
	if !strings.Contains(string(structured.Structured), content) {
		t.Errorf("%q is missing in %s", content, structured.Structured)
	}
	shared.values.Clear()
	if text := run(first, tool.Call{Caller: alice}, tool.PatchDraft, change); strings.Contains(text, question) {
		t.Errorf("from a lost store:\n%s", text)
	}
}

// TestAKeyLikeAJob: an idempotency key is the caller's own word. One that is the id of a draft doesn't stand for it.
func TestAKeyLikeAJob(t *testing.T) {
	shared := sharedStore{store.InMemory(time.Now), new(sync.Map)}
	s := serve(t, asking(), setup{store: shared})
	for _, arguments := range []string{`{"description":"one"}`, `{"description":"two","idempotencyKey":"j"}`} {
		if _, _, failure := s.run(t.Context(), t, tool.Call{Caller: alice}, tool.CreateDraft, arguments); failure != nil {
			t.Fatalf("%s: %s", arguments, failure.Text())
		}
	}
}
