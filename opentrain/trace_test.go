package opentrain_test

import (
	"fmt"
	"net/http"
	"testing"

	"opentrain-mcp/opentrain"
)

// TestTraceHeadersAndEvents: the trace headers of a request, and what Trace observes.
func TestTraceHeadersAndEvents(t *testing.T) {
	m := &market{header: cacheable("s-maxage=300")}
	client := marketClient(t, m)
	var sent []opentrain.Sent
	var reads []opentrain.ReadSource
	trace := &opentrain.Trace{
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Tracestate: "a=b",
		Sent: func(s opentrain.Sent) { sent = append(sent, s) },
		Read: func(r opentrain.ReadSource) { reads = append(reads, r) },
	}
	ctx := opentrain.WithTrace(opentrain.WithToken(t.Context(), secret), trace)
	search(t, ctx, client, "x")
	search(t, ctx, client, "x")
	if _, err := client.CloseJob(ctx, "j"); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 2 || sent[0].Method != http.MethodGet || sent[0].Status != 200 || sent[1].Method != http.MethodPost ||
		fmt.Sprint(reads) != "[miss hit]" {
		t.Errorf("%+v %v", sent, reads)
	}
	for _, call := range m.calls {
		if call.Header.Get("Traceparent") != trace.Traceparent || call.Header.Get("Tracestate") != "a=b" {
			t.Errorf("%v", call.Header)
		}
		if public := call.Method == http.MethodGet; public != (call.Header.Get("Authorization") == "") {
			t.Errorf("%s: %v", call.Method, call.Header)
		}
	}
}
