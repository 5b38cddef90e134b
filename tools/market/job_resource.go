package market

import (
	"context"
	"errors"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// jobResource is the same job as a resource.
func (m market) jobResource() tool.Resource {
	return tool.Resource{
		URI: "opentrain://jobs/{jobId}", Title: "A live job", MIMEType: "text/plain",
		Description: "One live job on OpenTrain, with its full text as its owner wrote it.",
		Needs:       []string{tool.GetJob},
		Read: func(ctx context.Context, _ caller.Caller, jobID string) (string, error) {
			job, err := m.api.GetJob(ctx, jobID)
			switch {
			case errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}),
				errors.Is(err, &opentrain.Error{Code: opentrain.CodeInvalidArgument}):
				return "", tool.NotFoundError("There is no live job " + text.JSON(text.Stranger(jobID, 64)) + ". A draft isn't live.")
			case err != nil:
				return "", errors.New("the job couldn't be read: " + tool.Reason(err))
			}
			l := cleaned(*job).lines()
			return l.String() + "\n", nil
		},
	}
}
