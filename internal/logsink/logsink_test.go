package logsink_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/logsink"
)

// reader is the far end of a log. It reads nothing until it is opened.
type reader struct {
	bytes.Buffer
	opened chan struct{}
}

func (r *reader) Write(p []byte) (int, error) {
	<-r.opened
	return r.Buffer.Write(p)
}

// TestLinesWaitForTheReader: while no one reads the log, writing to it doesn't block. Lines that fit wait. The
// others are counted, and the count is written after the lines that came before them.
func TestLinesWaitForTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &reader{opened: make(chan struct{})}
		sink := logsink.New(out)
		line := strings.Repeat("x", 1<<10-1) + "\n"
		fmt.Fprint(sink, "first\n")
		synctest.Wait() // the first line is being written
		fits := logsink.Capacity / len(line)
		for range fits + 7 {
			if n, err := io.WriteString(sink, line); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
		}
		close(out.opened)
		synctest.Wait()
		fmt.Fprint(sink, "last\n")
		sink.Close(time.Second)
		if want := "first\n" + strings.Repeat(line, fits) + "7 log lines were dropped\nlast\n"; out.String() != want {
			t.Errorf("got %d bytes that end with %.100q", out.Len(), out.String()[max(0, out.Len()-100):])
		}
	})
}

// TestNotice: the owner of the log decides how the count reads.
func TestNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &reader{opened: make(chan struct{})}
		sink := logsink.New(out)
		sink.OnDrop(func(w io.Writer, dropped int) { fmt.Fprintf(w, "{%d}\n", dropped) })
		fmt.Fprint(sink, "first\n")
		synctest.Wait() // the writer waits for the reader
		big := make([]byte, logsink.Capacity+1)
		sink.Write(big) //nolint:errcheck // it never fails
		sink.Write(big) //nolint:errcheck // it never fails
		close(out.opened)
		sink.Close(time.Second)
		if out.String() != "first\n{2}\n" {
			t.Errorf("got %q", out.String())
		}
	})
}

// TestCloseWaitsOnlySoLong: a reader that stalls delays the end for the limit.
func TestCloseWaitsOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &reader{opened: make(chan struct{})}
		sink := logsink.New(out)
		fmt.Fprint(sink, "line\n")
		start := time.Now()
		sink.Close(time.Second)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v", took)
		}
		fmt.Fprint(sink, "too late\n") // goes nowhere
		close(out.opened)
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// TestBrokenReader: a log that can't be written is lost, and nothing else happens.
func TestBrokenReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := logsink.New(broken{})
		fmt.Fprint(sink, "line\n")
		start := time.Now()
		sink.Close(time.Second)
		if time.Since(start) != 0 {
			t.Error("the end waited")
		}
	})
}

type lengths chan int

func (l lengths) Write(p []byte) (int, error) {
	l <- len(p)
	return len(p), nil
}

// TestFile: what is printed to the file is in the log.
func TestFile(t *testing.T) {
	out := make(lengths)
	file, err := logsink.New(out).File()
	if err != nil {
		t.Fatal(err)
	}
	const printed = 320 << 10 // more than a pipe holds
	for range 10 {
		if _, err := file.Write(make([]byte, printed/10)); err != nil {
			t.Fatal(err)
		}
	}
	for logged := 0; logged < printed; {
		logged += <-out
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}
