package acceptance_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// answerWith answers public searches of jobs with a text that caches keep.
func (a *attackedAPI) answerWith(body string) {
	a.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/jobs") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		io.WriteString(w, body) //nolint:errcheck // the caller may be gone
		return true
	}
}

// hang answers nothing, until the server gives up.
func (a *attackedAPI) hang() {
	a.instead = func(_ http.ResponseWriter, r *http.Request) bool {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // only then the context ends with the connection
		<-r.Context().Done()
		return true
	}
}

// unlimited has no budget of public reads, so that every search asks the API.
func unlimited() []string { return []string{"--public-read-budget", "1000000", "--rate", "0"} }

// searching is a call that no other call is like.
func searching(n int) string {
	return rpc(1, "opentrain_search_jobs", map[string]any{"q": fmt.Sprint("signs ", n)})
}

// answerAttacks come from the API, or fill what is remembered of its answers.
func answerAttacks() []attack {
	const most = 8<<20 - 100 // bytes that the server reads
	searches := func(name, body string, calls int) attack {
		return attack{name: name, limit: callersLimit, args: unlimited(), run: func(v *victim) {
			v.api.answerWith(body)
			before := v.memory("VmRSS")
			v.flood(calls, 8, func(n int) string { return v.post(searching(n), from(n)) })
			v.noteEach(before, calls, "searches")
			v.want(v.api.strangers.Load() >= int64(calls), "%d requests of the API", v.api.strangers.Load())
		}}
	}
	listing := func(text string, times int) string {
		return `{"jobs":[` + strings.Repeat(text+",", times) + text + `]}`
	}
	job := `{"id":"job_1","title":"` + strings.Repeat("t", 100) + `","description":"` + strings.Repeat("d", 700) + `"}`
	tiny := `{"id":"1","countries":["a","b"],"languages":["a","b"]}`
	return []attack{
		searches("answers: 8 MiB of empty jobs", listing("{}", most/3-10), 16),
		searches("answers: 32,000 empty jobs", listing("{}", 32_000), 32),
		searches("answers: 6,000 jobs with lists", listing(tiny, 6000), 32),
		searches("answers: 8 MiB in one title", `{"jobs":[{"id":"job_1","title":"`+strings.Repeat("x", most)+`"}]}`, 16),
		searches("answers: 8 MiB of escapes", `{"jobs":[{"id":"job_1","title":"`+strings.Repeat(`\n`, most/2-20)+`"}]}`, 16),
		searches("answers: 8 MiB of lists in lists", `{"jobs":`+strings.Repeat("[", most/2-10)+strings.Repeat("]", most/2-10)+`}`, 16),
		searches("answers: 1 MiB of jobs", listing(job, 1100), 32),
		searches("answers: 8 MiB of spaces", `{"jobs":[]`+strings.Repeat(" ", most-20)+`}`, 16),
		searches("2,000 searches with answers of 50 KB", listing(job, 60), 2000),
		searches("8,000 searches with empty answers", `{"jobs":[]}`, 8000),
	}
}

// waitingAttacks make calls wait, or are made with tokens that are valid.
func waitingAttacks() []attack {
	waits := func(name string, n int, args []string, request func(v *victim, n int) string) attack {
		return attack{name: name, limit: strangersLimit, args: args, alone: true, run: func(v *victim) {
			v.api.hang()
			v.hold(n, "calls", func(n int, w *wire) bool { return w.send(request(v, n)) })
		}}
	}
	list := rpc(1, "opentrain_list_jobs", struct{}{})
	long := rpc(1, "opentrain_create_draft", map[string]any{"description": strings.Repeat("Label signs. ", 4000)})
	valid := func(v *victim, n int) string {
		token := fmt.Sprintf("ot_pat_valid_%05d", n)
		v.api.account(standInAccount{id: token})
		v.api.token(token, token)
		return tokenHeader + ": " + token
	}
	called := func(name string, calls int, request func(v *victim, n int) string) attack {
		return attack{name: name, limit: callersLimit, args: unlimited(), run: func(v *victim) {
			before := v.memory("VmRSS")
			v.flood(calls, 8, func(n int) string { return request(v, n) })
			v.noteEach(before, calls, "calls")
		}}
	}
	return []attack{
		waits("3,000 calls with made-up tokens wait for the API", 3000, nil, func(v *victim, n int) string {
			return v.post(list, from(n), madeUp(n))
		}),
		waits("3,000 searches wait for the API", 3000, unlimited(), func(v *victim, n int) string {
			return v.post(searching(n), from(n))
		}),
		waits("500 long drafts with made-up tokens wait for the API", 500, nil, func(v *victim, n int) string {
			return v.post(long, from(n), madeUp(n))
		}),
		called("2,000 accounts", 2000, func(v *victim, n int) string {
			return v.post(rpc(1, "opentrain_create_draft", map[string]any{"description": "Label signs."}), from(n), valid(v, n))
		}),
		called("1,000 drafts of 50 KB", 1000, func(v *victim, n int) string {
			return v.post(strings.ReplaceAll(long, "signs", fmt.Sprint(n)), from(n), valid(v, n%50))
		}),
		called("5,000 patches of jobs that don't exist", 5000, func(v *victim, n int) string {
			patch := map[string]any{"jobId": fmt.Sprintf("%064d", n), "fields": map[string]any{"headcount": 3}}
			return v.post(rpc(1, "opentrain_patch_draft", patch), from(n), valid(v, 1))
		}),
		{name: "200 drafts of 50 KB in the sandbox", limit: strangersLimit, args: []string{"--sandbox"}, alone: true, run: func(v *victim) {
			v.note("%s", counted(v.flood(200, 8, func(n int) string { return v.post(strings.ReplaceAll(long, "signs", fmt.Sprint(n)), from(n)) })))
		}},
		{name: "32 calls of strangers that would show forms", limit: strangersLimit, args: []string{
			"--sessions", "--confirm", "auto",
		}, run: func(v *victim) {
			hello := strings.Replace(hello, `"capabilities":{}`, `"capabilities":{"elicitation":{}}`, 1)
			var calling sync.WaitGroup
			for n := range 32 {
				calling.Go(func() {
					w := v.dial()
					_, header, _ := w.do(v.post(hello, from(n), madeUp(n)))
					status, _, body := w.do(v.post(rpc(2, "opentrain_publish", map[string]any{"jobId": "made-up"}), from(n), madeUp(n),
						"Accept: application/json, text/event-stream", "Mcp-Session-Id: "+header.Get("Mcp-Session-Id")))
					v.want(status == 200 && !strings.Contains(body, "elicitation"), "%d %.200s", status, body)
				})
			}
			calling.Wait()
		}},
	}
}
