package opentrain_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
)

// hostile answers every request with what send writes, and counts the bytes.
func hostile(t *testing.T, send func(io.Writer)) (client *opentrain.Client, sent *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	sent = &atomic.Int64{}
	var open sync.WaitGroup
	t.Cleanup(func() {
		listener.Close() //nolint:errcheck // ends Accept in any case
		open.Wait()
	})
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer conn.Close() //nolint:errcheck // the client sees a short response
				if request, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.Copy(io.Discard, request.Body) //nolint:errcheck // as far as it comes
					send(&counter{conn, sent})
				}
			})
		}
	})
	client, err = opentrain.New(opentrain.Config{BaseURL: "http://" + listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	return client, sent
}

type counter struct {
	io.Writer
	n *atomic.Int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// forever writes start, and then unit until the client hangs up.
func forever(start, unit string) func(io.Writer) {
	return func(w io.Writer) {
		_, err := io.WriteString(w, start)
		for err == nil {
			_, err = io.WriteString(w, unit)
		}
	}
}

// TestEndlessResponses: the client hangs up early, whatever does not end.
func TestEndlessResponses(t *testing.T) {
	const (
		ok      = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
	)
	line := strings.Repeat("x", 16<<10)
	for name, test := range map[string]struct {
		send func(io.Writer)
		most int64 // bytes that were sent; the connection buffers a few MB
	}{
		"status line":     {forever("HTTP/1.1 200 ", line), 8 << 20},
		"header":          {forever(ok, "X-More: "+line+"\r\n"), 8 << 20},
		"header line":     {forever(ok+"X-Long: ", line), 8 << 20},
		"early hints":     {forever("", "HTTP/1.1 103 Early Hints\r\nLink: </"+line+">\r\n\r\n"), 8 << 20},
		"continue":        {forever("", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 500)), 8 << 20},
		"body":            {forever(ok+"\r\n[", line), 20 << 20},
		"chunks":          {forever(chunked, "4000\r\n"+line+"\r\n"), 20 << 20},
		"tiny chunks":     {forever(chunked, strings.Repeat("4\r\n[[[[\r\n", 1000)), 30 << 20},
		"chunk extension": {forever(chunked+"1;", line), 8 << 20},
		"trailer":         {forever(chunked+"2\r\n{}\r\n0\r\nX-T: ", line), 8 << 20},
		"length":          {forever(ok+"Content-Length: 9223372036854775807\r\n\r\n", line), 20 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			client, sent := hostile(t, test.send)
			ctx, cancel := context.WithTimeout(opentrain.WithToken(t.Context(), secret), 5*time.Minute)
			defer cancel()
			peak := peakHeap(func() {
				_, err := client.UpdateJob(ctx, "j", opentrain.Fields{}) // sent once
				if e := asError(t, err); e.Code != opentrain.CodeBadResponse && e.Code != opentrain.CodeNetwork || e.NotSent {
					t.Errorf("%+v", e)
				}
			})
			if peak > 40<<20 || sent.Load() > test.most {
				t.Errorf("%d KB sent, %d KB of memory", sent.Load()>>10, peak>>10)
			}
		})
	}
}

// TestCompressedResponses: the limit is on what a response unpacks to.
func TestCompressedResponses(t *testing.T) {
	pack := func(body string) string {
		var packed strings.Builder
		w := gzip.NewWriter(&packed)
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
		w.Close() //nolint:errcheck // a strings.Builder doesn't fail
		return packed.String()
	}
	header := http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"application/json"}}
	client, ctx := serve(t, &stub{header: header, body: pack(`{"jobs":[]}`)})
	if err := readOwn(ctx, client); err != nil {
		t.Error(err)
	}
	client, ctx = serve(t, &stub{header: header, body: strings.Repeat(pack(strings.Repeat(" ", 1<<20)), 100)})
	peak := peakHeap(func() {
		if e := asError(t, readOwn(ctx, client)); e.Code != opentrain.CodeBadResponse || !strings.HasSuffix(e.Message, "larger than 8 MiB") {
			t.Errorf("%+v", e)
		}
	})
	if peak > 40<<20 {
		t.Errorf("%d KB", peak>>10)
	}
}

