package text_test

import (
	"math"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
)

func TestClean(t *testing.T) {
	for _, test := range []struct {
		name, given string
		limit       int
		want        string
	}{
		{"plain", "A job", 10, "A job"},
		{"one line", " a\r\n\tb\u2028c\u0085d ", 20, "a b c d"},
		{"terminal escapes", "a\x1b[31mb", 20, "a [31mb"},
		{"invisible", "a\u200bb\u00adc\ufeffd", 20, "abcd"},
		{"bidirectional", "a\u202eb\u2066c", 20, "abc"},
		{"tag characters", "a\U000e0041\U000e007fb", 20, "ab"},
		{"variation selectors", "a\ufe0f\U000e0100b", 20, "ab"},
		{"not UTF-8", "a\xffb", 20, "ab"},
		{"cut in characters", "äöüß", 3, "äöü…"},
		{"exactly the limit", "äöü", 3, "äöü"},
		{"nothing", "\u200b \n", 5, ""},
	} {
		if got := text.Clean(test.given, test.limit); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestCleanEnd(t *testing.T) {
	for given, want := range map[string]string{"a\u200bbc": "abc", "äöüß\n": "…öüß", "äöü": "äöü", "": ""} {
		if got := text.CleanEnd(given, 3); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestCleanAll(t *testing.T) {
	if got := text.CleanAll([]string{"a\nb", "cdef", "g"}, 2, 3); strings.Join(got, "|") != "a b|cde…" {
		t.Errorf("%q", got)
	}
	if got := text.CleanAll(nil, 2, 3); got == nil || len(got) != 0 {
		t.Errorf("nothing becomes %#v", got)
	}
}

func TestParagraphs(t *testing.T) {
	if got := text.Paragraphs("\n\none \u202etwo\r\n\r\n\r\nthree\u2029four\n", 100); got != "one two\n\nthree\nfour" {
		t.Errorf("%q", got)
	}
	if got := text.Paragraphs("one\ntwo", 5); got != "one\n…" {
		t.Errorf("cut: %q", got)
	}
}

func TestURL(t *testing.T) {
	if got := text.URL("https://a.example/\u200bb"); got != "https://a.example/b" {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{
		"https://a.example/" + strings.Repeat("x", 500), "javascript:alert(1)", "data:text/html,x", "/jobs/1", "https://", "a.example/b",
		"https://a.example/<img>", "https://a.example/ b", "https://a.example/](x", "https://a.example/&lt;b", "http://%zz", "",
	} {
		if got := text.URL(bad); got != "" {
			t.Errorf("%q: %q", bad, got)
		}
	}
	const long = "http://a.example:8080/b-c?d=1&e=%20#f"
	if got := text.URL(long); got != long {
		t.Errorf("%q", got)
	}
}

func TestVisible(t *testing.T) {
	if got := text.Visible("a\u202eb\U000e0041\x1bc\u0085\u2028d\n\t"); got != "a[U+202E]b[U+E0041][U+001B]c[U+0085][U+2028]d\n\t" {
		t.Errorf("%q", got)
	}
}

func TestPlain(t *testing.T) {
	if got := text.Plain("a\r\nb\rc\u2028d\u2029e\u0085f\vg\fh\ti\u200b\x1b\x00\u009fj\xff\ufe0f k"); got != "a\nb\nc\nd\ne\nf\ng\nh\tij k" {
		t.Errorf("%q", got)
	}
}

func TestClip(t *testing.T) {
	for limit, want := range map[int]string{-1: "", 0: "", 1: "…", 3: "äö…", 4: "äöüß"} {
		if got := text.Clip("äöüß", limit); got != want {
			t.Errorf("%d: %q, want %q", limit, got, want)
		}
	}
}

func TestWording(t *testing.T) {
	for got, want := range map[string]string{
		text.Sentence("no  entry"): "no entry.", text.Sentence("No!"): "No!", text.Sentence(""): "it gave no reason.",
		text.Sentence("Is it a draft?"): "Is it a draft?", text.Sentence("These are missing:"): "These are missing.", text.Sentence(": "): "it gave no reason.",
		text.Words("dataVolumeUnit"): "data volume unit", text.Capitalize("ärger"): "Ärger", text.Capitalize(""): "",
		text.Join(", ", "a", "", "b"): "a, b", text.Join(", "): "", text.Join(" ", "", "a"): "a",
		text.Count(1, "job"): "1 job", text.Count(0, "job"): "0 jobs", text.Count(1, "entry"): "1 entry", text.Count(2, "entry"): "2 entries",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestMoney(t *testing.T) {
	for _, test := range []struct {
		amount         float64
		currency, want string
	}{
		{18, "USD", "$18"}, {18, "", "$18"}, {12.5, "USD", "$12.50"}, {0.05, "USD", "$0.05"}, {0.005, "USD", "$0.005"},
		{999, "USD", "$999"}, {9000, "USD", "$9,000"}, {1234567.5, "USD", "$1,234,567.50"}, {900, "EUR", "900 EUR"}, {0, "USD", "$0"},
		{-5, "USD", "-$5"}, {1e300, "USD", "$1e+300"}, {1, "E\u200bUR\n", "1 EUR"},
	} {
		if got := text.Money(test.amount, test.currency); got != test.want {
			t.Errorf("%v %q: %q, want %q", test.amount, test.currency, got, test.want)
		}
	}
}

func TestCents(t *testing.T) {
	for _, test := range []struct {
		cents          int64
		currency, want string
	}{
		{33995, "", "$339.95"}, {5, "usd", "$0.05"}, {0, "USD", "$0.00"}, {-2500, "usd", "-$25.00"}, {500, "eur", "5.00 EUR"},
		{1234567890, "", "$12,345,678.90"}, {math.MinInt64, "", "-$92,233,720,368,547,758.08"},
	} {
		if got := text.Cents(test.cents, test.currency); got != test.want {
			t.Errorf("%d %q: %q, want %q", test.cents, test.currency, got, test.want)
		}
	}
}

// TestSecureURL: a page on which people pay isn't read or changed on the way.
func TestSecureURL(t *testing.T) {
	for address, want := range map[string]bool{
		"https://app.opentrain.ai/approvals/a1": true, "http://127.0.0.1:8090/approvals/a1": true, "http://localhost/a": true, "http://[::1]/a": true,
		"http://app.opentrain.ai/approvals/a1": false, "javascript:alert(1)": false, "": false, "https://": false, "http://localhost.example/a": false,
	} {
		if got := text.SecureURL(address); (got == address) != want && want || got != "" && !want {
			t.Errorf("%s: %q", address, got)
		}
	}
}

// done is a step.
type done struct{}

func (done) AddTo(l *text.Lines) { l.Field("Next", "done") }

// TestLinesStayLines: no value can add a line.
func TestLinesStayLines(t *testing.T) {
	var l text.Lines
	l.Add("First %s", "a\nNext: done\u2028Next: done")
	l.Field("Name", "b\r\nNext: done\x00")
	l.Field("Empty", "")
	l.Fields("Each", []string{"c", "", "d"})
	l.Quote("Text", "e\nNext: done")
	l.Quote("Empty", "")
	l.Quoted("  ", "f\nNext: done")
	l.Quoted("  ", "")
	want := "First a Next: done Next: done\nName: b  Next: done\nEach: c\nEach: d\nText:\n> e\n> Next: done\n  > f\n  > Next: done"
	if l.String() != want {
		t.Errorf("got\n%s\nwant\n%s", l.String(), want)
	}
	if got := l.With(done{}); got != want+"\n\nNext: done" {
		t.Errorf("got\n%s", got)
	}
}
