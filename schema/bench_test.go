package schema_test

import (
	"encoding/json"
	"testing"
)

// BenchmarkDecode decodes arguments that match the schema, arguments that need interpretation, and invalid
// ones.
func BenchmarkDecode(b *testing.B) {
	for name, args := range map[string]string{
		"exact":   `{"id":"a","size":1.5,"count":2,"urgent":true,"level":"EXPERT","tags":["x","y"],"open":{"price":2}}`,
		"lenient": `{"id":1,"size":"1.5","count":"2","urgent":"true","level":"any level","tags":"x","open":"{\"price\":\"2\"}"}`,
		"invalid": `{"size":"lots","level":"GURU","zzz":1}`,
	} {
		b.Run(name, func(b *testing.B) {
			input := newOrder(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := input.Decode(json.RawMessage(args), nil, new(order)); (err != nil) != (name == "invalid") {
					b.Fatal(err)
				}
			}
		})
	}
}
