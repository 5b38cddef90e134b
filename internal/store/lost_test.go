package store_test

import (
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/redistest"
	"opentrain-mcp/internal/store"
)

// TestOnlyChangesAreMissed: a value that Redis didn't get makes no one ask again.
func TestOnlyChangesAreMissed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Address)
	a, b := replica(t, proxy.URL(), io.Discard), replica(t, server.URL(), io.Discard)
	asked, key := b.Moment(), store.Key("changed", "job_1")
	lose := func(what func()) {
		t.Helper()
		lost := a.Failures()
		proxy.Replies(func([]byte) bool { return false })
		what()
		proxy.Replies(func([]byte) bool { return true })
		eventually(t, "it's lost and back", func() bool { return a.Failures() > lost && a.Connected() })
	}
	lose(func() {
		a.Put("value:x", []byte("x"), time.Minute)
		a.Add("value:y", []byte("y"), time.Minute)
		a.Delete("value:z")
		claim(a, asked, "spent:x")
		a.ForClient().Lock("flight", "x", time.Minute)
	})
	if _, whole := b.Marked(asked, key); !whole {
		t.Error("a value that's missing voids confirmations")
	}
	lose(func() { a.Mark(key, time.Minute) })
	if _, whole := b.Marked(asked, key); whole {
		t.Error("a change is missing, and nothing seems to be lost")
	}
}

// TestNoOlderValue: what was changed while Redis was away isn't known when it's back. An older value never returns.
func TestNoOlderValue(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Address)
	a, b := replica(t, proxy.URL(), io.Discard), replica(t, server.URL(), io.Discard)
	for name, change := range map[string]func(key string){
		"put":      func(key string) { a.Put(key, []byte("new"), time.Minute) },
		"put long": func(key string) { a.Put(key, make([]byte, 65<<10), time.Minute) },
		"deleted":  func(key string) { a.Delete(key) },
		"too many": func(key string) {
			for i := range 10_001 {
				a.Put(store.Key("value", strconv.Itoa(i)), []byte("x"), time.Minute)
			}
			a.Delete(key)
		},
	} {
		key, other := store.Key("value", name), store.Key("value", name, "other")
		b.Put(key, []byte("old"), time.Minute)
		b.Put(other, []byte("other"), time.Minute)
		lost := a.Failures()
		proxy.Replies(func([]byte) bool { return false })
		change(key)
		proxy.Replies(func([]byte) bool { return true })
		eventually(t, "it's lost and back", func() bool { return a.Failures() > lost && a.Connected() })
		if held := a.Get(key); string(held) == "old" {
			t.Errorf("%s: an older value is back", name)
		}
		if held := a.Get(other); name != "too many" && string(held) != "other" {
			t.Errorf("%s: what no one changed is %q", name, held)
		}
		eventually(t, name+": the others don't have it either", func() bool { return string(b.Get(key)) != "old" })
		a.Put(key, []byte("next"), time.Minute)
		eventually(t, name+": it has a value again", func() bool {
			a.Put(key, []byte("next"), time.Minute)
			return string(b.Get(key)) == "next"
		})
	}
}

// TestRestoredValuesAreLost: a Redis that was restarted may have values from before their last change.
func TestRestoredValuesAreLost(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := replica(t, server.URL(), io.Discard), replica(t, server.URL(), io.Discard)
	long := func(value string) []byte { return []byte(strings.Repeat(value, 300)) } // too long for the memory
	key, added := store.Key("value", "x"), store.Key("value", "added")
	a.Put(key, long("old"), time.Minute)
	a.Add(added, []byte("before"), time.Minute)
	if err := server.Do("SAVE"); err != nil {
		t.Fatal(err)
	}
	a.Put(key, long("new"), time.Minute)
	server.Kill()
	a.Get(key)
	b.Get(key)
	server.Restart()
	eventually(t, "it's back", func() bool { return a.Connected() && b.Connected() })
	if held := a.Get(key); held != nil {
		t.Errorf("there is %.9q… again", held)
	}
	if at, other := string(a.Add(added, []byte("a"), time.Minute)), string(b.Add(added, []byte("b"), time.Minute)); at != "a" || other != "a" {
		t.Errorf("added %q and %q", at, other)
	}
}
