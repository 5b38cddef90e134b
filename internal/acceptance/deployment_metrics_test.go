package acceptance_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// alert is the part of a Prometheus rule that these tests read.
type alert struct {
	Alert, Expr, For string
	Labels           struct{ Severity string }
	Annotations      struct{ Summary string }
}

// alerts are the rules in deploy/.
func alerts(t *testing.T) (all []alert) {
	t.Helper()
	type rules struct {
		Groups []struct {
			Name  string
			Rules []alert
		}
	}
	for _, file := range manifests[rules](t, "../../deploy/prometheus-rules.yaml") {
		for _, group := range file.Groups {
			all = append(all, group.Rules...)
		}
	}
	return all
}

// dashboard is the part of the Grafana dashboard in deploy/ that these tests read.
type dashboard struct {
	Templating struct {
		List []struct{ Name, Definition string }
	}
	Panels []struct {
		ID      int
		Title   string
		Type    string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr, LegendFormat string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(readFile(t, "../../deploy/grafana-dashboard.json")), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// scrape returns the labels of every metric, with their values, of a server that was used in every way that is counted.
func scrape(t *testing.T) map[string]map[string][]string {
	t.Helper()
	shared, err := opentrainmcp.OpenStore(opentrainmcp.StoreConfig{ // no one listens there
		URL: "redis://127.0.0.1:1", StateKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shared.Close() }) //nolint:errcheck // the test is over
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
		c.Sessions, c.Replicated, c.Store, c.StateKeys = true, true, shared, [][]byte{bytes.Repeat([]byte{7}, 32)}
	})
	carried, err := transport.NewStreamableHTTP(s.url+"/mcp", transport.WithHTTPHeaders(map[string]string{tokenHeader: sandbox.DemoToken}))
	if err != nil {
		t.Fatal(err)
	}
	host := newHost(carried, legacy, client.WithElicitationHandler(&human{t: t, answer: fills}))
	initialize(t, host, legacy)
	call(t, host, "opentrain_create_draft", map[string]any{"description": "Label 100 photos of fruit"})
	call(t, host, "opentrain_search_jobs", map[string]any{"q": "image"})
	host.Close() //nolint:errcheck // the test is over
	s.do("DELETE", "/mcp", "", "Mcp-Session-Id", s.do("POST", "/mcp", hello).header.Get("Mcp-Session-Id"))
	s.do("POST", "/mcp", hello, "Authorization", "Bearer made-up")
	eventually(t, "the store is looked for", func() bool {
		return strings.Contains(s.do("GET", "/metrics", "").body, "\ndb_client_operation_duration_seconds")
	})
	found := map[string]map[string][]string{}
	for line := range strings.Lines(s.do("GET", "/metrics", "").body) {
		name, rest, _ := strings.Cut(strings.Fields(line)[0], "{")
		if name == "#" {
			continue
		}
		if found[name] == nil {
			found[name] = map[string][]string{"job": nil, "instance": nil} // Prometheus adds them
		}
		for _, label := range regexp.MustCompile(`([a-z_]+)="([^"]*)"`).FindAllStringSubmatch(rest, -1) {
			found[name][label[1]] = append(found[name][label[1]], label[2])
		}
	}
	found["up"] = map[string][]string{"job": nil, "instance": nil} // Prometheus's own
	return found
}

