package sandbox

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// fieldsJSON lists the update keys in the order of the capabilities page, then those that only
// developers/api-reference/job-drafts/update documents. Keys without a documented type are strings here. ndaRequired is not
// documented: the documented lists are incomplete, and a client must accept that.
//
//go:embed fields.json
var fieldsJSON []byte

// field is one key that PATCH accepts, and the question for it if a draft needs it before it can be published.
type field struct {
	Key    string
	Type   string // in a report: a JSON type or enum; numbers are greater than zero
	Of     string // what values must be: "whole" numbers, "countries" or "languages"
	Enum   []string
	Label  string // its name for people
	Name   string // its name in questions
	Prompt string // the question; "" if it is never asked
	// Example is a value, or one for each of Keys if an answer needs several.
	Example any
	Keys    []string
	Hint    string
	// RefEnum, RefPrompt and RefMissing are the values, the question and what is missing in the reference, if they differ.
	RefEnum               []string
	RefPrompt, RefMissing string
}

// updateFields reads fieldsJSON when it is first needed.
var updateFields = sync.OnceValue(func() (fields []field) {
	if err := json.Unmarshal(fieldsJSON, &fields); err != nil {
		panic(err) // the file is part of the program
	}
	for i := range fields {
		f := &fields[i]
		if f.Name == "" {
			f.Name = f.Key
		}
		if f.Key == "labelTypes" {
			f.Enum = theGrammar().types
		}
	}
	return fields
})

// fieldOf returns the field of an update key.
func fieldOf(key string) (f field, known bool) {
	i := slices.IndexFunc(updateFields(), func(f field) bool { return f.Key == key })
	if i < 0 {
		return field{}, false
	}
	return updateFields()[i], true
}

// options are the values of an enum field, or of the items of a list. The pages list the experience levels in different orders.
func (f field) options(v Variant) []string {
	if v == Reference && f.RefEnum != nil {
		return f.RefEnum
	}
	return f.Enum
}

// Values of enum fields (developers/api-reference/job-drafts/capabilities).
const (
	payPerLabel = "PAY_PER_LABEL"
	payPerHour  = "PAY_PER_HOUR"
	fixedPrice  = "FIXED_PRICE"

	unitHours   = "HOURS_OF_RECORDING_AUDIO_VIDEO"
	unitFiles   = "NUMBER_OF_FILES"
	unitWords   = "NUMBER_OF_WORDS"
	unitUnknown = "UNKNOWN_NOT_SPECIFIED"
)

// rateKey returns the key that holds the amount of a payment type.
func rateKey(paymentType string) string {
	return map[string]string{payPerHour: "pricePerHour", payPerLabel: "pricePerLabel", fixedPrice: "fixedPrice"}[paymentType]
}

// values are the fields of a draft by update key: string, float64, bool or []string.
type values map[string]any

func (v values) has(key string) bool {
	_, set := v[key]
	return set
}

func (v values) text(key string) string {
	s, _ := v[key].(string)
	return s
}

func (v values) number(key string) float64 {
	n, _ := v[key].(float64)
	return n
}

func (v values) list(key string) []string {
	l, _ := v[key].([]string)
	return append([]string{}, l...)
}

// gaps returns the fields that a job needs before it can be published, in the order of the questions. The pages do not
// document the required fields. They show a missing experience level, data volume unit and rate; the rest is our assumption.
func (j *job) gaps() []field {
	f, types, rate := j.fields, j.fields.list("labelTypes"), rateKey(j.fields.text("paymentType"))
	volume, unit := f.has("dataVolume"), f.text("dataVolumeUnit")
	gaps := []field{}
	ask := func(key string, missing bool) {
		if f, known := fieldOf(key); known && missing {
			gaps = append(gaps, f)
		}
	}
	ask("jobTitle", !f.has("jobTitle"))
	ask("jobDescription", !f.has("jobDescription"))
	ask("labelTypes", len(types) == 0)
	ask("experienceLevel", !f.has("experienceLevel"))
	ask("paymentType", rate == "")
	ask(rate, !f.has(rate))
	ask("dataVolumeUnit", volume && unit == "")
	// With the unit UNKNOWN_NOT_SPECIFIED, the volume is optional.
	ask("dataVolume", !volume && unit != unitUnknown && (j.demands.dataset || need(types, "dataset")))
	if n := len(gaps) - 1; n >= 0 && gaps[n].Key == "dataVolume" && unit != "" {
		gaps[n].Prompt, gaps[n].Example, gaps[n].Keys = "How much data is there, in the unit given?", 5000.0, nil
	}
	ask("languages", len(f.list("languages")) == 0 && (j.demands.language || need(types, "language")))
	ask("ndaRequired", j.demands.nda && !f.has("ndaRequired"))
	return gaps
}

