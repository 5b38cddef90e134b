package opentrain_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
)

// TestAnswersOfThePages: every member of the API's samples has a field, and its value is in the result.
func TestAnswersOfThePages(t *testing.T) {
	for name, e := range endpoints() {
		value, err := answered(t, e, e.answer)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if kept := keptIn(value); len(kept) > 0 && name != "poll updates" { // the data of an event has no fields
			t.Errorf("%s: no fields for %v", name, kept)
		}
		out := encodeJSON(t, value)
		for path, leaf := range leaves(decodeJSON(t, e.answer)) {
			shown := leaf != nil && leaf != "whsec_1" && leaf != "ot_pat_new_1" && path != "ok"
			if want := member(path, leaf); shown != strings.Contains(out, want) && leaf != nil {
				t.Errorf("%s: %s in %s", name, want, out)
			}
		}
	}
}

// member writes the last part of a path and its value as in JSON.
func member(path string, leaf any) string {
	value := fmt.Sprintf("%v", leaf)
	if text, ok := leaf.(string); ok {
		value = fmt.Sprintf("%q", text)
	}
	name := path[strings.LastIndex(path, ".")+1:]
	if strings.Trim(name, "0123456789") == "" { // an entry of a list
		return value
	}
	return fmt.Sprintf("%q:%s", name, value)
}

// TestUnknownMembersAreKept: a member that has no field is kept in the object that it is in, wherever that is.
func TestUnknownMembersAreKept(t *testing.T) {
	for name, e := range endpoints() {
		answer, added := decodeJSON(t, e.answer), []string{}
		eachObject(answer, func(object map[string]any) {
			added = append(added, fmt.Sprintf("new%d", len(added)))
			object[added[len(added)-1]] = map[string]any{"a": []any{json.Number("1.50"), nil}}
		})
		value, err := answered(t, e, encodeJSON(t, answer))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		kept := keptIn(value)
		for _, member := range added {
			if string(kept[member]) != `{"a":[1.50,null]}` && !strings.Contains(encodeJSON(t, value), member) { // in an open part
				t.Errorf("%s: %s is lost, only %v is kept", name, member, slices.Sorted(maps.Keys(kept)))
			}
		}
	}
}

// TestOddMembersAreKept: a member of an unexpected type takes nothing with it, and is kept.
func TestOddMembersAreKept(t *testing.T) {
	for name, e := range endpoints() {
		for path := range leaves(decodeJSON(t, e.answer)) {
			answer := decodeJSON(t, e.answer)
			replace(answer, strings.Split(path, "."), map[string]any{"odd": "marker"})
			value, err := answered(t, e, encodeJSON(t, answer))
			if err != nil {
				if asError(t, err).Code != opentrain.CodeBadResponse {
					t.Errorf("%s, %s: %v", name, path, err)
				}
				continue // without it, the response isn't what was asked for
			}
			if all := encodeJSON(t, keptIn(value)) + encodeJSON(t, value); !strings.Contains(all, "marker") {
				t.Errorf("%s: %s is lost: %s", name, path, all)
			}
		}
	}
}

// TestOutagesAreErrors: what is not the API's result is an error, not an empty one.
func TestOutagesAreErrors(t *testing.T) {
	for name, e := range endpoints() {
		first, _, _ := strings.Cut(e.answer, ":")
		for _, body := range []string{
			``, `{}`, `[]`, `null`, `7`, `<html>`, `{"ok":true}`, `{"message":"ok"}`, `{"error":"x"}`, `{"":[]}`,
			first + `:null}`, first + `:{}}`, first + `:7}`,
		} {
			if _, err := answered(t, e, body); err == nil {
				t.Errorf("%s: no error for %s", name, body)
			} else if code := asError(t, err).Code; code != opentrain.CodeBadResponse {
				t.Errorf("%s: %s: %v", name, body, err)
			}
		}
	}
}

// answered makes a call that gets an answer.
func answered(t *testing.T, e endpoint, answer string) (any, error) {
	t.Helper()
	client, err := opentrain.New(opentrain.Config{Transport: always(answer)})
	if err != nil {
		t.Fatal(err)
	}
	return e.make(opentrain.WithToken(t.Context(), secret), client)
}

// keptIn returns the members of a result that have no fields, by name.
func keptIn(result any) opentrain.Fields {
	found := opentrain.Fields{}
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			walk(v.Elem())
		case reflect.Struct:
			for _, field := range reflect.VisibleFields(v.Type()) {
				if field.IsExported() && len(field.Index) == 1 {
					walk(v.FieldByIndex(field.Index))
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			if fields, ok := v.Interface().(opentrain.Fields); ok {
				maps.Copy(found, fields)
			}
		default:
		}
	}
	walk(reflect.ValueOf(result))
	return found
}

func decodeJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	decoder, value := json.NewDecoder(strings.NewReader(text)), map[string]any{}
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func encodeJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// children are the parts of a JSON value, by name or index.
func children(value any) map[string]any {
	parts := map[string]any{}
	switch value := value.(type) {
	case map[string]any:
		return value
	case []any:
		for i, entry := range value {
			parts[fmt.Sprint(i)] = entry
		}
	}
	return parts
}

// eachObject calls f for every object in a value.
func eachObject(value any, f func(map[string]any)) {
	for _, part := range children(maps.Clone(children(value))) {
		eachObject(part, f)
	}
	if object, ok := value.(map[string]any); ok {
		f(object)
	}
}

// leaves are the parts of a value that have none, by path.
func leaves(value any) map[string]any {
	all := map[string]any{}
	for name, part := range children(value) {
		if len(children(part)) == 0 {
			all[name] = part
		}
		for path, leaf := range leaves(part) {
			all[name+"."+path] = leaf
		}
	}
	return all
}

func replace(value any, path []string, by any) {
	if len(path) > 1 {
		replace(children(value)[path[0]], path[1:], by)
		return
	}
	switch value := value.(type) {
	case map[string]any:
		value[path[0]] = by
	case []any:
		var i int
		if _, err := fmt.Sscan(path[0], &i); err == nil {
			value[i] = by
		}
	}
}
