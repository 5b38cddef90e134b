package opentrain

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// Extra holds the members of an answer that this client has no field for, or
// whose form it did not expect, by name.
type Extra map[string]json.RawMessage

// decodeLenient decodes the members of a JSON object into the fields of known,
// a pointer to a struct. A member without a field, or of another form than its
// field, goes to the field Extra, if there is one, instead of failing the whole
// answer: a job that was made must not be lost because a hint became an object.
func decodeLenient(data []byte, known any) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	v := reflect.ValueOf(known).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		member, present := members[name]
		if !present || name == "-" {
			continue
		}
		field := reflect.New(v.Field(i).Type())
		if json.Unmarshal(member, field.Interface()) == nil {
			v.Field(i).Set(field.Elem())
			delete(members, name)
		} else if some := goodEntries(member, v.Field(i).Type()); some.IsValid() {
			v.Field(i).Set(some) // the member stays among the extra ones too
		}
	}
	if extra, keeps := v.Type().FieldByName("Extra"); keeps && len(members) > 0 {
		v.FieldByIndex(extra.Index).Set(reflect.ValueOf(Extra(members)))
	}
	return nil
}

// goodEntries decodes the entries of a list that have the form of its type: one
// bad entry must not lose the others. It is invalid where there is none.
func goodEntries(member json.RawMessage, list reflect.Type) (some reflect.Value) {
	var entries []json.RawMessage
	if list.Kind() != reflect.Slice || list.Elem().Kind() == reflect.Uint8 || json.Unmarshal(member, &entries) != nil {
		return some
	}
	for _, entry := range entries {
		value := reflect.New(list.Elem())
		if json.Unmarshal(entry, value.Interface()) != nil {
			continue
		}
		if !some.IsValid() {
			some = reflect.MakeSlice(list, 0, len(entries))
		}
		some = reflect.Append(some, value.Elem())
	}
	return some
}

// marshalWithExtra encodes known, a struct, and adds the extra members.
func marshalWithExtra(known any, extra Extra) ([]byte, error) {
	data, err := json.Marshal(known)
	if err != nil || len(extra) == 0 {
		return data, err
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	for name, value := range extra {
		members[name] = value
	}
	return json.Marshal(members)
}

func isObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{"))
}

func isArray(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(data), []byte("["))
}

// FieldPath is a path to a field: the API writes it as a string or, in
// validation issues, as an array of its parts.
type FieldPath string

// UnmarshalJSON accepts "a.b", ["a", "b"] and ["a", 0].
func (p *FieldPath) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*p = FieldPath(s)
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
		switch part := part.(type) {
		case string:
			names = append(names, part)
		case json.Number:
			names = append(names, part.String())
		}
	}
	*p = FieldPath(strings.Join(names, "."))
	return nil
}
