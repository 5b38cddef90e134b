package acceptance_test

import (
	"fmt"
	"strings"
	"time"
)

// connectionAttacks hold connections: idle, with half a header, with half a body, or with responses that no one reads.
func connectionAttacks() []attack {
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	var small strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&small, "%x: \r\n", i+4096)
	}
	return []attack{
		{name: "10,000 silent connections", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.hold(10_000, "connections", func(int, *wire) bool { return true })
		}},
		{name: "10,000 idle connections", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.hold(10_000, "connections", func(n int, w *wire) bool {
				status, _, _ := w.do(v.post(ping, from(n)))
				return status == 200
			})
		}},
		{name: "300 idle connections, 300 open files", limit: strangersLimit, lines: few, files: 300, run: func(v *victim) {
			v.hold(300, "connections", func(n int, w *wire) bool {
				return w.SetDeadline(time.Now().Add(time.Second)) == nil && w.send(v.post(ping, from(n)))
			})
			v.note("in the log: %v", strings.Contains(v.log.String(), "connection"))
			v.want(strings.Contains(v.log.String(), "connection"), "the log says nothing:\n%s", v.log)
		}},
		{name: "3,000 headers of 60 KB without an end", limit: strangersLimit, lines: few, run: func(v *victim) {
			text := "GET /mcp HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 60)
			v.hold(3000, "headers", func(_ int, w *wire) bool { return w.send(text) })
		}},
		{name: "1,000 slow requests with 3,000 headers each", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.hold(1000, "requests", func(n int, w *wire) bool {
				text := v.post(ping, from(n), strings.TrimSuffix(small.String(), "\r\n"))
				return w.send(text[:len(text)-1])
			})
		}},
		{name: "12,000 bodies of which one byte comes", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.hold(12_000, "requests", func(n int, w *wire) bool {
				text := v.post(ping, from(n))
				return w.send(text[:len(text)-len(ping)+1])
			})
		}},
		{name: "2,000 connections that read no response", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.hold(2000, "connections", func(n int, w *wire) bool {
				w.SetWriteDeadline(time.Now().Add(20 * time.Millisecond)) //nolint:errcheck // it would only wait
				w.send(strings.Repeat(v.post(list, from(n)), 200))
				return true
			})
		}},
		{name: "5,000 subscriptions", limit: strangersLimit, lines: few, run: func(v *victim) {
			listen := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen",`+
				`"params":{%s,"notifications":{"toolsListChanged":true}}}`, modernMeta)
			v.hold(5000, "subscriptions", func(n int, w *wire) bool {
				return w.send(v.post(listen, from(n), "Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: subscriptions/listen"))
			})
		}},
	}
}
