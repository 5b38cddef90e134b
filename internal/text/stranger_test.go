package text_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
)

func TestInert(t *testing.T) {
	for given, want := range map[string]string{
		`<img src=x onerror=alert(1)> a </b>`:           `‹img src=x onerror=alert(1)> a ‹/b>`,
		`<!-- hidden --> <?p?> <script>`:                `‹!-- hidden --> ‹?p?> ‹script>`,
		`<http://evil.test> <javascript:x>`:             `‹http://evil.test> ‹javascript:x>`,
		`![x](http://evil.test/?q=1)`:                   `! [x] (http://evil.test/?q=1)`,
		`[z](javascript:x) ![x][id]`:                    `[z] (javascript:x) ! [x][id]`,
		"[id]: http://evil.test":                        `[id] : http://evil.test`,
		`&lt;img&gt; &#60;b&#x3e; &ltimg= &LT/b &nbsp;`: `＆lt;img＆gt; ＆#60;b＆#x3e; ＆ltimg= ＆LT/b ＆nbsp;`,
		// What is no markup stays as it is.
		"under <5 and a < b, a<=b, wow! [sic] (so) <": "under <5 and a < b, a<=b, wow! [sic] (so) <",
		"R&D, AT&T & Co; 5 > 4 && 3 <3":               "R&D, AT&T & Co; 5 > 4 && 3 <3",
		"https://forms.test/?a=1&copy=2&timestamp":    "https://forms.test/?a=1&copy=2&timestamp",
		"[1] [x] f(x)[0] (y)":                         "[1] [x] f(x)[0] (y)", "": "", "&": "&", "!": "!",
	} {
		if got := text.Inert(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestStranger(t *testing.T) {
	if got := text.Stranger("<\u200bimg> !\u2060[x](y)\nz", 100); got != "‹img> ! [x] (y) z" {
		t.Errorf("%q", got)
	}
	if got := text.StrangerParagraphs("a <b>\u2028[c]\u200b(d)", 100); got != "a ‹b>\n[c] (d)" {
		t.Errorf("%q", got)
	}
	if got := text.Strangers([]string{"<b>", "c", "d"}, 2, 10); strings.Join(got, "|") != "‹b>|c|and 1 more" {
		t.Errorf("%q", got)
	}
}

// FuzzStranger: no text has markup or hidden characters afterwards, not even once its entities are decoded.
func FuzzStranger(f *testing.F) {
	for _, seed := range []string{"<b>", "&lt;b&gt;", "![x](y)", "<\u200bb>", "&#x200b;", "a < b", "&amp;lt;b", "]\u202e(", "&lt<", "&ltA=", "<&lt;b", "\xff<b", "می\u200cخ\u200d<b", "✔\ufe0f\u200d🌈\ufe0f"} {
		f.Add(seed)
	}
	markup := regexp.MustCompile(`<[A-Za-z/!?]|!\[|\]\(|\]:`)
	f.Fuzz(func(t *testing.T, given string) {
		got := text.Stranger(given, 1000)
		if found := markup.FindString(got) + markup.FindString(html.UnescapeString(got)); found != "" {
			t.Errorf("%q has %q", got, found)
		}
		if text.Plain(got) != got || strings.Contains(got, "\n") {
			t.Errorf("%q has hidden characters", got)
		}
		if text.Stranger(got, 10_000) != got {
			t.Errorf("%q changes once more", got)
		}
	})
}
