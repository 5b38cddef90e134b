package sandbox

import (
	"cmp"
	"slices"
)

// facetCount is one value of a facet.
type facetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// listFacets is GET /jobs/facets, open to everyone (developers/api-reference/jobs/facets).
func (s *Sandbox) listFacets(*call) (reply, *apiError) {
	market, now := s.snapshot()
	total := 0
	categories, languages, countries, payTypes := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, l := range market {
		if l.event == eventClosed {
			continue
		}
		total++
		count(categories, l.public.Category)
		count(payTypes, l.public.Pay.PaymentType)
		count(languages, l.public.Languages...)
		count(countries, l.public.Countries...)
	}
	return public(map[string]any{
		"totalJobs": total, "categories": sorted(categories), "languages": sorted(languages),
		"countries": sorted(countries), "payTypes": sorted(payTypes), "generatedAt": timestamp(now),
	})
}

func count(counts map[string]int, values ...string) {
	for _, value := range values {
		if value != "" {
			counts[value]++
		}
	}
}

// sorted returns counts in descending order.
func sorted(counts map[string]int) []facetCount {
	list := make([]facetCount, 0, len(counts))
	for value, n := range counts {
		list = append(list, facetCount{value, n})
	}
	slices.SortFunc(list, func(a, b facetCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return list
}
