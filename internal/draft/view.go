package draft

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jellydator/ttlcache/v3"

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
		return d.view(ctx, call, before, before.view.Moment), nil
	case own.Unknown: // OpenTrain decides whether it is complete
		return View{Report: Report{JobID: own.ID, PublishReady: true}}, nil
	}
	// Another process may have changed the draft within the slack of a rough time.
	certain := !before.view.Rough || !d.replicated && !before.draft.Validation.PublishReady
	if found && certain && !own.Changed.IsZero() && d.Confirm.Ledger.Unchanged(call.Caller, own.ID, before.view.Moment, own.Changed) {
		return d.view(ctx, call, before, confirm.Moment{Time: own.Changed}), nil
	}
	return d.Reread(ctx, call, own)
}

// Reread reads a draft. The API has no call for that; a report comes back when a field is saved, so the title is saved
// unchanged. The caller holds the draft's lock.
func (d *Desk) Reread(ctx context.Context, call tool.Call, own Own) (View, error) {
	if !canSave(own.Title) {
		return View{}, ErrNoTitle
	}
	draft, err := d.API.UpdateDraft(ctx, own.ID, opentrain.Fields{"jobTitle": json.RawMessage(text.JSON(own.Title))})
	if err != nil {
		d.Record(call.Caller, own.ID, err)
		return View{}, unsent(err)
	}
	draft.JobID = own.ID
	before, found := d.remembered(call.Caller, own.ID)
	now := d.remember(call.Caller, draft, ReportOptions{})
	// The save may move the job's time. A yes is for the job as it is after it.
	moment := now.view.Moment
	if after, err := d.FindOwn(ctx, own.ID, opentrain.StatusDraft); err == nil && !after.Changed.IsZero() {
		moment = confirm.Moment{Time: after.Changed}
	}
	if found && before.view.Content != now.view.Content {
		d.Confirm.Ledger.Record(call.Caller, own.ID, nil)
	} else {
		d.Confirm.Ledger.RecordSave(call.Caller, own.ID, own.Changed, moment)
	}
	view := d.view(ctx, call, now, moment)
	if show := view.Report.Next.Show; show != nil && show.Fields["jobTitle"] == nil {
		show.Title = text.Clean(own.Title, 200)
	}
	return view, nil
}

func (d *Desk) view(ctx context.Context, call tool.Call, k known, moment confirm.Moment) View {
	k.view.Moment = moment
	d.drafts.Set(draftKey(call.Caller, k.draft.JobID), k, ttlcache.DefaultTTL)
	report := d.typesFor(ctx, call.Caller).report(k.draft, call.Interpreted, d.options(call, k, ReportOptions{}))
	return View{report, k.view}
}

// canSave reports whether a title can be saved exactly as it is. A draft without a title may be listed as untitled, and a
// title that isn't Unicode comes with other characters.
func canSave(title string) bool {
	return title != "" && !strings.HasPrefix(strings.ToLower(title), "untitled") && !strings.ContainsRune(title, utf8.RuneError)
}

// Preview is what a human sees of the draft before a yes.
func (v View) Preview(own Own) tool.Preview {
	preview := v.Report.preview()
	preview.Warnings, preview.DraftURL = v.Report.contradictions, cmp.Or(preview.DraftURL, own.Page)
	preview.Notes = append(preview.Notes, own.Preview().Notes...)
	if preview.Fields["jobTitle"] == nil {
		preview.Title = text.Clean(own.Title, 200)
	}
	return preview
}

// AskTitle is the step for a draft that can't be read because it has no title.
func AskTitle(jobID string) tool.Next {
	return tool.Next{
		Action: tool.AskHuman, Question: "What is the title of the job?", Field: "jobTitle", Type: "string", Tool: tool.PatchDraft,
		Arguments: map[string]any{"jobId": jobID, "fields": map[string]any{"jobTitle": tool.Answer}},
		Note:      "The draft has no title that can be read here. Setting one shows what else is missing.",
	}
}

// Compare compares a draft with what a human said yes to. A yes to something else doesn't count: why says so, and the
// view is what to show instead. The caller holds the draft's lock.
func (d *Desk) Compare(ctx context.Context, call tool.Call, own Own, seen confirm.View) (now View, why string, err error) {
	if own.Unknown || !d.Confirm.Asks(call.Caller) || d.Confirm.Ledger.Unchanged(call.Caller, own.ID, seen.Moment, own.Changed) {
		return View{}, "", nil
	}
	now, err = d.Reread(ctx, call, own)
	if err != nil {
		return View{}, "", err
	}
	now.View.Again = 1
	if now.View.Content == seen.Content {
		now.View.Again += seen.Again
	}
	switch now.View.Again {
	case 1:
		return now, "The draft has changed since the human saw it.", nil
	case 2:
		return now, "OpenTrain reports another change, but the content is the same. Check the draft's page to be sure.", nil
	}
	return now, "", nil // the API moves the time by itself
}
