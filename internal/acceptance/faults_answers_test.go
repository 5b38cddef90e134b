package acceptance_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/internal/redistest"
)

// TestFaultyAnswers: whatever the API answers, to everything, to writes that it doesn't carry out or to writes that it does, what holds
// for a faulty network holds too.
func TestFaultyAnswers(t *testing.T) {
	slow(t, "waits for time limits")
	const html, limited = "<html><body><h1>Bad gateway</h1></body></html>", `{"error":"Too many requests.","code":"RATE_LIMITED"}`
	failed := `{"error":"Internal error.","code":"INTERNAL_ERROR","requestId":"r"}`
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		refuses bool // the answer means that nothing was done
	}{
		"429":                         {apiAnswer(429, "application/json", limited), true},
		"429, after a second":         {apiAnswer(429, "application/json", limited, "Retry-After", "1"), true},
		"429, after an hour":          {apiAnswer(429, "application/json", limited, "Retry-After", "3600"), true},
		"500":                         {apiAnswer(500, "application/json", failed), false},
		"502 with HTML":               {apiAnswer(502, "text/html", html), false},
		"503":                         {apiAnswer(503, "application/json", failed), false},
		"503, after a second":         {apiAnswer(503, "application/json", failed, "Retry-After", "1"), false},
		"200 with HTML":               {apiAnswer(200, "text/html", html), false},
		"200 with nothing":            {apiAnswer(200, "application/json", ""), false},
		"broken JSON":                 {apiAnswer(200, "application/json", `{"jobs":[{"id":"job_1","tit`), false},
		"JSON of another form":        {apiAnswer(200, "application/json", `[1,2,3]`), false},
		"a body without an end":       {endlessAnswer(64 << 10), false},
		"a slow body without an end":  {endlessAnswer(1), false},
		"a redirect to somewhere":     {apiAnswer(302, "text/html", html, "Location", "http://127.0.0.1:1/"), true},
		"the connection is broken":    {dropped, false},
		"an answer without an end":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, false},
		"an error without an end":     {endlessError, false},
		"an answer with wrong length": {apiAnswer(200, "application/json", `{"jobs":[]}`, "Content-Length", "100000"), false},
	} {
		for _, to := range []string{"everything", "writes", "writes that are done"} {
			if to == "writes that are done" && test.refuses {
				continue
			}
			t.Run(name+" to "+to, func(t *testing.T) {
				t.Parallel()
				newFaultWorld(t).answered(test.answer, to)
			})
		}
		if strings.HasSuffix(name, "without an end") {
			t.Run(name+" to everything, with a store", func(t *testing.T) {
				t.Parallel()
				newFaultWorld(t, storeOf(redistest.Start(t).Address)...).answered(test.answer, "everything")
			})
		}
	}
}

// answered makes and checks all calls while the API answers some requests in its own way.
func (w *faultWorld) answered(answer http.HandlerFunc, to string) {
	w.t.Helper()
	set := func(a *scriptedAnswer) { w.mu.Lock(); w.answer = a; w.mu.Unlock() }
	w.under(func() (lift func()) {
		set(&scriptedAnswer{answer, to})
		return func() { set(nil) }
	}, false)
	w.check()
}

// endlessAnswer begins an answer and never ends it.
func endlessAnswer(size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		trickle(w, r, size)
	}
}

func endlessError(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusInternalServerError)
	trickle(w, r, 1<<10)
}

// trickle writes JSON until the client has enough: in pieces of one byte slowly.
func trickle(w http.ResponseWriter, r *http.Request, size int) {
	piece := strings.Repeat(" ", size)
	_, err := io.WriteString(w, `{"jobs":[`)
	for err == nil && r.Context().Err() == nil {
		if _, err = io.WriteString(w, piece); size == 1 && err == nil {
			err = http.NewResponseController(w).Flush()
			pass(faultTimeout / 100)
		}
	}
}
