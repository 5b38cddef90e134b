package opentrain_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
)

// dripping is an API with a large response, of which the end comes when it is released. It counts the requests.
type dripping struct {
	market
	end    string // of the body; "panic" and "error" happen instead
	size   int
	opened chan struct{}
}

func (d *dripping) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := d.market.RoundTrip(r)
	if err != nil || r.URL.Query().Get("status") == "" && r.Method == http.MethodGet {
		return res, err
	}
	start := `{"jobId":"j","status":"DRAFT","jobs":[],"x":"` + strings.Repeat("x", d.size)
	res.Body = io.NopCloser(io.MultiReader(strings.NewReader(start), &drip{d: d, ctx: r.Context()}))
	res.ContentLength = -1
	return res, nil
}

type drip struct {
	d    *dripping
	ctx  context.Context //nolint:containedctx // of the request
	rest io.Reader
}

func (b *drip) Read(p []byte) (int, error) {
	if b.rest == nil {
		select {
		case <-b.d.opened:
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
		switch b.d.end {
		case "panic":
			panic("broken body")
		case "error":
			return 0, io.ErrUnexpectedEOF
		}
		b.rest = strings.NewReader(b.d.end)
	}
	return b.rest.Read(p)
}

// TestLargeResponsesWait: while large responses are being read, others wait, then fail. Small ones pass. The memory is
// free again however a call ends.
func TestLargeResponsesWait(t *testing.T) {
	large := func(ctx context.Context, c *opentrain.Client) error {
		_, err := c.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: "OPEN"})
		return err
	}
	for size, atOnce := range map[int]int{100 << 10: 4, 2 << 20: 1} {
		for name, end := range map[string]string{
			"success": `"}`, "no JSON": `"`, "too long": strings.Repeat("x", 9<<20), "panic": "panic", "cancel": "", "error": "error",
		} {
			t.Run(fmt.Sprint(name, size), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					api := &dripping{size: size, end: end, opened: make(chan struct{})}
					client, err := opentrain.New(opentrain.Config{Transport: api})
					if err != nil {
						t.Fatal(err)
					}
					ctx := opentrain.WithToken(t.Context(), secret)
					first, cancel := context.WithCancel(ctx)
					ended := make(chan error, atOnce)
					for range atOnce {
						go func() {
							defer func() {
								if r := recover(); r != nil {
									ended <- fmt.Errorf("panic: %v", r)
								}
							}()
							ended <- large(first, client)
						}()
					}
					synctest.Wait()

					start := time.Now()
					e := asError(t, large(ctx, client))
					if e.Code != opentrain.CodeBusy || e.RetryAfter != 5*time.Second || e.NotSent || time.Since(start) != 5*time.Second {
						t.Errorf("another read after %v: %+v", time.Since(start), e)
					}
					before := api.count()
					_, err = client.CreateDraft(ctx, opentrain.DraftSource{Text: "x", IdempotencyKey: "k"})
					if e := asError(t, err); e.Code != opentrain.CodeBadResponse || !opentrain.MayHaveChanged(err) || api.count() != before+1 ||
						!strings.Contains(e.Message, "OpenTrain responded, but the response could not be read") {
						t.Errorf("a write, sent %d times: %+v", api.count()-before, e)
					}
					if err := readOwn(ctx, client); err != nil {
						t.Errorf("a small read: %v", err)
					}
					late, stop := context.WithTimeout(ctx, time.Second)
					defer stop()
					if e := asError(t, large(late, client)); e.Code != opentrain.CodeTimeout || e.NotSent {
						t.Errorf("a read with little time: %+v", e)
					}

					if name == "cancel" {
						cancel()
					} else {
						close(api.opened)
					}
					for range atOnce {
						if err := <-ended; (err == nil) != (name == "success") {
							t.Errorf("a first read: %v", err)
						}
					}
					cancel()
					api.set(func(*market) { api.end, api.opened = `"}`, make(chan struct{}) })
					close(api.opened)
					for range 2 * atOnce {
						if err := large(ctx, client); err != nil {
							t.Errorf("afterwards: %v", err)
						}
					}
				})
			})
		}
	}
}