// TestSlowResponses: the deadline of a call applies to the body too.
func TestSlowResponses(t *testing.T) {
	for name, start := range map[string]string{
		"nothing": "", "header": "HTTP/1.1 200 OK\r\nX: ", "body": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
	} {
		hold, late := make(chan struct{}), overdue{t.Context(), make(chan struct{})}
		client, _ := hostile(t, func(w io.Writer) {
			io.WriteString(w, start) //nolint:errcheck // the client may be gone
			close(late.passed)
			<-hold
		})
		_, err := client.CloseJob(opentrain.WithToken(late, secret), "j")
		if e := asError(t, err); e.Code != opentrain.CodeTimeout || e.NotSent {
			t.Errorf("%s: %+v", name, e)
		}
		close(hold)
	}
}

// TestUnreadResponses: over HTTP/2, what has arrived but waits for memory is bounded too.
func TestUnreadResponses(t *testing.T) {
	var sent atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		forever("[", strings.Repeat(" ", 16<<10))(&counter{w, &sent})
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	transport := opentrain.DefaultTransport()
	trusted, ok := server.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	transport.TLSClientConfig = trusted.TLSClientConfig.Clone()
	transport.TLSClientConfig.NextProtos = nil
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadFull(res.Body, make([]byte, 1)); err != nil || res.ProtoMajor != 2 {
		t.Fatal(res.Proto, err)
	}
	last := int64(-1)
	for now := sent.Load(); now != last; now = sent.Load() { // until the server has to wait
		last = now
		<-time.After(20 * time.Millisecond)
	}
	if last > 200<<10 {
		t.Errorf("%d KB were sent to a client that does not read", last>>10)
	}
}

// TestOddHeaders: absurd values neither overflow nor take long.
func TestOddHeaders(t *testing.T) {
	huge := strings.Repeat("9", 1000)
	for _, value := range []string{huge, "-" + huge, "1e400", "9223372036854775807", strings.Repeat(",;=\"", 10_000), "\xff\xfe", "NaN"} {
		header := http.Header{}
		for _, name := range []string{"Retry-After", "Age", "Date", "Expires", "Cache-Control", "Vary", "X-Request-Id", "Content-Type"} {
			header.Set(name, value)
		}
		header.Add("Cache-Control", "s-maxage="+value+", stale-while-revalidate="+value)
		synctest.Test(t, func(t *testing.T) {
			for _, status := range []int{200, 302, 401, 404, 429, 503} {
				m := &market{header: header, status: status, body: `{"jobs":[],"error":"no"}`}
				ctx := opentrain.WithToken(t.Context(), secret)
				for _, call := range []func(context.Context, *opentrain.Client) error{read, createWithoutKey} {
					var e *opentrain.Error
					err := call(ctx, marketClient(t, m))
					if errors.As(err, &e) && (e.RetryAfter < 0 || e.RetryAfter > 30*24*time.Hour) {
						t.Errorf("%.20q, %d: %v", value, status, e.RetryAfter)
					}
				}
			}
		})
	}
}

// TestOddValues: numbers that no Go type has, lone surrogates and doubled members do not lose the rest.
func TestOddValues(t *testing.T) {
	for _, odd := range []string{"1e400", "-1e400", "1" + strings.Repeat("0", 5000), `"\ud800"`, `{"total":1e400}`, "-0"} {
		body := fmt.Sprintf(`{"jobs":[{"id":%s},{"id":"j","proposalCounts":%s,"published":%s,"id":"k"}],"nextCursor":%s}`, odd, odd, odd, odd)
		client, ctx := serve(t, &stub{body: body})
		page, err := client.ListOwnJobs(ctx, opentrain.OwnJobQuery{})
		if err != nil || len(page.Jobs) != 2 || page.Jobs[1].ID != "k" {
			t.Errorf("%.20s: %+v, %v", odd, page, err)
		}
	}
}
