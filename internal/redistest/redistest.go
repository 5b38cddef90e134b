// Package redistest starts a Redis for a test.
package redistest

import (
	"bufio"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
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

// FreePort is a port of this machine that no one listens at. It is below those that the system gives to others meanwhile.
func FreePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(10_000 + rand.IntN(20_000)) //nolint:gosec // a port is no secret
		if listener, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
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
