package tools

import "encoding/json"

// Effect is what a write did, for an audit log.
type Effect struct {
	// JobID is the job that was made, changed or named; "" when none is known.
	JobID string
	// Outcome is the job's status afterwards, or a word of the tool's; "" when
	// nothing was written.
	Outcome string
}

// effective is the output of a tool that writes.
type effective interface{ effect() Effect }

func (o PublishOutput) effect() Effect       { return Effect{o.JobID, orWord(o.Status, "not published")} }
func (o UpdateJobOutput) effect() Effect     { return Effect{o.JobID, orWord(o.Status, "not changed")} }
func (o CloseJobOutput) effect() Effect      { return Effect{o.JobID, o.Status} }
func (o InviteTrainerOutput) effect() Effect { return Effect{o.JobID, "invited"} }

func (d Draft) effect() Effect {
	switch {
	case d.unchanged:
		return Effect{JobID: d.JobID}
	case d.unsaved:
		return Effect{d.JobID, "answers not saved"}
	}
	return Effect{d.JobID, "DRAFT"}
}

// EffectOf tells what a call did. Of a failed one only the job is known that
// it named, and the failure's code.
func (t Tool) EffectOf(result Result, failure *Failure, args json.RawMessage) Effect {
	if failure == nil {
		if output, writes := result.Structured.(effective); writes {
			return output.effect()
		}
		return Effect{Outcome: "ok"}
	}
	var named struct {
		JobID string `json:"jobId"`
	}
	if json.Unmarshal(args, &named) != nil {
		named.JobID = "" // whatever was read of it
	}
	return Effect{JobID: plain(named.JobID, 64), Outcome: string(failure.Code)}
}

func orWord(value, word string) string {
	if value == "" {
		return word
	}
	return value
}
