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

type listFacetsOutput struct {
	TotalJobs   int       `json:"totalJobs" jsonschema_description:"Number of live jobs."`
	Categories  []facet   `json:"categories" jsonschema_description:"Values of category."`
	Languages   []facet   `json:"languages" jsonschema_description:"Values of language."`
	Countries   []facet   `json:"countries" jsonschema_description:"Values of country."`
	PayTypes    []facet   `json:"payTypes" jsonschema_description:"Values of payType."`
	GeneratedAt string    `json:"generatedAt,omitempty"`
	Cut         []string  `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

// facet is a value that jobs have, and how many of them have it.
type facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

func (facet) JSONSchema() *schema.Node { return tool.PlainObject("value, count.") }

func (m market) listFacets() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListFacets, Title: "List search filters", Kind: tool.KindPublicRead,
		Description: "List the categories, languages, countries and pay types of the live jobs on OpenTrain, with the number of jobs for each. " +
			"Use it to find valid filters for opentrain_search_jobs, or for an overview of the market. " +
			"For the values of draft fields, use opentrain_get_account. Counts are usually at most five minutes old. Changes nothing.",
	}, m.count)
}

func (m market) count(ctx context.Context, call tool.Call, _ struct{}) (listFacetsOutput, *tool.Ask, error) {
	facets, err := m.api.Facets(ctx)
	if err != nil {
		return listFacetsOutput{}, nil, err
	}
	out := listFacetsOutput{TotalJobs: facets.TotalJobs, GeneratedAt: text.Stranger(facets.GeneratedAt, 40), Interpreted: call.Interpreted}
	out.Next.Action = tool.Done
	out.Categories = out.shown("category", facets.Categories)
	out.Languages = out.shown("language", facets.Languages)
	out.Countries = out.shown("country", facets.Countries)
	out.PayTypes = out.shown("pay type", facets.PayTypes)
	tool.Shorten(call, (*listFacetsOutput).cutValues)
	return out, nil, nil
}

// maxFacets is how many values of a facet are shown.
const maxFacets = 50

// shown cleans the values of a facet and keeps the most frequent ones.
func (o *listFacetsOutput) shown(name string, values []opentrain.Facet) []facet {
	if more := len(values) - maxFacets; more > 0 {
		o.Cut = append(o.Cut, text.Count(more, name)+" with fewer jobs, to keep the result short. Search accepts the rest too.")
		values = values[:maxFacets]
	}
	return tool.Map(values, func(value opentrain.Facet) facet {
		return facet{Value: text.Stranger(value.Value, 60), Count: value.Count}
	})
}

// cutValues keeps fewer values of each facet.
func (o *listFacetsOutput) cutValues() {
	for _, values := range []*[]facet{&o.Categories, &o.Languages, &o.Countries, &o.PayTypes} {
		*values = (*values)[:min(len(*values), maxFacets/2)]
	}
	o.Cut = append(o.Cut, fmt.Sprintf("Only the first %d of each list are shown.", maxFacets/2))
}

func (o listFacetsOutput) Text() string {
	var l text.Lines
	l.Add("%s on the marketplace.", text.Count(o.TotalJobs, "live job"))
	for _, part := range []struct {
		name   string
		facets []facet
	}{{"category", o.Categories}, {"language", o.Languages}, {"country", o.Countries}, {"payType", o.PayTypes}} {
		values := tool.Map(part.facets, func(f facet) string { return fmt.Sprintf("%s (%d)", f.Value, f.Count) })
		l.Field(part.name, strings.Join(values, ", "))
	}
	l.Fields("Left out", o.Cut)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
