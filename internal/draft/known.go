package draft

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/store"
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
	saved     bool // the title, unchanged and by this server: OpenTrain's answers since don't say that it's a guess
}

// size is about how many bytes of memory a draft needs.
func (k known) size() int {
	const field, word, missing, note = 64, 16, 192, 136 // without their texts
	size := len(k.source) + len(k.draft.JobID) + len(k.draft.Status) + len(k.draft.DraftURL) + len(k.draft.ReviewURL)
	for _, fields := range []opentrain.Fields{k.draft.NormalizedFields, k.outdated} {
		for key, value := range fields {
			size += field + len(key) + len(value)
		}
	}
	for key := range k.set {
		size += field + len(key)
	}
	for _, m := range k.draft.MissingFields {
		size += missing + len(m.Field) + len(m.Label) + len(m.Message) + len(m.Code) + len(m.Prompt) + len(m.Type) + len(m.Example) + len(m.Hint)
		for _, words := range [][]string{m.EnumValues, m.UpdateKeys} {
			for _, w := range words {
				size += word + len(w)
			}
		}
	}
	for _, notes := range [][]opentrain.Note{
		k.draft.LowConfidenceFields, k.draft.Warnings, k.draft.UnmappedFields, k.draft.Validation.Issues,
	} {
		for _, n := range notes {
			size += note + len(n.Field) + len(n.Path) + len(n.Message) + len(n.Reason) + len(n.Code) + len(n.Value) + len(n.ValuePreview)
		}
	}
	return size
}

// has reports whether the draft is known to have these values.
func (k known) has(fields opentrain.Fields) bool {
	for key, value := range fields {
		if !same(key, k.draft.NormalizedFields[key], value) {
			return false
		}
	}
	return true
}

func draftKey(by caller.Caller, jobID string) string { return store.Key("draft", by.ID, jobID) }

// Forget drops what is known of a draft: it may have changed.
func (d *Desk) Forget(by caller.Caller, jobID string) {
	d.drafts.Delete(draftKey(by, jobID))
	if d.Store.Shared() {
		d.Store.Delete(draftKey(by, jobID))
	}
}

// WentLive remembers what a live job says: what was published, or an edit of that. own is the job as it was before the call, and at
// is when OpenTrain answered. Without a report on that job, what was known of it is forgotten.
func (d *Desk) WentLive(by caller.Caller, own Own, edit opentrain.Fields, at time.Time) {
	k, found := d.remembered(by, own.ID)
	if !found || at.IsZero() || own.Changed.IsZero() || k.draft.NormalizedFields == nil || !k.view.Covers(own.Changed) {
		d.Forget(by, own.ID)
		return
	}
	live := *k.draft
	live.Status, live.NormalizedFields = opentrain.StatusOpen, merged(live.NormalizedFields, edit)
	k.outdated = outdated(k, known{draft: &live, source: k.source, set: k.set}, edit)
	k.draft, k.view.Moment = &live, confirm.Moment{Time: at, Rough: true}
	d.keep(by, k)
}

// remembered is what is known of a draft. Where replicas share a store, only what it has counts: another one may have changed
// the draft since this one saw it.
func (d *Desk) remembered(by caller.Caller, jobID string) (k known, found bool) {
	if d.Store.Shared() {
		var shared sharedDraft
		if json.Unmarshal(d.Store.Get(draftKey(by, jobID)), &shared) == nil && shared.Draft != nil {
			return known{shared.Draft, shared.Completed, shared.Source, shared.Set, shared.Outdated, shared.View, shared.Saved}, true
		}
	} else if item := d.drafts.Get(draftKey(by, jobID)); item != nil {
		return item.Value(), true
	}
	return known{draft: &opentrain.Draft{}}, false
}

// keep remembers a draft, for all replicas that share a store.
func (d *Desk) keep(by caller.Caller, k known) {
	key := draftKey(by, k.draft.JobID)
	if !d.Store.Shared() {
		d.drafts.Set(key, k, ttlcache.DefaultTTL)
		return
	}
	shared := text.JSON(sharedDraft{k.draft, k.completed, k.source, k.set, k.outdated, k.view, k.saved})
	if len(shared) > maxSharedDraft { // and no older one counts
		d.Store.Delete(key)
		return
	}
	d.Store.Put(key, []byte(shared), knownTTL)
}

// sharedDraft is known as JSON.
type sharedDraft struct {
	Draft     *opentrain.Draft `json:"draft"`
	Completed bool             `json:"completed,omitempty"`
	Source    string           `json:"source,omitempty"`
	Set       map[string]bool  `json:"set,omitempty"`
	Outdated  opentrain.Fields `json:"outdated,omitempty"`
	View      confirm.View     `json:"view"`
	Saved     bool             `json:"saved,omitempty"`
}

