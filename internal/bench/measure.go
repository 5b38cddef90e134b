package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// kind is what a figure is about.
type kind struct {
	server   string
	wire     wire
	step     step
	inFlight int
}

// step is what a server is asked for.
type step int

const (
	listJobs step = iota
	getJob
	drafts // create_draft and patch_draft in turn
)

// figures are those of some calls in one round.
type figures struct {
	perSecond, p50, p99 float64 // milliseconds
	processor           float64 // of the server, for a call, in microseconds
	callers             float64 // processor time of this process for a call, its API included, in microseconds
}

// held is the memory of a server in one round, before and after its calls of list_jobs.
type held struct{ idle, after memory }

// allocations are those for one call.
type allocations struct{ count, bytes float64 }

// results are all figures, a value for each round.
type results struct {
	amounts
	servers     []server
	notes       []string
	listBytes   int
	answers     map[string]int             // length of the answer to list_jobs, by server
	starts      map[string][]time.Duration // by server
	calls       map[kind][]figures
	memory      map[kind][]held // without calls in flight
	allocations map[kind][]allocations
	others      float64 // share of the processors that other programs used
}

// inFlight are the numbers of calls at the same time that are measured.
func inFlight() []int { return []int{1, 16} }

func (b bench) measure(ctx context.Context, a *api, servers []server) (*results, error) {
	r := &results{
		amounts: b.amounts, servers: servers, listBytes: a.listBytes,
		answers: map[string]int{}, starts: map[string][]time.Duration{},
		calls: map[kind][]figures{}, memory: map[kind][]held{}, allocations: map[kind][]allocations{},
	}
	earlier, err := now()
	if err != nil {
		return nil, fmt.Errorf("processor times are read from /proc, as Linux has it: %w", err)
	}
	for range b.starts {
		for _, s := range servers {
			took, err := b.coldStart(ctx, s, a.URL)
			if err != nil {
				return nil, err
			}
			r.starts[s.name] = append(r.starts[s.name], took)
		}
	}
	for i := range b.rounds {
		// The next one goes first, so that no server always follows the same one.
		turn := append(slices.Clone(servers[i%len(servers):]), servers[:i%len(servers)]...)
		for _, w := range []wire{overStdio, overHTTP} {
			if err := b.round(ctx, a, r, w, turn); err != nil {
				return nil, err
			}
		}
		later, err := now()
		if err != nil {
			return nil, err
		}
		r.others, _ = later.since(earlier, processors())
		fmt.Fprintf(b.log, "round %d of %d; other programs used %.0f %% of the processors until now\n", i+1, b.rounds, 100*r.others)
	}
	return r, nil
}

// coldStart is the time from the start of a process to its answer to initialize, over stdio.
func (b bench) coldStart(ctx context.Context, s server, base string) (time.Duration, error) {
	p, err := b.start(ctx, s, overStdio, base)
	if err != nil {
		return 0, err
	}
	err = p.hello(ctx)
	took := time.Since(p.began)
	if log := p.stop(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", s.name, err, log)
	}
	return took, nil
}

