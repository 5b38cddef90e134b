package acceptance_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

var standInKeys = strings.Fields(`jobTitle jobDescription labelingOverview datasetDescription dataType subjectMatter
	dataVolume dataVolumeUnit labelingSoftware headcount experienceLevel paymentType pricePerHour pricePerLabel
	fixedPrice countries languages labelTypes aiInterviewRequirements budgetRange workloadDesc timeRequirement
	projectDuration freelancerType projectScope visibility`)

var standInFormats = strings.Fields("text opentrain_canonical schema_org_job_posting indeed_xml hr_xml")

var standInEnums = map[string][]string{
	"paymentType":     {"PAY_PER_LABEL", "PAY_PER_HOUR", "FIXED_PRICE"},
	"experienceLevel": {"EXPERT", "ENTRY_LEVEL", "INTERMEDIATE", "ANY_EXPERIENCE_LEVEL"},
	"dataVolumeUnit":  {"HOURS_OF_RECORDING_AUDIO_VIDEO", "NUMBER_OF_FILES", "NUMBER_OF_WORDS", "UNKNOWN_NOT_SPECIFIED"},
}

var standInRates = map[string]string{"PAY_PER_LABEL": "pricePerLabel", "PAY_PER_HOUR": "pricePerHour", "FIXED_PRICE": "fixedPrice"}

// standInType is the JSON type of a key's value: "" if none is documented.
func standInType(key string) string {
	switch key {
	case "dataVolume", "headcount", "pricePerHour", "pricePerLabel", "fixedPrice":
		return "number"
	case "countries", "languages", "labelTypes":
		return "array"
	case "jobTitle", "jobDescription", "experienceLevel", "paymentType", "dataVolumeUnit":
		return "string"
	}
	return ""
}

func (s *standIn) postDraft(c *standInCall) (int, any) {
	var body jsonObject
	if json.Unmarshal([]byte(c.body), &body) != nil || body == nil {
		return refuse(400, "The body must be a JSON object.", nil)
	}
	source, _ := body["source"].(jsonObject)
	kind := standInText(source["type"], body["format"])
	if raw := standInText(body["rawJobDescription"]); kind == "" && raw != "" {
		kind = "text"
	}
	if kind != "" && !slices.Contains(standInFormats, kind) {
		return refuse(400, "Unsupported import format.", jsonObject{"supportedFormats": standInFormats})
	}
	text := standInText(source["text"], body["rawJobDescription"])
	if kind == "" || kind == "text" && text == "" || len([]rune(text)) > 60_000 {
		return refuse(400, "Send a job description of up to 60,000 characters.", nil)
	}
	key := standInText(source["idempotencyKey"], body["idempotencyKey"])
	for _, j := range s.jobs {
		if key != "" && j.idempotencyKey == key && j.owner == c.owner.id {
			return 200, s.report(j, s.options.createForm, true)
		}
	}
	parse := s.options.parse
	if parse == nil {
		parse = standInParse
	}
	parsed := parse(body)
	j := s.insert(standInJob{
		owner: c.owner.id, fields: parsed.fields, needs: parsed.needs, guesses: parsed.guesses, warnings: parsed.warnings,
		unmapped: parsed.unmapped, idempotencyKey: key, externalID: standInText(source["externalId"], body["externalId"]),
	}, c.now)
	return cmp.Or(s.options.createStatus, 201), s.report(j, s.options.createForm, true)
}

// standInText returns the first of some values that is a text with something in it.
func standInText(values ...any) string {
	for _, value := range values {
		if text, _ := value.(string); text != "" {
			return text
		}
	}
	return ""
}

