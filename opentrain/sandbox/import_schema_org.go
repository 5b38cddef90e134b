package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// posting reads one schema.org JobPosting. Every property may have one value or a list of them.
type posting struct {
	imported
	path   []any
	object map[string]any
}

// readJobPosting reads a JobPosting, alone, in a list or in a @graph (https://schema.org/JobPosting).
func readJobPosting(_ Variant, raw json.RawMessage, path []any) (imported, *apiError) {
	var document any
	if json.Unmarshal(raw, &document) != nil {
		return imported{}, typeFailure("object", raw, path)
	}
	found := postings(document, path)
	switch {
	case len(found) == 0:
		return imported{}, badDocument(path, "There is no object with the @type JobPosting.")
	case len(found) > 1:
		return imported{}, badDocument(found[1].path, "There is more than one JobPosting; a draft is made from one.")
	}
	p := found[0]
	p.read()
	return p.imported, nil
}

// postings finds the JobPostings in a document.
func postings(document any, path []any) []posting {
	var found []posting
	switch d := document.(type) {
	case []any:
		for i, item := range d {
			found = append(found, postings(item, childPath(path, i))...)
		}
	case map[string]any:
		if slices.ContainsFunc(all(d["@type"]), func(t any) bool {
			name, _ := t.(string)
			return name == "JobPosting" || strings.HasSuffix(name, "schema.org/JobPosting") || strings.HasSuffix(name, ":JobPosting")
		}) {
			return []posting{{path: path, object: d}}
		}
		if graph, ok := d["@graph"]; ok {
			found = postings(graph, childPath(path, "@graph"))
		}
	}
	return found
}

// read reads the properties in the order of their names.
func (p *posting) read() {
	for _, name := range slices.Sorted(maps.Keys(p.object)) {
		value := p.object[name]
		reason, known := unmappedProperties()[name]
		switch {
		case name == "@context" || name == "@type" || len(all(value)) == 0 || p.property(name, value):
		case known:
			p.addUnmapped(join(childPath(p.path, name)), reason, value)
		default:
			p.addUnmapped(join(childPath(p.path, name)), "No draft field corresponds to this property.", value)
		}
	}
}

// property reads one property into draft fields. It reports whether it could.
func (p *posting) property(name string, value any) bool {
	text := textOf(value)
	switch name {
	case "title":
		p.set("jobTitle", text)
	case "name":
		if p.object["title"] != nil {
			return false
		}
		p.set("jobTitle", text)
	case "description":
		p.description = plainText(text)
		p.set("jobDescription", p.description)
	case "baseSalary", "estimatedSalary":
		p.salary(name, value)
		return true
	case "salaryCurrency":
		return p.object["baseSalary"] != nil // read with it
	case "jobLocation", "applicantLocationRequirements":
		p.places(name, value)
		return true
	case "totalJobOpenings":
		n, ok := numberOf(value)
		if !ok || n < 1 || n != float64(int(n)) {
			return false
		}
		p.set("headcount", n)
	case "industry":
		p.set("subjectMatter", text)
	case "responsibilities":
		p.set("labelingOverview", plainText(text))
	case "workHours":
		p.set("timeRequirement", text)
	case "identifier":
		p.externalID = text
	case "experienceRequirements":
		return p.experience(value)
	case "skills", "occupationalCategory":
		return !p.fields.has("labelTypes") && p.setFromText("labelTypes", text)
	case "employmentType":
		return text == "CONTRACTOR" // true for every job here
	default:
		return false
	}
	return text != "" || name == "totalJobOpenings"
}

// unmappedProperties are properties that match no field, and why.
func unmappedProperties() map[string]string {
	market := "The marketplace sets this itself when the job is published."
	return map[string]string{
		"datePosted": market, "validThrough": market, "url": market, "directApply": market, "@id": market,
		"hiringOrganization": "The company comes from the account.",
		"jobLocationType":    "All work here is remote.",
		"employmentType":     "AI trainers are contractors.",
		"totalJobOpenings":   "This is not a number of people.",
	}
}

