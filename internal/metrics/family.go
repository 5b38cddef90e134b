package metrics

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/VictoriaMetrics/metrics"
)

// describe writes what a page says about a metric before its series.
func describe(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// described returns a set for the series of one metric. The library has no help texts, so the page gets them here.
func described(page *metrics.Set, name, kind, help string) *metrics.Set {
	set := metrics.NewSet()
	page.RegisterMetricsWriter(func(w io.Writer) {
		var series bytes.Buffer
		if set.WritePrometheus(&series); series.Len() > 0 {
			describe(w, name, kind, help)
			w.Write(series.Bytes()) //nolint:errcheck,gosec // the page's reader may be gone
		}
	})
	return set
}

// show adds a metric without labels, whose value is read for each page.
func show[N int | int64](page *metrics.Set, name, kind, help string, value func() N) {
	described(page, name, kind, help).NewGauge(name, func() float64 { return float64(value()) })
}

// family has the series of a metric with labels. It keeps the series of each K, because finding one by its labels takes
// memory and time in every call.
type family[K comparable, S any] struct {
	name   string
	set    *metrics.Set
	open   func(set *metrics.Set, name string) S // finds or makes a series
	labels func(K) map[string]string             // without the empty ones; those that have no name here are left out
	names  []string                              // of the labels

	mu     sync.RWMutex
	series map[K]S
}

type (
	counters[K comparable]  = family[K, *metrics.Counter]
	durations[K comparable] = family[K, *metrics.PrometheusHistogram]
)

func newFamily[K comparable, S any](page *metrics.Set, name, kind, help string,
	open func(*metrics.Set, string) S, labels func(K) map[string]string, names []string,
) *family[K, S] {
	slices.Sort(names)
	return &family[K, S]{name: name, set: described(page, name, kind, help), open: open, labels: labels, names: names, series: map[K]S{}}
}

func newCounters[K comparable](
	page *metrics.Set, name, help string, labels func(K) map[string]string, names ...string,
) *counters[K] {
	return newFamily(page, name, "counter", help, (*metrics.Set).GetOrCreateCounter, labels, names)
}

func newDurations[K comparable](
	page *metrics.Set, name, help string, buckets []float64, labels func(K) map[string]string, names ...string,
) *durations[K] {
	open := func(set *metrics.Set, name string) *metrics.PrometheusHistogram {
		return set.GetOrCreatePrometheusHistogramExt(name, buckets)
	}
	return newFamily(page, name, "histogram", help, open, labels, names)
}

// of returns the series of a key.
func (f *family[K, S]) of(key K) S {
	f.mu.RLock()
	series, found := f.series[key]
	f.mu.RUnlock()
	if found {
		return series
	}
	values, pairs := f.labels(key), make([]string, len(f.names))
	for i, name := range f.names {
		pairs[i] = fmt.Sprintf("%s=%q", name, values[name])
	}
	series = f.open(f.set, f.name+"{"+strings.Join(pairs, ",")+"}")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.series[key] = series
	return series
}

// conventionBuckets are those that OpenTelemetry's conventions specify for the durations of MCP, in seconds.
func conventionBuckets() []float64 {
	return []float64{.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 120, 300}
}