var ( // of PromQL
	promSelector = regexp.MustCompile(`\b([a-z_:]+)\s*(?:\{([^}]*)\})?`)
	promMatcher  = regexp.MustCompile(`^\s*([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*$`)
	promGrouping = regexp.MustCompile(`\bby\s*\(([^)]*)\)`)
	promPattern  = regexp.MustCompile(`^[0-9.]+$|[(*)]`) // a status, or a pattern
	promRange    = regexp.MustCompile(`\[(\d+[smh]|\$__rate_interval)\]`)
	promLegend   = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}`)
)

// promWords are the words of PromQL that aren't metrics.
func promWords() []string {
	return []string{"sum", "min", "rate", "increase", "histogram_quantile", "vector", "or"}
}

// query is a PromQL expression.
type query struct {
	metrics  map[string][]string // and the labels that select among their series
	values   map[string][]string // of these labels
	grouping []string
}

// isValue reports whether a label of any metric has a value.
func isValue(exist map[string]map[string][]string, label, value string) bool {
	for _, labels := range exist {
		if slices.Contains(labels[label], value) {
			return true
		}
	}
	return false
}

// parseQuery reads what a query names, and whether its brackets match.
func parseQuery(t *testing.T, text string) query {
	t.Helper()
	q := query{metrics: map[string][]string{}, values: map[string][]string{}}
	for _, pair := range []string{"()", "[]", "{}"} {
		if strings.Count(text, pair[:1]) != strings.Count(text, pair[1:]) {
			t.Errorf("the brackets %s don't match in %s", pair, text)
		}
	}
	for _, grouping := range promGrouping.FindAllStringSubmatch(text, -1) {
		q.grouping = append(q.grouping, strings.FieldsFunc(grouping[1], func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	text = promRange.ReplaceAllString(promGrouping.ReplaceAllString(text, ""), "")
	if strings.Contains(text, "[") {
		t.Errorf("a range is no duration in %s", text)
	}
	for _, selector := range promSelector.FindAllStringSubmatch(text, -1) {
		if slices.Contains(promWords(), selector[1]) {
			continue
		}
		q.metrics[selector[1]] = append(q.metrics[selector[1]], "") // it may have none
		for _, matcher := range strings.Split(selector[2], ",") {
			parts := promMatcher.FindStringSubmatch(matcher)
			switch {
			case strings.TrimSpace(matcher) == "":
			case parts == nil:
				t.Errorf("%q doesn't select anything in %s", matcher, text)
			default:
				q.metrics[selector[1]] = append(q.metrics[selector[1]], parts[1])
				q.values[parts[1]] = append(q.values[parts[1]], strings.Split(parts[3], "|")...)
			}
		}
	}
	return q
}

// checkQuery fails for a metric or label that doesn't exist.
func checkQuery(t *testing.T, where, text string, exist map[string]map[string][]string) {
	t.Helper()
	q := parseQuery(t, text)
	if len(q.metrics) == 0 {
		t.Errorf("%s has no metric: %s", where, text)
	}
	for name, labels := range q.metrics {
		if exist[name] == nil {
			t.Errorf("%s: there is no metric %s", where, name)
			continue
		}
		for _, label := range slices.Concat(labels, q.grouping) {
			if _, found := exist[name][label]; !found && label != "" {
				t.Errorf("%s: %s has no label %s", where, name, label)
			}
		}
	}
}

// TestDeployRules: the alerts name metrics, labels and values that exist, and the page says what to do about each.
func TestDeployRules(t *testing.T) {
	t.Parallel()
	exist, source, rules := scrape(t), goSource(t), alerts(t)
	_, page, _ := strings.Cut(readFile(t, "../../docs/operations.md"), "\n## Alerts\n")
	page, _, _ = strings.Cut(page, "\n## ")
	var names []string
	for _, rule := range rules {
		names = append(names, rule.Alert)
		checkQuery(t, rule.Alert, rule.Expr, exist)
		q := parseQuery(t, rule.Expr)
		if !slices.Equal(slices.Compact(slices.Sorted(slices.Values(q.values["job"]))), []string{"opentrain-mcp"}) {
			t.Errorf("%s: %q is about other programs too", rule.Alert, rule.Expr)
		}
		for label, values := range q.values {
			for _, value := range values {
				word := regexp.MustCompile(`[^\w]` + regexp.QuoteMeta(value) + `[^\w]`)
				if label != "job" && !promPattern.MatchString(value) && !word.MatchString(source) && !isValue(exist, label, value) {
					t.Errorf("%s: no %s is %q", rule.Alert, label, value)
				}
			}
		}
		if _, err := time.ParseDuration(rule.For); err != nil && rule.For != "" || rule.Annotations.Summary == "" ||
			rule.Labels.Severity != "warning" && rule.Labels.Severity != "critical" {
			t.Errorf("%+v", rule)
		}
	}
	documented := regexp.MustCompile("(?m)^\\| `(OpenTrainMCP[A-Za-z]+)`").FindAllStringSubmatch(page, -1)
	for _, name := range documented {
		if !slices.Contains(names, name[1]) {
			t.Errorf("the page has %s, which isn't in deploy/", name[1])
		}
	}
	if len(documented) != len(rules) || len(rules) < 6 {
		t.Errorf("%d alerts, %d on the page", len(rules), len(documented))
	}
}

// TestDeployDashboard: the dashboard names metrics, labels and variables that exist, and its panels don't overlap.
func TestDeployDashboard(t *testing.T) {
	t.Parallel()
	exist, shown := scrape(t), readDashboard(t)
	variables := []string{"__rate_interval", "__all"}
	for _, variable := range shown.Templating.List {
		variables = append(variables, variable.Name)
		if inner, found := strings.CutPrefix(variable.Definition, "label_values("); found {
			metric, label, _ := strings.Cut(strings.TrimSuffix(inner, ")"), ", ")
			if _, found := exist[strings.SplitN(metric, "{", 2)[0]][label]; !found {
				t.Errorf("the variable %s: %s", variable.Name, variable.Definition)
			}
		}
	}
	queried, places, ids := map[string]bool{}, map[[2]int]string{}, map[int]bool{}
	for _, panel := range shown.Panels {
		if ids[panel.ID] || len(panel.Targets) == 0 && panel.Type != "row" {
			t.Errorf("panel %d (%s) has no query, or another one's id", panel.ID, panel.Title)
		}
		ids[panel.ID] = true
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				if other := places[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies on %s", panel.Title, other)
				}
				places[[2]int{x, y}] = panel.Title
			}
		}
		for _, target := range panel.Targets {
			checkQuery(t, panel.Title, target.Expr, exist)
			q := parseQuery(t, target.Expr)
			for name := range q.metrics {
				queried[name] = true
			}
			for _, label := range promLegend.FindAllStringSubmatch(target.LegendFormat, -1) {
				if grouped := slices.Contains(q.grouping, label[1]); !grouped && (len(q.grouping) > 0 || label[1] != "instance") {
					t.Errorf("%s: the legend's %s isn't in %s", panel.Title, label[1], target.Expr)
				}
			}
			for _, variable := range regexp.MustCompile(`\$([a-z_]+)`).FindAllStringSubmatch(target.Expr, -1) {
				if !slices.Contains(variables, variable[1]) {
					t.Errorf("%s: there is no variable %s", panel.Title, variable[1])
				}
			}
		}
	}
	for name := range exist {
		own, isOwn := strings.CutSuffix(name, "_bucket")
		isOwn = isOwn && !strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "opentrain_mcp_")
		if isOwn && !queried[name] && !queried[own+"_count"] {
			t.Errorf("the dashboard doesn't show %s", name)
		}
	}
}

// TestParseQuery: the checks above see what is wrong.
func TestParseQuery(t *testing.T) {
	t.Parallel()
	q := parseQuery(t, `sum by (a, b) (rate(x_total{c="1|2", d!~"3"}[5m])) / (y or vector(0)) > 0.5`)
	if len(q.metrics) != 2 || !slices.Equal(q.metrics["x_total"], []string{"", "c", "d"}) || q.metrics["y"] == nil ||
		!slices.Equal(q.grouping, []string{"a", "b"}) || !slices.Equal(q.values["c"], []string{"1", "2"}) {
		t.Errorf("%+v", q)
	}
}
