package stdio_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
)

// TestAnswersOfAnySize: each answer is one whole line, also a short one after a long one.
func TestAnswersOfAnySize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		for _, size := range []int{10, 100_000, 3, 5000, 200_000, 0, 70_000} {
			text := strings.Repeat("x", size)
			h.write(call("1", "echo", text))
			if got := h.next(); !json.Valid([]byte(got)) || strings.Count(got, text) < 2 {
				t.Errorf("%d characters: %.200s", size, got)
			}
		}
		h.end()
	})
}
