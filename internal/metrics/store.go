package metrics

import "github.com/prometheus/client_golang/prometheus"

// Shared is a store that replicas share.
type Shared interface {
	Connected() bool
	Replicas() int
	Failures() int
}

// CountStore sets the store that is watched. Call it once.
func (m *Metrics) CountStore(store Shared) {
	if m == nil {
		return
	}
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "opentrain_mcp_store_connected", Help: "1 while the store that replicas share can be reached, else 0.",
		}, func() float64 {
			if store.Connected() {
				return 1
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "opentrain_mcp_store_replicas", Help: "Replicas that share the store, as far as this one knows.",
		}, func() float64 { return float64(store.Replicas()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "opentrain_mcp_store_failures_total", Help: "How often the store was lost.",
		}, func() float64 { return float64(store.Failures()) }),
	)
}
