package draft

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// known is a draft as it was last reported, completed with what earlier reports said of it.
type known struct {
	draft     *opentrain.Draft
	completed bool            // the content is from an earlier report
	source    string          // the description that the draft was made from
	set       map[string]bool // the keys that the human set
	outdated  opentrain.Fields
	view      confirm.View
}

func draftKey(by caller.Caller, jobID string) string { return by.ID + " " + jobID }

// Forget drops what is known of a draft: it may have changed.
func (d *Desk) Forget(by caller.Caller, jobID string) { d.drafts.Delete(draftKey(by, jobID)) }

func (d *Desk) remembered(by caller.Caller, jobID string) (known, bool) {
	if item := d.drafts.Get(draftKey(by, jobID)); item != nil {
		return item.Value(), true
	}
	return known{draft: &opentrain.Draft{}}, false
}

// remember completes the API's answer and keeps it for the next one.
func (d *Desk) remember(by caller.Caller, draft *opentrain.Draft, options ReportOptions) known {
	before, _ := d.remembered(by, draft.JobID)
	whole := draft.NormalizedFields != nil
	now := known{draft: draft, source: cmp.Or(before.source, options.Source), set: map[string]bool{}}
	maps.Copy(now.set, before.set)
	for key := range options.Set {
		now.set[key] = true
	}
	if !d.replicated {
		now.completed = complete(draft, before.draft, options.sent)
	}
	// A guess about a field that the human set is settled, whatever the API says later.
	draft.LowConfidenceFields = slices.DeleteFunc(draft.LowConfidenceFields, func(n opentrain.Note) bool { return now.set[n.Field] })
	now.outdated = outdated(before, now, options.sent)
	now.view = confirm.View{Moment: confirm.Moment{Time: draft.Date, Rough: true}, Content: contentOf(draft), Whole: whole}
	d.drafts.Set(draftKey(by, draft.JobID), now, ttlcache.DefaultTTL)
	return now
}

// complete adds to an answer in the API's short form what an earlier one said, and reports whether it added content.
func complete(draft, before *opentrain.Draft, set opentrain.Fields) (completed bool) {
	draft.DraftURL, draft.ReviewURL = cmp.Or(draft.DraftURL, before.DraftURL), cmp.Or(draft.ReviewURL, before.ReviewURL)
	if draft.NormalizedFields == nil && before.NormalizedFields != nil {
		draft.NormalizedFields, completed = merged(before.NormalizedFields, set), true
	}
	if draft.LowConfidenceFields == nil {
		draft.LowConfidenceFields = slices.Clone(before.LowConfidenceFields)
	}
	if missing := draft.Missing(); len(missing) == 0 || slices.ContainsFunc(missing, isName) {
		completeQuestions(draft, before, set)
	}
	return completed
}

func isName(m opentrain.MissingField) bool { return m.Prompt == "" }

// completeQuestions adds the words of questions that the answer only names or counts.
func completeQuestions(draft, before *opentrain.Draft, set opentrain.Fields) {
	asked := before.Missing()
	if named := draft.Missing(); len(named) > 0 {
		for i, missing := range named {
			if at := slices.IndexFunc(asked, func(m opentrain.MissingField) bool { return m.Field == missing.Field }); isName(missing) && at >= 0 {
				named[i] = asked[at]
			}
		}
		draft.MissingFields = named
		return
	}
	open := slices.DeleteFunc(slices.Clone(asked), func(m opentrain.MissingField) bool {
		return slices.ContainsFunc(updateKeys(m), func(key string) bool { return set[key] != nil })
	})
	if !draft.Validation.PublishReady && len(open) <= draft.Validation.MissingFieldCount {
		draft.MissingFields = open
	}
}

// contentOf hashes what a human sees of a draft.
func contentOf(draft *opentrain.Draft) uint64 {
	hash := sha256.New()
	add := func(parts ...string) {
		for _, part := range parts {
			hash.Write(binary.AppendUvarint(nil, uint64(len(part))))
			hash.Write([]byte(part))
		}
	}
	add(strconv.FormatBool(draft.Validation.PublishReady))
	for _, missing := range draft.Missing() {
		add("missing", missing.Field)
	}
	for _, key := range slices.Sorted(maps.Keys(draft.NormalizedFields)) {
		add("field", key, text.Canonical(draft.NormalizedFields[key]))
	}
	for _, guess := range draft.LowConfidenceFields {
		add("guess", text.Canonical(json.RawMessage(text.JSON(guess))))
	}
	return binary.BigEndian.Uint64(hash.Sum(nil))
}

// merged returns the fields of both, where the later ones win.
func merged(fields, later opentrain.Fields) opentrain.Fields {
	all := opentrain.Fields{}
	maps.Copy(all, fields)
	maps.Copy(all, later)
	return all
}
