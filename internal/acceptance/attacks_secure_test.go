package acceptance_test

import (
	"bytes"
	"crypto/tls"
	"strings"
)

// secureAttacks use TLS.
func secureAttacks() []attack {
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	held := func(name string, connections int, begin func(v *victim, w *wire) bool) attack {
		return attack{name: name, limit: strangersLimit, lines: 2 * few, tls: true, run: func(v *victim) {
			v.hold(connections, "connections", func(_ int, w *wire) bool { return begin(v, w) })
		}}
	}
	return []attack{
		held("TLS: 10,000 silent connections", 10_000, func(_ *victim, w *wire) bool { return w.Conn != nil }),
		held("TLS: 1,000 idle connections", 1000, func(_ *victim, w *wire) bool {
			secure, ok := w.Conn.(*tls.Conn)
			return ok && secure.Handshake() == nil
		}),
		held("TLS: 1,000 first messages of 64 KB without an end", 1000, func(_ *victim, w *wire) bool {
			_, err := w.tcp.Write(endlessHello())
			return err == nil
		}),
		held("TLS: 1,000 connections that read no response", 1000, func(v *victim, w *wire) bool {
			return w.send(strings.Repeat(v.post(list), 8))
		}),
	}
}

// endlessHello is the first message of a handshake, but its last byte.
func endlessHello() []byte {
	const size, record = 1<<16 - 1, 1 << 14
	message := append([]byte{1, 0, size >> 8, size & 255}, make([]byte, size-1)...)
	var all bytes.Buffer
	for len(message) > 0 {
		part := message[:min(record, len(message))]
		all.Write([]byte{22, 3, 1, byte(len(part) >> 8), byte(len(part))})
		all.Write(part)
		message = message[len(part):]
	}
	return all.Bytes()
}
