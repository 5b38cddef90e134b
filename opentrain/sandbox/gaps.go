package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// gaps returns the fields that a job needs before it can be published, in the order of the questions. The pages do not
// document the required fields. They show a missing experience level, data volume unit and rate; the rest is our assumption.
func (j *job) gaps() []field {
	f, types, rate := j.fields, j.fields.list("labelTypes"), rateKey(j.fields.text("paymentType"))
	volume, unit := f.has("dataVolume"), f.text("dataVolumeUnit")
	gaps, all := []field{}, updateFields()
	ask := func(key string, missing bool) {
		if i := slices.IndexFunc(all, func(f field) bool { return f.key == key }); missing {
			gaps = append(gaps, all[i])
		}
	}
	ask("jobTitle", !f.has("jobTitle"))
	ask("jobDescription", !f.has("jobDescription"))
	ask("labelTypes", len(types) == 0)
	ask("experienceLevel", !f.has("experienceLevel"))
	ask("paymentType", rate == "")
	ask(rate, rate != "" && !f.has(rate))
	ask("dataVolumeUnit", volume && unit == "")
	// With the unit UNKNOWN_NOT_SPECIFIED, the volume is optional.
	ask("dataVolume", !volume && unit != unitUnknown && (j.demands.dataset || worksOnDataset(types)))
	if n := len(gaps) - 1; n >= 0 && gaps[n].key == "dataVolume" && unit != "" {
		gaps[n].prompt, gaps[n].example, gaps[n].keys = "How much data is there, in the unit given?", 5000.0, nil
	}
	ask("languages", len(f.list("languages")) == 0 && (j.demands.language || needsLanguage(types)))
	ask("ndaRequired", j.demands.nda && !f.has("ndaRequired"))
	return gaps
}

// gap is a missing field in the form of developers/guides/post-a-job, or of developers/api-reference/job-drafts/create.
func (f field) gap(v Variant) object {
	name, kind, keys, example := cmp.Or(f.alias, f.key), f.jsonType(), []string{f.key}, any(values{f.key: f.example})
	options := v.enum(f.key)
	if f.keys != nil {
		kind, keys, example, options = "object", f.keys, f.example, nil
	}
	if v == Guide {
		code := "MISSING_" + strings.ToUpper(strings.ReplaceAll(f.label, " ", "_"))
		g := object{"field", name, "label", f.label, "message", f.label + " is required", "code", code, "prompt", f.prompt, "type", kind}
		if options != nil {
			g = append(g, "enumValues", options)
		}
		return append(g, "updateKeys", keys, "example", example)
	}
	prompt := "ask: " + cmp.Or(f.refPrompt, f.prompt)
	if options != nil {
		prompt += " (" + strings.Join(options, ", ") + ")"
	}
	if list, isList := f.example.([]string); isList {
		example = strings.Join(list, ", ")
	} else if f.keys == nil {
		example = fmt.Sprint(f.example) // even a number
	}
	return object{"field", name, "label", f.label, "message", cmp.Or(f.refMissing, f.label) + " is required before publishing.",
		"code", "missing_required_field", "prompt", prompt, "type", kind, "enumValues", options, "updateKeys", keys,
		"example", example, "hint", textOrNull(f.hint)}
}

// missing returns the gaps of a job in full and by name.
func (s *Sandbox) missing(j *job) (gaps []object, names []string) {
	fields := j.gaps()
	gaps, names = make([]object, len(fields)), make([]string, len(fields))
	for i, f := range fields {
		gaps[i], names[i] = f.gap(s.cfg.Variant), cmp.Or(f.alias, f.key)
	}
	return gaps, names
}

// validation tells whether a draft can be published. The guide lists names in it, the reference whole gaps, but none in the
// response to a create.
func validation(count int, listed any) object {
	return object{"publishReady", count == 0, "issueCount", 0, "missingFieldCount", count, "missingFields", listed, "issues", []any{}}
}

// report is the response to POST /job-drafts and PATCH /job-drafts/{jobId}.
func (s *Sandbox) report(j *job, created bool) object {
	gaps, names := s.missing(j)
	rep := object{"ok", true, "jobId", j.id, "status", j.status, "draftUrl", s.draftURL(j)}
	switch {
	case s.cfg.Variant == Guide:
		rep = append(rep, "validation", validation(len(gaps), names))
	case created:
		rep = append(rep, "reviewUrl", s.draftURL(j), "validation", validation(len(gaps), []any{}))
	default:
		return append(rep, "validation", validation(len(gaps), gaps))
	}
	return append(rep, "missingFields", gaps, "normalizedFields", j.fields.object(),
		"lowConfidenceFields", append([]guess{}, j.guesses...), "warnings", payWarnings(j.fields),
		"unmappedFields", append([]unmapped{}, j.unmapped...))
}

// payWarnings warns about pay that is far from the usual.
func payWarnings(fields values) []string {
	key := rateKey(fields.text("paymentType"))
	usual, known := map[string][2]float64{"pricePerHour": {3, 200}, "pricePerLabel": {0.002, 20}}[key]
	rate, far := fields.number(key), ""
	if rate < usual[0] {
		far = "below"
	} else if rate > usual[1] {
		far = "above"
	}
	if !known || rate == 0 || far == "" {
		return []string{}
	}
	return []string{fmt.Sprintf("%s of $%v is far %s what such work usually pays.", key, rate, far)}
}
