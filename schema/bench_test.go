package schema_test

import (
	"encoding/json"
	"testing"
)

// BenchmarkDecode: arguments as the schema has them, and arguments that are
// understood, not taken literally.
func BenchmarkDecode(b *testing.B) {
	for name, args := range map[string]string{
		"exact":   `{"id":"a","size":1.5,"count":2,"urgent":true,"level":"EXPERT","tags":["x","y"],"open":{"price":2}}`,
		"lenient": `{"id":1,"size":"1.5","count":"2","urgent":"true","level":"any level","tags":"x","open":"{\"price\":\"2\"}"}`,
		"refused": `{"size":"lots","level":"GURU","zzz":1}`,
	} {
		b.Run(name, func(b *testing.B) {
			input := newOrder(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := input.Decode(json.RawMessage(args)); (err != nil) != (name == "refused") {
					b.Fatal(err)
				}
			}
		})
	}
}
