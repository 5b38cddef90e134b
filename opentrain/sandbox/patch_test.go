package sandbox_test

import (
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

func TestPatchToReady(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		a := newAPI(t, sandbox.Config{Variant: v})
		a.create(guideText)
		got := a.want(200, "PATCH", "/job-drafts/job_1", object{"experienceLevel": "INTERMEDIATE"})
		gap := dig(got, "validation", "missingFields", 0)
		if v == sandbox.Guide {
			equal(t, "gap", gap, "dataVolumeUnit")
			equal(t, "gaps", missing(got), []string{"dataVolumeUnit"})
			equal(t, "level", dig(got, "normalizedFields", "experienceLevel"), "INTERMEDIATE")
		} else {
			equal(t, "gap", dig(gap, "field"), "dataVolumeUnit")
			equal(t, "prompt", dig(gap, "prompt"), "ask: What unit is the data volume in? (HOURS_OF_RECORDING_AUDIO_VIDEO, NUMBER_OF_FILES, NUMBER_OF_WORDS, UNKNOWN_NOT_SPECIFIED)")
			equal(t, "number of members", len(got), 5)
		}
		got = a.want(200, "PATCH", "/job-drafts/job_1", object{"dataVolumeUnit": "UNKNOWN_NOT_SPECIFIED", "dataVolume": 50000})
		equal(t, "validation", got["validation"],
			object{"publishReady": true, "issueCount": 0, "missingFieldCount": 0, "missingFields": []string{}, "issues": []string{}})
	})
}

// TestPatchPay answers the question that has two update keys.
func TestPatchPay(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	got := a.create("Entry-level annotators for bounding boxes on 500 photos")
	equal(t, "pay", dig(got, "missingFields", 0), object{
		"field": "pay", "label": "Pay", "message": "Pay is required", "code": "MISSING_PAY", "type": "object",
		"prompt":     "How will AI trainers be paid (per hour, per label or a fixed price), and how much (USD)?",
		"updateKeys": []string{"paymentType", "pricePerHour", "pricePerLabel", "fixedPrice"},
		"example":    object{"paymentType": "PAY_PER_HOUR", "pricePerHour": 18},
	})
	got = a.want(200, "PATCH", "/job-drafts/job_1", object{"paymentType": "FIXED_PRICE"})
	equal(t, "after the type", missing(got), []string{"fixedPrice"})
	got = a.want(200, "PATCH", "/job-drafts/job_1", object{"paymentType": "PAY_PER_LABEL"})
	equal(t, "after another type", missing(got), []string{"pricePerLabel"})
	got = a.want(200, "PATCH", "/job-drafts/job_1", object{"pricePerLabel": 45})
	equal(t, "after the rate", missing(got), []string{})
	equal(t, "warnings", len(list(got["warnings"])), 1)
	got = a.want(200, "PATCH", "/job-drafts/job_1", object{"pricePerLabel": 0.0001})
	equal(t, "warnings", len(list(got["warnings"])), 1)
}

func TestPatchDataVolume(t *testing.T) {
	a := newAPI(t, sandbox.Config{Variant: sandbox.Reference})
	equal(t, "gaps", missing(a.create("Entry-level annotators for bounding boxes, $10 an hour")), []string{"dataVolume"})
	got := a.want(200, "PATCH", "/job-drafts/job_1", object{"dataVolumeUnit": "NUMBER_OF_FILES"})
	equal(t, "gap", dig(got, "validation", "missingFields", 0, "updateKeys"), []string{"dataVolume"})
	equal(t, "example", dig(got, "validation", "missingFields", 0, "example"), "5000")
	got = a.want(200, "PATCH", "/job-drafts/job_1", object{"dataVolumeUnit": "UNKNOWN_NOT_SPECIFIED"})
	equal(t, "ready", dig(got, "validation", "publishReady"), true)
	got = a.want(200, "PATCH", "/job-drafts/job_1", object{"dataVolumeUnit": nil})
	equal(t, "example", dig(got, "validation", "missingFields", 0, "example"), object{"dataVolume": 5000, "dataVolumeUnit": "NUMBER_OF_FILES"})
}

// TestPatchClears checks null, and that a cleared field is asked for again.
func TestPatchClears(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	a.create(readyText)
	got := a.want(200, "PATCH", "/job-drafts/job_1", object{"jobTitle": nil, "jobDescription": nil, "labelTypes": []string{}, "experienceLevel": nil,
		"paymentType": nil, "pricePerHour": nil, "dataVolume": nil, "dataVolumeUnit": nil})
	equal(t, "gaps", missing(got), []string{"jobTitle", "jobDescription", "labelTypes", "experienceLevel", "pay"})
	got = a.want(200, "PATCH", "/job-drafts/job_1", object{"labelTypes": []string{"TRANSCRIPTION"}})
	equal(t, "gaps", missing(got), []string{"jobTitle", "jobDescription", "experienceLevel", "pay", "dataVolume", "languages"})
	title := a.want(200, "GET", "/jobs/mine", nil)
	equal(t, "title", dig(title, "jobs", 0, "title"), "Untitled job")
}

