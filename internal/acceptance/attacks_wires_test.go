package acceptance_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// holders is how many connections an attacker opens at once.
const holders = 16

// wire is a connection of an attacker.
type wire struct {
	net.Conn // TLS or tcp
	tcp      *net.TCPConn
	in       *bufio.Reader
}

// dial connects until the end of the test. It returns nil if that isn't possible.
func (v *victim) dial() *wire {
	conn, err := net.Dial("tcp", v.address)
	if err != nil {
		return nil
	}
	v.Cleanup(func() { conn.Close() }) //nolint:errcheck // no longer needed
	tcp, ok := conn.(*net.TCPConn)
	if !ok || tcp.SetLinger(0) != nil || conn.SetDeadline(time.Now().Add(patience)) != nil {
		return nil
	}
	if v.secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	return &wire{Conn: conn, tcp: tcp, in: bufio.NewReader(conn)}
}

// send sends a text. It returns false if the server doesn't take it.
func (w *wire) send(text string) bool {
	_, err := io.WriteString(w, text)
	return err == nil
}

// request is the text of a request; headers are lines.
func (v *victim) request(method, path, body string, headers ...string) string {
	if method == http.MethodPost {
		headers = append(headers, "Content-Type: application/json", fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return method + " " + path + " HTTP/1.1\r\nHost: " + v.address + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n" + body
}

// post is the text of a POST to /mcp.
func (v *victim) post(body string, headers ...string) string {
	return v.request("POST", "/mcp", body, headers...)
}

// do sends a request and reads the response, whose status is 0 if none comes.
func (w *wire) do(request string) (status int, header http.Header, body string) {
	if w == nil || !w.send(request) {
		return 0, nil, ""
	}
	response, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return 0, nil, ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, ""
	}
	return response.StatusCode, response.Header, string(text)
}

// from is the header of a request from the nth address.
func from(n int) string {
	return fmt.Sprintf("X-Forwarded-For: 10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
}

// madeUp is the header of the nth token that is none.
func madeUp(n int) string { return fmt.Sprintf("%s: ot_pat_made_up_%08d", tokenHeader, n) }

// flood sends n requests over a number of connections, and counts the statuses of the responses.
func (v *victim) flood(n, connections int, request func(n int) string) map[int]int {
	var begun atomic.Int64
	var mu sync.Mutex
	var sending sync.WaitGroup
	statuses := map[int]int{}
	for range connections {
		sending.Go(func() {
			w := v.dial()
			for i := begun.Add(1); i <= int64(n); i = begun.Add(1) {
				status, header, _ := w.do(request(int(i)))
				if status == 0 || header.Get("Connection") == "close" {
					if w != nil {
						w.Close() //nolint:errcheck // it is of no more use
					}
					w = v.dial()
				}
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	sending.Wait()
	v.note("%s", counted(statuses))
	return statuses
}

// hold opens connections, begins something on each of them, and leaves them open. It notes what each takes.
func (v *victim) hold(n int, what string, begin func(n int, w *wire) bool) int {
	var begun, held atomic.Int64
	var dialing sync.WaitGroup
	before := v.memory("VmRSS")
	for range holders {
		dialing.Go(func() {
			for i := begun.Add(1); i <= int64(n); i = begun.Add(1) {
				// With a small buffer, responses that are not read stay with the server.
				if w := v.dial(); w != nil && w.tcp.SetReadBuffer(4096) == nil && begin(int(i), w) {
					held.Add(1)
				}
			}
		})
	}
	dialing.Wait()
	v.linger(time.Second)
	v.noteEach(before, int(held.Load()), what)
	return int(held.Load())
}
