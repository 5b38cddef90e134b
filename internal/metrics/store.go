package metrics

import "time"

// Shared is a store that replicas share.
type Shared interface {
	Connected() bool
	Replicas() int
	Failures() int
	Observe(func(operation, failure string, took time.Duration))
}

// step is something that is done at the store.
type step struct{ operation, failure string }

func (s step) labels() map[string]string {
	return map[string]string{"db_system_name": "redis", "db_operation_name": s.operation, "error_type": s.failure}
}

// CountStore sets the store that is watched. Call it once.
func (m *Metrics) CountStore(store Shared) {
	if m == nil {
		return
	}
	steps := newDurations(m.page, "db_client_operation_duration_seconds", "Duration of commands and scripts at the store.",
		[]float64{.001, .005, .01, .05, .1, .5, 1, 5, 10}, step.labels, "db_system_name", "db_operation_name", "error_type")
	store.Observe(func(operation, failure string, took time.Duration) {
		steps.of(step{operation, failure}).Update(took.Seconds())
	})
	show(m.page, "opentrain_mcp_store_connected", "gauge", "1 while the store that replicas share can be reached, else 0.", func() int {
		if store.Connected() {
			return 1
		}
		return 0
	})
	show(m.page, "opentrain_mcp_store_replicas", "gauge", "Replicas that share the store, as far as this one knows.", store.Replicas)
	show(m.page, "opentrain_mcp_store_failures_total", "counter", "How often the store was lost.", store.Failures)
}
