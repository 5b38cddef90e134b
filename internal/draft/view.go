package draft

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// ErrNoTitle is the error of a draft that can't be read: without a title there is nothing to save unchanged.
var ErrNoTitle = errors.New("the draft has no title")

// View is a draft as it stands, for a human.
type View struct {
	Report Report
	View   confirm.View
}

// See returns the draft as it stands: the remembered report if nothing has changed since, otherwise a new one. The
// caller holds the draft's lock.
func (d *Desk) See(ctx context.Context, call tool.Call, own Own) (View, error) {
	before, found := d.remembered(call.Caller, own.ID)
	switch {
	case own.Unknown && found:
		before.completed = true // it may have changed since
		return d.view(ctx, call, before, before.view.Moment), nil
	case own.Unknown: // OpenTrain decides whether it is complete
		return View{Report: Report{JobID: own.ID, PublishReady: true}}, nil
	case found && !before.view.Rough && !own.Changed.IsZero() && d.Confirm.Ledger.Unchanged(call.Caller, own.ID, before.view, own.Changed):
		return d.view(ctx, call, before, confirm.Moment{Time: own.Changed}), nil
	}
	return d.Reread(ctx, call, own)
}

// Checks reports whether a change after a human's yes is noticed: in the list of jobs, or by this process, if no other one
// serves the same callers.
func (d *Desk) Checks(by caller.Caller, own Own) bool {
	return !own.Unknown || !d.replicated || !d.Confirm.Asks(by)
}

// Reread reads a draft. The API has no call for that; a report comes back when a field is saved, so the title is saved
// unchanged. own was just read, and the caller holds the draft's lock.
func (d *Desk) Reread(ctx context.Context, call tool.Call, own Own) (View, error) {
	if !canSave(own.Title) {
		return View{}, ErrNoTitle
	}
	draft, err := d.API.UpdateDraft(ctx, own.ID, opentrain.Fields{"jobTitle": json.RawMessage(text.JSON(own.Title))})
	if err != nil {
		d.Record(call.Caller, own.ID, err)
		return View{}, Unsent(err)
	}
	draft.JobID = own.ID
	before, found := d.remembered(call.Caller, own.ID)
	if found && !d.Confirm.Ledger.Unchanged(call.Caller, own.ID, before.view, own.Changed) {
		stale := before
		stale.draft = &opentrain.Draft{} // it doesn't complete the answer about a changed draft
		stale.draft.JobID = own.ID
		d.keep(call.Caller, stale)
	}
	keepGuess(draft, before.draft)
	now, _ := d.remember(call.Caller, draft, ReportOptions{titleSaved: true})
	now = d.dated(ctx, call.Caller, now)
	if found && before.view.Content != now.view.Content {
		d.Confirm.Ledger.Record(call.Caller, own.ID, nil)
	} else {
		d.Confirm.Ledger.RecordSave(call.Caller, own.ID, own.Changed, now.view)
	}
	view := d.view(ctx, call, now, now.view.Moment)
	if show := view.Report.Next.Show; show != nil && show.Fields["jobTitle"] == nil {
		show.Title = text.Clean(text.Visible(own.Title), 200)
	}
	return view, nil
}

func (d *Desk) view(ctx context.Context, call tool.Call, k known, moment confirm.Moment) View {
	k.view.Moment = moment
	d.keep(call.Caller, k)
	report := d.typesFor(ctx, call.Caller).report(k.draft, call.Interpreted, d.options(call, k, ReportOptions{long: true}))
	return View{report.Short(), k.view}
}

// canSave reports whether a title can be saved exactly as it is. A draft without a title may be listed as untitled, a long
// title may be cut, and one that isn't Unicode comes with other characters.
func canSave(title string) bool {
	isCut := strings.HasSuffix(title, "…") || strings.HasSuffix(title, "...")
	return title != "" && !isCut && !strings.HasPrefix(strings.ToLower(title), "untitled") && !strings.ContainsRune(title, utf8.RuneError)
}

// Preview is what a human sees of the draft before a yes.
func (v View) Preview(own Own) tool.Preview {
	preview := v.Report.preview()
	preview.DraftURL = cmp.Or(preview.DraftURL, own.Page)
	preview.Notes = append(preview.Notes, own.Preview().Notes...)
	if preview.Fields["jobTitle"] == nil {
		preview.Title = text.Clean(text.Visible(own.Title), 200)
	}
	return preview
}

// AskTitle is the step for a draft that can't be read because it has no title.
func AskTitle(jobID string) tool.Next {
	return tool.Next{
		Action: tool.AskHuman, Question: "What is the title of the job?", Field: "jobTitle", Type: "string", Tool: tool.PatchDraft,
		Arguments: map[string]any{"jobId": jobID, "fields": map[string]any{"jobTitle": tool.Answer}},
		Note:      "OpenTrain lists no complete title for this draft. Set one to see what else is missing.",
	}
}

// Compare compares a draft with what a human said yes to. A yes to something else doesn't count: why says so, and the
// view is what to show instead. The caller holds the draft's lock.
func (d *Desk) Compare(ctx context.Context, call tool.Call, own Own, seen confirm.View) (now View, why string, err error) {
	unchanged := d.Confirm.Ledger.Unchanged(call.Caller, own.ID, seen, own.Changed)
	certain := !seen.Rough && !own.Changed.IsZero()
	if own.Unknown {
		known, found := d.remembered(call.Caller, own.ID)
		certain = !found || known.view.Content == seen.Content
	}
	switch {
	case !d.Confirm.Asks(call.Caller), unchanged && certain:
		return View{}, "", nil
	case own.Unknown:
		now, err = d.See(ctx, call, own)
		return now, "The draft has changed since the human saw it.", err
	}
	now, err = d.Reread(ctx, call, own)
	same := now.View.Content == seen.Content
	if err != nil || unchanged && same {
		return View{}, "", err
	}
	now.View.Again = 1
	if same {
		now.View.Again += seen.Again
	}
	if now.View.Again > 2 && !now.View.Whole && !d.movesByItself(ctx, own.ID, now.View.Time) {
		now.View.Again = 1 // the content may have changed
	}
	switch now.View.Again {
	case 1:
		return now, "The draft has changed since the human saw it.", nil
	case 2:
		return now, "OpenTrain reports another change, but nothing looks different. Check the draft's page to be sure.", nil
	}
	return now, "", nil // the API moves the time by itself
}

// movesByItself reports whether a draft's time in the list is another one when nothing was done.
func (d *Desk) movesByItself(ctx context.Context, jobID string, before time.Time) bool {
	own, err := d.FindOwn(ctx, jobID, opentrain.StatusDraft)
	return err == nil && !own.Changed.IsZero() && !own.Changed.Equal(before)
}
