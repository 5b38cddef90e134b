package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

func TestAnswerID(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"jsonrpc":"2.0","id":12,"result":{"id":3}}`:                                             "12 <nil>",
		`{"result":{"jobs":[{"id":"job_1"},{"id":4}],"more":"and more"},"jsonrpc":"2.0","id":56}`: "56 <nil>",
		`{"jsonrpc":"2.0","id":"12"}`:                                                             "no id",
		`{"jsonrpc":"2.0","result":{}}`:                                                           "no id",
		``:                                                                                        "no id",
	} {
		id, start, end, err := answerID([]byte(answer))
		got := fmt.Sprint(id, " ", err)
		if err == nil && answer[start:end] != fmt.Sprint(id) || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", answer, got, want)
		}
	}
}

const twoJobs = `{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"two"}],"structuredContent":{"jobs":[{},{}]}}}`

// TestCallsOverAPipe: an answer that isn't like the first, or that belongs to no call, ends the measurement.
func TestCallsOverAPipe(t *testing.T) {
	t.Parallel()
	answer := func(id int) string { return fmt.Sprintf(twoJobs, id) + "\n" }
	first := answer(firstID)
	for _, test := range []struct{ name, answers, problem string }{
		{"all well", first + `{"jsonrpc":"2.0","method":"notifications/message"}` + "\n" + answer(firstID+2) + answer(firstID+1), ""},
		{"it ends", first, "EOF"},
		{"an id of no call", first + answer(firstID+7), "nothing with id"},
		{"another answer", first + strings.Replace(answer(firstID+1), "two", "one", 1), "another answer"},
		{"an error", strings.Replace(first, `"content"`, `"isError":true,"content"`, 1), "not the answer"},
		{"too few jobs", strings.Replace(first, "{},", "", 1), "not the answer"},
		{"not JSON", "Listening\n", "invalid character"},
	} {
		sent := &writeBuffer{}
		p := &process{wire: overStdio, stdin: sent, stdout: bufio.NewReader(strings.NewReader(test.answers)), next: firstID}
		durations, err := p.spread(t.Context(), &call{tool: "list_jobs", arguments: "{}", jobs: 2}, 2, 3)
		switch {
		case test.problem == "" && (err != nil || len(durations) != 3 || strings.Count(sent.String(), "\n") != 3):
			t.Errorf("%s: %d durations, %v, sent\n%s", test.name, len(durations), err, sent)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("%s: %v, want %s", test.name, err, test.problem)
		}
	}
}

// writeBuffer is a pipe that keeps what is written.
type writeBuffer struct{ bytes.Buffer }

func (*writeBuffer) Close() error { return nil }

// TestCallsOverHTTP: every caller has one connection, and a refusal or another answer ends the measurement.
func TestCallsOverHTTP(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		answer  func(n int) (int, string)
		problem string
	}{
		{"all well", func(int) (int, string) { return http.StatusOK, "two" }, ""},
		{"refused", func(n int) (int, string) { return http.StatusOK + n/5*229, "two" }, "429"},
		{"another answer", func(n int) (int, string) { return http.StatusOK, []string{"two", "one"}[n/5] }, "another answer"},
		{"refused at once", func(int) (int, string) { return http.StatusUnauthorized, "" }, "401"},
		{"no answer of the tool", func(int) (int, string) { return http.StatusOK, `"}],"isError":true,"x":[{"y":"` }, "not the answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			calls := make(chan int, 1)
			calls <- 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				n := <-calls
				calls <- n + 1
				status, text := test.answer(min(n, 9))
				w.WriteHeader(status)
				io.WriteString(w, strings.Replace(fmt.Sprintf(twoJobs, firstID), "two", text, 1)) //nolint:errcheck // the callers see it
			}))
			defer server.Close()
			p := &process{wire: overHTTP, address: server.Listener.Addr().String()}
			durations, err := p.spread(t.Context(), &call{tool: "list_jobs", arguments: "{}", jobs: 2}, 2, 9)
			switch {
			case test.problem == "" && (err != nil || len(durations) != 8 || <-calls != 9): // the first is checked, not timed
				t.Error(len(durations), err)
			case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
				t.Errorf("%v, want %s", err, test.problem)
			}
		})
	}
}

// TestPairs: two calls take turns, and each answer is compared with the first one of its own call.
func TestPairs(t *testing.T) {
	t.Parallel()
	const draft = `{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":%q}],"structuredContent":{"jobId":"job_1"}}}`
	pair := func() *call {
		return &call{tool: "create", arguments: "{}", then: &call{tool: "patch", arguments: "{}"}}
	}
	for _, test := range []struct{ name, answers, problem string }{
		{"all well", "create patch create patch", ""},
		{"another create", "create patch patch patch", "another answer"},
		{"another patch", "create patch create create", "another answer"},
	} {
		var answers strings.Builder
		for i, text := range strings.Fields(test.answers) {
			fmt.Fprintf(&answers, draft+"\n", firstID+i, text)
		}
		sent := &writeBuffer{}
		p := &process{wire: overStdio, stdin: sent, stdout: bufio.NewReader(strings.NewReader(answers.String())), next: firstID}
		durations, err := p.spread(t.Context(), pair(), 1, 4)
		switch {
		case test.problem == "" && (err != nil || len(durations) != 4 || toolsIn(sent.String()) != test.answers):
			t.Errorf("%s: %d durations, %v, sent\n%s", test.name, len(durations), err, sent)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("%s: %v, want %s", test.name, err, test.problem)
		}
	}
	asked := make(chan string, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked <- toolsIn(string(body))
		fmt.Fprintf(w, draft, firstID, toolsIn(string(body)))
	}))
	defer server.Close()
	p := &process{wire: overHTTP, address: server.Listener.Addr().String()}
	if durations, err := p.spread(t.Context(), pair(), 1, 6); err != nil || len(durations) != 4 {
		t.Error(len(durations), err)
	}
	for i := range 6 {
		if got, want := <-asked, []string{"create", "patch"}[i%2]; got != want {
			t.Errorf("call %d is %s, want %s", i, got, want)
		}
	}
}

