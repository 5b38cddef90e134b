// Package inprocess calls an HTTP handler as if it were a server, without a socket.
package inprocess

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Transport is a RoundTripper that a handler answers, for any host.
type Transport struct{ Handler http.Handler }

// RoundTrip implements http.RoundTripper. It returns early when the request's context ends.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		if req.Body != nil {
			req.Body.Close() //nolint:gosec // not read
		}
		return nil, err
	}
	var resp *http.Response
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		resp, err = t.serve(req) //nolint:bodyclose // the caller closes it
	}()
	select {
	case <-done:
		return resp, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve runs the handler on a copy of req in the form that a server sees.
func (t Transport) serve(req *http.Request) (resp *http.Response, err error) {
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the handler panicked: %v", p)
		}
	}()
	rec := &recorder{header: http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}} // as net/http's server adds it
	t.Handler.ServeHTTP(rec, in)
	status := cmp.Or(rec.status, http.StatusOK)
	if req.Method == http.MethodHead {
		rec.body.Reset()
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", status, http.StatusText(status)),
		StatusCode: status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        rec.header,
		Body:          io.NopCloser(&rec.body),
		ContentLength: int64(rec.body.Len()),
		Request:       req,
	}, nil
}

// recorder is a ResponseWriter that stores the response.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) { r.status = cmp.Or(r.status, status) }

func (r *recorder) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(data)
}
