package tools

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/opentrain"
)

const (
	// confirmationLasts is how long a human's yes may take.
	confirmationLasts = 10 * time.Minute
	// seenLasts is how long a draft is remembered for showing it again.
	seenLasts = time.Hour
	// maxSeen bounds what is remembered of drafts, in bytes.
	maxSeen = 16 << 20
	// publicNote says what a confirmation is about.
	publicNote = "Publishing makes the job visible to everyone. An account may publish 20 jobs a day, 3 while no human has claimed it."
)

// newSeen remembers drafts as they were last reported, by caller and job.
func newSeen() *ttlcache.Cache[string, map[string]any] {
	return ttlcache.New(
		ttlcache.WithTTL[string, map[string]any](seenLasts),
		ttlcache.WithMaxCost(maxSeen, func(item ttlcache.CostItem[string, map[string]any]) uint64 {
			return uint64(len(item.Key)) + uint64(lengthOf(item.Value)) //nolint:gosec // lengths are not negative
		}),
	)
}

// confirming is a call that wants a human's yes.
type confirming struct {
	tool   string
	jobID  string
	fields opentrain.Fields      // of a live edit
	token  string                // that came with the call
	show   func() map[string]any // what becomes public
	note   string                // what it means
	ask    string                // the question of a form
	undone string                // what did not happen without a yes: "Not published"
	// otherwise is the tool to call after a no, if any.
	otherwise string
}

// confirm returns nothing for a call that a human said yes to. Else it returns a
// form to put to the human, or the step that asks for a yes in the conversation.
func (k Kit) confirm(call Call, c confirming) (*Ask, *Next) {
	if !k.AskBeforePublish || call.Caller.ID == "" || k.isConfirmed(call.Caller, c, c.token) {
		return nil, nil // without an API token nothing is sent anyway
	}
	token := k.token(call.Caller, c) // older than what is read to be shown
	switch {
	case call.State != nil:
		var carried string
		yes := json.Unmarshal(call.State, &carried) == nil && string(call.Answers[confirmField]) == "true"
		if yes && k.isConfirmed(call.Caller, c, carried) {
			return nil, nil
		}
		// Why no yes came is not known: hosts decline forms that nobody saw.
		why := "; no confirmation came."
		if yes {
			why = "; the confirmation came too late, or the job was changed meanwhile."
		}
		return nil, c.step(token, c.show(), c.undone+why)
	case call.BadState:
		return nil, c.step(token, c.show(), c.undone+"; no confirmation came.")
	}
	show := c.show()
	message := confirmMessage(c, show)
	state, err := json.Marshal(token)
	if !call.CanAsk || err != nil || utf8.RuneCountInString(message) > maxFormMessage { // nobody says yes to what is cut
		return nil, c.step(token, show, "")
	}
	return &Ask{
		Message: message, State: state, Lasts: confirmationLasts,
		Fields: []AskField{{Name: confirmField, Label: c.ask, Prompt: c.note, Type: "boolean", Required: true}},
	}, nil
}

// confirmField is the one field of a form that asks for a yes.
const confirmField = "confirm"

// step asks for a yes in the conversation.
func (c confirming) step(token string, show map[string]any, why string) *Next {
	arguments := map[string]any{"jobId": c.jobID, "confirmationToken": token}
	note := strings.TrimSpace(why + " " + c.note)
	if c.fields != nil {
		if lengthOf(c.fields) > maxShown {
			note += " Send the same fields again."
		} else {
			arguments["fields"] = c.fields
		}
	}
	return &Next{Action: ConfirmWithHuman, Show: shortShow(show), Tool: c.tool, Arguments: arguments, Otherwise: c.otherwise, Note: note}
}

// confirmMessage says, above the form, what becomes public, as people read it:
// an edit whole, a draft with its long texts cut, and where the whole of it is.
func confirmMessage(c confirming, show map[string]any) string {
	var p page
	p.line("%s", c.ask)
	p.say("Job id", plain(c.jobID, 64))
	if title, known := show["title"].(string); known {
		p.say("Title", title)
	}
	fields, _ := show["fields"].(Content)
	if c.fields != nil {
		fields = Content(c.fields)
	}
	for _, key := range readingOrder(fields) {
		p.say(plain(capitalised(wordsOf(key)), 100), orWord(readable(fields[key]), "(emptied)"))
	}
	guesses, _ := show["guesses"].([]Remark)
	for _, guess := range guesses {
		p.say("Guessed by OpenTrain", plain(guess.line(), 500))
	}
	if address, known := show["draftUrl"].(string); known {
		p.say("The whole draft, as it is now", address)
	}
	return strings.Join(p.lines, "\n")
}

// maxFormMessage bounds the words above a form, in characters. What does not fit
// is confirmed in the conversation.
const maxFormMessage = 4000

