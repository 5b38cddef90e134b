package confirm_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"opentrain-mcp/internal/confirm"
)

// TestShort: a text that is cut says so once, and no words of its own keep it long.
func TestShort(t *testing.T) {
	long := strings.Repeat("é", 9000)
	once := confirm.Short(long, 5000)
	if want := strings.Repeat("é", 600) + "… (9000 characters in all; only the first 600 are shown)"; confirm.Short(once, 600) != want || confirm.Short(want, 5000) != want {
		t.Errorf("%s", confirm.Short(once, 600))
	}
	for _, own := range []string{"Hello… (9 characters in all; only the first 5 are shown)" + long, long + "… (9 characters in all; only the first 5 are shown)"} {
		if got := confirm.Short(own, 600); utf8.RuneCountInString(got) > 700 {
			t.Errorf("%d characters", utf8.RuneCountInString(got))
		}
	}
	if got := confirm.Short("Hello", 5); got != "Hello" {
		t.Error(got)
	}
}
