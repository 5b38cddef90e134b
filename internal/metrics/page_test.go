package metrics_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"opentrain-mcp/internal/metrics"
)

// lost is a store that can't be reached.
type lost struct{}

func (lost) Connected() bool { return false }
func (lost) Replicas() int   { return 3 }
func (lost) Failures() int   { return 2 }
func (lost) Observe(observe func(operation, failure string, took time.Duration)) {
	observe("get", "timeout", time.Second)
}

// page returns the metrics as Prometheus reads them, after its linter has seen them.
func page(t *testing.T, m *metrics.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if format := expfmt.ResponseFormat(w.Header()); format.FormatType() != expfmt.TypeTextPlain {
		t.Errorf("%v is not a format of Prometheus", w.Header())
	}
	problems, err := promlint.New(bytes.NewReader(w.Body.Bytes())).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// TestPage: every metric says what it is, and histograms are complete.
func TestPage(t *testing.T) {
	m := metrics.New()
	m.Observe(func() metrics.State { return metrics.State{} })
	if unused := page(t, m); unused["opentrain_mcp_tool_calls_total"] != nil || unused["opentrain_mcp_sessions"] == nil {
		t.Error("there is a metric without series, or none of the state")
	}
	m.CountStore(lost{})
	use(m)
	families, kinds := page(t, m), map[string]dto.MetricType{
		"mcp_client_operation_duration_seconds": dto.MetricType_HISTOGRAM, "mcp_server_operation_duration_seconds": dto.MetricType_HISTOGRAM,
		"mcp_server_session_duration_seconds": dto.MetricType_HISTOGRAM, "http_client_request_duration_seconds": dto.MetricType_HISTOGRAM,
		"db_client_operation_duration_seconds": dto.MetricType_HISTOGRAM,
		"opentrain_mcp_tool_calls_total":       dto.MetricType_COUNTER, "opentrain_mcp_public_reads_total": dto.MetricType_COUNTER,
		"opentrain_mcp_http_refused_total": dto.MetricType_COUNTER, "opentrain_mcp_store_failures_total": dto.MetricType_COUNTER,
		"opentrain_mcp_open_streams": dto.MetricType_GAUGE, "opentrain_mcp_sessions": dto.MetricType_GAUGE,
		"opentrain_mcp_ready": dto.MetricType_GAUGE, "opentrain_mcp_store_connected": dto.MetricType_GAUGE,
		"opentrain_mcp_store_replicas": dto.MetricType_GAUGE, "go_gc_gomemlimit_bytes": dto.MetricType_GAUGE,
		"go_goroutines":             dto.MetricType_GAUGE,
		"go_memstats_mallocs_total": dto.MetricType_COUNTER, "process_cpu_seconds_total": dto.MetricType_COUNTER,
		"process_resident_memory_bytes": dto.MetricType_GAUGE, "process_open_fds": dto.MetricType_GAUGE, "process_max_fds": dto.MetricType_GAUGE,
	}
	for name, kind := range kinds {
		if families[name] == nil || families[name].GetType() != kind {
			t.Errorf("%s is not a %v: %v", name, kind, families[name])
		}
	}
	for name, family := range families {
		if _, isOwn := kinds[name]; !isOwn && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			t.Errorf("%s is not in the table", name)
		}
		if family.GetHelp() == "" || family.GetType() == dto.MetricType_UNTYPED {
			t.Errorf("%s doesn't say what it is", name)
		}
		for _, series := range family.GetMetric() {
			if histogram := series.GetHistogram(); histogram != nil {
				last, before := histogram.GetBucket()[len(histogram.GetBucket())-1], uint64(0)
				for _, bucket := range histogram.GetBucket() {
					if bucket.GetCumulativeCount() < before {
						t.Errorf("%s: %v", name, histogram)
					}
					before = bucket.GetCumulativeCount()
				}
				if last.GetCumulativeCount() != histogram.GetSampleCount() || len(histogram.GetBucket()) < 10 || histogram.SampleSum == nil {
					t.Errorf("%s: %v", name, histogram)
				}
			}
		}
	}
}

// slow is a reader that takes nothing until it's released.
type slow struct {
	http.ResponseWriter

	reading chan<- struct{}
	release <-chan struct{}
}

func (s slow) Write(data []byte) (int, error) {
	select {
	case s.reading <- struct{}{}:
	case <-s.release:
	}
	<-s.release
	return s.ResponseWriter.Write(data)
}

// TestPagesAreLimited: readers that don't read hold four pages at most.
func TestPagesAreLimited(t *testing.T) {
	m := metrics.New()
	get := func(wrap func(http.ResponseWriter) http.ResponseWriter) int {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(wrap(w), httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Code
	}
	plain := func(w http.ResponseWriter) http.ResponseWriter { return w }
	reading, release := make(chan struct{}), make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			if got := get(func(w http.ResponseWriter) http.ResponseWriter { return slow{w, reading, release} }); got != http.StatusOK {
				t.Errorf("a slow reader gets %d", got)
			}
		})
		<-reading
	}
	if got := get(plain); got != http.StatusServiceUnavailable {
		t.Errorf("the fifth page is made: %d", got)
	}
	close(release)
	readers.Wait()
	if got := get(plain); got != http.StatusOK {
		t.Errorf("nothing is released: %d", got)
	}
}
