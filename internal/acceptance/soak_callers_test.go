package acceptance_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// soakCall is a tool and arguments that a caller calls it with.
func soakCall(n int) (name string, arguments map[string]any) {
	switch rand.N(5) {
	case 0:
		return "opentrain_list_jobs", map[string]any{}
	case 1:
		return "opentrain_search_jobs", map[string]any{"q": fmt.Sprint("photos ", rand.N(20))}
	case 2:
		return "opentrain_create_draft", map[string]any{"description": "Label 500 photos of road signs for " + employer(n).Name}
	}
	return "opentrain_get_account", map[string]any{}
}

// soakRPC is a request for such a call.
func soakRPC(id, n int) string {
	name, arguments := soakCall(n)
	return rpc(id, name, arguments)
}

// soakRequest is one for a caller without a session, and its headers.
func soakRequest(n int) (body string, headers []string) {
	name, arguments := soakCall(n)
	return modernRPC(name, arguments, "{}"), modernHeaders("tools/call", name, as(n)...)
}

// visit is what one caller over HTTP does from coming to going.
func (s *soak) visit() {
	n := rand.N(soakAccounts)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	what := ""
	switch rand.N(4) {
	case 0:
		what = "/mcp"
		s.callsOver(ctx, what, n, func(int) (string, []string) { return soakRequest(n) })
	case 1:
		what = "session"
		s.session(ctx, n)
	case 2:
		what = "sse"
		s.stream(ctx, cancel, n)
	case 3:
		what = "vanish"
		s.vanish(n)
	}
	s.count(what, false)
}

// callsOver makes calls at /mcp, and cancels some by closing their connections.
func (s *soak) callsOver(ctx context.Context, what string, n int, request func(id int) (body string, headers []string)) {
	for id := range 1 + rand.N(4) {
		ctx, cancel := context.WithCancel(ctx)
		canceled := rand.N(4) == 0
		if canceled {
			time.AfterFunc(rand.N(20*time.Millisecond), cancel)
		}
		body, headers := request(id + 2)
		text, err := s.exchange(ctx, "POST", "/mcp", body, headers)
		cancel()
		if canceled && err != nil {
			s.count("canceled", false)
			continue
		}
		s.judge(what, n, text, err)
	}
}

// accepting is the header of a client that takes JSON and streams.
var accepting = []string{"Accept", "application/json, text/event-stream"}

// exchange sends a request and reads the answer.
func (s *soak) exchange(ctx context.Context, method, path, body string, headers []string) (string, error) {
	response, err := s.client.Do(s.request(ctx, method, path, body, append(slices.Clone(accepting), headers...)...))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("HTTP %d %s", response.StatusCode, text)
	}
	return string(text), err
}

// judge checks the answer to a caller that waited for it.
func (s *soak) judge(what string, n int, text string, err error) {
	stranger := strangerIn(text, n)
	switch {
	case err != nil:
		s.count(what+" failed: "+err.Error(), true)
	case stranger != "":
		s.count(fmt.Sprintf("%s is in an answer to %s over %s: %.500s", stranger, employer(n).Name, what, text), true)
	case !strings.Contains(text, `"result"`) || strings.Contains(text, `"isError":true`):
		s.count(fmt.Sprintf("%s failed: %.500s", what, text), true)
	default:
		s.count("answered", false)
	}
}

// session calls in a session of its own, which it ends or leaves behind.
func (s *soak) session(ctx context.Context, n int) {
	response, err := s.client.Do(s.request(ctx, "POST", "/mcp", hello, append(slices.Clone(accepting), as(n)...)...))
	if err != nil {
		s.count("session failed: "+err.Error(), true)
		return
	}
	io.Copy(io.Discard, response.Body) //nolint:errcheck // only the header counts
	response.Body.Close()
	headers := append(as(n), "Mcp-Session-Id", response.Header.Get("Mcp-Session-Id"))
	s.callsOver(ctx, "session", n, func(id int) (string, []string) { return soakRPC(id, n), headers })
	if rand.N(2) == 0 {
		if _, err := s.exchange(ctx, http.MethodDelete, "/mcp", "", headers); err != nil {
			s.count("session failed: "+err.Error(), true)
		}
	}
}

