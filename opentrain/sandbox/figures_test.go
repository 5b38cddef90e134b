package sandbox_test

import (
	"slices"
	"testing"
)

// TestFigures reads numbers in forms that can lose a part.
func TestFigures(t *testing.T) {
	t.Parallel()
	for _, r := range slices.Concat(fractions, slips, measures, qualified) {
		t.Run(r.text[:min(len(r.text), 40)], func(t *testing.T) { checkReading(t, r) })
	}
}

// fractions are numbers that begin with a point.
var fractions = []reading{
	{text: "Polygons on 10 photos, senior annotators. Pay is .50 dollars per label", fields: object{"pricePerLabel": 0.5}},
	{text: "Polygons on 10 photos, senior annotators, pay rate: .5 dollars per label", fields: object{"pricePerLabel": 0.5}},
	{text: "Polygons on 10 photos, senior annotators. We pay $.50 per label.", fields: object{"pricePerLabel": 0.5}},
	{text: "Polygons on 10 photos, senior annotators. We pay $ .125 per label.", fields: object{"pricePerLabel": 0.125}},
	{text: "Polygons on 10 photos, senior annotators. We pay US$.05 per label.", fields: object{"pricePerLabel": 0.05}},
	{text: "Polygons on 10 photos, senior annotators. We pay USD .50 per label.", fields: object{"pricePerLabel": 0.5}},
	{text: "Polygons on 10 photos, senior annotators. We pay USD.50 per label.", fields: object{"pricePerLabel": 0.5}},
	{text: "Polygons on 10 photos, senior annotators. We pay .50 USD per label.", fields: object{"pricePerLabel": 0.5}},
	{text: "Polygons on 10 photos, senior annotators, $.5k in total", fields: object{"fixedPrice": 500}},
	{text: "Polygons on 10 photos, senior annotators. Pay is .75 cents per label.", fields: object{"pricePerLabel": 0.0075},
		guesses: "paymentType pricePerLabel", says: []string{`The text says ".75 cents per label"; 0.0075 was read as US cents per label.`}},
	{text: "Polygons on 10 photos, senior annotators. We pay $.50–.75 per label.",
		fields: object{"pricePerLabel": 0.5}, guesses: "pricePerLabel",
		says: []string{"0.5 is the lower end of the range."}},
	{text: "Polygons on 10 photos, senior annotators. We pay .50 - .75 dollars per label.",
		fields: object{"pricePerLabel": 0.5}, guesses: "pricePerLabel",
		says: []string{"0.5 is the lower end of the range."}},
	{text: "Polygons on 10 photos, senior annotators. We pay €.50 per label.", fields: object{"pricePerLabel": nil}, gaps: "pricePerLabel",
		says: []string{`"€.50 per label": it's not in US dollars`}},
	{text: "Polygons on .5 million images, senior annotators, $9/hour", fields: object{"dataVolume": 500000}},
	{text: "Polygons on .25k photos, senior annotators, $9/hour", fields: object{"dataVolume": 250}},
	{text: "Polygons for senior annotators, $9/hr,\n.25 million images", fields: object{"dataVolume": 250000}},
	{text: "Object tracking in .5 hours of footage, senior annotators, $9/hour", fields: object{"dataVolume": 0.5}},
}

// slips are points and commas before a number that may not be a part of it: such a number sets nothing and is reported.
var slips = []reading{
	{text: "Polygons for senior annotators, $9/hour. Labels.50 images",
		fields: object{"dataVolume": nil}, gaps: "dataVolume", says: []string{`"50 images"`}},
	{text: "Polygons on 10 photos, senior annotators, $9/hour...50 annotators needed",
		fields: object{"headcount": nil}, says: []string{`"50 annotators"`}},
	{text: "Polygons on 10 photos, expert level, $9/hour. We need 3..5 annotators", fields: object{"headcount": nil},
		says: []string{`"3": no field`, `"5 annotators"`}},
	{text: "Polygons on 10 photos, senior annotators, $9/hour, in tool v.5", says: []string{`"5": no field`}},
	{text: "Polygons for senior annotators, $9/hour (a).5 million images",
		fields: object{"dataVolume": nil}, gaps: "dataVolume", says: []string{`"5 million images"`}},
	{text: "Polygons on 10 photos, senior annotators. We pay 5 .50 dollars per label",
		fields: object{"pricePerLabel": nil}, gaps: "pay", says: []string{`"50 dollars"`}},
	{text: "Polygons on 10 photos, senior annotators. We pay .5/.6 dollars per label",
		fields: object{"pricePerLabel": nil}, gaps: "pay", says: []string{`"6 dollars"`}},
	{text: "Polygons on 10 photos, senior annotators. We pay .05.5 dollars per label",
		fields: object{"pricePerLabel": nil}, gaps: "pay", says: []string{`".05.5 dollars"`}},
	{text: "Polygons on 10 photos, senior annotators. We pay .1,000 dollars per label",
		fields: object{"pricePerLabel": nil}, gaps: "pay", says: []string{`".1,000 dollars"`}},
	{text: "Polygons, senior annotators. We pay 5 dollars.50 images",
		fields: object{"dataVolume": nil}, gaps: "pay dataVolume", says: []string{`"50 images"`}},
	{text: "Polygons on 10 photos, senior annotators. We pay ,50 dollars per label",
		fields: object{"pricePerLabel": nil}, gaps: "pay", says: []string{`"50 dollars"`}},
}

