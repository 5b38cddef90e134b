package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// seedJob is a job on the marketplace of a new sandbox.
type seedJob struct {
	age         int // hours since it was posted
	company     string
	title       string
	types       string // values of labelTypes, separated by spaces
	dataType    string
	level       string
	languages   string // by commas
	countries   string // ISO codes, separated by spaces
	paymentType string
	rate        float64
	text        string
}

// seed returns the listings of the seeded jobs, oldest first.
func (s *Sandbox) seed(now time.Time) []listing {
	rows := slices.Clone(seedJobs)
	slices.SortStableFunc(rows, func(a, b seedJob) int { return b.age - a.age })
	market := make([]listing, 0, len(rows))
	for i, row := range rows {
		types := strings.Fields(row.types)
		p := publicJob{
			ID: fmt.Sprintf("market_%03d", i+1), Title: row.title, CompanyName: row.company, DescriptionText: row.text,
			Countries: strings.Fields(row.countries), Languages: commaList(row.languages),
			Category: category(types, row.dataType), DataType: displayLabel(row.dataType),
			LabelTypes: displayLabels(types), ExperienceLevel: displayLabel(row.level),
			Pay: payOf(row.paymentType, row.rate),
		}
		posted := now.Add(-time.Duration(row.age) * time.Hour)
		s.complete(&p, posted)
		l := newListing(i+1, p)
		l.changed = posted
		market = append(market, l)
	}
	return market
}

func commaList(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}
