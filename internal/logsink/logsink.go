// Package logsink writes a log that never holds up or ends the program. One goroutine writes. While the reader
// of the log stalls, lines wait in a bounded queue; when it is full, new lines are dropped and counted. All lines
// are equal: the queue is large enough that no burst drops one while the log is read.
package logsink

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Capacity is how many bytes may wait to be written.
const Capacity = 4 << 20

// Sink is an io.Writer that doesn't wait.
type Sink struct {
	out   io.Writer
	wake  chan struct{} // holds one signal that there is something to do
	ended chan struct{} // closed when everything is written after Close

	mu      sync.Mutex
	blocks  [][]byte // of lines that wait
	spare   []byte   // for the next block
	size    int      // of the blocks, in bytes
	dropped int      // lines since the last notice
	notice  func(out io.Writer, dropped int)
	closed  bool
}

// New starts a sink that writes to out.
func New(out io.Writer) *Sink {
	s := &Sink{out: out, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	s.notice = func(out io.Writer, dropped int) { fmt.Fprintf(out, "%d log lines were dropped\n", dropped) }
	go s.run()
	return s
}

// Write implements io.Writer. It takes each write as a line, and never fails.
func (s *Sink) Write(line []byte) (int, error) {
	s.mu.Lock()
	if s.closed || s.size+len(line) > Capacity {
		s.dropped++
	} else {
		s.add(line)
	}
	s.mu.Unlock()
	s.signal()
	return len(line), nil
}

// blockSize is how many bytes are allocated at once. All calls wait for each other here, and an allocation may wait for the
// garbage collector.
const blockSize = 64 << 10

func (s *Sink) add(line []byte) {
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last])+len(line) > cap(s.blocks[last]) {
		if cap(s.spare) < len(line) {
			s.spare = make([]byte, 0, max(blockSize, len(line)))
		}
		s.blocks, s.spare, last = append(s.blocks, s.spare), nil, last+1
	}
	s.blocks[last] = append(s.blocks[last], line...)
	s.size += len(line)
}

// OnDrop sets what is written instead of dropped lines.
func (s *Sink) OnDrop(notice func(out io.Writer, dropped int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notice = notice
}

// File returns a file for code that prints to a file. What is printed becomes part of the log.
func (s *Sink) File() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go io.Copy(s, r) //nolint:errcheck // it ends with the process
	return w, nil
}

// Close ends the log. It waits until all lines are written, but no longer than the limit.
func (s *Sink) Close(limit time.Duration) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
	select {
	case <-s.ended:
	case <-time.After(limit):
	}
}

func (s *Sink) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run writes until the sink is closed and empty. Lines that can't be written are lost.
func (s *Sink) run() {
	defer close(s.ended)
	for range s.wake {
		for write := s.next(); write != nil; write = s.next() {
			write()
		}
		s.mu.Lock()
		done := s.closed && len(s.blocks) == 0
		s.mu.Unlock()
		if done {
			return
		}
	}
}

// next returns what is to be written next, nil for nothing.
func (s *Sink) next() (write func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.blocks) > 0 {
		lines := s.blocks[0]
		s.blocks, s.size = s.blocks[1:], s.size-len(lines)
		return func() {
			s.out.Write(lines) //nolint:errcheck,gosec // a log that can't be written has no one to report to
			s.keep(lines[:0])
		}
	}
	s.blocks = nil
	if dropped := s.dropped; dropped > 0 {
		s.dropped = 0
		return func() { s.notice(s.out, dropped) }
	}
	return nil
}

// keep keeps a block for further lines.
func (s *Sink) keep(block []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cap(block) == blockSize {
		s.spare = block
	}
}
