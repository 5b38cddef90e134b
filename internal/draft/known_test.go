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

// TestSettledNotes: what OpenTrain didn't use is settled once the human has set the field that it's about.
func TestSettledNotes(t *testing.T) {
	countries := opentrain.Note{Path: "source.text", ValuePreview: "German speakers, from Germany or Austria.", Reason: `"Germany": not clear.`}
	pay := opentrain.Note{Path: "source.text", ValuePreview: "Pay 18 euros an hour."}
	images := opentrain.Note{Path: "source.text", ValuePreview: "500 photos", Reason: "this may not be the amount of data."}
	for name, test := range map[string]struct {
		note    opentrain.Note
		key     string
		value   string
		settled bool
	}{
		"only its words":     {countries, "languages", `["German"]`, false},
		"a price":            {pay, "pricePerHour", "19.5", true},
		"something else":     {pay, "headcount", "3", false},
		"only its number":    {images, "dataVolume", "500", false},
		"a part of document": {opentrain.Note{Path: "job.headcount", ValuePreview: "a few"}, "headcount", "4", true},
		"a note on a field":  {opentrain.Note{Field: "headcount", Reason: "a few"}, "headcount", "4", true},
		"a long text":        {countries, "jobDescription", `"Germany"`, false},
	} {
		k := known{set: map[string]bool{test.key: true}, draft: &opentrain.Draft{NormalizedFields: opentrain.Fields{
			"paymentType": []byte(`"PAY_PER_HOUR"`), "pricePerHour": []byte("20"), test.key: []byte(test.value),
		}}}
		if got := k.isSettled(test.note); got != test.settled {
			t.Errorf("%s: %v", name, got)
		}
		k.set = nil
		if k.isSettled(test.note) {
			t.Errorf("%s: settled by no one", name)
		}
	}
}
