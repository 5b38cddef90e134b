package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// Messages are written as text, so that the callers cost little beside the servers.
const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},` +
		`"clientInfo":{"name":"bench","version":"1"}}}`
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	listTools   = `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`
)

// firstID is the first id of a call. All ids have as many digits, so all answers are of one length.
const firstID = 1_000_000

func message(id int, tool, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, id, tool, arguments)
}

// call is one call that is made again and again.
type call struct {
	step            step
	tool, arguments string
	then            *call  // takes turns with it, with one in flight; or nil
	upstream        bool   // each call asks the API once
	jobs            int    // in the answer
	before, after   []byte // the answer, before and after its id
}

// nth is the call that is made after n others.
func (c *call) nth(n int) *call {
	if c.then != nil && n%2 == 1 {
		return c.then
	}
	return c
}

// check checks the first answer; all others must be the same.
func (c *call) check(answer []byte) error {
	var parsed struct {
		Result struct {
			Content           []struct{ Text string }
			StructuredContent struct {
				Jobs         []json.RawMessage
				Title, JobID string
			}
			IsError bool
		}
	}
	if err := json.Unmarshal(answer, &parsed); err != nil {
		return fmt.Errorf("%s: %w: %s", c.tool, err, answer)
	}
	got := parsed.Result
	if got.IsError || len(got.Content) != 1 || len(got.StructuredContent.Jobs) != c.jobs ||
		c.jobs == 0 && got.StructuredContent.Title+got.StructuredContent.JobID == "" {
		return fmt.Errorf("%s: not the answer that was expected: %s", c.tool, answer)
	}
	_, start, end, err := answerID(answer)
	c.before, c.after = bytes.Clone(answer[:start]), bytes.Clone(answer[end:])
	return err
}

// same compares an answer with the first and returns its id.
func (c *call) same(answer []byte) (id int, err error) {
	id, start, end, err := answerID(answer)
	if err == nil && (!bytes.Equal(answer[:start], c.before) || !bytes.Equal(answer[end:], c.after)) {
		err = fmt.Errorf("%s: another answer: %s", c.tool, answer)
	}
	return id, err
}

// answerID finds the id of an answer without decoding it: servers write it right at the start or at the end.
func answerID(answer []byte) (id, start, end int, err error) {
	const first, last = `{"jsonrpc":"2.0","id":`, `,"id":`
	if start = len(first); !bytes.HasPrefix(answer, []byte(first)) {
		start = bytes.LastIndex(answer, []byte(last)) + len(last)
	}
	for end = start; end < len(answer) && answer[end] >= '0' && answer[end] <= '9'; end++ {
	}
	id, err = strconv.Atoi(string(answer[min(start, len(answer)):min(end, len(answer))]))
	if err != nil {
		return 0, 0, 0, fmt.Errorf("no id: %s", answer)
	}
	return id, start, end, nil
}

// spread makes calls, so many of them at the same time, and returns how long each took.
func (p *process) spread(ctx context.Context, c *call, inFlight, calls int) ([]time.Duration, error) {
	if p.wire == overStdio {
		return p.throughPipe(c, inFlight, calls)
	}
	return p.throughConnections(ctx, c, inFlight, calls)
}

// throughPipe writes a line for each answer that it reads.
func (p *process) throughPipe(c *call, inFlight, calls int) ([]time.Duration, error) {
	first := p.next
	p.next += calls
	begun := make([]time.Time, 0, calls)
	durations := make([]time.Duration, 0, calls)
	send := func() error {
		if len(begun) == calls {
			return nil
		}
		next := c.nth(len(begun))
		line := message(first+len(begun), next.tool, next.arguments) + "\n"
		begun = append(begun, time.Now())
		_, err := io.WriteString(p.stdin, line)
		return err
	}
	for range inFlight {
		if err := send(); err != nil {
			return nil, err
		}
	}
	for len(durations) < calls {
		line, err := p.stdout.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if bytes.Contains(line[:min(len(line), 40)], []byte(`"method"`)) {
			continue // a notification
		}
		answered := c.nth(len(durations))
		if answered.before == nil {
			if err := answered.check(line); err != nil {
				return nil, err
			}
		}
		id, err := answered.same(line)
		if err != nil {
			return nil, err
		}
		if id < first || id >= first+len(begun) {
			return nil, fmt.Errorf("nothing with id %d was asked", id)
		}
		durations = append(durations, time.Since(begun[id-first]))
		if err := send(); err != nil {
			return nil, err
		}
	}
	return durations, nil
}

// throughConnections has a connection for each call at the same time.
func (p *process) throughConnections(ctx context.Context, c *call, inFlight, calls int) ([]time.Duration, error) {
	connections := make([]*connection, inFlight)
	for i := range connections {
		conn, err := dial(ctx, p.address)
		if err != nil {
			return nil, err
		}
		defer conn.close()
		connections[i] = conn
	}
	raw := make([][]byte, 2)
	for n := range raw {
		next := c.nth(n)
		raw[n] = request(p.address, message(firstID, next.tool, next.arguments))
		if next.before != nil {
			continue
		}
		answer, err := connections[0].post(raw[n])
		if err != nil {
			return nil, err
		}
		if err := next.check(answer); err != nil {
			return nil, err
		}
		calls--
	}
	var begun atomic.Int64
	var group sync.WaitGroup
	durations, failures := make([][]time.Duration, inFlight), make([]error, inFlight)
	for i, conn := range connections {
		group.Go(func() {
			for n := 0; failures[i] == nil && begun.Add(1) <= int64(calls); n++ {
				start := time.Now()
				answer, err := conn.post(raw[n%2])
				durations[i] = append(durations[i], time.Since(start))
				if err == nil {
					_, err = c.nth(n).same(answer)
				}
				failures[i] = err
			}
		})
	}
	group.Wait()
	return join(durations, failures)
}

// connection is an HTTP connection that is kept.
type connection struct {
	net.Conn
	answers *bufio.Reader
	body    bytes.Buffer
}

func (c *connection) close() { c.Close() } //nolint:errcheck,gosec // nothing is left to write

// post writes a request and returns the body of the answer, until the next one.
func (c *connection) post(raw []byte) ([]byte, error) {
	if _, err := c.Write(raw); err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	c.body.Reset()
	_, err = c.body.ReadFrom(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, c.body.Bytes())
	}
	return c.body.Bytes(), err
}

// request is a POST as it goes over a connection.
func request(address, body string) []byte {
	return []byte(strings.Join([]string{
		"POST /mcp HTTP/1.1", "Host: " + address, "Content-Type: application/json", "Accept: application/json, text/event-stream",
		"Mcp-Protocol-Version: 2025-11-25", "Authorization: Bearer " + sandbox.DemoToken,
		"Content-Length: " + strconv.Itoa(len(body)), "", body,
	}, "\r\n"))
}