func TestPatchAnswersGuesses(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	got := a.create("Bounding boxes on 500 photos, $15-20/hour, NDA possible")
	equal(t, "guess", dig(got, "lowConfidenceFields", 0, "field"), "pricePerHour")
	equal(t, "gaps", missing(got), []string{"experienceLevel", "ndaRequired"})
	got = a.want(200, "PATCH", "/job-drafts/job_1", object{"pricePerHour": 17.5, "ndaRequired": false})
	equal(t, "guesses", got["lowConfidenceFields"], []any{})
	equal(t, "nda", dig(got, "normalizedFields", "ndaRequired"), false)
}

func TestPatchTakesEveryKey(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	a.create(guideText)
	fields := object{"headcount": 3, "languages": []string{"French", "Dutch"}, "countries": []string{"Belgium"}, "ndaRequired": true, "dataVolume": 12.5}
	for _, key := range strings.Fields("labelingOverview datasetDescription dataType subjectMatter labelingSoftware aiInterviewRequirements " +
		"budgetRange workloadDesc timeRequirement projectDuration freelancerType projectScope visibility") {
		fields[key] = "text of " + key
	}
	got := a.want(200, "PATCH", "/job-drafts/job_1", fields)
	for key, value := range fields {
		equal(t, key, dig(got, "normalizedFields", key), value)
	}
}

// TestPatchIssues checks that all problems are reported at once and nothing changes.
func TestPatchIssues(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		a := newAPI(t, sandbox.Config{Variant: v})
		before := a.create(guideText)
		levels := []string{"EXPERT", "INTERMEDIATE", "ENTRY_LEVEL", "ANY_EXPERIENCE_LEVEL"}
		if v == sandbox.Reference {
			levels = []string{"EXPERT", "ENTRY_LEVEL", "INTERMEDIATE", "ANY_EXPERIENCE_LEVEL"}
		}
		enum := "'" + strings.Join(levels, "' | '") + "'"
		got := a.want(400, "PATCH", "/job-drafts/job_1", `{
			"zebra": 1, "jobTitle": "never set", "dataVolume": "18", "headcount": 1.5, "experienceLevel": "Intermediate",
			"paymentType": 7, "pricePerHour": -1, "pricePerLabel": 0, "fixedPrice": 1e999, "countries": "US",
			"languages": ["English", 5, " "], "labelTypes": ["BOUNDING_BOX", "boxes"], "ndaRequired": "yes",
			"visibility": {}, "subjectMatter": true, "apple": null}`)
		equal(t, "issues", list(dig(got, "details", "issues"))[:12], []object{
			{"code": "invalid_type", "expected": "string", "received": "boolean", "path": []string{"subjectMatter"}, "message": "Expected string, received boolean"},
			{"code": "invalid_type", "expected": "number", "received": "string", "path": []string{"dataVolume"}, "message": "Expected number, received string"},
			{"code": "invalid_type", "expected": "integer", "received": "float", "path": []string{"headcount"}, "message": "Expected integer, received float"},
			{"code": "invalid_enum_value", "options": levels, "received": "Intermediate", "path": []string{"experienceLevel"}, "message": "Invalid enum value. Expected " + enum + ", received 'Intermediate'"},
			{"code": "invalid_type", "expected": "'PAY_PER_LABEL' | 'PAY_PER_HOUR' | 'FIXED_PRICE'", "received": "number", "path": []string{"paymentType"}, "message": "Expected 'PAY_PER_LABEL' | 'PAY_PER_HOUR' | 'FIXED_PRICE', received number"},
			{"code": "too_small", "minimum": 0, "type": "number", "inclusive": false, "exact": false, "path": []string{"pricePerHour"}, "message": "Number must be greater than 0"},
			{"code": "too_small", "minimum": 0, "type": "number", "inclusive": false, "exact": false, "path": []string{"pricePerLabel"}, "message": "Number must be greater than 0"},
			{"code": "not_finite", "path": []string{"fixedPrice"}, "message": "Number must be finite"},
			{"code": "invalid_type", "expected": "array", "received": "string", "path": []string{"countries"}, "message": "Expected array, received string"},
			{"code": "invalid_type", "expected": "string", "received": "number", "path": []any{"languages", 1}, "message": "Expected string, received number"},
			{"code": "too_small", "minimum": 1, "type": "string", "inclusive": true, "exact": false, "path": []any{"languages", 2}, "message": "String must contain at least 1 character(s)"},
			{"code": "invalid_enum_value", "options": list(dig(got, "details", "issues", 11, "options")), "received": "boxes", "path": []any{"labelTypes", 1}, "message": str(dig(got, "details", "issues", 11, "message"))},
		})
		issues := list(dig(got, "details", "issues"))
		equal(t, "last", issues[len(issues)-1], object{"code": "unrecognized_keys", "keys": []string{"apple", "zebra"}, "path": []any{}, "message": "Unrecognized key(s) in object: 'apple', 'zebra'"})
		equal(t, "object for a string", dig(issues[12], "received"), "object")
		equal(t, "string for a boolean", dig(issues[13], "expected"), "boolean")
		_, after := a.do("PATCH", "/job-drafts/job_1", object{"headcount": 10})
		if v == sandbox.Guide {
			equal(t, "the draft", after, before)
		}
	})
}

