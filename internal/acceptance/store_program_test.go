package acceptance_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/redistest"
)

// TestStoreOfThePrograms: three programs share a Redis with a password. It is killed and started again in the middle of
// their calls, none of which fails. The log has a line when it goes and one when it's back, the metrics show it, and neither
// has the password, a token or anything that was shared.
func TestStoreOfThePrograms(t *testing.T) {
	t.Parallel()
	const password = "hunter2hunter2"
	redis := redistest.Start(t, "--requirepass", password)
	api, token := runSandbox(t)
	env := environment(t, "OPENTRAIN_API_BASE_URL="+api, "OPENTRAIN_MCP_STATE_KEY="+strings.Repeat("A", 43)+"=",
		"OPENTRAIN_MCP_STORE=redis://:"+password+"@"+redis.Address)
	var programs []*httpProgram
	for range 3 {
		programs = append(programs, runHTTP(t, env, "--rate", "0"))
	}
	metric := func(line string) func() bool {
		return func() bool {
			for _, p := range programs {
				if !strings.Contains(p.do("GET", "/metrics", "").body, "\n"+line+"\n") {
					return false
				}
			}
			return true
		}
	}
	eventually(t, "all know each other", metric("opentrain_mcp_store_replicas 3"))
	stop := make(chan struct{})
	var agents sync.WaitGroup
	for _, p := range programs {
		agents.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for name, arguments := range map[string]map[string]any{
					"opentrain_create_draft": {"description": demo.SampleDescription}, "opentrain_search_jobs": {"q": "images"},
					"opentrain_patch_draft": patch("headcount", 9), "opentrain_publish": job(), "opentrain_list_jobs": {},
				} {
					if got := p.call(name, arguments, tokenHeader, token); got.isError && name != "opentrain_patch_draft" && name != "opentrain_publish" {
						t.Errorf("%s: %s", name, got.text) // there may be no draft yet
					}
				}
			}
		})
	}
	redis.Kill()
	eventually(t, "all notice", metric("opentrain_mcp_store_connected 0"))
	redis.Restart()
	restarted := time.Now()
	eventually(t, "all are back", metric("opentrain_mcp_store_connected 1"))
	if took := time.Since(restarted); took > 30*time.Second {
		t.Errorf("back after %v", took)
	}
	eventually(t, "steps are counted", func() bool {
		return strings.Contains(programs[0].do("GET", "/metrics", "").body,
			`db_client_operation_duration_seconds_count{db_operation_name="add",db_system_name="redis",error_type=""}`)
	})
	close(stop)
	agents.Wait()
	for _, p := range programs {
		// It is lost more than once where the machine is too busy for 250 ms.
		eventually(t, "each loss and each return has its line", func() bool {
			page, log := p.do("GET", "/metrics", "").body, p.program.stderr.String()
			lost, back := strings.Count(log, "the store can't be reached"), strings.Count(log, "the store is back")
			return lost > 0 && back == lost && strings.Contains(page, fmt.Sprintf("\nopentrain_mcp_store_failures_total %d\n", lost))
		})
		log := p.program.stderr.String()
		for line := range strings.Lines(log) {
			var entry struct{ Reason string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Reason != "" && strings.ContainsAny(entry.Reason, "{}") {
				t.Errorf("a key in the log: %s", line)
			}
		}
		if all := log + p.do("GET", "/metrics", "").body; strings.Contains(all, password) || strings.Contains(all, token) {
			t.Errorf("a secret in\n%s", all)
		}
	}
}
