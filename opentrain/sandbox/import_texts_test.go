package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestTextsOfDocuments: markup becomes text once, and what isn't markup stays.
func TestTextsOfDocuments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ markup, want string }{
		{"Plain text,\n\n  as it is", "Plain text,\n\n  as it is"},
		{"<p>One\ntwo</p><p>three</p>", "One two\nthree"},
		{"a<br>b<br/>c", "a\nb\nc"},
		{"<ul><li>a</li><li></li><li>b</li></ul>", "- a\n- b"},
		{"<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"},
		{"R&amp;D, caf&eacute; &amp;lt;", "R&D, café &lt;"},
		{"<p>Mark &lt;b&gt; &amp;amp;</p>", "Mark <b> &amp;"},
		{"&lt;p&gt;One &amp;amp; two&lt;/p&gt;&lt;p&gt;three&lt;/p&gt;", "One & two\nthree"},
		{"Mark <PERSON> and <ORG>, see <https://x.example/a>", "Mark <PERSON> and <ORG>, see <https://x.example/a>"},
		{"<p>Mark <PERSON></p>", "Mark <PERSON>"},
		{"accuracy < 95% and > 90%, a<cost", "accuracy < 95% and > 90%, a<cost"},
		{"<script>alert(1)</script><style>p{}</style><p>x</p><!-- y -->", "x"},
		{"<xml><w:Zoom>140</w:Zoom></xml><o:p></o:p><p>x</p>", "x"},
		{"<img src='x'>", ""},
		{"<![CDATA[ ]]>", ""},
		{"<p>&nbsp;</p>", ""},
	} {
		want := test.want
		got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", canonical(`"description":`+jsonOf(t, test.markup)))
		if text := str(dig(got, "normalizedFields", "jobDescription")); text != want {
			t.Errorf("%q = %q, want %q", test.markup, text, want)
		}
		if want == "" && (!strings.Contains(remarksOf(got), "without its markup") || !strings.Contains(fmt.Sprint(got["missingFields"]), "jobDescription")) {
			t.Errorf("%q: not asked for, or not reported: %v", test.markup, got)
		}
		title := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", object{"format": "opentrain_canonical", "job": object{"title": test.markup}})
		if text := str(dig(title, "normalizedFields", "jobTitle")); text != strings.ReplaceAll(want, "\n", " ") {
			t.Errorf("the title %q = %q", test.markup, text)
		}
	}
	for xml, want := range map[string]string{
		"<description>&lt;p&gt;R&amp;amp;D&lt;/p&gt;</description>":                   "R&D",
		"<description><![CDATA[<p>R&amp;D</p>]]></description>":                       "R&D",
		"<description><p>R&amp;D, &lt;b&gt;</p>and <b>more</b></description>":         "R&D, <b>\nand more",
		"<description>a<!-- x -->b<![CDATA[c]]></description>":                        "abc",
		"<x:description xmlns:x='urn:x' x:y='z'>d</x:description>":                    "d",
		"<description/><description>second</description><description>3</description>": "second",
	} {
		got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", indeed(xml))
		if text := str(dig(got, "normalizedFields", "jobDescription")); text != want {
			t.Errorf("%s = %q, want %q", xml, text, want)
		}
	}
}
