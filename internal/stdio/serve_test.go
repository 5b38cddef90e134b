package stdio_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/tool"
)

const timeout = time.Minute

type input struct {
	Text string `json:"text,omitempty" jsonschema_description:"Text."`
}

type output struct {
	Echo string `json:"echo"`
}

func (o output) Text() string { return o.Echo }

// host is the other side of Serve, in a bubble.
type host struct {
	t       *testing.T
	server  *adapter.Server
	in      *io.PipeWriter
	out     *bufio.Scanner
	pipe    *io.PipeReader
	release chan struct{} // lets the calls of wait end
	signal  func()        // ends the context of Serve
	ended   chan error

	mu  sync.Mutex
	ran []string // the texts that a tool got
}

// start begins a conversation with a server whose tools tell what they do.
func start(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, release: make(chan struct{})}
	run := func(wait bool) func(context.Context, tool.Call, input) (output, *tool.Ask, error) {
		return func(ctx context.Context, call tool.Call, in input) (output, *tool.Ask, error) {
			h.mu.Lock()
			h.ran = append(h.ran, in.Text)
			h.mu.Unlock()
			call.Step("Working")
			if wait {
				select {
				case <-h.release:
				case <-ctx.Done():
				}
			}
			return output{in.Text}, nil, ctx.Err()
		}
	}
	box, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	s := adapter.New(adapter.Config{
		Name: "test", Timeout: timeout, FormTimeout: timeout, Box: box, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Token: func(context.Context) caller.Token { return caller.Token{} },
		Served: tool.Served{Sets: []tool.Set{{Tools: []tool.Tool{
			tool.New(tool.Spec{Name: "echo", Kind: tool.KindPublicRead}, run(false)),
			tool.New(tool.Spec{Name: "wait", Kind: tool.KindPublicRead}, run(true)),
			tool.New(tool.Spec{Name: "ask", Kind: tool.KindPublicRead}, ask),
		}}}},
	})
	h.connect(s)
	return h
}

// send writes a line without waiting until it is read.
func (h *host) send(line string) { go h.in.Write([]byte(line + "\n")) } //nolint:errcheck // the test sees what is missing

// write writes a line and waits until it is read.
func (h *host) write(line string) {
	h.t.Helper()
	if _, err := h.in.Write([]byte(line + "\n")); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) next() string {
	h.t.Helper()
	if !h.out.Scan() {
		h.t.Fatalf("no further message: %v", h.out.Err())
	}
	return h.out.Text()
}

// end ends the input and checks that only these messages were left.
func (h *host) end(left ...string) {
	h.t.Helper()
	h.in.Close() //nolint:errcheck // a pipe
	for h.out.Scan() {
		if len(left) == 0 || !strings.Contains(h.out.Text(), left[0]) {
			h.t.Errorf("got %s", h.out.Text())
			continue
		}
		left = left[1:]
	}
	if err := <-h.ended; err != nil || len(left) > 0 {
		h.t.Errorf("%v; missing %v", err, left)
	}
}

func call(id, name, text string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":%q,"arguments":{"text":%q}}}`, id, name, text)
}

const ping = `{"jsonrpc":"2.0","id":"ping","method":"ping"}`

// TestIDsAreKept: a response has the id, and a report the token, that the host wrote.
func TestIDsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		for _, id := range []string{`1`, `"1"`, `1.0`, `1e3`, `-0`, `9007199254740993`, `1e999`, `"\u00e9 <\/>"`, `1234567890123456789012345678901234567890`} {
			h.write(call(id, "echo", "x"))
			if got := h.next(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":`+id+`,"result":`) {
				t.Errorf("%s: %s", id, got)
			}
			h.write(`{"jsonrpc":"2.0","id":` + id + `,"method":"no/such"}`)
			if got := h.next(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":`+id+`,"error":`) {
				t.Errorf("%s: %s", id, got)
			}
			h.write(strings.Replace(call(id, "echo", "x"), `"params":{`, `"params":{"_meta":{"progressToken":`+id+`},`, 1))
			if got := h.next(); !strings.Contains(got, `"progressToken":`+id+`}`) {
				t.Errorf("%s: %s", id, got)
			}
			h.next()
		}
		h.end()
	})
}

