package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// canonicalNames are the keys of OpenTrain's job object that differ from the update keys
// (developers/api-reference/job-drafts/create). The pairs are our assumption.
func canonicalNames() map[string]string {
	return map[string]string{"title": "jobTitle", "description": "jobDescription", "tools": "labelingSoftware"}
}

// readCanonical reads OpenTrain's own job object. Values are checked like those of a patch.
func readCanonical(v Variant, raw json.RawMessage, path []any) (imported, *apiError) {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return imported{}, typeFailure("object", raw, path)
	}
	m := imported{fields: values{}}
	var issues []issue
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := object[name]
		switch {
		case name == "rateAmount" || typeOf(value) == "null":
			continue // handled below, or no value
		case name == "externalId" || name == "idempotencyKey":
			m.addUnmapped(join(childPath(path, name)), "This belongs beside the job object, not in it.", value)
			continue
		case name == "tools" && typeOf(value) == "array":
			value = joinList(value)
		}
		key := name
		if other, differs := canonicalNames()[name]; differs {
			key = other
		}
		i := slices.IndexFunc(updateFields(), func(f field) bool { return f.key == key })
		if i < 0 {
			m.addUnmapped(join(childPath(path, name)), "No draft field has this name.", value)
			continue
		}
		decoded, problems := v.decode(updateFields()[i], value)
		for _, problem := range problems { // the path ends with the field's name
			at, _ := problem["path"].([]any)
			problem["path"] = childPath(childPath(path, name), at[1:]...)
		}
		issues = append(issues, problems...)
		m.set(key, decoded)
	}
	issues = append(issues, m.rateAmount(object["rateAmount"], childPath(path, "rateAmount"))...)
	if issues != nil {
		failure := badRequest("The job object has invalid fields. No draft was made.")
		failure.details = details{"issues": issues}
		return m, failure
	}
	m.description = m.fields.text("jobDescription")
	return m, nil
}

// rateAmount stores the amount under the key of the payment type.
func (m *imported) rateAmount(raw json.RawMessage, path []any) []issue {
	if kind := typeOf(raw); kind == "undefined" || kind == "null" {
		return nil
	}
	amount, issues := Guide.decodeOne(field{kind: kindNumber}, raw, path)
	key := rateKey(m.fields.text("paymentType"))
	switch {
	case issues != nil:
		return issues
	case key == "":
		m.addUnmapped(join(path), "Without a paymentType the amount means nothing.", raw)
	default:
		m.set(key, amount)
	}
	return nil
}

// joinList joins a list of names into one text. It returns other values unchanged.
func joinList(raw json.RawMessage) json.RawMessage {
	var names []string
	if json.Unmarshal(raw, &names) != nil {
		return raw
	}
	return encode(strings.Join(names, ", "))
}
