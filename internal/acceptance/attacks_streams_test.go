package acceptance_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// open opens /sse from an address and returns the path for messages, "" if it was refused.
func (v *victim) open(n int, w *wire, headers ...string) (path string) {
	headers = append([]string{from(n), "Accept: text/event-stream"}, headers...)
	if w == nil || !w.send(v.request("GET", "/sse", "", headers...)) {
		return ""
	}
	for {
		line, err := w.in.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "HTTP/") && !strings.Contains(line, " 200 ") {
			return ""
		}
		if path, found := strings.CutPrefix(line, "data:"); found {
			return strings.TrimSpace(path)
		}
	}
}

// searchSigns is a call that the cache can answer, at length.
func searchSigns() string {
	return rpc(1, "opentrain_search_jobs", map[string]any{"q": "signs", "limit": 25})
}

// introduction is the handshake of a client with a long name.
func introduction(length int) string {
	return strings.Replace(hello, `"name":"test"`, `"name":"`+strings.Repeat("x", length)+`"`, 1)
}

// streamAttacks open streams.
func streamAttacks() []attack {
	return []attack{
		{name: "240 streams that narrow 90 times, and bodies that never end", limit: strangersLimit, lines: few, run: func(v *victim) {
			narrow := slices.Repeat([]string{"X-MCP-Readonly:0" + strings.Repeat(" ", 100)}, 90)
			v.hold(240, "streams", func(n int, w *wire) bool { return v.open(n, w, narrow...) != "" })
			v.hold(200, "bodies", func(n int, w *wire) bool {
				text := v.post(hello, append([]string{from(n)}, narrow...)...)
				return w.send(text[:len(text)-1])
			})
		}},
		{name: "3,000 requests that narrow 500 times", limit: strangersLimit, lines: few, run: func(v *victim) {
			narrow := slices.Repeat([]string{"X-MCP-Readonly:0"}, 500)
			v.note("%s", counted(v.flood(3000, 300, func(n int) string { return v.post(hello, append([]string{from(n)}, narrow...)...) })))
		}},
		{name: "2,000 pages of metrics, compressed", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.note("%s", counted(v.flood(2000, 400, func(n int) string { return v.request("GET", "/metrics", "", from(n), "Accept-Encoding: gzip") })))
		}},
		{name: "170 streams, 150 searches on each, not read", limit: strangersLimit, run: func(v *victim) {
			var refused atomic.Int64
			v.hold(170, "streams", func(n int, w *wire) bool {
				path, poster := v.open(n, w), v.dial()
				if path == "" || poster == nil {
					return false
				}
				poster.send(strings.Repeat(v.request("POST", path, searchSigns(), from(n)), 150))
				for range 150 {
					if status, _, _ := poster.do(""); status != 202 {
						refused.Add(1)
					}
				}
				return true
			})
			v.note("%d refused", refused.Load())
		}},
		{name: "10,000 streams", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.hold(10_000, "streams", func(n int, w *wire) bool { return v.open(n, w) != "" })
		}},
		{name: "1,500 streams from one address", limit: strangersLimit, lines: few, run: func(v *victim) {
			opened := v.hold(1500, "streams", func(_ int, w *wire) bool { return v.open(1, w) != "" })
			v.want(opened <= 600, "%d streams", opened)
		}},
		{name: "200 streams of clients with a name of 1 MB", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.hold(200, "streams", func(n int, w *wire) bool {
				path := v.open(n, w)
				status, _, _ := v.dial().do(v.request("POST", path, introduction(1_000_000), from(n)))
				return path != "" && status != 0
			})
		}},
		{name: "3,000 calls for streams that don't exist", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.flood(3000, 8, func(n int) string {
				return v.request("POST", fmt.Sprint("/message?sessionId=", n), searchSigns(), from(1))
			})
		}},
	}
}

// sessionAttacks open sessions.
func sessionAttacks() []attack {
	sessions := []string{"--sessions"}
	return []attack{
		{name: "10,000 sessions", limit: strangersLimit, lines: few, args: sessions, run: func(v *victim) {
			before := v.memory("VmRSS")
			opened := v.flood(10_000, 16, func(n int) string { return v.post(hello, from(n)) })
			v.noteEach(before, opened[200], "sessions")
		}},
		{name: "200 sessions of clients with a name of 1 MB", limit: strangersLimit, lines: few, args: sessions, run: func(v *victim) {
			before, name := v.memory("VmRSS"), introduction(1_000_000)
			opened := v.flood(200, 8, func(n int) string { return v.post(name, from(n)) })
			v.noteEach(before, opened[200], "sessions")
		}},
		{name: "2,000 sessions of clients with a name of 10 KB", limit: strangersLimit, lines: few, args: sessions, run: func(v *victim) {
			before, name := v.memory("VmRSS"), introduction(10_000)
			opened := v.flood(2000, 8, func(n int) string { return v.post(name, from(n)) })
			v.noteEach(before, opened[200], "sessions")
		}},
		{
			name: "2,000 sessions, the version in other case, 5 allowed", limit: strangersLimit, lines: few,
			args: []string{"--sessions", "--max-sessions", "5"}, run: func(v *victim) {
				sneaky := strings.Replace(hello, `"params":{`, `"params":{"_meta":{"IO.modelcontextprotocol/protocolVersion":"2026-07-28"},`, 1)
				opened := v.flood(2000, 8, func(n int) string { return v.post(sneaky, from(n)) })
				v.want(opened[200] <= 5, "%d sessions", opened[200])
			},
		},
		{
			name: "50 sessions that are ended twice, 6 allowed", limit: strangersLimit, lines: few,
			args: []string{"--sessions", "--max-sessions", "6"}, run: func(v *victim) {
				w := v.dial()
				for range 50 {
					_, header, _ := w.do(v.post(hello, from(1)))
					end := v.request("DELETE", "/mcp", "", from(1), "Mcp-Session-Id: "+header.Get("Mcp-Session-Id"))
					w.do(end)
					w.do(end)
				}
				opened := v.flood(60, 1, func(n int) string { return v.post(hello, from(n)) })
				v.want(opened[200] == 6, "%d sessions", opened[200])
			},
		},
	}
}