// TestOddMessages: only requests get a response, and each with its own id.
func TestOddMessages(t *testing.T) {
	const long = `"params":{"x":"`
	for line, want := range map[string]string{
		"": "", "{": `"id":null`, "7": `"id":null`, "[]": `"id":null`,
		`{"jsonrpc":"2.0","id":null,"method":"ping"}`:                                          `"code":-32600`,
		`{"jsonrpc":"2.0","id":true,"method":"ping"}`:                                          `"code":-32600`,
		`{"jsonrpc":"2.0","id":{},"method":"ping"}`:                                            `"code":-32600`,
		`{"jsonrpc":"2.0","id":5,"method":"ping","params":7}`:                                  `"id":5,"error":{"code":-32602`,
		`{"jsonrpc":"2.0","id":5,"method":"ping","result":{}}`:                                 `"id":5,"error"`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":"x"}`:                    "",
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":[7]}`:                    "",
		`{"jsonrpc":"2.0","method":"notifications/nope","params":7}`:                           "",
		`{"jsonrpc":"2.0","id":7,"result":{"action":"accept"}}`:                                "", // a late answer to a form
		`{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"x"}}`:                            "",
		`{"jsonrpc":"2.0","id":7}`:                                                             "",
		`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":7}}`:                   `"id":5,"error":{"code":-32602,"message":"params.name can't be`,
		`{"jsonrpc":"2.0","id":5,` + long + strings.Repeat("x", 5<<20) + `"},"method":"ping"}`: `"id":5,"error":{"code":-32600,"message":"The message is larger`,
		`{"jsonrpc":"2.0","id":7,"result":{"x":"` + strings.Repeat("x", 5<<20) + `"}}`:         "",
		`{"jsonrpc":"2.0","method":"x",` + long + strings.Repeat("x", 5<<20) + `"},"id":"z"}`:  `"id":"z","error"`,
		strings.Repeat("x", 5<<20):                                                             `"id":null`,
	} {
		synctest.Test(t, func(t *testing.T) {
			h := start(t)
			h.write(line)
			if want != "" {
				if got := h.next(); !strings.Contains(got, want) {
					t.Errorf("%.100s: %s", line, got)
				}
			}
			h.send(ping)
			if got := h.next(); !strings.Contains(got, `"ping"`) {
				t.Errorf("%.100s: %s", line, got)
			}
			began := time.Now()
			if h.end(); time.Since(began) > time.Second {
				t.Errorf("%.100s: it waits at the end", line)
			}
		})
	}
}

// TestCanceledCalls: a canceled call ends without a response, and one that waits for its turn never starts.
func TestCanceledCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		const running = 16
		for i := range running {
			h.write(call(fmt.Sprint(i), "wait", fmt.Sprint(i)))
		}
		synctest.Wait()
		h.write(call(`"5"`, "wait", "waits"))
		h.write(call(`99`, "wait", "waits too"))
		for _, id := range []string{`"5"`, `99`, `3`, `77`} {
			h.write(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `}}`)
		}
		synctest.Wait()
		close(h.release)
		answered := map[string]bool{}
		for range running - 1 {
			var answer struct{ ID json.RawMessage }
			if err := json.Unmarshal([]byte(h.next()), &answer); err != nil {
				t.Fatal(err)
			}
			answered[string(answer.ID)] = true
		}
		h.end()
		if len(answered) != running-1 || answered["3"] || answered[`"5"`] || answered["99"] || len(h.ran) != running {
			t.Errorf("answered %v, ran %v", answered, h.ran)
		}
	})
}

// TestPressure: of many calls, some wait and the others are refused at once. Pings and cancellations are served all
// the while, and every call that was read gets an answer.
func TestPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		const pending, more = 256, 50
		for i := range pending {
			h.write(call(fmt.Sprint(i), "wait", "x"))
		}
		for i := range more {
			h.send(call(fmt.Sprint(1000+i), "wait", "x"))
			if got := h.next(); !strings.Contains(got, fmt.Sprintf(`"id":%d,"result"`, 1000+i)) || !strings.Contains(got, `"code":"BUSY"`) {
				t.Fatalf("%s", got)
			}
		}
		h.send(`{"jsonrpc":"2.0","id":"list","method":"tools/list"}`)
		if got := h.next(); !strings.Contains(got, `"id":"list","error":{"code":-32000`) {
			t.Error(got)
		}
		h.send(ping)
		if got := h.next(); !strings.Contains(got, `"id":"ping","result"`) {
			t.Error(got)
		}
		h.write(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":200}}`)
		synctest.Wait()
		h.write(call(`"room"`, "wait", "x"))
		close(h.release)
		for range pending { // one was canceled, and one took its place
			if got := h.next(); strings.Contains(got, `"id":200,`) || strings.Contains(got, "BUSY") {
				t.Error(got)
			}
		}
		h.end()
	})
}

