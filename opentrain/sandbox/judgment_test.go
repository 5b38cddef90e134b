package sandbox_test

import (
	"maps"
	"slices"
	"testing"
)

// TestTheJudgeIsFair: a report that quotes everything and reads nothing is true, but reads no plain fact; one that
// reads the plain facts too is clean; a made-up value, a loss and a plain fact that isn't read are noticed.
func TestTheJudgeIsFair(t *testing.T) {
	t.Parallel()
	for _, want := range slices.Concat(truths(t, "texts.yaml"), truths(t, "documents.yaml")) {
		if want.Refused != nil {
			continue
		}
		if v := judge(want, report(want, false)); len(v.wrong)+len(v.lost) > 0 || len(v.unread) != v.plain {
			t.Errorf("a report that quotes everything: %+v\n   in: %s%s", v, want.Name, want.Text)
		}
		if v := judge(want, report(want, true)); !v.clean() {
			t.Errorf("a report that reads the plain facts: %+v\n   in: %s%s", v, want.Name, want.Text)
		}
		if v := judge(want, object{}); len(v.lost) != v.seen+len(want.Asked) || len(v.unread) != v.plain {
			t.Errorf("an empty report: %+v\n   in: %s%s", v, want.Name, want.Text)
		}
		madeUp := report(want, true)
		obj(madeUp["normalizedFields"])["fixedPrice"] = 4711.0
		if v := judge(want, madeUp); len(v.wrong) != 1 {
			t.Errorf("a report with a made-up value: %+v\n   in: %s%s", v, want.Name, want.Text)
		}
	}
}

// report is a report that quotes the whole text and asks for everything, and reads the plain facts or nothing.
func report(want truth, reads bool) object {
	fields, guesses := object{}, []any{}
	unmapped := []any{object{"path": "source.text", "reason": "Not used.", "valuePreview": want.Text + want.Document}}
	for _, f := range want.facts() {
		unmapped = append(unmapped, object{"path": f.piece, "reason": "Not used.", "valuePreview": f.piece})
	}
	if reads {
		maps.Copy(fields, want.Must)
		for field, value := range want.Guess {
			guesses = append(guesses, object{"field": field, "value": value, "reason": want.Text + want.Document})
			fields[field] = value
		}
	}
	questions := []any{object{"field": "pay", "updateKeys": []any{"paymentType", "pricePerHour", "pricePerLabel", "fixedPrice"}}}
	for _, key := range want.Asked {
		questions = append(questions, object{"field": key, "updateKeys": []any{key}})
	}
	return object{"normalizedFields": fields, "lowConfidenceFields": guesses, "unmappedFields": unmapped, "missingFields": questions}
}
