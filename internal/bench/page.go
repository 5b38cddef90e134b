package main

import (
	_ "embed"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/template"
	"time"
)

//go:embed page.md.tmpl
var pageText string

func processors() int { return runtime.NumCPU() }

// titled is a table with a heading.
type titled struct{ Title, Table string }

// page is the whole page.
func (r *results) page() (string, error) {
	type described struct {
		Name, About string
		Answer      int
	}
	servers := make([]described, 0, len(r.servers))
	for _, s := range r.servers {
		servers = append(servers, described{s.name, s.about, r.answers[s.name]})
	}
	byProcessor := func(f figures) float64 { return f.processor }
	bySpeed := func(f figures) float64 { return f.perSecond }
	parsed, err := template.New("page").Parse(pageText)
	if err != nil {
		return "", err
	}
	var page strings.Builder
	err = parsed.Execute(&page, map[string]any{
		"ListBytes": r.listBytes, "Servers": servers, "Notes": r.notes, "Machine": machine(),
		"Rounds": r.rounds, "Slices": r.slices, "Warm": r.warm, "Sequential": r.sequential, "Concurrent": r.concurrent,
		"Starts": r.amounts.starts, "Total": r.warm + r.sequential + r.concurrent,
		"Others": fmt.Sprintf("%.0f %%", 100*r.others), "Callers": r.callersCost(),
		"StartTable": r.startTable(), "ListTables": r.callTables(listJobs), "GetTables": r.callTables(getJob),
		"RatioTable": r.ratioTable(listJobs, bySpeed), "ProcessorTable": r.ratioTable(listJobs, byProcessor),
		"GetRatioTable": r.ratioTable(getJob, bySpeed), "DraftPairs": r.draftPairs, "DraftTable": r.draftTable(),
	})
	return page.String(), err
}

// table is a table in Markdown. The first column is text, the others are numbers.
func table(head []string, rows [][]string) string {
	var lines strings.Builder
	line := func(cells []string) { fmt.Fprintf(&lines, "\n| %s |", strings.Join(cells, " | ")) }
	line(head)
	lines.WriteString("\n|---|" + strings.Repeat("--:|", len(head)-1))
	for _, row := range rows {
		line(row)
	}
	return strings.TrimSpace(lines.String())
}

func (r *results) startTable() string {
	rows := make([][]string, 0, len(r.servers))
	ownStart := median(r.starts[ours])
	for _, s := range r.servers {
		start := median(r.starts[s.name])
		cell := func(w wire, of func(held) memory) string {
			return memoryCell(r.memory[kind{server: s.name, wire: w}], of)
		}
		idle, after := func(h held) memory { return h.idle }, func(h held) memory { return h.after }
		rows = append(rows, []string{
			s.name, milliseconds(start.Seconds() * 1e3), fmt.Sprintf("%.2f", float64(ownStart)/float64(start)),
			fmt.Sprintf("%.1f MB", float64(s.size)/1e6),
			cell(overStdio, idle), cell(overStdio, after), cell(overHTTP, idle), cell(overHTTP, after),
		})
	}
	calls := fmt.Sprintf("after %d calls", r.warm+r.sequential+r.concurrent)
	return table([]string{"Server", "Start", ours + " / this", "Size", "stdio, idle", "stdio, " + calls, "/mcp, idle", "/mcp, " + calls}, rows)
}

func memoryCell(all []held, of func(held) memory) string {
	return fmt.Sprintf("%.1f MB (%.1f)",
		median(column(all, func(h held) float64 { return of(h).resident })),
		median(column(all, func(h held) float64 { return of(h).anonymous })))
}

