package tool_test

import (
	"testing"

	"opentrain-mcp/internal/tool"
)

// TestCents: a human sees cents, so what is sent has no fraction of one, however large the amount is.
func TestCents(t *testing.T) {
	for usd, want := range map[float64]int64{
		0.01: 1, 0.29: 29, 18.1: 1810, 1.15: 115, 4.35: 435, 123456.78: 12345678, 999999.99: 99999999, 1e6: 100000000,
		18.005: -1, 0.001: -1, 123456.789: -1, 499999.994: -1, 600000.005: -1, 999999.995: -1, 999999.9999: -1,
	} {
		cents, err := tool.Cents("amountUsd", usd)
		if err != nil {
			cents = -1
		}
		if cents != want {
			t.Errorf("%v: got %d, %v", usd, cents, err)
		}
	}
}
