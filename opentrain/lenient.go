package opentrain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// decodeLenient decodes the members of a JSON object into the fields of target, a pointer to a struct. It
// skips members of an unexpected type: a created draft must not be lost because the type of a hint has
// changed. encoding/json by itself does not do: after a mismatch it leaves zero values behind pointers and in
// lists, and a failing UnmarshalJSON ends the decoding.
func decodeLenient(data []byte, target any) error {
	var members map[string]view
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	v := reflect.ValueOf(target).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		member, present := members[name]
		if !present || name == "-" {
			continue
		}
		field := v.Field(i)
		if value := reflect.New(field.Type()); json.Unmarshal(member, value.Interface()) == nil {
			field.Set(value.Elem())
		} else if field.Kind() == reflect.Slice && field.Type().Elem().Kind() != reflect.Uint8 {
			decodeEntries(member, field)
		}
	}
	return nil
}

// view is a part of a JSON text, without a copy as in json.RawMessage. It is valid while the text is: a copy at every
// level of a response would take several times its size.
type view []byte

// UnmarshalJSON implements json.Unmarshaler. json.Unmarshal calls it with a part of the text that it decodes.
func (v *view) UnmarshalJSON(data []byte) error {
	*v = data
	return nil
}

// decodeEntries decodes a JSON array into a slice and skips entries of an unexpected type. The slice stays
// nil if no entry is left.
func decodeEntries(array []byte, slice reflect.Value) {
	var entries []view
	if json.Unmarshal(array, &entries) != nil {
		return
	}
	for _, entry := range entries {
		if value := reflect.New(slice.Type().Elem()); json.Unmarshal(entry, value.Interface()) == nil {
			slice.Set(reflect.Append(slice, value.Elem()))
		}
	}
}

// FieldPath is the path of a field, such as "skills.0". The API writes it as a string or, in validation
// issues, as an array of its parts.
type FieldPath string

// UnmarshalJSON implements json.Unmarshaler. It accepts "a.b", ["a", "b"] and ["a", 0].
func (p *FieldPath) UnmarshalJSON(data []byte) error {
	var path string
	if json.Unmarshal(data, &path) == nil {
		*p = FieldPath(path)
		return nil
	}
	var parts []any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&parts); err != nil {
		return err
	}
	names := make([]string, 0, len(parts))
	for _, part := range parts {
		switch part.(type) {
		case string, json.Number:
			names = append(names, fmt.Sprint(part))
		}
	}
	*p = FieldPath(strings.Join(names, "."))
	return nil
}
