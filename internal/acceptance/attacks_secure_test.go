package acceptance_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// multiplexed is a connection of HTTP/2 on which an attacker sends what no client sends.
type multiplexed struct {
	*http2.Framer
	headers hpack.Encoder
	block   bytes.Buffer
	stream  uint32
}

// multiplex begins HTTP/2, with a window of so many bytes for every response.
func (v *victim) multiplex(w *wire, window uint32) (*multiplexed, error) {
	if _, err := io.WriteString(w, http2.ClientPreface); err != nil {
		return nil, err
	}
	m := &multiplexed{Framer: http2.NewFramer(w, w.in), stream: 1}
	m.headers = *hpack.NewEncoder(&m.block)
	go io.Copy(io.Discard, w.in) //nolint:errcheck // frames of the server are not answered; it ends with the connection
	return m, m.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window})
}

// begin sends the headers of a POST to /mcp from the nth address, and a part of its body.
func (m *multiplexed) begin(n int, body string, whole bool) error {
	m.block.Reset()
	var errs error
	for _, field := range [][2]string{
		{":method", "POST"}, {":path", "/mcp"}, {":scheme", "https"}, {":authority", "localhost"}, {"content-type", "application/json"},
		{"x-forwarded-for", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)},
	} {
		errs = errors.Join(errs, m.headers.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}))
	}
	errs = errors.Join(errs, m.WriteHeaders(http2.HeadersFrameParam{StreamID: m.stream, BlockFragment: m.block.Bytes(), EndHeaders: true}))
	errs = errors.Join(errs, m.WriteData(m.stream, whole, []byte(body)))
	m.stream += 2
	return errs
}

// secureAttacks use TLS, and many streams of HTTP/2 on each connection.
func secureAttacks() []attack {
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	streams := func(name string, connections, streams int, window uint32, request func(m *multiplexed, n int) error) attack {
		return attack{name: name, limit: strangersLimit, lines: 2 * few, tls: true, run: func(v *victim) {
			v.hold(connections, "connections", func(n int, w *wire) bool {
				m, err := v.multiplex(w, window)
				for i := 0; err == nil && i < streams; i++ {
					err = request(m, n*streams+i)
				}
				return err == nil
			})
		}}
	}
	return []attack{
		{name: "TLS: 10,000 silent connections", limit: strangersLimit, lines: few, tls: true, run: func(v *victim) {
			v.hold(10_000, "connections", func(_ int, w *wire) bool { return w.Conn != nil })
		}},
		streams("TLS: 1,000 idle connections", 1000, 0, 65_535, nil),
		streams("HTTP/2: 40 connections, 100 slow bodies on each", 40, 100, 65_535, func(m *multiplexed, n int) error {
			return m.begin(n, list[:20], false)
		}),
		streams("HTTP/2: 40 connections, 100 responses on each, not read", 40, 100, 0, func(m *multiplexed, n int) error {
			return m.begin(n, list, true)
		}),
		streams("HTTP/2: 20 connections, 1,000 requests on each, reset at once", 20, 1000, 65_535, func(m *multiplexed, n int) error {
			return errors.Join(m.begin(n, searchSigns(), true), m.WriteRSTStream(m.stream-2, http2.ErrCodeCancel))
		}),
		streams("HTTP/2: 20 connections, an endless header on each", 20, 100, 65_535, func(m *multiplexed, _ int) error {
			if m.stream == 1 {
				m.stream = 3
				return m.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: nil})
			}
			return m.WriteContinuation(1, false, bytes.Repeat([]byte{0x10, 1, 'a', 1, 'b'}, 3000))
		}),
	}
}
