package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// readWindow is the window for counting reads without a token. That it is fixed, not sliding, is our
// assumption.
const readWindow = time.Minute

// readCounts counts the reads without a token in the current window, by remote IP.
type readCounts struct {
	since time.Time
	byIP  map[string]int
}

// checkReadLimit counts a read without a token and rejects it over the limit
// (developers/api-reference/jobs/search). The pages do not document a Retry-After header, so there is none.
// The members of details are our assumption.
func (s *Sandbox) checkReadLimit(r *http.Request) *apiError {
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