// readingOrder begins with the title and ends with the long text.
func readingOrder(fields Content) []string {
	rank := func(key string) int { return map[string]int{"jobTitle": -1, "jobDescription": 1}[key] }
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

// readable writes a value for people: no quotes, lists with commas, enum values
// in words.
func readable(value json.RawMessage) string {
	var text string
	var texts []string
	switch {
	case string(value) == "null":
		return "(cleared)"
	case json.Unmarshal(value, &text) == nil:
		return plain(visible(titleOf(text)), maxFormMessage+1)
	case json.Unmarshal(value, &texts) == nil:
		for i := range texts {
			texts[i] = visible(titleOf(texts[i]))
		}
		return plain(strings.Join(texts, ", "), maxFormMessage+1)
	}
	return plain(string(value), maxFormMessage+1)
}

// visible shows characters that show nothing by themselves: a human must not say
// yes to what is hidden.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			fmt.Fprintf(&b, "[U+%04X]", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// token makes a confirmation that counts for this call alone.
func (k Kit) token(caller Caller, c confirming) string {
	return k.Seal.Seal(purposeOf(caller, c), nil, k.Now())
}

// isConfirmed reports whether a token is a confirmation of this call: sealed
// for it, in time, and the job not changed since.
func (k Kit) isConfirmed(caller Caller, c confirming, token string) bool {
	sealed, err := k.Seal.Open(purposeOf(caller, c), token, confirmationLasts, k.Now())
	if err != nil {
		return false
	}
	return !k.changes.since(caller, c.jobID, sealed.Issued)
}

func purposeOf(caller Caller, c confirming) []string {
	fields := ""
	if c.fields != nil {
		sum := sha256.Sum256([]byte(compact(c.fields)))
		fields = hex.EncodeToString(sum[:])
	}
	return []string{"confirm", c.tool, c.jobID, caller.ID, fields}
}

// remember keeps what a report shows of a draft, for the confirmation. What the
// API did not say again is as it was.
func (k Kit) remember(caller Caller, d Draft, set opentrain.Fields) {
	show := d.shown()
	if before := k.seen.Get(caller.ID + " " + d.JobID); before != nil && d.NormalizedFields == nil {
		fields, _ := before.Value()["fields"].(Content)
		merged := Content{}
		maps.Copy(merged, fields)
		maps.Copy(merged, d.FieldsSet)
		show["fields"] = merged
		if guesses, _ := before.Value()["guesses"].([]Remark); d.LowConfidenceFields == nil && len(guesses) > 0 {
			show["guesses"] = withoutFields(guesses, set)
		}
		if address, known := before.Value()["draftUrl"]; known && d.DraftURL == "" {
			show["draftUrl"] = address
		}
	}
	k.seen.Set(caller.ID+" "+d.JobID, show, ttlcache.DefaultTTL)
}

// withoutFields leaves out the remarks on some fields.
func withoutFields(remarks []Remark, fields opentrain.Fields) []Remark {
	return slices.DeleteFunc(slices.Clone(remarks), func(r Remark) bool { _, set := fields[r.Field]; return set })
}

// forget drops what is known of a draft: it may be another by now.
func (k Kit) forget(caller Caller, jobID string) { k.seen.Delete(caller.ID + " " + jobID) }

// show is what is known of a draft that is to be published: what was reported of
// it, else its title. Where other replicas change drafts too, only the title is
// sure.
func (k Kit) show(ctx context.Context, caller Caller, jobID string) map[string]any {
	seen := k.seen.Get(caller.ID + " " + jobID)
	if seen != nil && !k.Replicated {
		return seen.Value()
	}
	show := map[string]any{"jobId": jobID}
	if seen != nil {
		if address, known := seen.Value()["draftUrl"]; known {
			show["draftUrl"] = address
		}
	}
	ctx, cancel := context.WithTimeout(ctx, sideRead)
	defer cancel()
	if own, _, err := (Reference{k}).OwnJob(ctx, jobID); err == nil && own != nil {
		show["title"], show["status"] = own.Title, own.Status
	}
	return show
}

// maxShow bounds what a confirmation shows, in characters: a result holds it once
// in each of its forms.
const maxShow = 12_000

// shortShow cuts what is shown until it is not too long.
func shortShow(show map[string]any) map[string]any {
	for _, limit := range []int{100, 0} {
		if lengthOf(show) <= maxShow {
			break
		}
		short := maps.Clone(show)
		fields, _ := show["fields"].(Content)
		short["fields"] = shorten(opentrain.Fields(fields), limit)
		if limit == 0 {
			delete(short, "fields")
			delete(short, "guesses")
			short["cut"] = "The fields are too long to be shown here."
		}
		show = short
	}
	return show
}
