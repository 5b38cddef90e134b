package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// readWindow is the time in which tokenless reads are counted. That the count
// starts anew, and does not slide, is our reading.
const readWindow = time.Minute

// readCounts are the tokenless reads in the present window, by remote IP.
type readCounts struct {
	since time.Time
	byIP  map[string]int
}

// limitRead counts a tokenless read and refuses it beyond the limit
// (developers/api-reference/jobs/search). No page mentions a Retry-After
// header, so there is none; the members of details are ours.
func (s *Sandbox) limitRead(r *http.Request) *apiError {
	if s.readLimit <= 0 {
		return nil
	}
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.reads.since); s.reads.byIP == nil || age < 0 || age >= readWindow {
		s.reads = readCounts{since: now, byIP: map[string]int{}}
	}
	if s.reads.byIP[ip] >= s.readLimit {
		return &apiError{status: http.StatusTooManyRequests, code: "RATE_LIMITED",
			message: fmt.Sprintf("The limit of %d requests a minute is reached.", s.readLimit),
			details: details{"limit": s.readLimit, "windowSeconds": int(readWindow.Seconds())}}
	}
	s.reads.byIP[ip]++
	return nil
}
