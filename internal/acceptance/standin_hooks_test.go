package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestStandInHooks(t *testing.T) {
	d := newStandInDesk(t)
	id := d.add(standInJob{owner: "a"})
	remove := d.fail("GET /jobs/mine", 2, 503, "")
	for _, want := range []int{200, 503, 200} {
		if got, _ := d.send("a", "GET /jobs/mine", ""); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	remove()
	for drop, op := range map[standInDrop]string{dropUnsent: "dial", dropBefore: "read", dropAfter: "read"} {
		remove := d.hook(standInHook{on: "POST /jobs/{id}/close", drop: drop,
			match: func(r standInRequest) bool { return r.id == id && r.token == "a" }})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://x"+standInBase+"/jobs/"+id+"/close", nil)
		r.Header.Set("Authorization", "Bearer a")
		_, err := d.RoundTrip(r)
		var lost *net.OpError
		if !errors.As(err, &lost) || lost.Op != op || (d.job(id).status == "ARCHIVED") != (drop == dropAfter) {
			t.Errorf("drop %d: %v, and the job is %s", drop, err, d.job(id).status)
		}
		remove()
		d.edit(id, func(j *standInJob) { j.status = "DRAFT" })
	}
	if sent, arrived := len(d.requests()), len(d.arrived("POST /jobs/{id}/close")); sent != 6 || arrived != 2 {
		t.Errorf("%d requests, %d arrived", sent, arrived)
	}
	// A change in the app while a request is held, and an answer that is changed on its way.
	arrived, release := d.hold("PATCH /job-drafts/{id}", 1)
	d.hook(standInHook{on: "PATCH /job-drafts/{id}", after: func(r *standInRequest) { r.status, r.answer = 409, `{"was":200}` }})
	var wait sync.WaitGroup
	wait.Go(func() {
		if status, answer := d.send("a", "PATCH /job-drafts/"+id, `{"headcount":8}`); status != 409 || answer["was"] != 200.0 {
			t.Error(status, answer)
		}
	})
	<-arrived
	d.edit(id, func(j *standInJob) { j.fields["headcount"] = 9 })
	release()
	wait.Wait()
	if got := d.job(id).fields["headcount"]; got != 8.0 {
		t.Error(got)
	}
	// A caller who gives up is let go, and the request is handled all the same.
	arrived, release = d.hold("POST /jobs/{id}/publish", 1)
	ctx, cancel := context.WithCancel(t.Context())
	handled := make(chan struct{})
	d.hook(standInHook{on: "POST /jobs/{id}/publish", after: func(*standInRequest) { close(handled) }})
	go func() { <-arrived; cancel() }()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "https://x"+standInBase+"/jobs/"+id+"/publish", nil)
	r.Header.Set("Authorization", "Bearer a")
	if _, err := d.RoundTrip(r); !errors.Is(err, context.Canceled) || d.job(id).status != "DRAFT" {
		t.Errorf("%v, and the job is %s", err, d.job(id).status)
	}
	release()
	<-handled
	if status := d.job(id).status; status != "OPEN" {
		t.Error(status)
	}
	d.remove(id)
	d.refused(404, "NOT_FOUND", "", "a", "POST /jobs/"+id+"/close", "")
}

func TestStandInOverAConnectionAndByMany(t *testing.T) {
	d := newStandInDesk(t)
	server := httptest.NewServer(d)
	defer server.Close()
	d.hook(standInHook{on: "GET /jobs/facets", after: func(r *standInRequest) { r.answerHeader.Del("Date") }})
	var wait sync.WaitGroup
	for n := range 50 {
		wait.Go(func() {
			d.send("a", "POST /job-drafts", fmt.Sprintf(`{"rawJobDescription":"x","idempotencyKey":"%d"}`, n%5))
			response, err := server.Client().Get(server.URL + standInBase + "/jobs/facets")
			if err != nil {
				t.Error(err)
				return
			}
			if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), `"totalJobs":0`) {
				t.Errorf("%s %v", body, err)
			}
			response.Body.Close()
			if slices.Contains(response.Header["Date"], "") || response.Header.Get("Date") != "" {
				t.Error("the Date is there")
			}
		})
	}
	wait.Wait()
	if jobs := d.some(func(*standInJob) bool { return true }); len(jobs) != 5 {
		t.Errorf("%d drafts", len(jobs))
	}
	d.hook(standInHook{on: "POST /jobs/{id}/close", drop: dropAfter})
	response, err := http.Post(server.URL+standInBase+"/jobs/job_1/close", "", nil)
	if err == nil {
		t.Error(response.Body.Close(), "the connection was not lost")
	}
}