// standInParse understands a text's first line as the title, and the keys of a canonical job.
// It needs a title, a level and a pay rate.
func standInParse(body map[string]any) standInJob {
	source, _ := body["source"].(jsonObject)
	fields := jsonObject{}
	if text := standInText(source["text"], body["rawJobDescription"], source["xml"], body["xml"]); text != "" {
		title, _, _ := strings.Cut(text, "\n")
		fields["jobTitle"], fields["jobDescription"] = title, text
	}
	for _, from := range []any{source["job"], body["job"], source["jsonLd"], body["jsonLd"]} {
		job, _ := from.(jsonObject)
		for key, value := range job {
			key = cmp.Or(map[string]string{
				"title": "jobTitle", "description": "jobDescription", "tools": "labelingSoftware",
				"rateAmount": standInRates[standInText(job["paymentType"])],
			}[key], key)
			if slices.Contains(standInKeys, key) {
				fields[key] = value
			}
		}
	}
	return standInJob{fields: fields, needs: []string{"jobTitle", "experienceLevel", "pricePerLabel"}}
}

// missing are the keys that a job still needs. A rate is that of the job's payment type.
func (s *standIn) missing(j *standInJob) []string {
	keys := []string{}
	for _, key := range j.needs {
		if rate := standInRates[standInText(j.fields["paymentType"])]; rate != "" && strings.Contains(strings.ToLower(key), "price") {
			key = rate
		}
		if value := j.fields[key]; value == nil || value == "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func (s *standIn) patchDraft(c *standInCall) (int, any) {
	fields, issues := s.readFields(c.body)
	if issues != nil {
		return refuse(400, "Invalid request body.", jsonObject{"issues": issues})
	}
	j, found := s.own(c)
	if !found {
		return noJob()
	}
	if j.status != "DRAFT" {
		return refuse(409, "This job is not a draft. Use PATCH /jobs/{id}.",
			jsonObject{"jobId": j.id, "status": j.status, "requiredStatus": "DRAFT"})
	}
	s.write(j, c, fields)
	return 200, s.report(j, s.options.patchForm, false)
}

// write sets fields. Guesses about them are then settled.
func (s *standIn) write(j *standInJob, c *standInCall, fields jsonObject) {
	changes := s.options.noopMoves
	for key, value := range fields {
		changes = changes || !standInSame(j.fields[key], value)
	}
	j.guesses = slices.DeleteFunc(slices.Clone(j.guesses), func(guess any) bool { key, _ := guess.(string); return fields[key] != nil })
	if changes {
		s.change(j, c.now, func(j *standInJob) {
			for key, value := range fields {
				j.fields[key] = value
			}
		})
	}
}

// readFields reads the body of a PATCH, or says in zod's words what is wrong with it.
func (s *standIn) readFields(body string) (fields jsonObject, issues []any) {
	if json.Unmarshal([]byte(body), &fields) != nil || fields == nil {
		return nil, []any{jsonObject{"code": "invalid_type", "expected": "object", "path": []any{}, "message": "Expected object"}}
	}
	if len(fields) == 0 {
		return nil, []any{jsonObject{"code": "custom", "path": []any{}, "message": "Send at least one field."}}
	}
	var unknown []string
	for key, value := range fields {
		got := standInKind(value)
		switch want := standInType(key); {
		case !slices.Contains(standInKeys, key) && !slices.Contains(s.options.extraKeys, key):
			unknown = append(unknown, key)
		case want != "" && want != got, value == nil:
			issues = append(issues, jsonObject{"code": "invalid_type", "expected": want, "received": got, "path": []string{key},
				"message": fmt.Sprintf("Expected %s, received %s", want, got)})
		case standInEnums[key] != nil && !slices.Contains(standInEnums[key], standInText(value)):
			issues = append(issues, jsonObject{"code": "invalid_enum_value", "options": standInEnums[key], "received": value,
				"path": []string{key}, "message": fmt.Sprintf("Invalid enum value, received '%v'", value)})
		}
	}
	if slices.Sort(unknown); unknown != nil {
		issues = append(issues, jsonObject{"code": "unrecognized_keys", "keys": unknown, "path": []any{},
			"message": "Unrecognized key(s) in object: '" + strings.Join(unknown, "', '") + "'"})
	}
	return fields, issues
}

// standInKind is zod's name for the type of a value.
func standInKind(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "array"
	}
	return "object"
}

