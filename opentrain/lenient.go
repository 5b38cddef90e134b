package opentrain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
	decodeMembers(members, target)
	return nil
}

// decodeWordsOr decodes a string into words, and anything else into the fields of target, a pointer to a struct without UnmarshalJSON.
func decodeWordsOr(data []byte, words *string, target any) error {
	switch {
	case len(data) > 0 && data[0] == '"':
		return json.Unmarshal(data, words)
	case len(data) <= smallSize && decodeStrict(data, reflect.ValueOf(target).Elem()): // as in decodeValue
		return nil
	}
	return decodeLenient(data, target)
}

// decodeMembers decodes members into the fields of target and takes them out of the map. If target embeds More, it
// keeps what is left.
func decodeMembers(members map[string]view, target any) {
	v := reflect.ValueOf(target).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		member, present := members[name]
		if present && name != "" && name != "-" && decodeValue(member, v.Field(i)) {
			delete(members, name)
		}
	}
	if more, ok := target.(interface{ keep(map[string]view) }); ok {
		more.keep(members)
	}
}

// decodeValue decodes a value into v. It reports whether all of it is there.
func decodeValue(data []byte, v reflect.Value) bool {
	if len(data) <= smallSize && decodeStrict(data, v) { // a second copy of a large value would take memory that isn't reserved
		return true
	}
	custom := v.Addr().Type().Implements(reflect.TypeFor[json.Unmarshaler]())
	switch kind := v.Kind(); {
	case string(data) == "null":
		return true
	case kind == reflect.Struct && !custom:
		return decodeLenient(data, v.Addr().Interface()) == nil
	case kind == reflect.Pointer:
		value := reflect.New(v.Type().Elem())
		if !decodeValue(data, value.Elem()) {
			return false
		}
		v.Set(value)
		return true
	case kind == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && !custom:
		return decodeEntries(data, v)
	}
	value := reflect.New(v.Type())
	if json.Unmarshal(data, value.Interface()) == nil {
		v.Set(value.Elem())
		return true
	}
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 && decodeEntries(data, v)
}

// decodeStrict decodes a value that is just as its type says, in one pass: ten times faster than looking at every member. It reports
// whether it is; otherwise v stays zero. Members that More keeps are left to decodeMembers. A type without More has no part with one.
func decodeStrict(data []byte, v reflect.Value) bool {
	kept := v.Type()
	if kept.Kind() == reflect.Slice || kept.Kind() == reflect.Pointer {
		kept = kept.Elem()
	}
	keeps := reflect.PointerTo(kept).Implements(reflect.TypeFor[interface{ keep(map[string]view) }]())
	if jsonv2.Unmarshal(data, v.Addr().Interface(), jsonv2.RejectUnknownMembers(keeps), jsonv2.WithUnmarshalers(numbers())) == nil {
		return true
	}
	v.SetZero()
	return false
}

// numbers makes json.Number what it is for encoding/json: only a number.
var numbers = sync.OnceValue(func() *jsonv2.Unmarshalers {
	return jsonv2.UnmarshalFromFunc(func(in *jsontext.Decoder, n *json.Number) error {
		value, err := in.ReadValue()
		if err != nil {
			return err
		}
		return json.Unmarshal(value, n)
	})
})

// decodeResult decodes the result of a request, at once if it is just as its type says.
func decodeResult(body []byte, req request, target any) error {
	if req.member == "" && !req.anyMember && len(body) <= smallSize && decodeStrict(body, reflect.ValueOf(target).Elem()) {
		return nil
	}
	members, err := resultMembers(body, req)
	if err == nil {
		decodeMembers(members, target)
	}
	return err
}

// resultMembers returns the members of the object that is the result of a request. The API puts most results into a
// member of the response; what is beside it belongs to the result too. A list is under "items".
func resultMembers(body []byte, req request) (map[string]view, error) {
	var members map[string]view
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	name := req.member
	if _, named := members[name]; !named && req.anyMember {
		name = onlyList(members)
	}
	switch result := members[name]; {
	case name == "", len(result) == 0:
	case result[0] == '[':
		delete(members, name)
		members["items"] = result
	case result[0] == '{':
		delete(members, name)
		var inner map[string]view
		if err := json.Unmarshal(result, &inner); err != nil {
			return nil, err
		}
		maps.Copy(members, inner)
	}
	return members, nil
}

// onlyList returns the name of the only member that is a list, "" if there are none or several.
func onlyList(members map[string]view) string {
	found := ""
	for name, member := range members {
		if member[0] == '[' && found != "" {
			return ""
		}
		if member[0] == '[' {
			found = name
		}
	}
	return found
}

// More is embedded in results that keep everything that the API sends.
type More struct {
	// Unknown are the members that have no field here, and those of an unexpected type. It is nil if there are none.
	// What looks like one of OpenTrain's secrets is taken out.
	Unknown Fields `json:"-"`
}

func (m *More) keep(members map[string]view) {
	for name, member := range members {
		if name == "ok" && string(member) == "true" { // of every successful write
			continue
		}
		if m.Unknown == nil {
			m.Unknown = Fields{}
		}
		m.Unknown[string(hideTokens([]byte(name)))] = bytes.Clone(hideTokens(member)) // the response must not stay in memory
	}
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
// nil if no entry is left. It reports whether all entries are there.
func decodeEntries(array []byte, slice reflect.Value) bool {
	var entries []view
	if json.Unmarshal(array, &entries) != nil {
		return false
	}
	complete := true
	list := reflect.MakeSlice(slice.Type(), 0, 0) // grows with what decodes: entries may be much smaller than their structs
	for _, entry := range entries {
		value := reflect.New(slice.Type().Elem()).Elem()
		if decodeValue(entry, value) {
			list = reflect.Append(list, value)
		} else {
			complete = false
		}
	}
	if complete || list.Len() > 0 {
		slice.Set(list)
	}
	return complete
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
