package updates

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/opentrain"
)

// maxWalk is how many pages of the feed one call reads on the way to its end.
const maxWalk = 20

// place is a place near the end of a caller's feed, so that the way there is short the next time.
type place struct {
	start opentrain.EventID // of the last page but one
	end   opentrain.EventID // "" if it wasn't reached
}

// latest is the end of a feed.
type latest struct {
	events []opentrain.Event // the last ones, oldest first
	older  bool              // there are others before them
	cursor opentrain.EventID
	more   bool // the end is further on
}

// newest reads the feed to its end and keeps the last events. The API has no way back: without a cursor the way begins
// at the first event, or near the end where an earlier call of the caller has found it.
func (u updates) newest(ctx context.Context, by caller.Caller, cursor string, limit int) (latest, error) {
	found, remembered := latest{cursor: opentrain.EventID(cursor)}, false
	if item := u.places.Get(by.ID); item != nil && cursor == "" {
		found.cursor, remembered = item.Value().start, item.Value().start != ""
	}
	found.older = remembered
	previous := found.cursor
	for range maxWalk {
		at := found.cursor
		page, err := u.page(ctx, at, opentrain.MaxUpdates)
		switch {
		case err != nil && remembered && errors.Is(err, &opentrain.Error{Code: opentrain.CodeBadRequest}):
			u.places.Delete(by.ID) // the place is of another account
			return u.newest(ctx, by, cursor, limit)
		case err != nil:
			return latest{}, err
		}
		found.events = append(found.events, page.Events...)
		if over := len(found.events) - limit; over > 0 {
			found.older, found.events = true, slices.Clone(found.events[over:])
		}
		found.cursor, found.more = page.NextCursor, page.HasMore
		if !page.HasMore {
			break
		}
		previous = at
	}
	if cursor == "" { // another cursor may be anyone's
		known := place{start: previous}
		if !found.more {
			known.end = found.cursor
		}
		u.places.Set(by.ID, known, ttlcache.DefaultTTL)
	}
	return found, nil
}

// page reads one page. Its cursor leads on after every event that came, and HasMore is only set if it does.
func (u updates) page(ctx context.Context, cursor opentrain.EventID, limit int) (*opentrain.Updates, error) {
	page, err := u.API.PollUpdates(ctx, opentrain.PageQuery{Cursor: string(cursor), Limit: limit})
	if err != nil {
		return nil, err
	}
	if len(page.Events) > 0 && (page.NextCursor == "" || page.NextCursor == cursor) {
		page.NextCursor = page.Events[len(page.Events)-1].ID
	}
	page.HasMore = page.HasMore && page.NextCursor != cursor
	return page, nil
}

// watch follows the feed of the person at this machine.
type watch struct {
	mu       sync.Mutex
	callerID string
	cursor   opentrain.EventID
	caughtUp bool      // what comes from here on is new
	since    time.Time // when watching began
}

// errLater ends a look that failed: the next one is the retry.
var errLater = errors.New("OpenTrain didn't answer; the next look is in a while")

// clockSlack is how far the API's clock may be behind.
const clockSlack = 5 * time.Minute

// changed reads one page of the feed, and reports whether something has happened since the last call. Until it has read
// what there was at the beginning, the time of an event says whether it is new.
func (u updates) changed(ctx context.Context, by caller.Caller) (bool, error) {
	w := u.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if by.ID == "" {
		return false, nil // there is no account yet
	}
	other := w.callerID != "" && w.callerID != by.ID // a claim, or another account: subscribers look again
	if w.callerID != by.ID {
		w.callerID, w.cursor, w.caughtUp, w.since = by.ID, "", false, u.Now()
		if item := u.places.Get(by.ID); item != nil {
			w.cursor, w.caughtUp = item.Value().end, item.Value().end != ""
		}
	}
	once := opentrain.WithRetryCheck(ctx, func(context.Context) error { return errLater })
	page, err := u.page(once, w.cursor, opentrain.MaxUpdates)
	if err != nil {
		if errors.Is(err, &opentrain.Error{Code: opentrain.CodeBadRequest}) {
			w.callerID = "" // the cursor doesn't count any more
			u.places.Delete(by.ID)
		}
		return other, err
	}
	isNew := func(e opentrain.Event) bool {
		at, err := time.Parse(time.RFC3339, e.CreatedAt)
		return w.caughtUp || err == nil && at.After(w.since.Add(-clockSlack))
	}
	news := slices.ContainsFunc(page.Events, isNew)
	w.cursor, w.caughtUp = page.NextCursor, w.caughtUp || !page.HasMore
	return news || other, nil
}