// report is the answer to a create or PATCH.
func (s *standIn) report(j *standInJob, form standInForm, create bool) jsonObject {
	url := "https://app.opentrain.ai/job-post?" + map[standInForm]string{guideForm: "job=", referenceForm: "jobId="}[form] + j.id
	answer := jsonObject{"ok": true, "jobId": j.id, "status": j.status, "draftUrl": url, "validation": s.validation(j, form)}
	if form == referenceForm && create {
		answer["reviewUrl"] = url
	}
	if form == guideForm || create {
		answer["missingFields"], answer["normalizedFields"] = s.entries(j, form), j.fields
	}
	if form == guideForm {
		answer["lowConfidenceFields"], answer["warnings"], answer["unmappedFields"] = orNone(j.guesses), orNone(j.warnings), orNone(j.unmapped)
	}
	return answer
}

func orNone(list []any) []any { return append([]any{}, list...) }

func (s *standIn) validation(j *standInJob, form standInForm) jsonObject {
	missing, issues := s.missing(j), []any{}
	if s.options.issues != nil {
		issues = orNone(s.options.issues(j.fields))
	}
	var shown any = []any{}
	switch how := cmp.Or(s.options.validationMissing, []string{"names", "none"}[form]); how {
	case "names":
		shown = missing
	case "entries":
		shown = s.entries(j, form)
	}
	return jsonObject{"publishReady": len(missing)+len(issues) == 0, "issueCount": len(issues),
		"missingFieldCount": len(missing), "missingFields": shown, "issues": issues}
}

// entries are the top-level missingFields.
func (s *standIn) entries(j *standInJob, form standInForm) []any {
	entries := []any{}
	for _, key := range s.missing(j) {
		entries = append(entries, standInEntry(key, form))
	}
	return entries
}

func standInEntry(key string, form standInForm) jsonObject {
	words := standInWords(key)
	label := strings.ToUpper(words[:1]) + words[1:]
	options, kind, example := any(nil), cmp.Or(standInType(key), "string"), any("some text")
	prompt := "What is the " + words + "?"
	what := label
	switch {
	case key == "experienceLevel":
		prompt = "What experience level should AI trainers have?"
	case strings.HasPrefix(key, "pricePer"):
		prompt, what = "How much will you pay "+strings.TrimPrefix(words, "price ")+" (USD)?", "A pay rate"
	}
	if values := slices.Clone(standInEnums[key]); values != nil {
		if key == "experienceLevel" && form == guideForm {
			values[1], values[2] = values[2], values[1]
		}
		options, kind, example = values, "enum", values[len(values)/2]
	} else if kind == "number" {
		example = 0.05
	}
	if key == "experienceLevel" {
		example = "INTERMEDIATE"
	}
	entry := jsonObject{"field": key, "label": label, "type": kind, "enumValues": options, "updateKeys": []string{key}}
	if form == guideForm {
		entry["message"], entry["code"] = what+" is required", "MISSING_"+strings.ToUpper(strings.ReplaceAll(words, " ", "_"))
		entry["prompt"] = strings.Replace(prompt, " have?", " have for this job?", 1)
		entry["example"] = jsonObject{key: example}
		return entry
	}
	if values, some := options.([]string); some {
		prompt += " (" + strings.Join(values, ", ") + ")"
	}
	entry["message"], entry["code"], entry["prompt"] = what+" is required before publishing.", "missing_required_field", "ask: "+prompt
	entry["example"], entry["hint"] = fmt.Sprint(example), nil
	if key == "experienceLevel" {
		entry["hint"] = "Pick the minimum level the work realistically needs."
	}
	return entry
}

// standInWords spells a key as words: "pricePerLabel" is "price per label".
func standInWords(key string) string {
	var words strings.Builder
	for _, r := range key {
		if unicode.IsUpper(r) {
			words.WriteByte(' ')
		}
		words.WriteRune(unicode.ToLower(r))
	}
	return words.String()
}
