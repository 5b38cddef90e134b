package market

import (
	"context"
	"fmt"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// maxFacets is how many values of a facet are shown.
const maxFacets = 50

type listFacetsInput struct{}

type listFacetsOutput struct {
	TotalJobs   int       `json:"totalJobs" jsonschema_description:"Open jobs in all."`
	Categories  []Facet   `json:"categories" jsonschema_description:"Values of category."`
	Languages   []Facet   `json:"languages" jsonschema_description:"Values of language."`
	Countries   []Facet   `json:"countries" jsonschema_description:"Values of country."`
	PayTypes    []Facet   `json:"payTypes" jsonschema_description:"Values of payType."`
	GeneratedAt string    `json:"generatedAt,omitempty"`
	Cut         []string  `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

// Facet is a value that jobs have, and how many have it.
type Facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// JSONSchema describes a Facet as a plain object, as tool.Next does.
func (Facet) JSONSchema() *schema.Node {
	return &schema.Node{Type: "object", Description: "value, count."}
}

func listFacets(api *opentrain.Client) tool.Tool {
	return tool.New(tool.Spec{
		Name:  tool.ListFacets,
		Title: "Count the marketplace by filter",
		Kind:  tool.KindPublicRead,
		Description: "List the categories, languages, countries and pay types that open jobs on OpenTrain have, with the " +
			"number of jobs for each. " +
			"Use it to find valid values for the filters of opentrain_search_jobs, or for an overview of the market. " +
			"It returns no jobs: search for those. " +
			"It is not about drafts either: the values that a draft's fields take are in opentrain_get_account. " +
			"Changes nothing. Counts may be five minutes old.",
	}, counter{api}.count)
}

type counter struct{ api *opentrain.Client }

func (c counter) count(ctx context.Context, _ tool.Call, _ listFacetsInput) (listFacetsOutput, *tool.Ask, error) {
	facets, err := c.api.Facets(ctx)
	if err != nil {
		return listFacetsOutput{}, nil, err
	}
	out := listFacetsOutput{TotalJobs: facets.TotalJobs, GeneratedAt: text.Clean(facets.GeneratedAt, 40), Next: tool.Next{Action: tool.Done}}
	out.Categories = out.shown("categories", facets.Categories)
	out.Languages = out.shown("languages", facets.Languages)
	out.Countries = out.shown("countries", facets.Countries)
	out.PayTypes = out.shown("pay types", facets.PayTypes)
	return tool.Fit(out, (*listFacetsOutput).cutValues), nil, nil
}

// cutValues keeps fewer values of each facet.
func (o *listFacetsOutput) cutValues() {
	for _, values := range []*[]Facet{&o.Categories, &o.Languages, &o.Countries, &o.PayTypes} {
		*values = (*values)[:min(len(*values), maxFacets/2)]
	}
	o.Cut = append(o.Cut, fmt.Sprintf("Of each list the first %d are shown.", maxFacets/2))
}

// shown cleans the values of a facet and keeps the most frequent.
func (o *listFacetsOutput) shown(name string, values []opentrain.Facet) []Facet {
	if more := len(values) - maxFacets; more > 0 {
		o.Cut = append(o.Cut, fmt.Sprintf("%d %s with fewer jobs are left out, to keep the result short; "+
			"opentrain_search_jobs takes them too.", more, name))
		values = values[:maxFacets]
	}
	facets := make([]Facet, 0, len(values))
	for _, value := range values {
		facets = append(facets, Facet{Value: text.Clean(value.Value, 60), Count: value.Count})
	}
	return facets
}

func (o listFacetsOutput) Text() string {
	var l text.Lines
	l.Add("%s on the marketplace.", text.Count(o.TotalJobs, "open job"))
	for _, part := range []struct {
		name   string
		facets []Facet
	}{{"category", o.Categories}, {"language", o.Languages}, {"country", o.Countries}, {"payType", o.PayTypes}} {
		values := make([]string, 0, len(part.facets))
		for _, facet := range part.facets {
			values = append(values, fmt.Sprintf("%s (%d)", facet.Value, facet.Count))
		}
		l.Field(part.name, strings.Join(values, ", "))
	}
	l.Fields("Cut", o.Cut)
	return l.With(o.Next.Text())
}