// toolsIn are the names of the tools that messages call.
func toolsIn(messages string) string {
	var names []string
	for _, found := range regexp.MustCompile(`"name":"(\w+)"`).FindAllStringSubmatch(messages, -1) {
		names = append(names, found[1])
	}
	return strings.Join(names, " ")
}

// TestSliceCountsTheAPI: a server that answers without asking the API isn't measured as if it asked.
func TestSliceCountsTheAPI(t *testing.T) {
	t.Parallel()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for upstream, problem := range map[bool]string{false: "", true: "2 calls of list_jobs made 0 requests"} {
		answers := fmt.Sprintf(twoJobs+"\n"+twoJobs+"\n", firstID, firstID+1)
		c := &call{tool: "list_jobs", arguments: "{}", jobs: 2, upstream: upstream}
		v := &visit{
			results: &results{calls: map[kind][]figures{}}, api: &api{}, list: c,
			process: &process{
				wire: overStdio, stdin: &writeBuffer{}, stdout: bufio.NewReader(strings.NewReader(answers)), next: firstID,
				cmd: &exec.Cmd{Process: self}, server: server{name: "fake"},
			},
		}
		err := v.slice(t.Context(), c, 1, 2)
		v.finish(c, 1)
		got := v.calls[kind{"fake", overStdio, listJobs, 1}]
		switch {
		case problem == "" && (err != nil || len(got) != 1 || got[0].perSecond <= 0):
			t.Error(got, err)
		case problem != "" && (err == nil || !strings.Contains(err.Error(), problem) || len(got) != 0):
			t.Error(got, err)
		}
	}
}