// round measures the servers over one transport. They all run, and take turns at each step.
func (b bench) round(ctx context.Context, a *api, r *results, w wire, servers []server) error {
	visits := make([]*visit, 0, len(servers))
	defer func() {
		for _, v := range visits {
			v.process.stop()
		}
	}()
	for _, s := range servers {
		p, err := b.start(ctx, s, w, a.URL)
		if err != nil {
			return err
		}
		visits = append(visits, &visit{
			results: r, api: a, process: p,
			list: &call{step: listJobs, tool: s.list, arguments: "{}", upstream: true, jobs: 10},
			get:  &call{step: getJob, tool: s.get, arguments: `{"jobId":"` + publicJob + `"}`, upstream: s.fresh},
			draft: &call{
				step: drafts, tool: s.create, arguments: fmt.Sprintf(`{"description":%q,"idempotencyKey":"one"}`, description), upstream: true,
				then: &call{tool: s.patch, arguments: `{"jobId":"` + draftJob + `","fields":{"experienceLevel":"expert","headcount":"4"}}`},
			},
		})
		if err := p.hello(ctx); err != nil { // it listens before another one looks for a port
			return fmt.Errorf("%s over %s: %w\n%s", s.name, w, err, p.stop())
		}
	}
	inTurn := func(step func(*visit) error) error {
		for _, v := range visits {
			if err := step(v); err != nil {
				return fmt.Errorf("%s over %s: %w\n%s", v.process.server.name, w, err, v.process.stop())
			}
		}
		return nil
	}
	// measure makes the calls of a step in slices, so that a busy moment of the machine meets all servers.
	measure := func(of func(*visit) *call, inFlight, calls int) error {
		for range b.slices {
			if err := inTurn(func(v *visit) error { return v.slice(ctx, of(v), inFlight, calls/b.slices) }); err != nil {
				return err
			}
		}
		return inTurn(func(v *visit) error { v.finish(of(v), inFlight); return nil })
	}
	list, get, several := func(v *visit) *call { return v.list }, func(v *visit) *call { return v.get }, inFlight()[1]
	draft := func(v *visit) *call { return v.draft }
	for _, step := range []func() error{
		func() error { return inTurn(func(v *visit) error { return v.begin(ctx) }) },
		func() error { return measure(list, 1, b.sequential) },
		func() error { return measure(list, several, b.concurrent) },
		func() error { return inTurn(func(v *visit) error { return v.count(ctx) }) },
		func() error { return inTurn(func(v *visit) error { return v.warmGet(ctx) }) },
		func() error { return measure(get, 1, b.getSequential) },
		func() error { return measure(get, several, b.getConcurrent) },
		func() error { return inTurn(func(v *visit) error { return v.warmDrafts(ctx) }) },
		func() error { return measure(draft, 1, 2*b.draftPairs) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// visit is one server in a round, over one transport.
type visit struct {
	*results
	api              *api
	process          *process
	list, get, draft *call
	idle             memory
	tally            tally // of the step
}

// tally is what the slices of a step add up to.
type tally struct {
	durations                   []time.Duration
	elapsed, processor, callers time.Duration
}

func (v *visit) kind(of step, inFlight int) kind {
	return kind{v.process.server.name, v.process.wire, of, inFlight}
}

// begin measures the memory of a server that has done what every host asks for, and warms it.
func (v *visit) begin(ctx context.Context) (err error) {
	if err := v.process.ask(ctx, listTools, "tools"); err != nil {
		return err
	}
	if v.idle, err = v.process.memory(); err != nil {
		return err
	}
	_, err = v.process.spread(ctx, v.list, 1, v.warm)
	v.answers[v.process.server.name] = len(v.list.before) + len(v.list.after) + len(strconv.Itoa(firstID))
	return err
}

// slice makes a part of a step's calls, if the server has the tool.
func (v *visit) slice(ctx context.Context, c *call, inFlight, calls int) error {
	if c.tool == "" {
		return nil
	}
	asked := v.api.asked.Load()
	used, err := v.process.processor()
	if err != nil {
		return err
	}
	earlier, err := now()
	if err != nil {
		return err
	}
	durations, err := v.process.spread(ctx, c, inFlight, calls)
	if err != nil {
		return err
	}
	later, err := now()
	if err != nil {
		return err
	}
	usedNow, err := v.process.processor()
	if err != nil {
		return err
	}
	if asked = v.api.asked.Load() - asked; c.upstream && asked != int64(calls) || !c.upstream && asked != 0 {
		return fmt.Errorf("%d calls of %s made %d requests of the API", calls, c.tool, asked)
	}
	v.tally.durations = append(v.tally.durations, durations...)
	v.tally.elapsed += later.at.Sub(earlier.at)
	v.tally.processor += usedNow - used
	v.tally.callers += later.this - earlier.this
	return nil
}

// finish keeps the figures of a step.
func (v *visit) finish(c *call, inFlight int) {
	sum := v.tally
	v.tally = tally{}
	if len(sum.durations) == 0 {
		return
	}
	slices.Sort(sum.durations)
	calls := float64(len(sum.durations))
	of := v.kind(c.step, inFlight)
	v.calls[of] = append(v.calls[of], figures{
		perSecond: calls / sum.elapsed.Seconds(),
		p50:       percentile(sum.durations, 50).Seconds() * 1e3, p99: percentile(sum.durations, 99).Seconds() * 1e3,
		processor: sum.processor.Seconds() * 1e6 / calls, callers: sum.callers.Seconds() * 1e6 / calls,
	})
}

// count reads the memory after all calls of list_jobs, and then counts allocations, where a server tells them.
func (v *visit) count(ctx context.Context) error {
	after, err := v.process.memory()
	if err != nil {
		return err
	}
	of := v.kind(listJobs, 0)
	v.memory[of] = append(v.memory[of], held{v.idle, after})
	if v.process.wire != overHTTP || v.process.server.name == "node" {
		return nil
	}
	// The first two readings tell what one reading costs.
	var before, between, end allocations
	if before, err = v.process.allocations(ctx); err != nil {
		return err
	}
	if between, err = v.process.allocations(ctx); err != nil {
		return err
	}
	if _, err = v.process.spread(ctx, v.list, 1, v.counted); err != nil {
		return err
	}
	if end, err = v.process.allocations(ctx); err != nil {
		return err
	}
	v.allocations[of] = append(v.allocations[of], allocations{
		count: (end.count - 2*between.count + before.count) / float64(v.counted),
		bytes: (end.bytes - 2*between.bytes + before.bytes) / float64(v.counted),
	})
	return nil
}

// warmGet fills caches, of the servers that have the tool.
func (v *visit) warmGet(ctx context.Context) error {
	if v.get.tool == "" {
		return nil
	}
	_, err := v.process.spread(ctx, v.get, 1, v.getWarm)
	return err
}

// warmDrafts warms a server that has the tools. The first pair isn't compared: only later answers say that the draft existed.
func (v *visit) warmDrafts(ctx context.Context) error {
	if v.draft.tool == "" {
		return nil
	}
	for _, c := range []*call{v.draft, v.draft.then} {
		if err := v.process.ask(ctx, message(firstID, c.tool, c.arguments), "jobId"); err != nil {
			return err
		}
	}
	_, err := v.process.spread(ctx, v.draft, 1, 2*v.draftWarm)
	return err
}

// allocations are those of the process until now.
func (p *process) allocations(ctx context.Context) (a allocations, err error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/metrics", http.NoBody)
	if err != nil {
		return a, err
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return a, err
	}
	defer answer.Body.Close()
	var page bytes.Buffer
	if _, err := io.Copy(&page, answer.Body); err != nil {
		return a, err
	}
	if a.count, err = counter(page.String(), "go_memstats_mallocs_total"); err != nil {
		return a, err
	}
	a.bytes, err = counter(page.String(), "go_memstats_alloc_bytes_total")
	return a, err
}