// remember completes the API's answer and keeps it for the next one. before is what was known.
func (d *Desk) remember(by caller.Caller, draft *opentrain.Draft, options ReportOptions) (now, before known) {
	before, _ = d.remembered(by, draft.JobID)
	whole := draft.NormalizedFields != nil
	draft.MissingFields, draft.Validation.MissingFields = draft.Missing(), nil
	now = known{draft: draft, source: cmp.Or(before.source, options.Source), set: map[string]bool{}, saved: before.saved || options.titleSaved}
	maps.Copy(now.set, before.set)
	for key := range options.Set {
		now.set[key] = true
	}
	if !d.replicated || d.Store.Shared() {
		now.completed = complete(draft, before.draft, options.sent)
	}
	if before.saved {
		keepGuess(draft, before.draft)
	}
	// A guess about a field that the human set is settled, whatever the API says later.
	draft.LowConfidenceFields = slices.DeleteFunc(draft.LowConfidenceFields, func(n opentrain.Note) bool { return now.set[n.Field] })
	draft.UnmappedFields = slices.DeleteFunc(draft.UnmappedFields, func(n opentrain.Note) bool { return now.isGone(n) || now.isSettled(n) })
	now.outdated = outdated(before, now, options.sent)
	now.view = confirm.View{Moment: confirm.Moment{Time: draft.Date, Rough: true}, Content: contentOf(draft), Whole: whole}
	d.keep(by, now)
	return now, before
}

// keepGuess keeps the guess about a title, as long as that is the title: saving it unchanged confirmed nothing.
func keepGuess(draft, before *opentrain.Draft) {
	isTitle := func(n opentrain.Note) bool { return n.Field == "jobTitle" }
	i := slices.IndexFunc(before.LowConfidenceFields, isTitle)
	if i < 0 || draft.LowConfidenceFields == nil || slices.ContainsFunc(draft.LowConfidenceFields, isTitle) {
		return
	}
	guess := before.LowConfidenceFields[i]
	if title := draft.NormalizedFields["jobTitle"]; title == nil || text.Canonical(title) == text.Canonical(guess.Value) {
		draft.LowConfidenceFields = append(draft.LowConfidenceFields, guess)
	}
}

// isGone reports whether a note quotes what the human has taken out of the description since.
func (k known) isGone(n opentrain.Note) bool {
	quoted := strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(n.ValuePreview), "…"), "..."))
	return k.set["jobDescription"] && quoted != "" && strings.Contains(k.source, quoted) && !strings.Contains(k.description(), quoted)
}

// isSettled reports whether the human has set a field since that a note is about: the field that it names, or the rate if it quotes a
// pay in another currency, which the draft warns of. A note that only shares words with a value may be about something else: it stays.
func (k known) isSettled(n opentrain.Note) bool {
	path := string(n.Path)
	if k.set[cmp.Or(n.Field, path[strings.LastIndexByte(path, '.')+1:])] {
		return true
	}
	fields := k.draft.NormalizedFields
	return slices.ContainsFunc(rates(), func(key string) bool { return k.set[key] }) &&
		len(foreignAmounts(n.ValuePreview, numberOf(fields[ownRate(fields)]))) > 0
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
	if draft.UnmappedFields == nil {
		draft.UnmappedFields = slices.Clone(before.UnmappedFields)
	}
	if missing := draft.MissingFields; len(missing) == 0 || slices.ContainsFunc(missing, isName) {
		completeQuestions(draft, before, set)
	}
	return completed
}

func isName(m opentrain.MissingField) bool { return m.Prompt == "" }

// completeQuestions adds the words of questions that the answer only names or counts.
func completeQuestions(draft, before *opentrain.Draft, set opentrain.Fields) {
	asked := before.MissingFields
	for i, missing := range draft.MissingFields {
		if at := slices.IndexFunc(asked, func(m opentrain.MissingField) bool { return m.Field == missing.Field }); isName(missing) && at >= 0 {
			draft.MissingFields[i] = asked[at]
		}
	}
	if len(draft.MissingFields) > 0 {
		return
	}
	open := slices.DeleteFunc(slices.Clone(asked), func(m opentrain.MissingField) bool {
		return slices.ContainsFunc(updateKeys(m, m.ExampleValues()), func(key string) bool { return set[key] != nil })
	})
	if !draft.Validation.PublishReady && len(open) <= draft.Validation.MissingFieldCount {
		draft.MissingFields = open
	}
}

// contentOf hashes what a human sees of a draft.
func contentOf(draft *opentrain.Draft) uint64 {
	hash, length := sha256.New(), make([]byte, 0, binary.MaxVarintLen64)
	add := func(parts ...string) {
		for _, part := range parts {
			hash.Write(binary.AppendUvarint(length, uint64(len(part))))
			hash.Write([]byte(part))
		}
	}
	add(strconv.FormatBool(draft.Validation.PublishReady))
	for _, missing := range draft.MissingFields {
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
