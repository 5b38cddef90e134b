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
	get      bool // get_job; else list_jobs
	inFlight int
}

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

// round measures the servers over one transport. They all run, each step in turn, so that a busy moment of the machine
// meets all of them.
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
			list: &call{tool: s.list, arguments: "{}", upstream: true, jobs: 10},
			get:  &call{tool: s.get, arguments: `{"jobId":"` + publicJob + `"}`, upstream: s.fresh},
		})
	}
	for _, step := range []func(*visit, context.Context) error{
		(*visit).begin,
		func(v *visit, ctx context.Context) error { return v.measure(ctx, v.list, 1, b.sequential) },
		func(v *visit, ctx context.Context) error { return v.measure(ctx, v.list, inFlight()[1], b.concurrent) },
		(*visit).count,
		(*visit).warmGet,
		func(v *visit, ctx context.Context) error { return v.measureGet(ctx, 1, b.getSequential) },
		func(v *visit, ctx context.Context) error { return v.measureGet(ctx, inFlight()[1], b.getConcurrent) },
	} {
		for _, v := range visits {
			if err := step(v, ctx); err != nil {
				return fmt.Errorf("%s over %s: %w\n%s", v.process.server.name, w, err, v.process.stop())
			}
		}
	}
	return nil
}

// visit is one server in a round, over one transport.
type visit struct {
	*results
	api       *api
	process   *process
	list, get *call
	idle      memory
}

func (v *visit) kind(get bool, inFlight int) kind {
	return kind{v.process.server.name, v.process.wire, get, inFlight}
}

// begin measures the memory of a server that has done what every host asks for, and warms it.
func (v *visit) begin(ctx context.Context) (err error) {
	if err := v.process.hello(ctx); err != nil {
		return err
	}
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

// measure makes calls and keeps their figures.
func (v *visit) measure(ctx context.Context, c *call, inFlight, calls int) error {
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
	slices.Sort(durations)
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(calls) }
	of := v.kind(c == v.get, inFlight)
	v.calls[of] = append(v.calls[of], figures{
		perSecond: float64(calls) / later.at.Sub(earlier.at).Seconds(),
		p50:       percentile(durations, 50).Seconds() * 1e3, p99: percentile(durations, 99).Seconds() * 1e3,
		processor: each(usedNow - used), callers: each(later.this - earlier.this),
	})
	return nil
}

// count reads the memory after all calls of list_jobs, and then counts allocations, where a server tells them.
func (v *visit) count(ctx context.Context) error {
	after, err := v.process.memory()
	if err != nil {
		return err
	}
	of := v.kind(false, 0)
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
	v.results.allocations[of] = append(v.results.allocations[of], allocations{
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

func (v *visit) measureGet(ctx context.Context, inFlight, calls int) error {
	if v.get.tool == "" {
		return nil
	}
	return v.measure(ctx, v.get, inFlight, calls)
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
