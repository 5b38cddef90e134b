package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// conventionBuckets are those that OpenTelemetry's conventions specify for the durations of MCP, in seconds.
func conventionBuckets() []float64 {
	return []float64{.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 120, 300}
}

// durations is a histogram of durations. It keeps the series of each K, because finding one by its labels takes memory
// and time in every call.
type durations[K comparable] struct {
	vec    *prometheus.HistogramVec
	names  []string                  // of the labels
	labels func(K) prometheus.Labels // without the empty ones; those that have no name here are left out

	mu     sync.RWMutex
	series map[K]prometheus.Observer
}

func newDurations[K comparable](
	registry *prometheus.Registry, name, help string, buckets []float64, labels func(K) prometheus.Labels, names ...string,
) *durations[K] {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, names)
	registry.MustRegister(vec)
	return &durations[K]{vec: vec, names: names, labels: labels, series: map[K]prometheus.Observer{}}
}

func (d *durations[K]) observe(key K, duration time.Duration) {
	d.mu.RLock()
	series := d.series[key]
	d.mu.RUnlock()
	if series == nil {
		series = d.find(key)
	}
	series.Observe(duration.Seconds())
}

// find returns the series of a key and keeps it.
func (d *durations[K]) find(key K) prometheus.Observer {
	labels, values := d.labels(key), make([]string, len(d.names))
	for i, name := range d.names {
		values[i] = labels[name]
	}
	series := d.vec.WithLabelValues(values...)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.series[key] = series
	return series
}