// measures are numbers that say how long, large or old something is, not how many there are.
var measures = []reading{
	{text: "Polygons for senior annotators, $9/hour, on 30 second clips", gaps: "dataVolume", says: []string{`"30 second": no field`}},
	{text: "Polygons for senior annotators, $9/hour, on 100-word paragraphs", gaps: "dataVolume", says: []string{`"100-word": no field`}},
	{text: "Draw polygons on 1080p videos, senior annotators, $9/hour", gaps: "dataVolume", says: []string{`"1080": no field`}},
	{text: "Draw polygons on 640x480 images, senior annotators, $9/hour", gaps: "dataVolume", says: []string{`"640": no field`}},
	{text: "Draw polygons on 360 degree images, senior annotators, $9/hour", gaps: "dataVolume", says: []string{`"360 degree": no field`}},
	{text: "Draw polygons on 500 MB files, senior annotators, $9/hour", gaps: "dataVolume", says: []string{`"500 MB": no field`}},
	{text: "Draw polygons on 20-page documents, senior annotators, $9/hour", gaps: "dataVolume", says: []string{`"20-page": no field`}},
	{text: "Draw polygons on 500 large MB files, senior annotators, $9/hour", fields: object{"dataVolume": 500}},
	{text: "Draw polygons on 500 high-quality photos, senior annotators, $9/hour", fields: object{"dataVolume": 500}},
	{text: "Draw polygons on 500 one-page documents, senior annotators, $9/hour",
		gaps: "dataVolume", says: []string{`"500 one-page": no field`}},
	{text: "Polygons on 10 photos, expert level, $9/hour. We need 5 years experienced annotators.", says: []string{`"5 years": no field`}},
	{text: "Polygons on 10 photos, expert level, $9/hour. We need 5+ years experienced annotators.", says: []string{`"5+ years": no field`}},
	{text: "Polygons on 10 photos, expert level, $9/hour. We need 18 year old participants.", says: []string{`"18 year": no field`}},
	{text: "Polygons on 10 photos, expert level, $9/hour. We need five-year annotators.", says: []string{`"five-year": no field`}},
	{text: "Polygons on 10 photos, expert level, $9/hour. We need 5 full-time annotators.", fields: object{"headcount": 5}},
}

// qualified are amounts that the words around them make less than certain.
var qualified = []reading{
	{text: "Polygons on 10 photos, senior annotators. Pay: $15 per hour, max.", fields: object{"pricePerHour": 15}, guesses: "pricePerHour",
		says: []string{"15 is qualified by the words after it."}},
	{text: "Polygons on 10 photos, senior annotators. $15/hr (starting)", fields: object{"pricePerHour": 15}, guesses: "pricePerHour",
		says: []string{"15 is qualified by the words after it."}},
	{text: "Polygons on 10 photos, senior annotators. $15/hr, negotiable", guesses: "pricePerHour", says: []string{"15 is qualified"}},
	{text: "Polygons on 10 photos, senior annotators. We pay $500 total, per annotator.",
		guesses: "fixedPrice", says: []string{"500 is qualified"}},
	{text: "Polygons on 10 photos, senior annotators, $9/hr. We need 5 people (per shift).",
		guesses: "headcount", says: []string{"5 is qualified"}},
	{text: "Draw polygons on 500 photos (or more), senior annotators, $9/hr", guesses: "dataVolume", says: []string{"500 is qualified"}},
	{text: "Draw polygons on 500 photos, senior annotators. $15/hr, per diem extra",
		guesses: "pricePerHour", says: []string{"15 is qualified"}},
	{text: "Draw polygons on 500 photos, maximum care, senior annotators, $15/hr, minimum 5 hours a week",
		says: []string{`"5 hours": no field`}},
	{text: "Polygons on 10 photos, senior annotators. We used to pay $15 per hour.",
		guesses: "paymentType pricePerHour", says: []string{"15 may not be"}},
	{text: "Polygons on 10 photos, senior annotators. 2-5 cents per label", fields: object{"pricePerLabel": 0.02},
		guesses: "paymentType pricePerLabel", says: []string{"0.02 is the lower end of the range."}},
	{text: "Polygons on 10 photos, senior annotators. 2¢ to 5¢ per label", fields: object{"pricePerLabel": 0.02},
		guesses: "paymentType pricePerLabel", says: []string{"0.02 is the lower end of the range."}},
	{text: "Polygons on 10 photos, senior annotators. Up to 5 cents per label", fields: object{"pricePerLabel": nil}, gaps: "pay",
		says: []string{`"Up to 5 cents per label": it only limits the rate`}},
	{text: "Polygons on 10 photos, senior annotators. $0.05-0.10 per image", fields: object{"pricePerLabel": 0.05},
		guesses: "paymentType pricePerLabel", says: []string{"0.05 is the lower end of the range."}},
}
