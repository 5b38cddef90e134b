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

// place is a country or a language with its English name and its ISO code.
type place struct{ name, code string }

// places finds countries or languages by names and codes in lower case.
type places struct{ names, codes map[string]place }

// allPlaces reads placesText when it is first needed. It has the countries and the languages.
var allPlaces = sync.OnceValue(func() map[string]places {
	all := map[string]places{}
	for _, what := range []string{"countries", "languages"} {
		all[what] = places{map[string]place{}, map[string]place{}}
	}
	for line := range strings.Lines(placesText) {
		codes, names, found := strings.Cut(strings.TrimSpace(line), " = ")
		if !found {
			continue
		}
		of := all["languages"]
		if codes == strings.ToUpper(codes) {
			of = all["countries"]
		}
		name, _, _ := strings.Cut(names, "|")
		code, _, _ := strings.Cut(codes, " ")
		for other := range strings.SplitSeq(strings.ToLower(names), "|") {
			of.names[other] = place{name, code}
		}
		for other := range strings.FieldsSeq(strings.ToLower(codes)) {
			of.codes[other] = place{name, code}
		}
	}
	return all
})

// namedPlace finds one of the countries or languages by its English name or another common name, in any case.
func namedPlace(what, name string) (place, bool) {
	found, known := allPlaces()[what].names[strings.ToLower(name)]
	return found, known
}

// findPlace also finds it by its ISO code; a language also by a BCP 47 tag, such as pt-BR.
func findPlace(what, text string) (place, bool) {
	found, known := namedPlace(what, text)
	if code, region, _ := strings.Cut(strings.ToLower(text), "-"); !known && (region == "" || what == "languages") {
		found, known = allPlaces()[what].codes[code]
	}
	return found, known
}

// countryCodes converts names of countries to ISO codes, the form of public jobs.
func countryCodes(countries []string) []string {
	codes := []string{}
	for _, name := range countries {
		found, _ := namedPlace("countries", name)
		codes = append(codes, found.code)
	}
	return codes
}
