package tools

import (
	"context"
	"fmt"
	"strings"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const (
	listFacetsName = "opentrain_list_facets"

	// maxFacets is how many values of a facet are shown.
	maxFacets = 50
)

// ListFacetsInput are the arguments of opentrain_list_facets.
type ListFacetsInput struct{}

// ListFacetsOutput is the result of opentrain_list_facets.
type ListFacetsOutput struct {
	TotalJobs   int      `json:"totalJobs" jsonschema_description:"Open jobs in all."`
	Categories  []Facet  `json:"categories" jsonschema_description:"Values of category."`
	Languages   []Facet  `json:"languages" jsonschema_description:"Values of language."`
	Countries   []Facet  `json:"countries" jsonschema_description:"Values of country."`
	PayTypes    []Facet  `json:"payTypes" jsonschema_description:"Values of payType."`
	GeneratedAt string   `json:"generatedAt,omitempty"`
	Cut         []string `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Next        Next     `json:"next" jsonschema_description:"What to do now."`
}

// Facet is a value that jobs have, and how many have it.
type Facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// JSONSchema describes a Facet as a plain object, as Next.JSONSchema does.
func (Facet) JSONSchema() *schema.Node {
	return &schema.Node{Type: "object", Description: "value, count."}
}

func newListFacets(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  listFacetsName,
		Title: "Count the marketplace by filter",
		Kind:  KindPublicRead,
		Description: "List the categories, languages, countries and pay types that open jobs on OpenTrain have, with the number of jobs for each. " +
			"Use it to find valid values for the filters of opentrain_search_jobs, or for an overview of the market. " +
			"It returns no jobs: search for those. " +
			"It is not about drafts either: the values that a draft's fields take are in opentrain_get_account. " +
			"Changes nothing. Counts may be five minutes old.",
	}, kit.listFacets)
}

func (k Kit) listFacets(ctx context.Context, _ Call, _ ListFacetsInput) (ListFacetsOutput, *Ask, error) {
	facets, err := k.API.Facets(ctx)
	if err != nil {
		return ListFacetsOutput{}, nil, err
	}
	out := ListFacetsOutput{TotalJobs: facets.TotalJobs, GeneratedAt: plain(facets.GeneratedAt, 40), Next: Next{Action: Done}}
	out.Categories = out.shown("categories", facets.Categories)
	out.Languages = out.shown("languages", facets.Languages)
	out.Countries = out.shown("countries", facets.Countries)
	out.PayTypes = out.shown("pay types", facets.PayTypes)
	return trim(out, func(*ListFacetsOutput) {}, (*ListFacetsOutput).cutValues), nil, nil
}

// cutValues keeps fewer values of each facet.
func (o *ListFacetsOutput) cutValues() {
	for _, values := range []*[]Facet{&o.Categories, &o.Languages, &o.Countries, &o.PayTypes} {
		*values = (*values)[:min(len(*values), maxFacets/2)]
	}
	o.Cut = append(o.Cut, fmt.Sprintf("Of each list the first %d are shown.", maxFacets/2))
}

// shown cleans the values of a facet and keeps the most frequent.
func (o *ListFacetsOutput) shown(name string, values []opentrain.Facet) []Facet {
	if more := len(values) - maxFacets; more > 0 {
		o.Cut = append(o.Cut, fmt.Sprintf("%d %s with fewer jobs are left out, to keep the result short; opentrain_search_jobs takes them too.", more, name))
		values = values[:maxFacets]
	}
	facets := make([]Facet, 0, len(values))
	for _, value := range values {
		facets = append(facets, Facet{Value: plain(value.Value, 60), Count: value.Count})
	}
	return facets
}

// Text implements output.
func (o ListFacetsOutput) Text() string {
	var p page
	p.line("%s on the marketplace.", counted(o.TotalJobs, "open job"))
	for _, part := range []struct {
		name   string
		facets []Facet
	}{{"category", o.Categories}, {"language", o.Languages}, {"country", o.Countries}, {"payType", o.PayTypes}} {
		values := make([]string, 0, len(part.facets))
		for _, facet := range part.facets {
			values = append(values, fmt.Sprintf("%s (%d)", facet.Value, facet.Count))
		}
		p.say(part.name, strings.Join(values, ", "))
	}
	p.sayAll("Cut", o.Cut)
	return p.end(o.Next)
}
