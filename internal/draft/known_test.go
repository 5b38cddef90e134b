package draft

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/opentrain"
)

// TestMemoryIsBounded: all that is remembered of a draft counts, its description included: many long ones push out the
// oldest drafts.
func TestMemoryIsBounded(t *testing.T) {
	long := strings.Repeat("x", 1<<18)
	for name, of := range map[string]func(id string) (*opentrain.Draft, ReportOptions){
		"descriptions": func(id string) (*opentrain.Draft, ReportOptions) {
			return &opentrain.Draft{JobID: id}, ReportOptions{Source: long}
		},
		"content": func(id string) (*opentrain.Draft, ReportOptions) {
			return &opentrain.Draft{JobID: id, NormalizedFields: opentrain.Fields{"jobDescription": []byte(`"` + long + `"`)}}, ReportOptions{}
		},
		"texts that no one sees": func(id string) (*opentrain.Draft, ReportOptions) {
			return &opentrain.Draft{
				JobID: id, Status: long[:len(long)/4], MissingFields: []opentrain.MissingField{{Field: "a", Code: long[:len(long)/4], Type: long[:len(long)/4]}},
				Warnings: []opentrain.Note{{Code: long[:len(long)/4]}},
			}, ReportOptions{}
		},
		"questions": func(id string) (*opentrain.Draft, ReportOptions) {
			questions := make([]opentrain.MissingField, len(long)/192)
			for i := range questions {
				questions[i].Field = fmt.Sprint(i)
			}
			return &opentrain.Draft{JobID: id, MissingFields: questions}, ReportOptions{}
		},
		"keys that were set": func(id string) (*opentrain.Draft, ReportOptions) {
			keys := opentrain.Fields{}
			for i := range len(long) / 64 {
				keys[fmt.Sprint(i)] = nil
			}
			return &opentrain.Draft{JobID: id}, ReportOptions{Set: keys}
		},
	} {
		desk := NewDesk(nil, nil, nil, store.InMemory(time.Now), false, time.Now)
		const fit = maxRemembered / (1 << 18)
		for i := range fit + 1 {
			draft, options := of(fmt.Sprint("job_", i))
			desk.remember(caller.Caller{ID: "alice"}, draft, options)
		}
		for id, want := range map[string]bool{"job_0": false, fmt.Sprint("job_", fit): true} {
			if _, found := desk.remembered(caller.Caller{ID: "alice"}, id); found != want {
				t.Errorf("%s of %s is remembered: %v", name, id, found)
			}
		}
	}
}
