package stdio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

const timeout = 5 * time.Second

// TestLines: mcp-go gets whole lines with something in them, and no others.
func TestLines(t *testing.T) {
	const first, second = `{"jsonrpc":"2.0","method":"a"}`, `{"jsonrpc":"2.0","method":"b"}`
	full := strings.Repeat("x", maxLine-1)
	for _, test := range []struct {
		name, input string
		lines       []string
		refused     int
	}{
		{"nothing", "", nil, 0},
		{"two lines", first + "\n" + second + "\n", []string{first, second}, 0},
		{"blank lines", "\n\n" + first + "\n \t\n\r\n" + second + "\n\n", []string{first, second}, 0},
		{"Windows line ends", first + "\r\n" + second + "\r\n", []string{first, second}, 0},
		{"no newline at the end", first + "\n" + second, []string{first, second}, 0},
		{"the longest line", full + "\n" + second + "\n", []string{full, second}, 0},
		{"a line that is too long", first + "\n" + full + "xx\n" + second + "\n", []string{first, second}, 1},
		{"much too long", strings.Repeat(full, 3) + "\n" + second + "\n", []string{second}, 1},
		{"too long, without a newline", first + "\n" + full + "xxx", []string{first}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			g := newGate(t.Context(), strings.NewReader(test.input), &out, timeout, func() {})
			read, err := io.ReadAll(g)
			if want := strings.Join(append(test.lines, ""), "\n"); err != nil || string(read) != want {
				t.Errorf("%v, got %.200q, want %.200q", err, read, want)
			}
			const refusal = `{"error":{"code":-32600,"message":"the message is larger than 4 MiB"},"id":null,"jsonrpc":"2.0"}` + "\n"
			if out.String() != strings.Repeat(refusal, test.refused) {
				t.Errorf("refused with %q", out.String())
			}
			if err := g.failure(); err != nil {
				t.Error(err)
			}
		})
	}
}

// reader stands for mcp-go: it reads to the end and tells when the end came.
func reader(t *testing.T, g *gate) (ended func() time.Duration) {
	t.Helper()
	start, done := time.Now(), make(chan time.Duration, 1)
	go func() {
		if _, err := io.ReadAll(g); err != nil {
			t.Error(err)
		}
		done <- time.Since(start)
	}()
	return func() time.Duration { return <-done }
}

// TestEndOfInput: the end of the input waits for the answers to the requests, and for
// nothing else.
func TestEndOfInput(t *testing.T) {
	request := func(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call"}` + "\n" }
	answer := func(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"result":{}}` + "\n" }
	for _, test := range []struct {
		name, input string
		answers     []string // one a second
		ends        time.Duration
	}{
		{"no request", "", nil, 0},
		{"a request", request(`1`), []string{answer(`1`)}, time.Second},
		{"without a newline", strings.TrimSpace(request(`1`)), []string{answer(`1`)}, time.Second},
		{"an error", request(`1`), []string{`{"jsonrpc":"2.0","id":1,"error":{}}`}, time.Second},
		{"a string", request(`"a"`), []string{answer(`"a"`)}, time.Second},
		{"another spelling of a number", request(`10`), []string{answer(`1e1`)}, time.Second},
		{"a number that mcp-go rounds", request(`9007199254740993`), []string{answer(`9007199254740992`)}, time.Second},
		{"a string is no number", request(`"1"`), []string{answer(`1`)}, timeout},
		{"three requests", request(`1`) + request(`"1"`) + request(`2`), []string{answer(`2`), answer(`1`), answer(`"1"`)}, 3 * time.Second},
		{"an id used twice", request(`1`) + request(`1`), []string{answer(`1`), answer(`1`)}, 2 * time.Second},
		{"no answer", request(`1`) + request(`2`), []string{answer(`2`)}, timeout},
		{"a request and a notification of the server", request(`1`), []string{
			`{"jsonrpc":"2.0","id":1,"method":"elicitation/create"}`, `{"jsonrpc":"2.0","method":"notifications/progress"}`, answer(`1`),
		}, 3 * time.Second},
		{"a notification", `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n", nil, 0},
		{"no id", request(`null`), nil, 0},
		{"an answer of the host", `{"jsonrpc":"2.0","id":7,"result":{}}` + "\n", nil, 0},
		{"a subscription", `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}` + "\n", nil, 0},
		{"no JSON", "{\n", nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				ending := false
				g := newGate(t.Context(), strings.NewReader(test.input), &out, timeout, func() { ending = true })
				ended := reader(t, g)
				for _, answer := range test.answers {
					time.Sleep(time.Second) //nolint:forbidigo // of the bubble
					if n, err := io.WriteString(g, answer); err != nil || n != len(answer) {
						t.Errorf("%d, %v", n, err)
					}
				}
				if got := ended(); got != test.ends || !ending || out.String() != strings.Join(test.answers, "") {
					t.Errorf("ended after %v, want %v; onEnd called: %v; wrote %q", got, test.ends, ending, out.String())
				}
			})
		})
	}
}

// TestCancel: when ctx is done, an input that stays open counts as ended.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, host := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		g := newGate(ctx, in, io.Discard, timeout, func() {})
		ended := reader(t, g)
		if _, err := io.WriteString(host, `{"id":1,"method":"tools/call"}`+"\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) //nolint:forbidigo // of the bubble
		cancel()
		time.Sleep(time.Second) //nolint:forbidigo // of the bubble
		if _, err := io.WriteString(g, `{"id":1,"result":{}}`+"\n"); err != nil {
			t.Fatal(err)
		}
		if got := ended(); got != 2*time.Second {
			t.Errorf("ended after %v", got)
		}
		host.Close() //nolint:errcheck // a pipe
		if err := g.failure(); err != nil {
			t.Error(err)
		}
	})
}

// TestGateReportsStreamErrors: what goes wrong with the streams comes out at the end.
func TestGateReportsStreamErrors(t *testing.T) {
	broken := errors.New("broken")
	g := newGate(t.Context(), iotest.ErrReader(broken), io.Discard, timeout, func() {})
	if _, err := io.ReadAll(g); err != nil || !errors.Is(g.failure(), broken) {
		t.Errorf("reading: %v, %v", err, g.failure())
	}
	in, out := io.Pipe()
	in.CloseWithError(broken)
	g = newGate(t.Context(), strings.NewReader(strings.Repeat("x", maxLine+1)), out, timeout, func() {})
	if _, err := io.ReadAll(g); err != nil || !errors.Is(g.failure(), broken) {
		t.Errorf("writing: %v, %v", err, g.failure())
	}
}
