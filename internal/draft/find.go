package draft

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// maxChoices is how many drafts a human is asked to choose from.
const maxChoices = 10

// FindDraft finds one of the caller's drafts by its id or by words of its title: "the dashcam one". When none or several
// match, it returns the drafts to choose from. A job that is no longer a draft is found by its id. With too many jobs, what is
// found by an id is Unknown, and so is a choice that may lack the draft.
func (d *Desk) FindDraft(ctx context.Context, name string) (found Own, others []opentrain.OwnJob, err error) {
	var drafts []opentrain.OwnJob
	id := tool.JobIDIn(name)
	hit, whole, err := d.ownJobs(ctx, opentrain.StatusDraft, func(job opentrain.OwnJob) bool {
		drafts = append(drafts, job)
		return job.ID == name || job.ID == id || choice(job) == name
	})
	switch {
	case err != nil:
		return Own{}, nil, Unsent(err)
	case len(hit) > 0:
		return d.ownOf(hit[0]), nil, nil
	}
	similar := those(drafts, func(title string) bool { return strings.EqualFold(strings.TrimSpace(title), strings.TrimSpace(name)) })
	isID := looksLikeID(id) && opentrain.CheckID(id) == nil
	if len(similar) == 0 && isID {
		found, err = d.FindOwn(ctx, id, "")
		if missing := errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}) || found.Unknown; !missing {
			return found, nil, err
		}
	}
	if len(similar) == 0 {
		similar = those(drafts, func(title string) bool { return hasWords(title, name) })
	}
	switch {
	case len(similar) == 1 && whole:
		return d.ownOf(similar[0]), nil, nil
	case len(similar) > 0:
		return Own{}, similar[:min(len(similar), maxChoices)], nil
	case isID:
		return found, nil, err
	case len(drafts) > 0:
		return Own{Unknown: !whole}, drafts[:min(len(drafts), maxChoices)], nil
	}
	return Own{}, nil, noJob(name)
}

// those are the jobs whose title fits.
func those(jobs []opentrain.OwnJob, fits func(title string) bool) []opentrain.OwnJob {
	return slices.DeleteFunc(slices.Clone(jobs), func(job opentrain.OwnJob) bool { return !fits(job.Title) })
}

// hasWords reports whether a title has every word that says something about a job: with no such word, as in "my draft", every title.
func hasWords(title, name string) bool {
	words := wordsOf(name)
	wanted := slices.DeleteFunc(slices.Clone(words), func(word string) bool {
		return slices.Contains([]string{"the", "a", "an", "my", "our", "one", "job", "draft", "for", "of", "with", "about", "that", "from"}, word)
	})
	have := wordsOf(title)
	return len(words) > 0 && !slices.ContainsFunc(wanted, func(word string) bool {
		return !slices.ContainsFunc(have, func(other string) bool {
			return strings.HasPrefix(other, word) || strings.HasPrefix(word, other) && len(other) > 3
		})
	})
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// looksLikeID reports whether a name is one word with a digit or an underscore in it: no words of a title.
func looksLikeID(name string) bool {
	return !strings.ContainsFunc(name, unicode.IsSpace) && strings.ContainsAny(name, "0123456789_")
}

// choice names a draft so that FindDraft finds it again.
func choice(job opentrain.OwnJob) string {
	return text.Clean(job.Title, 100) + " (" + text.Join(", ", text.Clean(job.ID, maxJobID), text.Day(job.CreatedAt)) + ")"
}

// Choose is the report that asks which of several drafts is meant.
func Choose(name string, found Own, drafts []opentrain.OwnJob) Report {
	heading := "No draft title"
	if found.Unknown {
		heading = "None of the draft titles that were checked"
	}
	if !hasWords(drafts[0].Title, name) {
		return Report{
			heading: heading + " matches “" + text.Clean(name, 100) + "”.",
			Next:    tool.ListJobsNext("It lists the drafts, and the live and closed jobs."),
		}
	}
	return Report{heading: "These drafts match.", Next: tool.Next{
		Action: tool.AskHuman, Field: "jobId", Type: "enum", Options: tool.Map(drafts, choice), Tool: tool.GetDraft,
		Question:  "Which of these drafts do you mean?",
		Arguments: map[string]any{"jobId": tool.Answer},
	}}
}

// NoLongerDraft is the report on a job that was published or closed.
func NoLongerDraft(own Own) Report {
	report := Listed(own, "")
	report.DraftURL = ""
	report.Next = tool.Next{Action: tool.Done, Note: "It's no longer a draft."}
	if own.Status == opentrain.StatusOpen {
		report.Next = tool.Next{
			Action: tool.CallTool, Tool: tool.GetJob, Arguments: map[string]any{"jobId": report.JobID},
			Note: "This shows its listing.", Page: own.Page,
		}
	}
	return report
}

// Unchecked is the report on a job that couldn't be looked up.
func Unchecked(own Own) Report {
	id := text.Clean(own.ID, maxJobID)
	return Report{
		JobID: id, DraftURL: own.Page, heading: "Job " + id + " couldn't be checked: this account has too many jobs.",
		Next: tool.Next{Action: tool.Done, Note: "If it's a draft, its page shows it."},
	}
}

// Listed is a report from what the list of jobs says.
func Listed(own Own, note string) Report {
	status := text.Clean(own.Status, 40)
	report := Report{
		JobID: text.Clean(own.ID, maxJobID), Status: status, DraftURL: own.Page, listedTitle: text.Clean(own.Title, 200),
		heading:          "Job " + text.Clean(own.ID, maxJobID) + " is " + tool.StatusWords(status) + ".",
		NormalizedFields: Shortened(opentrain.Fields{"jobTitle": []byte(text.JSON(own.Title))}),
		Next:             tool.Next{Action: tool.Done, Note: note},
	}
	return report
}

// Untitled is the report on a draft that can't be read because it has no title.
func Untitled(own Own) Report {
	report := Listed(own, "")
	report.Next = AskTitle(report.JobID)
	return report
}
