// Package redistest starts a Redis for a test.
package redistest

import (
	"bufio"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// Server is a redis-server that a test can kill and start again.
type Server struct {
	Address string // host:port
	Process *exec.Cmd

	t    testing.TB
	args []string
}

// Start starts a redis-server without anything on a disk, on a free port, with more arguments. Without an installed
// redis-server, it skips the test.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("there is no redis-server (apt-get install redis-server)")
	}
	port := FreePort(t)
	s := &Server{Address: "127.0.0.1:" + port, t: t}
	s.args = append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", t.TempDir()}, args...)
	s.Restart()
	t.Cleanup(s.Kill)
	return s
}

// FreePort is a port that no one listens at.
func FreePort(t testing.TB) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	return port
}

// URL is where the server is.
func (s *Server) URL() string { return "redis://" + s.Address }

// Restart starts the server, which has been killed, and waits until it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Process = exec.Command("redis-server", s.args...) //nolint:gosec // the arguments are a test's
	out, err := s.Process.StdoutPipe()
	if err == nil {
		err = s.Process.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var log strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); log.WriteString(lines.Text() + "\n") {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go io.Copy(io.Discard, out) //nolint:errcheck // until it ends
			return
		}
	}
	s.t.Fatalf("redis-server ended:\n%s", &log)
}

// Do runs a command.
func (s *Server) Do(command string, args ...any) error {
	conn, err := redis.Dial("tcp", s.Address)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the command is done
	_, err = conn.Do(command, args...)
	return err
}

// Kill ends the server at once, and what it knew is lost.
func (s *Server) Kill() {
	_ = s.Process.Process.Kill() // it may have ended
	_ = s.Process.Wait()
}
