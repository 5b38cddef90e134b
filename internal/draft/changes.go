package draft

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// maxChange is the longest value of a change that a human is shown, in characters. A form shows it whole or not at all.
const maxChange = 5000

// Changes shows an edit of a live job, old and new value of each field. resolve is the call that resolves its warnings,
// nil without any. already says that the job certainly has these values. The caller holds the job's lock.
func (d *Desk) Changes(
	ctx context.Context, by caller.Caller, own Own, fields opentrain.Fields,
) (preview tool.Preview, resolve *tool.Change, already bool) {
	preview = own.Preview()
	before, certain := d.current(ctx, by, own, &preview)
	current := before.draft.NormalizedFields
	all := slices.Sorted(maps.Keys(fields))
	changed := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return same(key, current[key], fields[key]) })
	switch {
	case len(changed) == 0 && certain:
		return preview, nil, true
	case len(changed) == 0:
		changed = all
		preview.Warnings = append(preview.Warnings, "The job seems to have these values already.")
	case !certain:
		changed = all
	}
	for _, key := range changed {
		old := "unknown"
		if value, isKnown := current[key]; isKnown {
			old = text.Clip(text.Clean(tool.WithoutUnit(key, value), maxChange), 200)
		}
		now := wholeChange(key, fields[key])
		if confirm.IsCut(now) {
			preview.Warnings = append(preview.Warnings,
				"Only a part of the new “"+tool.FieldLabel(key)+"” is shown. Ask for the rest before you approve.")
		}
		preview.Changes = append(preview.Changes, text.Clean(text.Visible(tool.FieldLabel(key)), 100)+": "+old+" →"+now)
	}
	after := known{source: before.source, set: before.set, draft: &opentrain.Draft{NormalizedFields: merged(current, fields)}}
	after.outdated = outdated(before, after, fields)
	found := after.contradictions()
	for _, key := range lacking(current, after.draft.NormalizedFields, fields) {
		preview.Warnings = append(preview.Warnings, wouldLack(key, current, after.draft.NormalizedFields, fields))
		found.patch[key] = tool.Answer
	}
	for _, warning := range found.warnings { // nothing is changed yet
		preview.Warnings = append(preview.Warnings, strings.Replace(warning, " is now ", " would be ", 1))
	}
	if len(found.patch) > 0 {
		maps.Copy(found.patch, asArguments(fields, found.patch))
		resolve = &tool.Change{Tool: tool.UpdateJob, Arguments: map[string]any{"jobId": own.ID, "fields": found.patch}}
	}
	return preview, resolve, false
}

// needed are the fields that a job must have before it's published. The rate is the one of its payment type.
func needed(fields opentrain.Fields) []string {
	keys := []string{"jobTitle", "jobDescription", "labelTypes", "experienceLevel", "languages", "paymentType"}
	if own := ownRate(fields); own != "" {
		keys = append(keys, own)
	}
	return keys
}

// NotSet names what a live job lacks, if its fields are known.
func (d *Desk) NotSet(by caller.Caller, jobID string) []string {
	k, _ := d.remembered(by, jobID)
	fields := k.draft.NormalizedFields
	if fields == nil {
		return nil
	}
	lacks := slices.DeleteFunc(needed(fields), func(key string) bool { return !isEmpty(fields[key]) })
	return tool.Map(lacks, tool.FieldLabel)
}

// lacking are the needed fields that an edit leaves without a value. A rate counts as edited with its payment type.
func lacking(before, after, edited opentrain.Fields) []string {
	own := ownRate(after)
	return slices.DeleteFunc(needed(after), func(key string) bool {
		_, isEdited := edited[key]
		was, isKnown := before[key]
		isGone := isEdited && (!isKnown || !isEmpty(was))
		if key == own {
			isGone = isEdited || edited["paymentType"] != nil
		}
		return !isGone || !isEmpty(after[key])
	})
}

func isEmpty(value json.RawMessage) bool {
	return slices.Contains([]string{"", "null", `""`, "[]"}, text.Canonical(value))
}

// wouldLack warns about a field that an edit leaves without a value, or a price that may be one.
func wouldLack(key string, before, after, edited opentrain.Fields) string {
	_, isCleared := edited[key]
	switch {
	case key != ownRate(after):
		return "“" + tool.FieldLabel(key) + "” would be empty, and a job needs it."
	case !isCleared && numberOf(before[ownRate(before)]) == "":
		return "“" + tool.FieldLabel(key) + "” may not be set: then the job has no price."
	}
	return "The job would have no price. Its payment type is “" + tool.Label(textOf(after["paymentType"])) + "”, and “" +
		tool.FieldLabel(key) + "” would not be set."
}

// wholeChange is the new value of a field. One that is too long says so.
func wholeChange(key string, value json.RawMessage) string {
	words := confirm.Short(text.Paragraphs(tool.Readable(key, value), math.MaxInt), maxChange)
	if strings.Contains(words, "\n") { // below the name
		return "\n" + words
	}
	return " " + words
}

// asArguments are the fields that others don't set.
func asArguments(fields opentrain.Fields, others map[string]any) map[string]any {
	arguments := map[string]any{}
	for key, value := range fields {
		if _, found := others[key]; !found {
			arguments[key] = value
		}
	}
	return arguments
}

// current is what the job's fields are now: as they were last reported, if nothing has changed since, otherwise as the
// job is listed. They aren't certain if the job was changed in the seconds after a call of this server, which may have been someone
// else, or after what the listing shows.
func (d *Desk) current(ctx context.Context, by caller.Caller, own Own, preview *tool.Preview) (now known, certain bool) {
	if k, found := d.remembered(by, own.ID); found && !own.Changed.IsZero() && k.view.Covers(own.Changed) {
		return k, !own.Changed.After(k.view.Time.Add(time.Second)) // a rough time is that of a whole second
	}
	listed := opentrain.Fields{}
	now = known{draft: &opentrain.Draft{NormalizedFields: listed}}
	ctx, cancel := context.WithTimeout(ctx, tool.SideReadTime(ctx))
	defer cancel()
	job, err := d.API.GetJobUncached(ctx, own.ID)
	if err != nil || job.Status == opentrain.StatusClosed {
		preview.Notes = append(preview.Notes, "The current values can't be read. Look at the job's page.")
		return now, false
	}
	preview.Notes = append(preview.Notes, "Current values as listed at "+d.Now().UTC().Format(time.RFC3339)+".")
	preview.URL = text.URL(job.URL)
	add := func(key string, value any) {
		if raw := text.JSON(value); raw != `""` && raw != "null" {
			listed[key] = json.RawMessage(raw)
		}
	}
	add("jobTitle", job.Title)
	add("jobDescription", job.DescriptionText)
	add("dataType", job.DataType)
	add("labelTypes", job.LabelTypes)
	add("labelingSoftware", job.LabelingSoftware)
	add("experienceLevel", job.ExperienceLevel)
	add("languages", job.Languages)
	add("countries", job.Countries)
	add("paymentType", job.Pay.PaymentType)
	if job.Pay.Currency == "" || job.Pay.Currency == "USD" {
		add("pricePerHour", job.Pay.HourlyRate)
		add("pricePerLabel", job.Pay.PerLabelRate)
		add("fixedPrice", job.Pay.FixedPrice)
	}
	shown, err := time.Parse(time.RFC3339Nano, job.UpdatedAt)
	return now, err == nil && !own.Changed.IsZero() && !shown.Truncate(time.Microsecond).Before(own.Changed)
}
