package posting

import (
	"slices"
	"strings"
	"sync"
	"time"

	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// keyTTL is how long a derived key is used again for the same content.
const keyTTL = 24 * time.Hour

// createKeys finds the idempotency key of a create that names none. The key is derived from account, content and UTC
// day, so it survives a restart. Recent keys are in the store, so they survive midnight too, and all replicas have them.
type createKeys struct {
	store store.Store

	mu    sync.Mutex
	calls map[string]int // that are under way, by account and content
}

func newCreateKeys(shared store.Store) *createKeys {
	return &createKeys{store: shared, calls: map[string]int{}}
}

// begin returns the key of a create, and a function to call with its outcome. That one reports whether an earlier call
// created the draft. accounts are the ids of the caller's account, the best one first: a key is found under any of
// them, since not all of them are known at all times. It fails if the source's own key stands for other content: OpenTrain
// would return that draft.
func (k *createKeys) begin(accounts []string, source opentrain.DraftSource, now time.Time) (
	key string, end func(*opentrain.Draft, error) (existed bool), err error,
) {
	var names []string
	content := contentOf(source)
	if key = source.IdempotencyKey; key == "" {
		names = tool.Map(accounts, func(account string) string { return store.Key("create", account, content) })
		k.count(names[0], 1) // a call that is under way counts: it may outlast its caller and midnight
		key = k.recent(names, derivedKey(accounts[0], content, now))
		if k.other(accounts, key, content) != "" { // someone sent it with other content
			key = derivedKey(accounts[0], content+key, now)
			k.keep(names, key)
		}
	} else if jobID := k.other(accounts, key, content); jobID != "" {
		return "", nil, tool.Problem("idempotencyKey", "stands for draft "+text.Clean(jobID, 64)+
			", which was created from other content; send a new key for this one")
	}
	drafts := draftNames(accounts, key)
	return key, func(draft *opentrain.Draft, err error) (existed bool) {
		mayExist := err == nil || opentrain.MayHaveChanged(err)
		if len(names) > 0 && (k.count(names[0], -1) > 0 || mayExist) {
			k.keep(names, key)
		} else if !slices.ContainsFunc(drafts, func(name string) bool { return k.store.Get(name) != nil }) {
			for _, name := range names {
				k.store.Delete(name)
			}
		}
		switch {
		case err == nil:
			return k.existed(drafts, draft.JobID, mark(content))
		case mayExist:
			for _, name := range drafts {
				k.store.Add(name, []byte("unknown"), keyTTL)
			}
		}
		return false
	}, nil
}

// draftNames are the names under which the store has the draft that a key stands for.
func draftNames(accounts []string, key string) []string {
	return tool.Map(accounts, func(account string) string { return store.Key("created", account, key) })
}

// other returns the draft of other content that a key stands for, "" for none.
func (k *createKeys) other(accounts []string, key, content string) (jobID string) {
	for _, name := range draftNames(accounts, key) {
		if jobID, of, found := strings.Cut(string(k.store.Get(name)), " "); found && of != mark(content) {
			return jobID
		}
	}
	return ""
}

// count counts the calls that are under way.
func (k *createKeys) count(name string, more int) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	calls := k.calls[name] + more
	if k.calls[name] = calls; calls == 0 {
		delete(k.calls, name)
	}
	return calls
}

// recent returns the key that was used for some content in the last day, or a new one.
func (k *createKeys) recent(names []string, key string) string {
	for _, name := range names {
		if held := k.store.Get(name); held != nil {
			key = string(held)
			break
		}
	}
	key = string(k.store.Add(names[0], []byte(key), keyTTL)) // another call may have been faster
	k.keep(names[1:], key)
	return key
}

func (k *createKeys) keep(names []string, key string) {
	for _, name := range names {
		k.store.Put(name, []byte(key), keyTTL)
	}
}

// existed remembers the draft that a key stands for, and reports whether it was known.
func (k *createKeys) existed(names []string, jobID, content string) (known bool) {
	for _, name := range names {
		held, _, _ := strings.Cut(string(k.store.Get(name)), " ")
		known = known || held == jobID
		k.store.Put(name, []byte(jobID+" "+content), keyTTL)
	}
	return known
}
