package acceptance_test

import (
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"

	"opentrain-mcp/internal/redistest"
)

// TestFaultyNetwork: whatever a network does between the server and the API, every call ends in time, with a result or a failure that
// says what to do, no write is sent twice, and nothing is said to be done that wasn't, or the other way around.
func TestFaultyNetwork(t *testing.T) {
	slow(t, "waits for time limits")
	for name, toxics := range networkFaults() {
		for _, late := range []bool{false, true} {
			t.Run(name+when(late), func(t *testing.T) {
				t.Parallel()
				w := newFaultWorld(t)
				w.under(func() (lift func()) { return poison(t, w.proxy, toxics) }, late)
				w.check()
			})
		}
	}
}

// TestFaultyStore: whatever a network does between the server and Redis, no call fails. Whatever it does between the server and the API,
// a server with a store is as good as one without.
func TestFaultyStore(t *testing.T) {
	slow(t, "waits for time limits")
	redis := redistest.Start(t)
	for name, toxics := range networkFaults() {
		for _, late := range []bool{false, true} {
			t.Run(name+when(late), func(t *testing.T) {
				t.Parallel()
				store := startProxy(t, "127.0.0.1:0", redis.Address)
				w := newFaultWorld(t, storeOf(store.Listen)...)
				w.under(func() (lift func()) { return poison(t, store, toxics) }, late)
				w.check()
				for _, c := range w.calls {
					if c.got.isError {
						t.Errorf("%s fails with the store: %s", c.tool, c.got.text)
					}
				}
			})
		}
		t.Run("API: "+name, func(t *testing.T) {
			t.Parallel()
			w := newFaultWorld(t, storeOf(redis.Address)...)
			w.under(func() (lift func()) { return poison(t, w.proxy, toxics) }, false)
			w.check()
		})
	}
}

// storeOf are the settings of a server with a store. It shares nothing with servers of another API.
func storeOf(address string) []string {
	return []string{"OPENTRAIN_MCP_STORE=redis://" + address, "OPENTRAIN_MCP_STATE_KEY=" + strings.Repeat("A", 43) + "="}
}

func when(late bool) string {
	return map[bool]string{false: ", from the start", true: ", once writes arrive"}[late]
}

// networkFaults are what a network does to connections, as toxics; none means that there is no connection.
func networkFaults() map[string][]string {
	return map[string][]string{
		"latency":                {`{"type":"latency","attributes":{"latency":150,"jitter":50}}`},
		"latency over the limit": {`{"type":"latency","attributes":{"latency":10000}}`},
		"bandwidth":              {`{"type":"bandwidth","attributes":{"rate":1}}`},
		"slices":                 {`{"type":"slicer","attributes":{"average_size":8,"size_variation":4,"delay":100}}`},
		"reset":                  {`{"type":"reset_peer","attributes":{"timeout":0}}`},
		"reset later":            {`{"type":"reset_peer","attributes":{"timeout":300}}`},
		"answers stop":           {`{"type":"timeout","attributes":{"timeout":0}}`},
		"requests stop":          {`{"type":"timeout","stream":"upstream","attributes":{"timeout":0}}`},
		"nothing, then closed":   {`{"type":"timeout","attributes":{"timeout":300}}`},
		"answers are cut":        {`{"type":"limit_data","attributes":{"bytes":200}}`},
		"slow and in slices": {`{"type":"latency","stream":"upstream","attributes":{"latency":100}}`,
			`{"type":"slicer","attributes":{"average_size":50,"delay":2000}}`},
		"down": nil,
	}
}

// poison adds toxics to a proxy, or stops it if there are none, and returns what ends that: a new proxy at the same address,
// because toxiproxy can block when it removes a toxic from a connection that has ended.
func poison(t testing.TB, proxy *toxiproxy.Proxy, toxics []string) (lift func()) {
	t.Helper()
	for _, toxic := range toxics {
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Error(err)
		}
	}
	if toxics == nil {
		proxy.Stop()
	}
	return func() {
		proxy.Stop()
		startProxy(t, proxy.Listen, proxy.Upstream)
	}
}
