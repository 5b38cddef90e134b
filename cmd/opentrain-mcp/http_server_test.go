package main

import (
	"bytes"
	"log/slog"
	"testing"
)

// TestStreamsFitTheirConnections: the default limit of connections leaves as many streams as the settings allow, and a
// lower one half of it. The log says so.
func TestStreamsFitTheirConnections(t *testing.T) {
	t.Parallel()
	if files, limited := openFiles(); limited && files < 4000 {
		t.Skip("few files can be open")
	}
	for _, test := range []struct {
		streams, chosen      int
		connections, allowed int
		warns                bool
	}{
		{streams: 100, connections: 500, allowed: 100},
		{streams: 500, connections: 1000, allowed: 500},
		{streams: 1000, connections: 2000, allowed: 1000},
		{streams: 1000, chosen: 1500, connections: 1500, allowed: 750, warns: true},
		{streams: 500, chosen: 1, connections: 1, allowed: 1, warns: true},
	} {
		var log bytes.Buffer
		c := httpCommand{MaxStreams: test.streams, MaxConnections: test.chosen}
		c.fitConnections(slog.New(slog.NewTextHandler(&log, nil)))
		if c.MaxConnections != test.connections || c.MaxStreams != test.allowed || (log.Len() > 0) != test.warns {
			t.Errorf("%+v: %d connections, %d streams, log %q", test, c.MaxConnections, c.MaxStreams, &log)
		}
	}
}
