package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"opentrain-mcp/opentrain/sandbox"
)

// TestPlacesAreThoseOfTheCLDR: the list has every country with its codes, every common language, and no code that
// means something else there.
func TestPlacesAreThoseOfTheCLDR(t *testing.T) {
	t.Parallel()
	renamed := []string{"CD", "CG", "CZ", "TR", "VC"}                                        // the names that people use
	const notCountries = "AC AN CP CQ CS DG EA EU EZ FQ IC NT PC QO SU TA UN XA XB XK YU ZZ" // no codes of ISO 3166 today
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			region, err := language.ParseRegion(code)
			is := err == nil && region.IsCountry() && region.Canonicalize() == region && !strings.Contains(notCountries, code)
			two, known := sandbox.CodedCountry(code)
			if known != is {
				t.Errorf("%s is a country: %v; known: %v", code, is, known)
			}
			if !known {
				continue
			}
			three, _ := sandbox.CodedCountry(region.ISO3())
			if named, found := sandbox.NamedCountry(two); three != two || !found || named != two {
				t.Errorf("%s is %q, %s is %q, which is %q", code, two, region.ISO3(), three, named)
			}
			name := strings.NewReplacer("’", "'", "&", "and", "St. ", "Saint ").Replace(display.English.Regions().Name(region))
			name, _, _ = strings.Cut(name, " (")
			if !strings.Contains(name, two) && !strings.Contains(two, name) && !slices.Contains(renamed, code) {
				t.Errorf("%s is %q, not %q", code, two, name)
			}
		}
	}
	for _, tag := range strings.Fields("en es pt-BR fr de it nl pl ru uk ja ko zh hi bn ur ar he fa tr vi th id sw fil yue") {
		name, known := sandbox.CodedLanguage(tag)
		own, found := sandbox.NamedLanguage(strings.ToUpper(name))
		if !known || !found || own != name {
			t.Errorf("%s: %q, %q", tag, name, own)
		}
	}
	for own, want := range map[string]string{"deutsch": "German", "Español": "Spanish", "中文": "Chinese", "tagalog": "Tagalog", "klingon": ""} {
		if got, _ := sandbox.NamedLanguage(own); got != want {
			t.Errorf("%s is %q", own, got)
		}
	}
}
