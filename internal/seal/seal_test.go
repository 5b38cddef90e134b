package seal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/seal"
)

func box(t *testing.T, keys ...[]byte) *seal.Box {
	t.Helper()
	b, err := seal.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func key(fill byte) []byte { return bytes.Repeat([]byte{fill}, seal.KeySize) }

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func TestSealAndOpen(t *testing.T) {
	b := box(t)
	for _, data := range []string{"", "x", strings.Repeat("y", 50_000)} {
		token := b.Seal([]string{"a", "b"}, []byte(data), now)
		got, err := b.Open([]string{"a", "b"}, token, time.Minute, now.Add(time.Minute))
		if err != nil || string(got.Data) != data || !got.Issued.Equal(now) {
			t.Errorf("%v, %d bytes of %v", err, len(got.Data), got.Issued)
		}
	}
	if first, second := b.Seal(nil, nil, now), b.Seal(nil, nil, now); first == second {
		t.Error("two tokens are the same")
	}
}

// TestNothingElseOpens tries tokens with any byte changed, with another purpose or
// key, too old, and from the future.
func TestNothingElseOpens(t *testing.T) {
	b, purpose := box(t, key(1)), []string{"publish", "job_1", "alice"}
	token := b.Seal(purpose, []byte("data"), now)
	open := func(b *seal.Box, purpose []string, token string, at time.Time) {
		t.Helper()
		if got, err := b.Open(purpose, token, 10*time.Minute, at); err != seal.ErrInvalid { //nolint:errorlint // exactly this one
			t.Errorf("%q opened: %q %v", token, got.Data, err)
		}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range token {
		for _, c := range alphabet + "=+/ \n\r\x00" {
			if changed := token[:i] + string(c) + token[i+1:]; changed != token {
				open(b, purpose, changed, now)
			}
		}
		open(b, purpose, token[:i], now)
		open(b, purpose, token[:i]+"\n"+token[i:], now)
	}
	open(b, purpose, token+"A", now)
	open(b, purpose, token+"\n", now)
	open(b, purpose, "", now)
	for _, other := range [][]string{
		nil, {"publish", "job_2", "alice"}, {"publish", "job_1", "bob"}, {"update", "job_1", "alice"}, {"publish", "job_1a", "lice"},
		{"publishjob_1alice"}, {"publish", "job_1", "alice", ""},
	} {
		open(b, other, token, now)
	}
	open(b, purpose, token, now.Add(10*time.Minute+time.Millisecond))
	open(b, purpose, token, now.Add(-2*time.Minute))
	open(box(t, key(2)), purpose, token, now)
	open(box(t), purpose, token, now)
}

// TestReplacingKeys: replicas with the same key accept each other's tokens. An
// old key opens tokens next to a new one, but no longer seals.
func TestReplacingKeys(t *testing.T) {
	first, second, both := box(t, key(1)), box(t, key(1)), box(t, key(2), key(1))
	if _, err := second.Open(nil, first.Seal(nil, nil, now), time.Minute, now); err != nil {
		t.Error("a replica's token does not open")
	}
	if _, err := both.Open(nil, first.Seal(nil, nil, now), time.Minute, now); err != nil {
		t.Error("a token of the old key does not open")
	}
	if _, err := first.Open(nil, both.Seal(nil, nil, now), time.Minute, now); err == nil {
		t.Error("the old key still seals")
	}
	for _, bad := range [][]byte{nil, {}, key(1)[1:], append(key(1), 1)} {
		if _, err := seal.New(bad); err == nil {
			t.Errorf("a key of %d bytes is accepted", len(bad))
		}
	}
}

func FuzzOpen(f *testing.F) {
	b, err := seal.New(key(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Seal([]string{"p"}, []byte("data"), now))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := b.Open([]string{"p"}, token, time.Hour, now); err == nil && string(got.Data) != "data" {
			t.Errorf("%q opened", token)
		}
	})
}
