package acceptance_test

import (
	"fmt"
	"strings"
)

// bodyAttacks send messages as large as the server takes, of the kinds that take most when they are read.
func bodyAttacks() []attack {
	const size = 1<<20 - 300 // leaves room for the rest of a message
	bodies := func(name, body string) attack {
		return attack{name: name, limit: strangersLimit, lines: few, run: func(v *victim) {
			v.flood(32, 16, func(n int) string { return v.post(body, from(n)) })
		}}
	}
	search := func(arguments string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"opentrain_search_jobs","arguments":` + arguments + `}}`
	}
	var members strings.Builder
	for i := 0; members.Len() < size; i++ {
		fmt.Fprintf(&members, `"%x":0,`, i)
	}
	many := func(text string) string { return strings.Repeat(text, size/len(text)) }
	deep := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	return []attack{
		{name: "64 bodies of 1 MiB without their last byte", limit: strangersLimit, lines: few, run: func(v *victim) {
			text := v.post(search(`{"q":"`+many("x")+`"}`), from(1))
			v.hold(64, "bodies", func(_ int, w *wire) bool { return w.send(text[:len(text)-1]) })
		}},
		{name: "64 bodies of 1 MiB at once, three times", limit: strangersLimit, lines: few, run: func(v *victim) {
			body := search(`{"q":"` + many("x") + `"}`)
			v.flood(192, 64, func(n int) string { return v.post(body, from(n)) })
		}},
		bodies("1 MiB of escapes", search(`{"q":"`+many(`\u0001`)+`"}`)),
		bodies("1 MiB of tiny arguments", search("{"+members.String()+`"q":"x"}`)),
		bodies("1 MiB of empty lists in an argument", search(`{"q":[`+many("[],")+`[]]}`)),
		bodies("1 MiB of empty lists in draft fields",
			strings.Replace(search(`{"job":{"a":[`+many("[],")+`[]]}}`), "search_jobs", "create_draft", 1)),
		bodies("1 MiB of empty objects in _meta", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"x":[`+many("{},")+`{}]}}}`),
		bodies("1 MiB of tiny params", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{`+members.String()+`"x":0}}`),
		bodies("1 MiB of tiny members beside the method", `{"jsonrpc":"2.0","id":1,"method":"ping",`+members.String()+`"x":0}`),
		bodies("1 MiB in capabilities, 60 levels deep", strings.Replace(hello, `"capabilities":{}`, `"capabilities":`+nested(1<<20-2000), 1)),
		bodies("1 MiB of capabilities", strings.Replace(hello, `"capabilities":{}`, `"capabilities":{`+members.String()+`"x":{}}`, 1)),
		bodies("arguments nested 9,000 times", search(`{"q":`+deep(9000)+`}`)),
		bodies("a body nested 500,000 times", deep(size/2)),
	}
}

// callerAttacks come with many tokens from many addresses, or try to get around limits.
func callerAttacks() []attack {
	list := rpc(1, "opentrain_list_jobs", struct{}{})
	return []attack{
		{name: "session ids of 60 KB", limit: strangersLimit, lines: few, run: func(v *victim) {
			id := "Mcp-Session-Id: " + strings.Repeat("a", 60_000)
			v.flood(4000, 8, func(int) string { return v.post(`{"jsonrpc":"2.0","id":1,"result":{}}`, from(1), id) })
			_, size := v.log.count()
			v.want(size < 100<<10, "%d bytes logged", size)
		}},
		{
			name: "300 calls with 300 tokens from one address", limit: strangersLimit, lines: few,
			args: []string{"--rate", "1", "--burst", "2"}, alone: true, run: func(v *victim) { // at this rate, the honest caller is too fast
				v.flood(300, 4, func(n int) string { return v.post(list, from(1), madeUp(n)) })
				v.want(v.api.strangers.Load() <= 60, "%d requests of the API", v.api.strangers.Load())
			},
		},
		{name: "one made-up token, 1,000 calls", limit: strangersLimit, lines: few, run: func(v *victim) {
			v.flood(1000, 8, func(int) string { return v.post(list, from(1), madeUp(1)) })
			v.want(v.api.strangers.Load() <= 20, "%d requests of the API", v.api.strangers.Load())
		}},
		{name: "4,000 calls with 4,000 tokens and addresses", limit: strangersLimit, run: func(v *victim) {
			before := v.memory("VmRSS")
			v.flood(4000, 16, func(n int) string { return v.post(list, from(n), madeUp(n)) })
			v.noteEach(before, 4000, "callers")
		}},
		{name: "20,000 pings with 20,000 tokens and addresses", limit: strangersLimit, lines: few, run: func(v *victim) {
			before := v.memory("VmRSS")
			v.flood(20_000, 16, func(n int) string { return v.post(ping, from(n), madeUp(n)) })
			v.noteEach(before, 20_000, "callers")
		}},
		{name: "5,000 names of tools, methods and paths", limit: strangersLimit, run: func(v *victim) {
			v.flood(5000, 8, func(n int) string {
				switch n % 3 {
				case 0:
					return v.post(rpc(1, fmt.Sprint("tool_", n), struct{}{}), from(n))
				case 1:
					return v.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"method/%d"}`, n), from(n))
				}
				return v.request("POST", fmt.Sprint("/path/", n), ping, from(n))
			})
			_, _, metrics := v.dial().do(v.request("GET", "/metrics", ""))
			v.note("%d KB of metrics", len(metrics)>>10)
			v.want(len(metrics) > 0 && len(metrics) < 64<<10, "%d bytes of metrics", len(metrics))
		}},
	}
}

// nested is an object with a text in it, 60 levels deep.
func nested(size int) string {
	return strings.Repeat(`{"a":`, 60) + `"` + strings.Repeat("x", size) + `"` + strings.Repeat("}", 60)
}
