package sandbox

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// readCanonical reads OpenTrain's own job object (developers/api-reference/job-drafts/create). Its amounts are US dollars if it
// names no currency. Values are checked like those of a patch. The pairs of keys are our assumption.
func readCanonical(v Variant, raw json.RawMessage, path []any) (imported, *apiError) {
	var job map[string]json.RawMessage
	if json.Unmarshal(raw, &job) != nil || job == nil {
		return imported{}, typeFailure("object", raw, path)
	}
	paymentType, currency := "", "USD"
	_ = json.Unmarshal(job["paymentType"], &paymentType) // checked with the other fields
	for name, value := range job {
		if text := strings.Trim(string(value), `"`); text != "USD" && strings.HasSuffix(strings.ToLower(name), "currency") {
			currency = text
		}
	}
	keys := map[string]string{"title": "jobTitle", "description": "jobDescription", "tools": "labelingSoftware", "rateAmount": rateKey(paymentType)}
	d := reading{imported: imported{parsed: parsed{fields: values{}}}}
	var issues []issue
	for _, name := range slices.Sorted(maps.Keys(job)) {
		key, value, at := cmp.Or(keys[name], name), job[name], "job."+name
		i := slices.IndexFunc(updateFields(), func(f field) bool { return f.key == key })
		isRate := oneOf(key, "rateAmount pricePerHour pricePerLabel fixedPrice")
		d.otherPay = d.otherPay || isRate && (i < 0 || currency != "USD")
		switch {
		case isRate && currency != "USD":
			d.report("Rates are in US dollars; this one is in "+currency+".", fact{at, string(value)})
			continue
		case i < 0:
			d.addJSON(value, at)
			continue
		case d.fields.has(key):
			d.report(notUsed, fact{at, string(value)})
			continue
		case key == "labelingSoftware":
			var tools []string
			if json.Unmarshal(value, &tools) == nil {
				value = encode(strings.Join(tools, ", "))
			}
		}
		decoded, problems := v.decode(updateFields()[i], value)
		for _, problem := range problems { // the path ends with the field's name
			at, _ := problem["path"].([]any)
			problem["path"] = slices.Concat(path, []any{name}, at[1:])
		}
		issues = append(issues, problems...)
		if text, isText := decoded.(string); isText {
			decoded = plainText(text)
		}
		if decoded == "" {
			d.report(noText, fact{at, string(value)})
		} else if decoded != nil {
			d.fields[key] = decoded
		}
	}
	if issues != nil {
		return imported{}, badRequest("The job object has invalid fields. No draft was made.", details{"issues": issues})
	}
	d.description, d.path = d.fields.text("jobDescription"), "job.description"
	return d.imported, nil
}
