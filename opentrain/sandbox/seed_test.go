package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// TestMarketIsPlausible looks at all jobs of a new sandbox: complete, different from each other, and from the past.
func TestMarketIsPlausible(t *testing.T) {
	now := newClock()
	a := newAPI(t, sandbox.Config{Now: now.Now})
	jobs := list(a.want(200, "GET", "/jobs?limit=50", nil)["jobs"])
	seen, firstWords, rates, companies := map[string]bool{}, map[string]int{}, map[string]bool{}, map[string]int{}
	for _, j := range jobs {
		title, posted := str(dig(j, "title")), str(dig(j, "datePosted"))
		for _, key := range []string{"title", "descriptionText", "datePosted", "slug"} {
			if seen[str(dig(j, key))] {
				t.Errorf("%s twice: %v", key, dig(j, key))
			}
			seen[str(dig(j, key))] = true
		}
		firstWords[strings.Fields(title)[0]]++
		companies[str(dig(j, "companyName"))]++
		at, err := time.Parse(time.RFC3339, posted)
		age := now.Now().Sub(at)
		valid, _ := time.Parse(time.RFC3339, str(dig(j, "validThrough")))
		if err != nil || age < time.Minute || !valid.After(now.Now()) {
			t.Errorf("%s: posted %s, valid through %v", title, posted, dig(j, "validThrough"))
		}
		pay := obj(dig(j, "pay"))
		for _, key := range []string{"hourlyRate", "perLabelRate", "fixedPrice"} {
			if pay[key] != nil {
				rates[fmt.Sprint(key, pay[key])] = true
			}
		}
		if dig(j, "experienceLevel") == nil || len(list(dig(j, "labelTypes"))) == 0 || len(title) > 70 {
			t.Errorf("incomplete: %v", j)
		}
		for _, code := range list(dig(j, "countries")) {
			if len(str(code)) != 2 {
				t.Errorf("%s: country %v", title, code)
			}
		}
	}
	if len(rates) < 30 || len(companies) < 20 || firstWords["Bounding"] > 3 || len(firstWords) < 35 {
		t.Errorf("%d rates, %d companies, %d first words for %d jobs", len(rates), len(companies), len(firstWords), len(jobs))
	}
	equal(t, "own jobs", a.want(200, "GET", "/jobs/mine", nil)["jobs"], []any{})
}

func TestHistory(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		now := newClock()
		a := newAPI(t, sandbox.Config{Variant: v, Now: now.Now, History: true, Accounts: []sandbox.Account{writer("one"), writer("two")}})
		var states []string
		for _, j := range list(a.want(200, "GET", "/jobs/mine", nil)["jobs"]) {
			created, _ := time.Parse(time.RFC3339, str(dig(j, "createdAt")))
			states = append(states, fmt.Sprint(dig(j, "id"), " ", dig(j, "status"), " ", int(now.Now().Sub(created).Hours()/24)))
		}
		equal(t, "jobs", states, []string{"job_3 DRAFT 7", "job_2 OPEN 12", "job_1 ARCHIVED 61"})
		equal(t, "another account", len(list(a.as("two").want(200, "GET", "/jobs/mine", nil)["jobs"])), 0)
		equal(t, "live", a.want(200, "GET", "/jobs/job_2", nil)["companyName"], "Writer one")
		resp, closed := a.do("GET", "/jobs/job_1", nil)
		equal(t, "archived", []any{resp.StatusCode, closed["status"]}, []any{404, "closed"})
		events := strings.Join(a.events("2000-01-01"), "\n")
		for event, want := range map[string]bool{"job_2 UPDATED 2026-06-07": true, "job_1 CLOSED 2026-05-18": true, "job_3": false} {
			if strings.Contains(events, event) != want {
				t.Errorf("%s is in the change feed: %v", event, !want)
			}
		}
		equal(t, "found", ids(a.want(200, "GET", "/jobs?q=support+chatbot", nil)), []string{"job_2"})

		gaps := list(dig(a.want(400, "POST", "/jobs/job_3/publish", nil), "details", "validation", "missingFields"))
		equal(t, "open questions", len(gaps), 3)
		a.want(200, "PATCH", "/job-drafts/job_3", object{"experienceLevel": "INTERMEDIATE", "dataVolumeUnit": "HOURS_OF_RECORDING_AUDIO_VIDEO",
			"paymentType": "PAY_PER_HOUR", "pricePerHour": 22})
		a.want(200, "POST", "/jobs/job_3/publish", nil)
		a.want(200, "PATCH", "/jobs/job_2", object{"pricePerHour": 16})
		equal(t, "the next job", a.create(readyText)["jobId"], "job_4")
	})
	empty := newAPI(t, sandbox.Config{History: true, Accounts: []sandbox.Account{{Name: "no token"}}})
	empty.as("").want(200, "GET", "/jobs", nil)
}

// TestNewIsCheap checks that nothing is built before it is needed.
func TestNewIsCheap(t *testing.T) {
	if n := testing.AllocsPerRun(20, func() { sandbox.New(sandbox.Config{History: true}) }); n > 40 {
		t.Errorf("New makes %v allocations", n)
	}
	a := newAPI(t, sandbox.Config{})
	resp, _ := a.do(http.MethodGet, "/jobs?limit=1", nil)
	equal(t, "first request", resp.StatusCode, 200)
}
