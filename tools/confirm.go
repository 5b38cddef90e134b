package tools

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

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
	// noConfirmation says that a form brought none. Why is not known: hosts
	// decline forms that nobody saw.
	noConfirmation = "Not published; no confirmation came. "
)

// confirmations knows what this process showed and changed, so that a yes counts
// for what the human saw.
type confirmations struct {
	// seen are drafts as they were last reported, by caller and job.
	seen *ttlcache.Cache[string, map[string]any]
	// patched are the times of this process's last changes, by job.
	patched *ttlcache.Cache[string, time.Time]
}

func newConfirmations() *confirmations {
	return &confirmations{
		seen: ttlcache.New(
			ttlcache.WithTTL[string, map[string]any](seenLasts),
			ttlcache.WithMaxCost(maxSeen, func(item ttlcache.CostItem[string, map[string]any]) uint64 {
				return uint64(len(item.Key)) + uint64(lengthOf(item.Value)) //nolint:gosec // lengths are not negative
			}),
		),
		patched: ttlcache.New(
			ttlcache.WithTTL[string, time.Time](2*confirmationLasts),
			ttlcache.WithCapacity[string, time.Time](100_000),
			ttlcache.WithDisableTouchOnHit[string, time.Time](),
		),
	}
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
}

// confirm lets a call through that a human said yes to. Else it returns a form
// to put to the human, or the step that asks for a yes in the conversation.
func (k Kit) confirm(call Call, c confirming) (confirmed bool, ask *Ask, next *Next) {
	if !k.AskBeforePublish || call.Caller.ID == "" || k.isConfirmed(call.Caller, c, c.token) {
		return true, nil, nil // without an API token nothing is sent anyway
	}
	step := k.confirmStep(call.Caller, c)
	switch {
	case call.State != nil:
		var token string
		yes := json.Unmarshal(call.State, &token) == nil && string(call.Answers[confirmField]) == "true"
		if yes && k.isConfirmed(call.Caller, c, token) {
			return true, nil, nil
		}
		step.Note = noConfirmation + c.note
		if yes {
			step.Note = "Not published; the confirmation came too late, or the job was changed meanwhile. " + c.note
		}
	case call.BadState:
		step.Note = noConfirmation + c.note
	case call.CanAsk:
		state, err := json.Marshal(k.token(call.Caller, c))
		if err != nil {
			return false, nil, &step
		}
		return false, &Ask{
			Message: confirmMessage(c.ask, step.Show), State: state, Lasts: confirmationLasts,
			Fields: []AskField{{Name: confirmField, Label: c.ask, Prompt: c.note, Type: "boolean", Required: true}},
		}, nil
	}
	return false, nil, &step
}

// confirmField is the one field of a form that asks for a yes.
const confirmField = "confirm"

// confirmStep asks for a yes in the conversation.
func (k Kit) confirmStep(caller Caller, c confirming) Next {
	arguments := map[string]any{"jobId": c.jobID, "confirmationToken": k.token(caller, c)}
	note := c.note
	if c.fields != nil {
		if lengthOf(c.fields) > maxShown {
			note += " Send the same fields again."
		} else {
			arguments["fields"] = c.fields
		}
	}
	return Next{Action: ConfirmWithHuman, Show: c.show(), Tool: c.tool, Arguments: arguments, Otherwise: patchDraftName, Note: note}
}

// confirmMessage says, above the form, what becomes public, as people read it.
func confirmMessage(ask string, show map[string]any) string {
	var p page
	p.line("%s", ask)
	if title, known := show["title"].(string); known {
		p.say("Title", title)
	}
	fields, _ := show["fields"].(Content)
	for _, key := range readingOrder(fields) {
		p.say(capitalised(wordsOf(key)), readable(fields[key]))
	}
	guesses, _ := show["guesses"].([]Remark)
	for _, guess := range guesses {
		p.say("Guessed by OpenTrain", guess.line())
	}
	if address, known := show["draftUrl"].(string); known {
		p.say("The whole draft", address)
	}
	return clip(strings.Join(p.lines, "\n"), maxFormMessage)
}

// maxFormMessage bounds the words above a form, in characters.
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
		return plain(titleOf(text), 1000)
	case json.Unmarshal(value, &texts) == nil:
		for i := range texts {
			texts[i] = titleOf(texts[i])
		}
		return plain(strings.Join(texts, ", "), 1000)
	}
	return plain(string(value), 1000)
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
	changed := k.confirmations.patched.Get(c.jobID)
	return changed == nil || !sealed.Issued.Before(changed.Value().Truncate(time.Microsecond))
}

func purposeOf(caller Caller, c confirming) []string {
	fields := ""
	if c.fields != nil {
		sum := sha256.Sum256([]byte(compact(c.fields)))
		fields = hex.EncodeToString(sum[:])
	}
	return []string{"confirm", c.tool, c.jobID, caller.ID, fields}
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
		}
		show = short
	}
	return show
}

// changed voids the confirmations of a job: the human saw another one.
func (k Kit) changed(jobID string) {
	k.confirmations.patched.Set(jobID, k.Now(), ttlcache.DefaultTTL)
}

// remember keeps what a report shows of a draft, for the confirmation.
func (k Kit) remember(caller Caller, d Draft) {
	key := caller.ID + " " + d.JobID
	show := d.shown()
	if d.NormalizedFields == nil { // the API said only what was set
		if before := k.confirmations.seen.Get(key); before != nil {
			fields, _ := before.Value()["fields"].(Content)
			merged := Content{}
			for _, some := range []Content{fields, d.FieldsSet} {
				for name, value := range some {
					merged[name] = value
				}
			}
			show["fields"] = merged
		}
	}
	k.confirmations.seen.Set(key, show, ttlcache.DefaultTTL)
}

// show is what is known of a draft that is to be published: what was reported of
// it, else its title.
func (k Kit) show(ctx context.Context, caller Caller, jobID string) map[string]any {
	if seen := k.confirmations.seen.Get(caller.ID + " " + jobID); seen != nil {
		return shortShow(seen.Value())
	}
	show := map[string]any{"jobId": jobID}
	ctx, cancel := context.WithTimeout(ctx, sideRead)
	defer cancel()
	if own, _, err := (Reference{k}).OwnJob(ctx, jobID); err == nil && own != nil {
		show["title"], show["status"] = own.Title, own.Status
	}
	return show
}
