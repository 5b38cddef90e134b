package acceptance_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"strings"
)

// corrected are the arguments of a refused call, corrected by what the refusal and the
// tool's schema say.
func (k *walk) corrected(name string, arguments map[string]any, got answer) map[string]any {
	k.t.Helper()
	var details struct {
		Problems []struct {
			Path, Message string
			Allowed       []string
		}
	}
	if err := json.Unmarshal([]byte(jsonOf(k.t, got.failure.Details)), &details); err != nil {
		k.t.Fatal(err)
	}
	var fixed map[string]any
	if err := json.Unmarshal([]byte(jsonOf(k.t, arguments)), &fixed); err != nil {
		k.t.Fatal(err)
	}
	if fixed == nil {
		fixed = map[string]any{}
	}
	if len(details.Problems) == 0 { // OpenTrain's words name the argument
		named := len(fixed)
		maps.DeleteFunc(fixed, func(key string, _ any) bool { return strings.Contains(got.text, key) })
		if len(fixed) == named {
			k.fail("the refusal doesn't say which arguments are wrong")
		}
	}
	for _, problem := range details.Problems {
		if !strings.Contains(got.text, problem.Message) && len(problem.Allowed) == 0 {
			k.fail("the text doesn't have the problem %q", problem.Message)
		}
		parent, schema, key := fixed, k.schemas[name], problem.Path
		if inner, nested := strings.CutPrefix(problem.Path, "fields."); nested {
			properties, _ := schema["properties"].(map[string]any)
			schema, _ = properties["fields"].(map[string]any)
			parent, _ = fixed["fields"].(map[string]any)
			key = inner
		}
		key, _, inList := strings.Cut(key, "[")
		value, keep := k.value(schema, key, problem.Message, problem.Allowed)
		delete(parent, key)
		switch {
		case keep && inList:
			parent[key] = []any{value}
		case keep:
			parent[key] = value
		}
	}
	return fixed
}

// value is what a model puts in place of a refused value: an allowed one, the one that the
// message suggests, or one of the schema's type. An argument that the tool doesn't have, or
// has no place for, is left out.
func (k *walk) value(schema map[string]any, key, message string, allowed []string) (value any, keep bool) {
	properties, _ := schema["properties"].(map[string]any)
	property, known := properties[key].(map[string]any)
	example := regexp.MustCompile(`such as (\S+)|pass nextCursor|: (\w+) or \w+$`).FindStringSubmatch(message)
	switch {
	case !known && len(properties) > 0 && len(allowed) > 0, strings.Contains(message, "is not a job field"),
		strings.Contains(message, "is not an argument"), strings.Contains(message, "can't be "):
		return nil, false
	case len(allowed) > 0:
		return allowed[0], true
	case example != nil:
		value := example[1] + example[2]
		return value, value != ""
	case property["type"] == "number", property["type"] == "integer", strings.Contains(message, "number"):
		return 7, true
	case property["type"] == "boolean":
		return true, true
	case property["type"] == "array":
		return []string{"Spanish"}, true
	case property["type"] == "object":
		return map[string]any{"headcount": 7}, true
	case key == "jobId":
		return "job_1", true
	case key == "confirmationToken", key == "cursor":
		return nil, false
	}
	return "Plain and honest words", true
}
