package sandbox

import (
	"net/http"
	"slices"
)

// The users of a sandbox, as values of freelancerId. Other ids are not found. The users are fictional and the
// same for every account.
const (
	// FreelancerAvailable can be invited: 201, then 200 with alreadyInvited.
	FreelancerAvailable = "freelancer_1"
	// FreelancerUnavailable does not accept invitations: 409 freelancer_unavailable.
	FreelancerUnavailable = "freelancer_2"
	// FreelancerAlsoAvailable is another user who can be invited.
	FreelancerAlsoAvailable = "freelancer_3"
	// NotAFreelancer is a user of another kind: 409 not_a_freelancer.
	NotAFreelancer = "employer_1"
)

// inviteTrainer is POST /jobs/{id}/invites (developers/api-reference/jobs/invite). The order of its checks is
// our assumption: body, job, status of the job, person.
func (s *Sandbox) inviteTrainer(c *call) (reply, *apiError) {
	body, failure := c.object()
	if failure != nil {
		return reply{}, failure
	}
	id, issues := decodeString(0, body["freelancerId"], []any{"freelancerId"})
	if issues != nil {
		failure := badRequest("freelancerId is missing or invalid.")
		failure.details = details{"issues": issues}
		return reply{}, failure
	}
	freelancer, _ := id.(string)
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.own(c)
	if j == nil {
		return reply{}, noSuchJob()
	}
	if failure := mayInvite(j, freelancer); failure != nil {
		return reply{}, failure
	}
	already := slices.Contains(j.invited, freelancer)
	status := http.StatusOK
	if !already {
		j.invited, status = append(j.invited, freelancer), http.StatusCreated
	}
	return reply{status: status, body: map[string]any{
		"ok": true, "proposalId": "proposal_" + j.id + "_" + freelancer, "jobId": j.id,
		"freelancerId": freelancer, "alreadyInvited": already,
	}}, nil
}

func mayInvite(j *job, freelancer string) *apiError {
	refuse := func(message, reason string) *apiError {
		return conflict(message, details{"jobId": j.id, "freelancerId": freelancer, "reason": reason})
	}
	if j.status != statusOpen {
		return refuse("AI trainers can only be invited to a published job; this one is "+j.status+".", "job_not_published")
	}
	switch freelancer {
	case FreelancerAvailable, FreelancerAlsoAvailable:
		return nil
	case FreelancerUnavailable:
		return refuse("This AI trainer isn't accepting invitations.", "freelancer_unavailable")
	case NotAFreelancer:
		return refuse("This user is not an AI trainer.", "not_a_freelancer")
	}
	return notFound("There is no such user.")
}
