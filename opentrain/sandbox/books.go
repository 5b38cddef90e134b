package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The limits for what follows a job, in bytes. They are our assumption: strangers may share a sandbox, and it never forgets.
const (
	maxOfAccount = 4 << 20
	maxOfAll     = 64 << 20
	sizeOfRecord = 4 << 10 // with its events, without the caller's texts
)

// books are what an account has besides its jobs, in the order of creation. All tokens of the account share them, also after a claim.
type books struct {
	name             string          // the account's
	conversations    []*conversation // the latest one is the last one
	contracts        []*contract
	approvals        []*approval
	topUps           []topUp
	ledger           []object // changes of the credits
	credits          int      // cents
	events           []event
	webhooks         []*webhook
	tokens           []*apiToken
	members, invites []object
	used             int // bytes, about
}

// record is what all things with an id have.
type record struct {
	id               string
	books            *books
	created, updated time.Time
}

func (r *record) base() *record { return r }

// newRecord returns a record of an account with the next id, such as contract_12.
func (s *Sandbox) newRecord(b *books, kind string, at time.Time) record {
	s.numbered++
	return record{fmt.Sprintf("%s_%d", kind, s.numbered), b, at, at}
}

// within does what needs up to a number of bytes for the caller's texts, and counts the memory. Without memory, it refuses.
func (s *Sandbox) within(b *books, size int, do func() *reply) *reply {
	if b.used+size+sizeOfRecord > maxOfAccount || s.used+size+sizeOfRecord > maxOfAll {
		return refuse(http.StatusConflict, "The sandbox has no memory left for this. It forgets everything when it's restarted.",
			object{"reason": "sandbox_full", "maxBytesOfAccount": maxOfAccount, "maxBytesOfSandbox": maxOfAll})
	}
	before := s.numbered
	answer := do()
	if made := s.numbered - before; made > 0 {
		b.used += size + made*sizeOfRecord
		s.used += size + made*sizeOfRecord
	}
	return answer
}

// on makes an endpoint of what its path names, which must be the caller's. If it isn't, details has its id, and for some the resource.
// Another account's proposal is forbidden, other things aren't found: the pages disagree.
func on[T interface{ base() *record }](param string, handle func(*Sandbox, *call, T) *reply) func(*Sandbox, *call) *reply {
	resources := map[string]string{"approvalId": "approvals", "topUpId": "credit-top-ups", "webhookId": "webhooks"}
	return func(s *Sandbox, c *call) *reply {
		found, known := s.records[c.PathValue(param)].(T)
		details := object{param: c.PathValue(param)}
		if resources[param] != "" {
			details["resource"] = resources[param]
		}
		switch {
		case known && found.base().books == c.account.books:
			return handle(s, c, found)
		case known && param == "proposalId":
			return refuse(http.StatusForbidden, "This belongs to another account.", details)
		}
		return refuse(http.StatusNotFound, "There is no such thing, or it belongs to another account.", details)
	}
}

// deed is what other people do at a time.
type deed struct {
	at time.Time
	do func(at time.Time)
}

// later makes something happen at the first request after a time. Webhooks that are delivered don't wait for a request.
func (s *Sandbox) later(at time.Time, do func(at time.Time)) {
	i, _ := slices.BinarySearchFunc(s.deeds, at, func(d deed, at time.Time) int { return cmp.Or(d.at.Compare(at), -1) })
	s.deeds = slices.Insert(s.deeds, i, deed{at, do})
	if s.timers {
		time.AfterFunc(at.Sub(s.cfg.Now())+time.Millisecond, func() {
			s.lock()
			s.mu.Unlock()
		})
	}
}

// advance does what is due.
func (s *Sandbox) advance(now time.Time) {
	for len(s.deeds) > 0 && !s.deeds[0].at.After(now) {
		due := s.deeds[0]
		s.deeds = slices.Delete(s.deeds, 0, 1)
		due.do(due.at)
	}
}

// read reads members of a body, or returns all of their problems in the form of zod. "name" is a text, "amount#" a number, and "due?"
// may be missing.
func (s *Sandbox) read(body map[string]json.RawMessage, path []any, keys ...string) (values, []object) {
	set, issues := values{}, []object(nil)
	for _, key := range keys {
		key, optional := strings.CutSuffix(key, "?")
		key, isNumber := strings.CutSuffix(key, "#")
		if raw := body[key]; !optional || len(raw) > 0 && typeOf(raw) != "null" {
			value, issue := s.cfg.Variant.decodeOne(field{Type: map[bool]string{true: "number"}[isNumber]}, raw)
			set[key], issues = value, append(issues, issue.at(append(slices.Clone(path), key)...)...)
		}
	}
	return set, issues
}

func invalid(issues []object) *apiError {
	return badRequest("Some fields are invalid.", object{"issues": issues})
}

// tooLong is an issue of zod.
func tooLong(most int) object {
	return object{"code": "too_big", "maximum": most, "type": "string", "inclusive": true, "exact": false,
		"message": fmt.Sprintf("String must contain at most %d character(s)", most)}
}

// conflict refuses with a reason and another member of details.
func conflict(reason, message, key string, value any) *apiError {
	return refuse(http.StatusConflict, message, object{"reason": reason, key: value})
}

// newest shows items, newest first, without those that show as nil.
func newest[T any](items []T, show func(T) object) []object {
	all := []object{}
	for _, item := range slices.Backward(items) {
		if shown := show(item); shown != nil {
			all = append(all, shown)
		}
	}
	return all
}

func timeOrNull(t time.Time) any {
	return orNull(map[bool]string{false: timestamp(t)}[t.IsZero()])
}

func orNull[T comparable](value T) any {
	if value == *new(T) {
		return nil
	}
	return value
}
