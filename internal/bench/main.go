// Command bench measures this server beside others that do the same, each in its own process and all in turn, and writes
// docs/benchmarks.md. The others are in peers, a module of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures as the arguments say. The page goes to out, or into its file, and progress to log.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	write := flags.Bool("write", false, "write docs/benchmarks.md")
	quick := flags.Bool("quick", false, "few calls and one round, to see that it works; the figures mean nothing")
	rounds := flags.Int("rounds", 5, "rounds, each with all servers in turn")
	only := flags.String("only", "", "only these servers and opentrain-mcp, separated by commas: "+strings.Join(names(), ", "))
	before := flags.String("before", "", "also measure this earlier build of opentrain-mcp, a program")
	if err := flags.Parse(args); err != nil {
		return err
	}
	amounts := thorough(*rounds)
	if *quick {
		amounts = few()
	}
	if *write && (*quick || *only != "" || *before != "" || amounts.rounds < 5) {
		return errors.New("-write needs all servers, at least five rounds and no -before")
	}
	ctx, cancel := context.WithTimeout(ctx, amounts.patience) // it ends the servers
	defer cancel()
	root, err := output(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // the system cleans up too
	b := bench{amounts: amounts, root: root, work: work, log: log}
	page, err := b.page(ctx, *only, *before)
	if err != nil {
		return err
	}
	if *write {
		return os.WriteFile(filepath.Join(root, "docs", "benchmarks.md"), []byte(page), 0o644) //nolint:gosec // a page for all
	}
	_, err = io.WriteString(out, page)
	return err
}

// bench is one run.
type bench struct {
	amounts
	root, work string
	log        io.Writer
}

// amounts says how much is measured.
type amounts struct {
	rounds, starts                        int
	slices                                int // in which the servers take turns at the calls of a step
	warm, sequential, concurrent          int // calls of list_jobs for each server and transport in a round
	getWarm, getSequential, getConcurrent int // and of get_job
	draftWarm, draftPairs                 int // and pairs of create_draft and patch_draft
	counted                               int // calls whose allocations are counted
	patience                              time.Duration
}

func thorough(rounds int) amounts {
	return amounts{
		rounds: rounds, starts: 20, slices: 10, warm: 1000, sequential: 3000, concurrent: 6000,
		getWarm: 500, getSequential: 2000, getConcurrent: 4000, draftWarm: 500, draftPairs: 2000, counted: 500,
		patience: time.Duration(rounds) * 20 * time.Minute,
	}
}

func few() amounts {
	return amounts{
		rounds: 1, starts: 2, slices: 2, warm: 20, sequential: 40, concurrent: 80,
		getWarm: 20, getSequential: 20, getConcurrent: 40, draftWarm: 10, draftPairs: 20, counted: 10, patience: 10 * time.Minute,
	}
}

// page measures and returns the page.
func (b bench) page(ctx context.Context, only, before string) (string, error) {
	api, err := newAPI()
	if err != nil {
		return "", err
	}
	defer api.Close()
	servers, notes, err := b.build(ctx, only, before)
	if err != nil {
		return "", err
	}
	results, err := b.measure(ctx, api, servers)
	if err != nil {
		return "", err
	}
	results.notes = notes
	return results.page()
}
