package tools_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/seal"
	"opentrain-mcp/tools"
)

// TestConfirmationsEnd: a confirmation of ten minutes publishes, one of eleven
// does not; the same of a form.
func TestConfirmationsEnd(t *testing.T) {
	box, err := seal.New(bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	kit := func(after time.Duration) tools.Kit {
		return tools.Kit{AskBeforePublish: true, Seal: box, Now: func() time.Time { return start.Add(after) }}
	}
	asked, failure := call(t, &upstream{}, kit(0), alice, "opentrain_publish", `{"jobId":"j"}`)
	if failure != nil {
		t.Fatal(failure)
	}
	var out struct{ Next tools.Next }
	data, err := json.Marshal(asked.Structured)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	arguments, err := json.Marshal(out.Next.Arguments)
	if err != nil {
		t.Fatal(err)
	}
	for after, counts := range map[time.Duration]bool{0: true, 10 * time.Minute: true, 11 * time.Minute: false, 24 * time.Hour: false, -time.Hour: false} {
		got, failure := call(t, &upstream{body: `{"jobId":"j","status":"OPEN"}`}, kit(after), alice, "opentrain_publish", string(arguments))
		if failure != nil {
			t.Fatal(failure)
		}
		if published := strings.Contains(got.Text, "is published: OPEN."); published != counts {
			t.Errorf("after %v: %s", after, got.Text)
		}
	}
}
