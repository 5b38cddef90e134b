package web

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestReportsComeWithTheirCall: each call has its own, whatever else the session does.
func TestReportsComeWithTheirCall(t *testing.T) {
	const calls = 16
	s := start(t, withSessions)
	session := s.openSession()
	listening := s.send("GET", "/mcp", "", session...)
	if got := listening.Header.Get("Content-Type"); listening.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("%d %s", listening.StatusCode, got)
	}
	answers := make(chan []string, calls)
	for i := range calls {
		body := strings.Replace(call(i, "wait"), `"params":{`, fmt.Sprintf(`"params":{"_meta":{"progressToken":"token %d"},`, i), 1)
		go func() {
			stream := readEvents(t, s.send("POST", "/mcp", body, session...))
			answers <- []string{fmt.Sprint(i), stream.mustNext(), stream.mustNext()}
		}()
	}
	for range calls {
		<-s.fake.started
	}
	close(s.fake.release)
	for range calls {
		got := <-answers
		if !strings.Contains(got[1], `"progressToken":"token `+got[0]+`"`) || !strings.Contains(got[2], `"id":`+got[0]+`,"result"`) {
			t.Errorf("call %s got %q", got[0], got[1:])
		}
	}
	s.do("DELETE", "/mcp", "", session...)
	if body, err := io.ReadAll(listening.Body); err != nil || len(body) > 0 {
		t.Errorf("%v; the session's stream has %q", err, body)
	}
}

// TestAcceptDecides: a client that reads no event streams gets JSON, without reports.
func TestAcceptDecides(t *testing.T) {
	s := start(t, nil)
	close(s.fake.release)
	body := strings.Replace(call(1, "wait"), `"params":{`, `"params":{"_meta":{"progressToken":7},`, 1)
	for accept, events := range map[string]bool{
		"": true, "*/*": true, "application/json, text/event-stream;q=0.5": true, "text/*": true,
		"application/json": false, "application/json, text/plain": false, ";": false,
	} {
		got := s.post(body, "Accept", accept)
		if isStream := got.header.Get("Content-Type") == "text/event-stream"; isStream != events || !strings.Contains(got.body, "released") {
			t.Errorf("%q: %v %s", accept, got.header, got.body)
		}
	}
}

// TestResponsesSayTheirLength: a response that isn't a stream has its length in the header, also if it is an error. One that follows on
// the same connection begins where it ends.
func TestResponsesSayTheirLength(t *testing.T) {
	s := start(t, nil)
	s.fake.release = make(chan struct{})
	for _, body := range []string{
		ping, call(1, "whoami"), call(1, "no_such_tool"), `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
		`{"jsonrpc":"2.0","id":1,"method":"no/such"}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":7}`,
	} {
		for range 2 {
			got := s.post(body, "Accept", "application/json")
			if length := got.header.Get("Content-Length"); length != strconv.Itoa(len(got.body)) || !json.Valid([]byte(got.body)) {
				t.Errorf("%s: %q for %d bytes: %s", body, length, len(got.body), got.body)
			}
		}
	}
}

// TestFormIsKeptAlive: a proxy would cut a call that is silent while a human reads.
func TestFormIsKeptAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t, func(c *Config) { c.Sessions, c.AllowedHosts = true, []string{"example.com"} })
		post := func(body, session string) *httptest.ResponseRecorder {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Mcp-Session-Id", session)
			s.handler.ServeHTTP(w, r)
			return w
		}
		began, got := time.Now(), post(call(1, "ask"), post(initialize, "").Header().Get("Mcp-Session-Id"))
		if body := got.Body.String(); time.Since(began) != time.Minute || strings.Count(body, ": keep-alive\n\n") != 2 ||
			!strings.HasPrefix(body, "event: message\n") || !strings.Contains(body, "no answer") {
			t.Errorf("after %v: %s", time.Since(began), body)
		}
		length := got.Body.Len()
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
		if got.Body.Len() != length {
			t.Error("a heartbeat after the response")
		}
		if err := s.handler.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