// TestBigMessagesArePressureToo: what waits is limited in bytes as well.
func TestBigMessagesArePressureToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		big := strings.Repeat("x", 3<<20)
		h.write(call("1", "wait", big))
		h.write(call("2", "wait", big))
		h.send(call("3", "wait", big))
		if got := h.next(); !strings.Contains(got, `"id":3,`) || !strings.Contains(got, `"code":"BUSY"`) {
			t.Errorf("%.200s", got)
		}
		close(h.release)
		h.next()
		h.next()
		h.end()
	})
}

// TestHostThatDoesNotRead: reading stops, and goes on when the host reads again. No answer is lost.
func TestHostThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		const sent = 2000
		var read atomic.Int64
		go func() {
			for n := range sent {
				h.in.Write([]byte(call(fmt.Sprint(n), "echo", "x") + "\n")) //nolint:errcheck // the test sees what is missing
				read.Add(1)
			}
		}()
		synctest.Wait()
		if n := read.Load(); n > 300 {
			t.Errorf("%d calls were read, and no answer", n)
		}
		answered := map[string]bool{}
		for range sent {
			var answer struct{ ID json.RawMessage }
			if err := json.Unmarshal([]byte(h.next()), &answer); err != nil {
				t.Fatal(err)
			}
			answered[string(answer.ID)] = true
		}
		if len(answered) != sent {
			t.Errorf("%d answers", len(answered))
		}
		h.end()
	})
}

// TestEndOfInput: the calls that were read are answered, whether the last line has a newline or not.
func TestEndOfInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		h.write(call("1", "wait", "one"))
		go func() {
			h.in.Write([]byte(call("2", "wait", "two"))) //nolint:errcheck // the test sees what is missing
			h.in.Close()                                 //nolint:errcheck // a pipe
		}()
		time.AfterFunc(30*time.Second, func() { close(h.release) })
		began := time.Now()
		first, second := h.next(), h.next()
		if !strings.Contains(first+second, `"one"`) || !strings.Contains(first+second, `"two"`) || time.Since(began) != 30*time.Second {
			t.Errorf("%s %s after %v", first, second, time.Since(began))
		}
		h.end()
	})
}

// TestLostAnswers: at the end of the input, no call is waited for longer than it may take.
func TestLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		h.write(call("1", "echo", "x")) // the host doesn't read the answer
		h.in.Close()                    //nolint:errcheck // a pipe
		began := time.Now()
		if err := <-h.ended; err != nil || time.Since(began) != timeout+time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		h.pipe.Close() //nolint:errcheck // a pipe
	})
}

// TestEndWithoutAReader: a host that doesn't read its answers can't hold up the end, whatever Serve was about to write.
func TestEndWithoutAReader(t *testing.T) {
	for name, end := range map[string]func(*host){
		"end of input": func(h *host) { h.in.Close() }, //nolint:errcheck // a pipe
		"signal":       func(h *host) { h.signal() },
	} {
		for _, line := range []string{ping, "{}", call("1", "echo", "x")} {
			t.Run(name+" "+line, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := start(t)
					h.write(line)
					synctest.Wait()
					began := time.Now()
					end(h)
					if err := <-h.ended; err != nil || time.Since(began) > timeout+time.Second {
						t.Errorf("%v after %v", err, time.Since(began))
					}
					h.in.Close()   //nolint:errcheck // a pipe
					h.pipe.Close() //nolint:errcheck // a pipe
				})
			})
		}
	}
}

// TestDeadOutput: without a reader, the conversation is over.
func TestDeadOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		broken := errors.New("broken")
		h.pipe.CloseWithError(broken)
		h.write(ping)
		if err := <-h.ended; !errors.Is(err, broken) {
			t.Errorf("ended with %v", err)
		}
		h.in.Close() //nolint:errcheck // a pipe
	})
}

// TestBrokenInput: what goes wrong with the input comes out at the end.
func TestBrokenInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		broken := errors.New("broken")
		h.in.CloseWithError(broken)
		if err := <-h.ended; !errors.Is(err, broken) {
			t.Errorf("ended with %v", err)
		}
	})
}
