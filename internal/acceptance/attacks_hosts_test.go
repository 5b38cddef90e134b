package acceptance_test

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
)

// pour writes texts until the server takes none for a while.
func (v *victim) pour(n int, text func(n int) string) {
	var taken atomic.Int64
	over := make(chan struct{})
	go func() {
		defer close(over)
		for i := range n {
			if _, err := io.WriteString(v.program.stdin, text(i)); err != nil {
				return
			}
			taken.Add(1)
		}
	}()
	for last := int64(-1); last != taken.Load(); {
		last = taken.Load()
		select {
		case <-over:
			v.note("%d taken", n)
			return
		case <-time.After(400 * time.Millisecond):
		}
	}
	v.note("%d of %d taken", taken.Load(), n)
}

// send writes a message without waiting for room.
func (v *victim) send(message string) {
	go io.WriteString(v.program.stdin, message+"\n") //nolint:errcheck // there will be no answer
}

// answers reports whether a message with an id comes.
func (v *victim) answers(id string) bool {
	return v.out.wait(honestLimit, func(c *counter) bool { return c.ids[id] })
}

// serves checks that a ping is still answered.
func (v *victim) serves() {
	start := time.Now()
	v.send(`{"jsonrpc":"2.0","id":"last","method":"ping"}`)
	answered := v.answers(`"last"`)
	took := time.Since(start)
	v.note("a ping took %d ms", took.Milliseconds())
	v.want(answered, "the ping was answered: %v, after %v", answered, took)
}

// hostAttacks come from a host over stdio.
func hostAttacks() []attack {
	const list = `{"jsonrpc":"2.0","id":%d,"method":"tools/list"}` + "\n"
	lists := func(n int) string { return fmt.Sprintf(list, n) }
	calls := func(n int) string { return rpc(n, "opentrain_search_jobs", map[string]any{"q": "signs"}) + "\n" }
	mixed := func(n int) string {
		if n%2 == 0 {
			return lists(n)
		}
		return calls(n)
	}
	deaf := func(name string, n int, text func(n int) string) attack {
		return attack{
			name: "stdio: the host doesn't read, " + name, stdio: true, deaf: true, limit: strangersLimit,
			run: func(v *victim) { v.pour(n, text) },
		}
	}
	flood := func(name string, n int, text func(n int) string) attack {
		return attack{name: "stdio: " + name, stdio: true, limit: strangersLimit, lines: few, run: func(v *victim) {
			v.pour(n, text)
			v.serves()
		}}
	}
	same := func(text string) func(int) string { return func(int) string { return text + "\n" } }
	return []attack{
		deaf("40,000 requests", 40_000, mixed),
		deaf("40,000 lists", 40_000, lists),
		deaf("40,000 calls", 40_000, calls),
		deaf("40,000 invalid messages", 40_000, same(`{"jsonrpc":"2.0","id":1}`+strings.Repeat("x", 1000))),
		deaf("40,000 pings", 40_000, same(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)),
		flood("100,000 notifications", 100_000, same(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)),
		flood("50,000 answers to forms that no one asked for", 50_000,
			same(`{"jsonrpc":"2.0","id":1,"result":{"action":"accept","content":{}}}`)),
		flood("50,000 invalid messages", 50_000, same("{")),
		flood("5 million empty lines", 50, same(strings.Repeat("\n", 100_000))),
		flood("5,000 requests at once", 5000, lists),
		{name: "stdio: 256 calls of 30 KB wait for the API", stdio: true, limit: strangersLimit, run: func(v *victim) {
			v.api.all = true
			v.api.hang()
			text := strings.Repeat("x", 30_000)
			v.pour(256, func(n int) string {
				return rpc(n+10, "opentrain_create_draft", map[string]any{"description": text}) + "\n"
			})
			v.serves()
		}},
		{name: "stdio: 130 slow calls", stdio: true, limit: strangersLimit, run: func(v *victim) {
			v.api.all = true
			v.api.hang()
			v.pour(130, func(n int) string {
				return rpc(n+10, "opentrain_search_jobs", map[string]any{"q": fmt.Sprint(n)}) + "\n"
			})
			v.serves()
		}},
		{name: "stdio: no one reads the log", stdio: true, mute: true, limit: strangersLimit, run: func(v *victim) {
			v.pour(3000, func(n int) string { return rpc(n+10, "opentrain_no_such_tool", nil) + "\n" })
			v.serves()
			v.want(v.answers("3009"), "the last call was not answered")
			v.logEnd.Close() //nolint:errcheck // as a reader that goes away
			v.pour(100, func(n int) string { return rpc(n+5000, "opentrain_no_such_tool", nil) + "\n" })
			v.want(v.answers("5099"), "the last call after the end of the log's reader was not answered")
		}},
		{name: "no one reads the log", mute: true, limit: strangersLimit, run: func(v *victim) {
			v.flood(3000, 8, func(n int) string { return v.post(rpc(1, "opentrain_no_such_tool", nil), from(n)) })
			v.logEnd.Close() //nolint:errcheck // as a reader that goes away
			v.flood(100, 8, func(n int) string { return v.post(rpc(1, "opentrain_no_such_tool", nil), from(n)) })
		}},
	}
}

// lineAttacks are long lines over stdio.
func lineAttacks() []attack {
	const most = 4<<20 - 300
	lines := func(name string, limit int, line string) attack {
		return attack{name: "stdio: " + name, stdio: true, limit: limit, run: func(v *victim) {
			v.pour(12, func(n int) string { return fmt.Sprintf(line, n+10) + "\n" })
			v.serves()
			v.want(v.answers("21"), "the last call was not answered")
		}}
	}
	draft := func(job string) string {
		return `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"opentrain_create_draft","arguments":{"job":` + job + `}}}`
	}
	long := strings.Repeat("x", 5<<20)
	var members strings.Builder
	for i := 0; members.Len() < most; i++ {
		fmt.Fprintf(&members, `"%x":0,`, i)
	}
	return []attack{
		{name: "stdio: a line of 500 MB", stdio: true, limit: strangersLimit, run: func(v *victim) {
			part := strings.Repeat("x", 1<<20)
			v.pour(500, func(int) string { return part })
			v.send("")
			v.serves()
		}},
		lines("messages of 5 MB", strangersLimit, `{"jsonrpc":"2.0","id":%d,"method":"x","params":{"x":"`+long+`"}}`),
		lines("messages of 5 MB, the id at their end", strangersLimit, `{"jsonrpc":"2.0","method":"x","params":{"x":"`+long+`"},"id":%d}`),
		lines("4 MB in one text", callersLimit, draft(`"`+strings.Repeat("x", most)+`"`)),
		lines("4 MB of empty lists", callersLimit, draft(`{"a":[`+strings.Repeat("[],", most/3)+`[]]}`)),
		lines("4 MB of tiny members", callersLimit, draft(`{`+members.String()+`"x":0}`)),
		lines("4 MB of brackets", callersLimit, draft(strings.Repeat("[", most/2)+strings.Repeat("]", most/2))),
	}
}
