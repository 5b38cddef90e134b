package market

import (
	"context"
	"errors"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// jobResource is the same job as a resource.
func (m market) jobResource() tool.Resource {
	return tool.Resource{
		URI: "opentrain://jobs/{jobId}", Title: "A public job", MIMEType: "text/plain",
		Description: "One public job on OpenTrain, with its whole text as its owner wrote it.",
		Needs:       []string{tool.GetJob},
		Read: func(ctx context.Context, _ caller.Caller, jobID string) (string, error) {
			job, err := m.api.GetJob(ctx, jobID)
			switch {
			case errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}):
				return "", errors.New("there is no public job with this id; a draft is not public")
			case err != nil:
				return "", errors.New("the job could not be read: " + tool.Reason(err))
			}
			l := cleaned(*job).lines()
			return l.String() + "\n", nil
		},
	}
}