// stream calls over HTTP+SSE. Half of the callers cancel a call, or go before its answer.
func (s *soak) stream(ctx context.Context, leave context.CancelFunc, n int) {
	response, err := s.client.Do(s.request(ctx, "GET", "/sse", "", append([]string{"Accept", "text/event-stream"}, as(n)...)...))
	if err != nil {
		s.count("sse failed: "+err.Error(), true)
		return
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	data := func() string {
		for lines.Scan() {
			if value, found := strings.CutPrefix(lines.Text(), "data:"); found {
				return strings.TrimSpace(value)
			}
		}
		return ""
	}
	path := data()
	for id := range 1 + rand.N(4) {
		if _, err := s.exchange(ctx, "POST", path, soakRPC(id+2, n), as(n)); err != nil {
			s.count("sse failed: "+err.Error(), true)
			return
		}
		switch rand.N(8) {
		case 0:
			s.count("left a stream", false)
			pass(rand.N(10 * time.Millisecond))
			leave()
			return
		case 1:
			s.count("canceled in a stream", false)
			s.exchange(ctx, "POST", path, canceling(id+2), as(n)) //nolint:errcheck // it may have been too late
			return
		}
		text := data()
		s.judge("sse", n, text, lines.Err())
	}
}

// canceling is the notification that a request isn't waited for.
func canceling(id int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, id)
}

// vanish sends a request, or a part of one, and resets the connection.
func (s *soak) vanish(n int) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.count("vanish failed: "+err.Error(), true)
		return
	}
	body, headers := soakRequest(n)
	request := fmt.Sprintf("POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n",
		conn.RemoteAddr(), len(body))
	for i := 0; i < len(headers); i += 2 {
		request += headers[i] + ": " + headers[i+1] + "\r\n"
	}
	request += "\r\n" + body
	if rand.N(4) == 0 {
		request = request[:rand.N(len(request))]
	}
	io.WriteString(conn, request) //nolint:errcheck // nothing depends on it
	pass(rand.N(20 * time.Millisecond))
	conn.(*net.TCPConn).SetLinger(0) //nolint:errcheck,forcetypeassert // nothing depends on it
	conn.Close()                     //nolint:errcheck // nothing depends on it
}

// soakHost is a host over stdio.
type soakHost struct {
	*soak
	program *program
	n, id   int
}

// startHost starts a server over stdio for an account.
func (s *soak) startHost(n int) *soakHost {
	cmd := exec.Command(binary, "stdio", "--base-url", s.api.URL)
	cmd.Env, cmd.Stderr = append(environment(s.t), "OT_API_TOKEN="+employer(n).Token), s.log
	h := &soakHost{soak: s, program: startProgram(s.t, cmd), n: n, id: 1}
	io.WriteString(h.program.stdin, hello+"\n") //nolint:errcheck // no answer tells it
	h.program.stdout.next(`"id":1,`)
	return h
}

// visit makes a call and waits for its answer, or cancels it.
func (h *soakHost) visit() {
	h.id++
	io.WriteString(h.program.stdin, soakRPC(h.id, h.n)+"\n") //nolint:errcheck // no answer tells it
	if rand.N(4) == 0 {
		pass(rand.N(10 * time.Millisecond))
		io.WriteString(h.program.stdin, canceling(h.id)+"\n") //nolint:errcheck // no answer tells it
		h.count("canceled over stdio", false)
		return
	}
	text, found := h.program.stdout.next(fmt.Sprintf(`"id":%d,`, h.id))
	if !found {
		text = "no answer"
	}
	h.judge("stdio", h.n, text, nil)
}

// visitBriefly is a host that starts its server, calls, and vanishes: its pipes are closed, in the middle of a call.
func (s *soak) visitBriefly() {
	h := s.startHost(rand.N(soakAccounts))
	h.visit()
	io.WriteString(h.program.stdin, soakRPC(1000, h.n)+"\n") //nolint:errcheck // nothing depends on it
	pass(rand.N(10 * time.Millisecond))
	h.program.stdin.Close()
	select {
	case <-h.program.ended:
		s.count("stdio host vanished", false)
	case <-time.After(patience):
		s.count("a server goes on without its host", true)
	}
	pass(rand.N(2 * time.Second)) // there are fewer of them
}
