package acceptance_test

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
)

// RoundTrip answers a request to any host. A caller who gives up is let go at once, and the
// request is handled all the same, as it would be after its last byte was sent.
func (s *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.WithContext(r.Context())
		r.Body = http.NoBody
	}
	if r.Context().Err() != nil {
		r.Body.Close()
		return nil, context.Cause(r.Context())
	}
	type result struct {
		response *http.Response
		err      error
	}
	done := make(chan result, 1)
	go func() {
		answer := httptest.NewRecorder()
		defer func() {
			switch lost := recover().(type) {
			case nil:
				response := answer.Result()
				response.Request = r
				done <- result{response: response}
			case standInDrop:
				done <- result{err: lost.cause()}
			default:
				panic(lost)
			}
		}()
		s.serve.ServeHTTP(answer, r)
	}()
	select {
	case got := <-done:
		return got.response, got.err
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// ServeHTTP answers over a real connection, where dropUnsent is the same as dropBefore.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		lost := recover()
		if _, dropped := lost.(standInDrop); dropped {
			lost = http.ErrAbortHandler
		}
		if lost != nil {
			panic(lost)
		}
	}()
	s.serve.ServeHTTP(w, r)
}

// take does all with a request that hooks and the log have to see.
func (s *standIn) take(route string, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(dropBefore)
	}
	r.Body.Close()
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	request := standInRequest{
		method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, body: string(body), token: token,
		route: route, id: r.PathValue("id"), header: r.Header.Clone(), answerHeader: http.Header{},
	}
	hooks, entry := s.arrive(&request)
	for _, h := range hooks {
		if h.before != nil && request.drop != dropUnsent {
			h.before(&request)
		}
	}
	if request.drop == dropUnsent || request.drop == dropBefore {
		panic(request.drop)
	}
	s.handle(&request, r)
	for _, h := range hooks {
		if h.after != nil {
			h.after(&request)
		}
	}
	s.mu.Lock()
	*entry = request
	entry.answerHeader = request.answerHeader.Clone()
	s.mu.Unlock()
	if request.drop == dropAfter {
		panic(request.drop)
	}
	maps.Copy(w.Header(), request.answerHeader)
	if request.answerHeader.Get("Date") == "" {
		w.Header()["Date"] = nil // or net/http puts in its own
	}
	w.WriteHeader(request.status)
	if _, err := io.WriteString(w, request.answer); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// arrive logs a request and finds the hooks that it sets off.
func (s *standIn) arrive(request *standInRequest) (set []*standInHook, entry *standInRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.hooks {
		if h.on != request.route || h.match != nil && !h.match(*request) {
			continue
		}
		if h.seen++; h.nth != 0 && h.nth != h.seen {
			continue
		}
		if request.drop == dropNothing {
			request.drop = h.drop
		}
		set = append(set, h)
	}
	copied := *request
	s.log = append(s.log, &copied)
	return set, &copied
}

// cause is what the caller's transport says of a lost connection.
func (d standInDrop) cause() error {
	if d == dropUnsent {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}