// gap is a missing field in the form of developers/guides/post-a-job, or of developers/api-reference/job-drafts/create.
func (f field) gap(v Variant) object {
	kind, keys, example, options := f.Type, []string{f.Key}, any(values{f.Key: f.Example}), f.options(v)
	if f.Keys != nil {
		kind, keys, example, options = "object", f.Keys, f.Example, nil
	}
	if v == Guide {
		code := "MISSING_" + strings.ToUpper(strings.ReplaceAll(f.Label, " ", "_"))
		g := object{"field": f.Name, "label": f.Label, "message": f.Label + " is required", "code": code, "prompt": f.Prompt,
			"type": kind, "updateKeys": keys, "example": example}
		if options != nil {
			g["enumValues"] = options
		}
		return g
	}
	prompt := "ask: " + cmp.Or(f.RefPrompt, f.Prompt)
	if options != nil {
		prompt += " (" + strings.Join(options, ", ") + ")"
	}
	if list, isList := f.Example.([]any); isList {
		example = strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ", ")
	} else if f.Keys == nil {
		example = fmt.Sprint(f.Example) // even a number
	}
	return object{"field": f.Name, "label": f.Label, "message": cmp.Or(f.RefMissing, f.Label) + " is required before publishing.",
		"code": "missing_required_field", "prompt": prompt, "type": kind, "enumValues": options, "updateKeys": keys,
		"example": example, "hint": orNull(f.Hint)}
}

// check returns the gaps of a job, and whether it can be published. The guide lists names in that, the reference whole gaps,
// but none in the response to a create.
func (s *Sandbox) check(j *job, created bool) (gaps []object, validation object) {
	missing := j.gaps()
	gaps, listed := make([]object, 0, len(missing)), []any{}
	for _, f := range missing {
		gap := f.gap(s.cfg.Variant)
		gaps = append(gaps, gap)
		if s.cfg.Variant == Guide {
			listed = append(listed, f.Name)
		} else if !created {
			listed = append(listed, gap)
		}
	}
	return gaps, object{"publishReady": len(gaps) == 0, "issueCount": 0, "missingFieldCount": len(gaps), "missingFields": listed,
		"issues": []any{}}
}

// report is the response to POST /job-drafts and PATCH /job-drafts/{jobId}.
func (s *Sandbox) report(j *job, created bool) object {
	gaps, validation := s.check(j, created)
	rep := object{"ok": true, "jobId": j.id, "status": j.status, "draftUrl": s.draftURL(j), "validation": validation}
	if s.cfg.Variant == Reference && !created {
		return rep
	}
	if s.cfg.Variant == Reference {
		rep["reviewUrl"] = s.draftURL(j)
	}
	maps.Copy(rep, object{"missingFields": gaps, "normalizedFields": maps.Clone(j.fields),
		"lowConfidenceFields": append([]guess{}, j.guesses...), "warnings": payWarnings(j.fields),
		"unmappedFields": append([]unmapped{}, j.unmapped...)})
	return rep
}

// payWarnings warns about pay that is far from the usual.
func payWarnings(fields values) []string {
	key := rateKey(fields.text("paymentType"))
	usual, known := map[string][2]float64{"pricePerHour": {3, 200}, "pricePerLabel": {0.002, 20}}[key]
	if rate := fields.number(key); known && rate > 0 && (rate < usual[0] || rate > usual[1]) {
		return []string{fmt.Sprintf("%s of $%s is far from what such work usually pays.", key, inDigits(rate))}
	}
	return []string{}
}
