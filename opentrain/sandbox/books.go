package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// The sandbox's limits for what jobs lead to, in bytes. They are our assumption: strangers may share a sandbox, and it never forgets.
const (
	maxOfAccount = 4 << 20
	maxOfAll     = 64 << 20
	sizeOfRecord = 2 << 10 // with its events, without the caller's texts
)

// books are what an account has besides its jobs. All tokens of the account share them, also after a claim. Lists are in the order
// of creation.
type books struct {
	conversations []*conversation
	contracts     []*contract
	approvals     []*approval
	ledger        []*entry
	events        []*event
	webhooks      []*webhook
	tokens        []*apiToken
	team          team
	used          int // bytes, about
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

// charge counts the memory for a new record and the caller's texts in it, or refuses it.
func (s *Sandbox) charge(b *books, texts ...string) *apiError {
	size := sizeOfRecord
	for _, text := range texts {
		size += len(text)
	}
	if b.used+size > maxOfAccount || s.used+size > maxOfAll {
		return refuse(http.StatusTooManyRequests, "The sandbox has no memory left for this. It forgets everything when it stops.",
			object{"maxBytesOfAccount": maxOfAccount, "maxBytesOfSandbox": maxOfAll})
	}
	b.used += size
	s.used += size
	return nil
}

// kind is a kind of things with an id in a path.
type kind struct {
	param    string // in the path
	resource string // in the details of an error, "" for none
	foreign  int    // the status of the error for another account's thing: 403 or 404 (the pages disagree)
}

// on makes an endpoint of what its path names, which must be the caller's.
func on[T interface{ base() *record }](k kind, handle func(*Sandbox, *call, T) *reply) func(*Sandbox, *call) *reply {
	return func(s *Sandbox, c *call) *reply {
		id := c.PathValue(k.param)
		found, known := s.records[id].(T)
		switch {
		case known && found.base().books == c.account.books:
			return handle(s, c, found)
		case known && k.foreign == http.StatusForbidden:
			return refuse(k.foreign, "This belongs to another account.", object{k.param: id})
		}
		details := object{k.param: id}
		if k.resource != "" {
			details["resource"] = k.resource
		}
		return refuse(http.StatusNotFound, "There is no such thing, or it belongs to another account.", details)
	}
}

// deed is what other people do at a time.
type deed struct {
	at time.Time
	do func(at time.Time)
}

// later makes something happen at the first request after a time.
func (s *Sandbox) later(at time.Time, do func(at time.Time)) {
	i, _ := slices.BinarySearchFunc(s.tasks, at, func(t deed, at time.Time) int {
		if t.at.After(at) {
			return 1
		}
		return -1
	})
	s.tasks = slices.Insert(s.tasks, i, deed{at, do})
	if s.timers { // webhooks are told without a request
		time.AfterFunc(at.Sub(s.cfg.Now())+time.Millisecond, func() {
			s.lock()
			s.mu.Unlock()
		})
	}
}

// advance does what is due.
func (s *Sandbox) advance(now time.Time) {
	for len(s.tasks) > 0 && !s.tasks[0].at.After(now) {
		t := s.tasks[0]
		s.tasks = slices.Delete(s.tasks, 0, 1)
		t.do(t.at)
	}
}

// param is a member of a body.
type param struct {
	key, kind string // kind is string or number
	optional  bool
}

// read reads members of a body, or returns all of their problems in the form of zod.
func (s *Sandbox) read(body rawObject, path []any, params ...param) (values, []object) {
	set, issues := values{}, []object(nil)
	for _, p := range params {
		if raw := body[p.key]; !p.optional || len(raw) > 0 && typeOf(raw) != "null" {
			value, issue := s.cfg.Variant.decodeOne(field{Type: p.kind}, raw)
			set[p.key], issues = value, append(issues, issue.at(append(slices.Clone(path), p.key)...)...)
		}
	}
	return set, issues
}

func invalid(issues []object) *apiError {
	return badRequest("The body has invalid fields.", object{"issues": issues})
}

func conflict(reason, message string, more ...any) *apiError {
	details := object{"reason": reason}
	for i := 0; i+1 < len(more); i += 2 {
		details[fmt.Sprint(more[i])] = more[i+1]
	}
	return refuse(http.StatusConflict, message, details)
}

// timeOrNull is null for no time.
func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return textOrNull(timestamp(t))
}
