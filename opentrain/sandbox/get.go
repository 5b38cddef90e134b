package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxJobID is the length limit of a public job's id in characters.
const maxJobID = 64

// getJob is GET /jobs/{id}, open to everyone (developers/api-reference/jobs/get). A job that is no longer
// public has its own response instead of the error envelope. A job that was never public is not found.
func (s *Sandbox) getJob(c *call) (reply, *apiError) {
	if strings.TrimSpace(c.id) == "" || utf8.RuneCountInString(c.id) > maxJobID {
		failure := badRequest("The id of a job has from 1 to 64 characters.")
		failure.details = details{"field": "id"}
		return reply{}, failure
	}
	market, _ := s.snapshot()
	for _, l := range slices.Backward(market) { // a republished job is listed twice
		switch {
		case l.public.ID != c.id:
		case l.event == eventClosed:
			return reply{status: http.StatusNotFound, header: openToAll(), body: map[string]any{"id": c.id, "status": "closed"}}, nil
		default:
			return public(l.public)
		}
	}
	return reply{}, notFound("There is no such job.")
}