func TestPatchRefusals(t *testing.T) {
	a := newAPI(t, sandbox.Config{Accounts: []sandbox.Account{writer("one"), writer("two")}})
	a.create(readyText)
	a.want(400, "PATCH", "/job-drafts/job_1", `{}`)
	a.want(400, "PATCH", "/job-drafts/job_1", `[1]`)
	a.want(400, "PATCH", "/job-drafts/job_1", object{"jobTitle": ""})
	a.want(400, "PATCH", "/job-drafts/job_1", object{"jobDescription": strings.Repeat("x", 60_001)})
	a.want(404, "PATCH", "/job-drafts/job_2", object{"headcount": 1})
	a.as("two").want(404, "PATCH", "/job-drafts/job_1", object{"headcount": 1})
	a.want(200, "POST", "/jobs/job_1/publish", nil)
	got := a.want(409, "PATCH", "/job-drafts/job_1", object{"headcount": 1})
	equal(t, "code", got["code"], "CONFLICT")
	equal(t, "details", got["details"], object{"jobId": "job_1", "status": "OPEN", "requiredStatus": "DRAFT"})
	if !strings.Contains(str(got["error"]), "PATCH /jobs/{id}") {
		t.Errorf("message: %v", got["error"])
	}
}

// TestPatchPlaces sends countries and languages in all forms, to drafts and live jobs.
func TestPatchPlaces(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		a := newAPI(t, sandbox.Config{Variant: v})
		a.create(readyText)
		live := a.publishNew("Street photo boxes")
		for _, path := range []string{"/job-drafts/job_1", "/jobs/" + live} {
			for given, code := range map[string]string{"Kenya": "KE", "kenya": "KE", "KE": "KE", "ken": "KE", " Kenya ": "KE",
				"USA": "US", "UK": "GB", "GBR": "GB", "Czech Republic": "CZ", "Czechia": "CZ", "Ivory Coast": "CI",
				"Turkey": "TR", "South Korea": "KR", "Vietnam": "VN"} {
				a.want(200, "PATCH", path, object{"countries": []string{given}})
				if path == "/jobs/"+live {
					equal(t, given, a.want(200, "GET", path, nil)["countries"], []string{code})
				}
			}
			for given, name := range map[string]string{"Spanish": "Spanish", "spanish": "Spanish", "es": "Spanish",
				"pt-BR": "Portuguese", "Deutsch": "German", "español": "Spanish"} {
				a.want(200, "PATCH", path, object{"languages": []string{given}})
				if path == "/jobs/"+live {
					equal(t, given, a.want(200, "GET", path, nil)["languages"], []string{name})
				}
			}
			a.want(200, "PATCH", path, object{"countries": []string{"US", "USA", "Kenya"}, "languages": []string{}})
			got := a.want(400, "PATCH", path, object{"countries": []string{"Kenya", "Narnia"}, "languages": []string{"Elvish", "any"},
				"headcount": 99})
			equal(t, "issues", dig(got, "details", "issues"), []object{
				{"code": "custom", "path": []any{"countries", 1},
					"message": `"Narnia" isn't a country. Send the English name or ISO code of each country, such as "Kenya" or "KE".`},
				{"code": "custom", "path": []any{"languages", 0},
					"message": `"Elvish" isn't a language. Send the English name or ISO code of each language, such as "Spanish" or "es".`},
				{"code": "custom", "path": []any{"languages", 1}, "message": `"any" isn't a language. To allow every language, send an empty list.`},
			})
			for _, anywhere := range []string{"Remote", "WORLDWIDE", "anywhere"} {
				message := str(dig(a.want(400, "PATCH", path, object{"countries": []string{anywhere}}), "details", "issues", 0, "message"))
				if !strings.Contains(message, anywhere) || !strings.Contains(message, "To allow every country, send an empty list.") {
					t.Errorf("%s: %s", anywhere, message)
				}
			}
			for _, region := range []string{"Europe", "EU", "LATAM", "Atlantis", "XX"} {
				a.want(400, "PATCH", path, object{"countries": []string{region}})
			}
		}
		equal(t, "unchanged", a.want(200, "GET", "/jobs/"+live, nil)["countries"], []string{"US", "KE"})
		a.want(200, "PATCH", "/jobs/"+live, object{"countries": []string{}})
		equal(t, "open to all", a.want(200, "GET", "/jobs/"+live, nil)["countries"], []any{})
		if v == sandbox.Guide {
			got := a.want(200, "PATCH", "/job-drafts/job_1", object{"countries": []string{"GBR", "UK"},
				"languages": []string{"zh", "ja"}})
			equal(t, "countries", dig(got, "normalizedFields", "countries"), []string{"United Kingdom"})
			equal(t, "languages", dig(got, "normalizedFields", "languages"), []string{"Chinese", "Japanese"})
		}
	})
}