// callTables are the figures of list_jobs or get_job, a table for each transport and number of calls in flight.
func (r *results) callTables(of step) (tables []titled) {
	for _, w := range []wire{overStdio, overHTTP} {
		for _, n := range inFlight() {
			head := []string{"Server", "Calls/s", "p50", "p99", "CPU per call"}
			counts := of == listJobs && w == overHTTP && n == 1
			if counts {
				head = append(head, "Allocations")
			}
			var rows [][]string
			for _, s := range r.servers {
				all := r.calls[kind{s.name, w, of, n}]
				if len(all) == 0 {
					continue
				}
				figure := func(of func(figures) float64) float64 { return median(column(all, of)) }
				row := []string{s.name,
					fmt.Sprintf("%.0f", figure(func(f figures) float64 { return f.perSecond })),
					milliseconds(figure(func(f figures) float64 { return f.p50 })),
					milliseconds(figure(func(f figures) float64 { return f.p99 })),
					fmt.Sprintf("%.0f µs", figure(func(f figures) float64 { return f.processor })),
				}
				if counts {
					row = append(row, allocationCell(r.allocations[kind{server: s.name, wire: w}]))
				}
				rows = append(rows, row)
			}
			tables = append(tables, titled{fmt.Sprintf("%s, %d in flight", w, n), table(head, rows)})
		}
	}
	return tables
}

func allocationCell(all []allocations) string {
	if len(all) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f, %.1f KB", median(column(all, func(a allocations) float64 { return a.count })),
		median(column(all, func(a allocations) float64 { return a.bytes }))/1e3)
}

// ratioTable compares this server with each other one: one figure, over each transport and number of calls in flight.
func (r *results) ratioTable(of step, figure func(figures) float64) string {
	head := []string{"Compared with"}
	var rows [][]string
	for _, s := range r.servers {
		row := append(make([]string, 0, 5), s.name)
		for _, w := range []wire{overStdio, overHTTP} {
			for _, n := range inFlight() {
				if s.name == ours {
					head = append(head, fmt.Sprintf("%s, %d in flight", w, n))
				}
				own, other := r.calls[kind{ours, w, of, n}], r.calls[kind{s.name, w, of, n}]
				row = append(row, ratioCell(spreadOf(ratios(column(own, figure), column(other, figure)))))
			}
		}
		if s.name != ours && len(r.calls[kind{s.name, overStdio, of, 1}]) > 0 {
			rows = append(rows, row)
		}
	}
	return table(head, rows)
}

// draftTable has the processor time of a pair of calls, and compares this server with an earlier build of it.
func (r *results) draftTable() string {
	pair := func(name string, w wire) []float64 {
		return column(r.calls[kind{name, w, drafts, 1}], func(f figures) float64 { return 2 * f.processor })
	}
	row := func(name string, cell func(wire) string) []string {
		return []string{name, cell(overStdio), cell(overHTTP)}
	}
	var rows [][]string
	for _, s := range r.servers {
		if s.create == "" {
			continue
		}
		rows = append(rows, row(s.name, func(w wire) string { return spreadCell("%.0f µs", spreadOf(pair(s.name, w))) }))
		if s.name != ours {
			rows = append(rows, row(ours+" / "+s.name, func(w wire) string {
				return ratioCell(spreadOf(ratios(pair(ours, w), pair(s.name, w))))
			}))
		}
	}
	return table([]string{"Server", "stdio", "/mcp"}, rows)
}

func ratioCell(s spread) string { return spreadCell("%.2f", s) }

// spreadCell writes each value in the format.
func spreadCell(format string, s spread) string {
	if s.values == 0 {
		return "–"
	}
	return fmt.Sprintf(format+" ("+format+" to "+format+")", s.median, s.least, s.greatest)
}

// callersCost says how much processor time the callers and the API used for a call.
func (r *results) callersCost() string {
	all := make([]float64, 0, len(r.calls))
	for _, calls := range r.calls {
		all = append(all, median(column(calls, func(f figures) float64 { return f.callers })))
	}
	if len(all) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f to %.0f µs", slices.Min(all), slices.Max(all))
}

func milliseconds(ms float64) string { return fmt.Sprintf("%.2f ms", ms) }

// machine describes where the benchmark runs.
func machine() string {
	model, kernel := "unknown processor", "unknown"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, found := strings.Cut(string(info), "model name"); found {
			line, _, _ := strings.Cut(after, "\n")
			model = strings.TrimLeft(line, "\t :")
		}
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = strings.TrimSpace(string(release))
	}
	version := strings.Replace(runtime.Version(), "go", "Go ", 1)
	date := time.Now().Format("January 2006")
	return fmt.Sprintf("%d processors (%s), %s %s, %s, %s", processors(), model, runtime.GOOS, kernel, version, date)
}
