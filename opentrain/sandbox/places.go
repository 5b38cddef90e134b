package sandbox

import (
	_ "embed"
	"strings"
	"sync"
)

// placesText lists the countries of ISO 3166 and languages of ISO 639. The names are those of the Unicode CLDR.
//
//go:embed places.txt
var placesText string

// country is a country with its English name and its ISO 3166 alpha-2 code.
type country struct{ name, code string }

// places finds countries and languages by names and codes in lower case.
type places struct {
	countries, countryCodes map[string]country
	languages, languageTags map[string]string
}

// allPlaces reads the list when it is first needed.
var allPlaces = sync.OnceValue(func() places {
	p := places{map[string]country{}, map[string]country{}, map[string]string{}, map[string]string{}}
	for line := range strings.Lines(placesText) {
		code, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case code == "#":
		case code == strings.ToUpper(code):
			alpha3, names, _ := strings.Cut(rest, " ")
			name, _, _ := strings.Cut(names, "|")
			found := country{name, code}
			p.countryCodes[strings.ToLower(code)], p.countryCodes[strings.ToLower(alpha3)] = found, found
			for other := range strings.SplitSeq(strings.ToLower(names), "|") {
				p.countries[other] = found
			}
		default:
			name, _, _ := strings.Cut(rest, "|")
			p.languageTags[code] = name
			for other := range strings.SplitSeq(strings.ToLower(rest), "|") {
				p.languages[other] = name
			}
		}
	}
	return p
})

// namedCountry finds a country by its English name or another common name, in any case.
func namedCountry(name string) (country, bool) {
	found, known := allPlaces().countries[strings.ToLower(name)]
	return found, known
}

// codedCountry finds a country by its ISO 3166 alpha-2 or alpha-3 code, in any case.
func codedCountry(code string) (country, bool) {
	found, known := allPlaces().countryCodes[strings.ToLower(code)]
	return found, known
}

// namedLanguage returns the English name of a language, found by that or by its own name, in any case.
func namedLanguage(name string) (string, bool) {
	found, known := allPlaces().languages[strings.ToLower(name)]
	return found, known
}

// codedLanguage returns the English name of the language of a BCP 47 tag, such as pt-BR.
func codedLanguage(tag string) (string, bool) {
	code, _, _ := strings.Cut(strings.ToLower(tag), "-")
	found, known := allPlaces().languageTags[code]
	return found, known
}

// countryCodes converts names of countries to ISO codes, the form of public jobs. It keeps unknown names.
func countryCodes(countries []string) []string {
	codes := make([]string, 0, len(countries))
	for _, c := range countries {
		if found, known := namedCountry(c); known {
			c = found.code
		} else if found, known := codedCountry(c); known {
			c = found.code
		}
		codes = append(codes, c)
	}
	return codes
}
