package opentrain_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
)

// together is what clients share in a test: no limit, values without an end, locks.
type together struct {
	mu     sync.Mutex
	values map[string][]byte
	locked map[string]bool
	wait   time.Duration
	gone   bool          // someone has all locks
	ahead  time.Duration // the common clock is
}

func (s *together) Now() time.Time { return time.Now().Add(s.ahead) }

func (s *together) Take(string, float64, int, time.Duration) (time.Duration, bool) {
	return s.wait, s.wait < 5*time.Second
}

func (s *together) Get(kind, name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[kind+name]
}

func (s *together) Put(kind, name string, value []byte, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[kind+name] = value
}

func (s *together) Lock(kind, name string, _ time.Duration) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.locked[kind+name] {
		return nil
	}
	s.locked[kind+name] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.locked, kind+name)
	}
}

func clients(t *testing.T, m *market, shared *together) (a, b *opentrain.Client) {
	t.Helper()
	made := [2]*opentrain.Client{}
	for i := range made {
		client, err := opentrain.New(opentrain.Config{Transport: m, Shared: shared})
		if err != nil {
			t.Fatal(err)
		}
		made[i] = client
	}
	return made[0], made[1]
}

// TestClientsShareReads: one client sends a public read and the other takes its response, for as long as it is fresh and
// no job was changed. A response that may not be cached isn't shared.
func TestClientsShareReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("max-age=60"), release: make(chan struct{})}
		shared := &together{values: map[string][]byte{}, locked: map[string]bool{}}
		a, b := clients(t, m, shared)
		answers := make(chan string, 2)
		go func() { answers <- search(t, t.Context(), a, "x") }()
		go func() { answers <- search(t, t.Context(), b, "x") }()
		synctest.Wait()
		close(m.release)
		if one, other := <-answers, <-answers; one != other || m.count() != 1 {
			t.Errorf("%s and %s after %d requests", one, other, m.count())
		}
		search(t, t.Context(), a, "y")
		if search(t, t.Context(), b, "y"); m.count() != 2 {
			t.Errorf("%d requests", m.count())
		}
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
		if search(t, t.Context(), b, "y"); m.count() != 3 {
			t.Errorf("%d requests after a minute", m.count())
		}
		if _, err := a.CloseJob(opentrain.WithToken(t.Context(), secret), "j"); err != nil {
			t.Fatal(err)
		}
		if search(t, t.Context(), a, "y"); m.count() != 5 {
			t.Errorf("%d requests after a change", m.count())
		}
		m.set(func(m *market) { m.header = http.Header{"Cache-Control": {"no-store"}} })
		search(t, t.Context(), a, "z")
		if search(t, t.Context(), b, "z"); m.count() != 7 {
			t.Errorf("%d requests of what isn't cached", m.count())
		}
	})
}

// TestSharedReadsAgeByTheCommonClock: the own clocks of two clients may differ by more than a response is fresh.
func TestSharedReadsAgeByTheCommonClock(t *testing.T) {
	for _, test := range []struct {
		step     time.Duration // of the common clock, between one client's read and the other's
		requests int
		kept     time.Duration // how long the other client keeps what it took
	}{
		{0, 1, time.Minute},
		{time.Second, 1, 59 * time.Second},
		{59 * time.Second, 1, time.Second},
		{time.Minute, 2, time.Minute},
		{time.Hour, 2, time.Minute},
		{-time.Second, 1, time.Minute}, // it can't be fresh for longer than at the start
	} {
		synctest.Test(t, func(t *testing.T) {
			m := &market{header: cacheable("max-age=60")}
			shared := &together{values: map[string][]byte{}, locked: map[string]bool{}}
			a, b := clients(t, m, shared)
			search(t, t.Context(), a, "x")
			shared.ahead = test.step
			if search(t, t.Context(), b, "x"); m.count() != test.requests {
				t.Errorf("%v: %d requests", test.step, m.count())
			}
			shared.ahead += time.Hour // nothing that is shared is fresh
			time.Sleep(test.kept - 1) //nolint:forbidigo // fake time
			if search(t, t.Context(), b, "x"); m.count() != test.requests {
				t.Errorf("%v: it isn't kept", test.step)
			}
			time.Sleep(time.Nanosecond) //nolint:forbidigo // fake time
			if search(t, t.Context(), b, "x"); m.count() != test.requests+1 {
				t.Errorf("%v: it's kept for longer", test.step)
			}
		})
	}
}

// TestClientsWaitForNoOneWhoVanished: a client that never gives its lock up holds the others up only for a while.
func TestClientsWaitForNoOneWhoVanished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("max-age=60")}
		a, _ := clients(t, m, &together{values: map[string][]byte{}, gone: true})
		start := time.Now()
		if search(t, t.Context(), a, "x"); m.count() != 1 || time.Since(start) > 11*time.Second {
			t.Errorf("%d requests after %v", m.count(), time.Since(start))
		}
	})
}

// TestClientsShareTheirBudget: who would have to wait too long hears how long.
func TestClientsShareTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}}
		shared := &together{values: map[string][]byte{}, locked: map[string]bool{}, wait: 3 * time.Second}
		a, _ := clients(t, m, shared)
		start := time.Now()
		if err := read(t.Context(), a); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		shared.wait = 20 * time.Second
		if e := asError(t, read(t.Context(), a)); e.Code != opentrain.CodeBusy || e.RetryAfter != 20*time.Second || m.count() != 1 {
			t.Errorf("%+v after %d requests", e, m.count())
		}
	})
}

// TestClientsShareRefusals: a token that one client was refused with costs the other no request.
func TestClientsShareRefusals(t *testing.T) {
	m := &market{header: http.Header{}, status: 401, body: `{"error":"Invalid token.","code":"UNAUTHORIZED","requestId":"r1"}`}
	a, b := clients(t, m, &together{values: map[string][]byte{}, locked: map[string]bool{}})
	ctx := opentrain.WithToken(t.Context(), secret)
	for _, client := range []*opentrain.Client{a, b} {
		if e := asError(t, readOwn(ctx, client)); e.Code != opentrain.CodeUnauthorized || e.Message != "Invalid token." || m.count() != 1 {
			t.Errorf("%+v after %d requests", e, m.count())
		}
	}
}
