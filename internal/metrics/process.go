package metrics

import (
	"bytes"
	"io"
	"runtime/debug"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// processMetrics are the kind and the help text of what is shown of the process and the Go runtime, by the library's name.
func processMetrics() map[string][2]string {
	return map[string][2]string{
		"go_goroutines":                    {"gauge", "Goroutines that exist."},
		"go_info":                          {"gauge", "The version of Go."},
		"go_memstats_alloc_bytes":          {"gauge", "Bytes of the heap in use."},
		"go_memstats_alloc_bytes_total":    {"counter", "Bytes of the heap that were ever allocated."},
		"go_memstats_frees_total":          {"counter", "Objects of the heap that were freed."},
		"go_memstats_gc_sys_bytes":         {"gauge", "Bytes for the garbage collector's own data."},
		"go_memstats_heap_alloc_bytes":     {"gauge", "Bytes of the heap in use, as in go_memstats_alloc_bytes."},
		"go_memstats_heap_idle_bytes":      {"gauge", "Bytes of the heap in spans without objects."},
		"go_memstats_heap_inuse_bytes":     {"gauge", "Bytes of the heap in spans with objects."},
		"go_memstats_heap_objects":         {"gauge", "Objects in the heap."},
		"go_memstats_heap_released_bytes":  {"gauge", "Bytes of heap memory that were returned to the system."},
		"go_memstats_heap_sys_bytes":       {"gauge", "Bytes of the heap from the system."},
		"go_memstats_last_gc_time_seconds": {"gauge", "When the garbage collector last ended, in seconds since 1970."},
		"go_memstats_mallocs_total":        {"counter", "Objects of the heap that were ever allocated."},
		"go_memstats_next_gc_bytes":        {"gauge", "Size of the heap at which the garbage collector starts."},
		"go_memstats_stack_inuse_bytes":    {"gauge", "Bytes of the stacks in use."},
		"go_memstats_stack_sys_bytes":      {"gauge", "Bytes of the stacks from the system."},
		"go_memstats_sys_bytes":            {"gauge", "All bytes from the system."},
		"go_threads":                       {"gauge", "Threads that were created."},
		"process_cpu_seconds_total":        {"counter", "Processor time of the process, in seconds."},
		"process_max_fds":                  {"gauge", "How many file descriptors may be open."},
		"process_open_fds":                 {"gauge", "File descriptors that are open."},
		"process_resident_memory_bytes":    {"gauge", "Memory of the process."},
		"process_start_time_seconds":       {"gauge", "When the process started, in seconds since 1970."},
		"process_virtual_memory_bytes":     {"gauge", "Address space of the process."},
	}
}

// writeProcess writes what the library knows of the process and the Go runtime, as far as it's described.
func writeProcess(w io.Writer) {
	var all bytes.Buffer
	metrics.WriteProcessMetrics(&all)
	metrics.WriteFDMetrics(&all)
	last, shown := "", processMetrics()
	for line := range strings.Lines(all.String()) {
		name := line[:strings.IndexAny(line, "{ ")]
		about, isShown := shown[name]
		if !isShown {
			continue
		}
		if name != last {
			describe(w, name, about[0], about[1])
		}
		io.WriteString(w, line) //nolint:errcheck,gosec // the page's reader may be gone
		last = name
	}
}

// showProcess adds the process and the Go runtime, with GOMEMLIMIT under the name that it has in Prometheus's own library.
func showProcess(page *metrics.Set) {
	page.RegisterMetricsWriter(writeProcess)
	show(page, "go_gc_gomemlimit_bytes", "gauge", "The soft limit of Go's memory (GOMEMLIMIT).",
		func() int64 { return debug.SetMemoryLimit(-1) })
}