// salary reads a number, a MonetaryAmount or a PriceSpecification.
func (p *posting) salary(name string, value any) {
	path := childPath(p.path, name)
	values := all(value)
	for i, extra := range values[1:] {
		p.addUnmapped(join(childPath(path, i+1)), "A job has one rate; the first one was used.", extra)
	}
	amount, isObject := values[0].(map[string]any)
	if !isObject {
		amount = map[string]any{"value": values[0]}
	}
	currency := strings.ToUpper(strings.TrimSpace(firstText(amount["currency"], amount["priceCurrency"], p.object["salaryCurrency"])))
	inner, nested := amount["value"].(map[string]any) // a QuantitativeValue
	if !nested {
		inner = amount
	}
	unit := strings.ToUpper(firstText(inner["unitText"], amount["unitText"], inner["unitCode"]))
	low, hasLow := firstNumber(inner["value"], inner["minValue"], amount["price"], amount["minValue"])
	high, hasHigh := firstNumber(inner["maxValue"], amount["maxValue"])
	hasLow, hasHigh = hasLow && low > 0, hasHigh && high > 0
	switch {
	case currency != "" && currency != "USD":
		p.addUnmapped(join(path), "Rates are in US dollars; this one is in "+currency+".", value)
	case !hasLow && !hasHigh:
		p.addUnmapped(join(path), "It has no amount above zero.", value)
	case unit != "HOUR" && unit != "HUR":
		reason := "It doesn't say what the amount is paid for."
		if unit != "" {
			reason = "Work is paid by the hour, by the label or in total, not by the " + strings.ToLower(unit) + "."
		}
		p.addUnmapped(join(path), reason, value)
	case hasLow && hasHigh && high > low:
		p.set("paymentType", payPerHour)
		p.guess("pricePerHour", low, fmt.Sprintf("The posting gives a range from %v to %v; the lower end was used.", low, high))
	case hasLow:
		p.pay(payPerHour, low)
	default:
		p.set("paymentType", payPerHour)
		p.guess("pricePerHour", high, fmt.Sprintf("The posting gives only an upper end, %v.", high))
	}
}

// places reads countries from Places, PostalAddresses and AdministrativeAreas.
func (p *posting) places(name string, value any) {
	for i, place := range all(value) {
		country, rest := countryOf(place)
		path := childPath(p.path, name)
		if _, isList := value.([]any); isList {
			path = childPath(path, i)
		}
		if country == "" {
			p.addUnmapped(join(path), "It names no country.", place)
			continue
		}
		p.country(country)
		if rest != "" {
			p.addUnmapped(join(path), "Work is restricted by country only.", rest)
		}
	}
}

// countryOf returns the country of a place, and the rest of its address.
func countryOf(place any) (country, rest string) {
	object, isObject := place.(map[string]any)
	if !isObject {
		return textOf(place), ""
	}
	address := object
	if inner, ok := object["address"].(map[string]any); ok {
		address = inner
	} else if text, ok := object["address"].(string); ok {
		return "", text
	}
	country = firstText(address["addressCountry"])
	if country == "" && textOf(object["@type"]) == "Country" {
		country = firstText(object["name"])
	}
	var parts []string
	for _, key := range []string{"streetAddress", "postalCode", "addressLocality", "addressRegion"} {
		if text := textOf(address[key]); text != "" {
			parts = append(parts, text)
		}
	}
	return country, strings.Join(parts, ", ")
}

// experience reads months of experience, or words.
func (p *posting) experience(value any) bool {
	if object, ok := all(value)[0].(map[string]any); ok {
		months, ok := numberOf(object["monthsOfExperience"])
		if !ok {
			return false
		}
		level := levelEntry
		switch {
		case months >= 60:
			level = levelExpert
		case months >= 24:
			level = levelIntermediate
		}
		p.guess("experienceLevel", level, fmt.Sprintf("The posting asks for %v months of experience.", months))
		return true
	}
	read := parse(textOf(value))
	level, found := read.fields["experienceLevel"]
	if found && len(read.guesses) == 0 {
		p.set("experienceLevel", level)
	} else if found {
		p.guess("experienceLevel", level, "The posting says: "+textOf(value))
	}
	return found
}

// all returns the values of a property: none, one or several.
func all(value any) []any {
	if value == nil {
		return nil
	}
	if list, ok := value.([]any); ok {
		return slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == nil })
	}
	return []any{value}
}

// textOf returns a property as text: the value or name of an object, all entries of a list.
func textOf(value any) string {
	var texts []string
	for _, v := range all(value) {
		switch v := v.(type) {
		case string:
			texts = append(texts, strings.TrimSpace(v))
		case float64:
			texts = append(texts, strconv.FormatFloat(v, 'f', -1, 64))
		case map[string]any:
			texts = append(texts, firstText(v["value"], v["name"], v["@value"]))
		}
	}
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), ", ")
}

func firstText(values ...any) string {
	for _, value := range values {
		if text := textOf(value); text != "" {
			return text
		}
	}
	return ""
}

// numberOf reads a number or a string such as "1,500.00".
func numberOf(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimLeft(strings.TrimSpace(v), "$"), ",", ""), 64)
		return n, err == nil && n < 1e12 && n > -1e12
	}
	return 0, false
}

func firstNumber(values ...any) (float64, bool) {
	for _, value := range values {
		if n, ok := numberOf(value); ok {
			return n, true
		}
	}
	return 0, false
}
