package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"time"
)

// wire is a transport.
type wire string

const (
	overStdio wire = "stdio"
	overHTTP  wire = "/mcp"
)

// process is a server that runs.
type process struct {
	server  server
	wire    wire
	address string // over HTTP
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	stderr  bytes.Buffer
	began   time.Time
	next    int // id of the next message over stdio
}

// start starts a server. It is ready when hello returns.
func (b bench) start(ctx context.Context, s server, w wire, base string) (*process, error) {
	p := &process{server: s, wire: w, next: firstID}
	args := slices.Concat(s.command[1:], s.stdio)
	if w == overHTTP {
		var err error
		if p.address, err = freeAddress(); err != nil {
			return nil, err
		}
		args = slices.Concat(s.command[1:], s.http, []string{p.address})
	}
	p.cmd = exec.CommandContext(ctx, s.command[0], args...) //nolint:gosec // it was built for this
	p.cmd.Env, p.cmd.Dir, p.cmd.Stderr = environment(b.work, base), b.work, &p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.stdout, p.began = stdin, bufio.NewReaderSize(stdout, 64<<10), time.Now()
	return p, p.cmd.Start()
}

// freeAddress is an address on which nothing listens. Its port is below those that the system gives to connections.
func freeAddress() (string, error) {
	var problem error
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000)) //nolint:gosec // not a secret
		listener, err := net.Listen("tcp", address)
		if err == nil {
			return address, listener.Close()
		}
		problem = err
	}
	return "", problem
}

// stop ends the process, and returns what it wrote on standard error.
func (p *process) stop() string {
	p.cmd.Process.Kill() //nolint:errcheck,gosec // it may have ended
	p.cmd.Wait()         //nolint:errcheck,gosec // it was killed
	return p.stderr.String()
}

// hello gets the answer to initialize.
func (p *process) hello(ctx context.Context) error {
	if err := p.ask(ctx, initialize, "serverInfo"); err != nil || p.wire == overHTTP {
		return err
	}
	_, err := io.WriteString(p.stdin, initialized+"\n")
	return err
}

// ask sends one message. Its answer must have the member.
func (p *process) ask(ctx context.Context, message, member string) error {
	var answer []byte
	var err error
	if p.wire == overStdio {
		if _, err := io.WriteString(p.stdin, message+"\n"); err != nil {
			return err
		}
		answer, err = p.stdout.ReadBytes('\n')
	} else {
		var conn *connection
		if conn, err = dial(ctx, p.address); err != nil {
			return err
		}
		defer conn.close()
		answer, err = conn.post(request(p.address, message))
	}
	if err == nil && !bytes.Contains(answer, []byte(`"`+member+`"`)) {
		err = fmt.Errorf("no %s in the answer: %s", member, answer)
	}
	return err
}

// dial connects to a server that may not listen yet.
func dial(ctx context.Context, address string) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return &connection{Conn: conn, answers: bufio.NewReaderSize(conn, 64<<10)}, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-again.C:
		}
	}
}

// processor is the processor time that the process has used.
func (p *process) processor() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	used, _, err := processorTimes(string(stat))
	return used, err
}

// memory is the memory of the process now.
func (p *process) memory() (memory, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return memory{}, err
	}
	return parseMemory(string(status))
}
