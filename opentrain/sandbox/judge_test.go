package sandbox_test

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// payKeys are the fields of pay. The key «pay» of texts.yaml stands for all of them.
var payKeys = []string{"paymentType", "pricePerHour", "pricePerLabel", "fixedPrice", "budgetRange"}

// fact is a piece of a text that must not get lost.
type fact struct {
	kind  string // an update key, pay, remark or path
	piece string
	is    string // the value, if the piece doesn't spell it in digits or in English
}

func (f fact) String() string { return fmt.Sprintf("%s %q", f.kind, f.piece) }

func (f fact) keys() []string {
	if f.kind == "pay" {
		return payKeys
	}
	return []string{f.kind}
}

func (want truth) facts() []fact {
	var all []fact
	for _, entry := range want.Facts {
		f := fact{is: entry["is"]}
		for key, piece := range entry {
			if key != "is" {
				f.kind, f.piece = key, piece
			}
		}
		all = append(all, f)
	}
	return all
}

// judge compares a report with the truth.
//
// Sure is every field of normalizedFields that isn't in lowConfidenceFields. A sure value has to be listed
// under must or may, with these exceptions: jobDescription is the text itself; jobTitle of a description is a
// matter of taste (that of a document isn't); paymentType can follow from a sure rate.
func judge(want truth, got object) verdict {
	var v verdict
	fields, guesses := obj(got["normalizedFields"]), map[string]any{}
	for _, g := range list(got["lowConfidenceFields"]) {
		guesses[str(dig(g, "field"))] = dig(g, "value")
		if str(dig(g, "reason")) == "" {
			v.wrong = append(v.wrong, fmt.Sprintf("the guess of %v has no reason", dig(g, "field")))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if _, guessed := guesses[key]; !guessed && !want.allows(key, fields) {
			v.wrong = append(v.wrong, fmt.Sprintf("%s = %v", key, fields[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want.Must)) {
		v.plain++
		if _, guessed := guesses[key]; guessed || !covers(fields[key], want.Must[key]) {
			v.unread = append(v.unread, fmt.Sprintf("%s = %v (got %v)", key, want.Must[key], fields[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want.Guess)) {
		v.plain++
		if value, guessed := guesses[key]; !guessed || !same(key, value, want.Guess[key]) {
			v.unread = append(v.unread, fmt.Sprintf("a guess of %s = %v (got %v)", key, want.Guess[key], fields[key]))
		}
	}
	for _, key := range want.Asked {
		if !asks(got, fact{kind: key}.keys()) {
			v.lost = append(v.lost, "the question about "+key)
		}
	}
	for _, piece := range want.Unsaid {
		if contains(remarks(got), piece) {
			v.wrong = append(v.wrong, fmt.Sprintf("a remark says %q", piece))
		}
	}
	for _, f := range want.facts() {
		v.seen++
		if !found(f, got) && (want.Lang == "" || !reportedUnread(f.piece, want.Text, got)) {
			v.lost = append(v.lost, f.String())
		}
	}
	return v
}

// allows reports whether a field can be sure with its value.
func (want truth) allows(key string, fields object) bool {
	value := fields[key]
	switch rates := map[any]string{"PAY_PER_HOUR": "pricePerHour", "PAY_PER_LABEL": "pricePerLabel", "FIXED_PRICE": "fixedPrice"}; {
	case key == "jobDescription", key == "jobTitle" && want.Format == "":
		return true
	case key == "paymentType" && fields[rates[value]] != nil:
		return true
	}
	permitted := slices.Clone(want.May[key])
	if must, isList := want.Must[key].([]any); isList {
		permitted = append(permitted, must...)
	} else if want.Must[key] != nil {
		permitted = append(permitted, want.Must[key])
	}
	items, isList := value.([]any)
	if !isList {
		items = []any{value}
	}
	for _, item := range items {
		if !slices.ContainsFunc(permitted, func(p any) bool { return same(key, item, p) }) {
			return false
		}
	}
	return true
}

// covers reports whether a value is the wanted one, or a list that has all of the wanted items.
func covers(value, want any) bool {
	wanted, isList := want.([]any)
	if !isList {
		return value != nil && same("", value, want)
	}
	for _, item := range wanted {
		if !slices.ContainsFunc(list(value), func(v any) bool { return same("", v, item) }) {
			return false
		}
	}
	return true
}

// same compares two values. Texts in a writer's own words can say more than the wanted value.
func same(key string, value, want any) bool {
	if n, isNumber := number(value); isNumber {
		w, comparable := number(want)
		return comparable && math.Abs(n-w) < 1e-9
	}
	v, w := plain(fmt.Sprint(value)), plain(fmt.Sprint(want))
	switch key {
	case "projectDuration", "timeRequirement", "workloadDesc", "labelingSoftware", "subjectMatter", "budgetRange":
		return strings.Contains(v, w)
	}
	return v == w
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

// plain is a text in lower case, with single spaces.
func plain(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// asks reports whether one of the fields is asked for.
func asks(got object, keys []string) bool {
	for _, gap := range list(got["missingFields"]) {
		for _, key := range append(list(dig(gap, "updateKeys")), dig(gap, "field")) {
			if slices.Contains(keys, str(key)) {
				return true
			}
		}
	}
	return false
}

// found reports whether a fact is in the report: as a value, in a remark, or by a question about its field.
func found(f fact, got object) bool {
	if f.kind == "path" {
		return slices.ContainsFunc(list(got["unmappedFields"]), func(u any) bool {
			return strings.Contains(plain(str(dig(u, "path"))), plain(f.piece)) && str(dig(u, "reason")) != ""
		})
	}
	fields, spells := obj(got["normalizedFields"]), speller(f.piece)
	for key, value := range fields {
		if (key == "jobTitle" || key == "jobDescription") && key != f.kind {
			continue
		}
		if (f.kind == "remark" || slices.Contains(f.keys(), key)) && f.hasValue(value) || spells(fmt.Sprint(value)) {
			return true
		}
	}
	if slices.ContainsFunc(remarks(got), spells) {
		return true
	}
	return f.kind != "remark" && asks(got, f.keys())
}

// remarks are the texts of guesses, unmapped parts and warnings.
func remarks(got object) []string {
	var all []string
	for _, g := range list(got["lowConfidenceFields"]) {
		if field := dig(g, "field"); field != "jobTitle" && field != "jobDescription" {
			all = append(all, fmt.Sprint(dig(g, "value")))
		}
		all = append(all, str(dig(g, "reason")))
	}
	for _, u := range list(got["unmappedFields"]) {
		all = append(all, str(dig(u, "valuePreview")), str(dig(u, "reason")))
	}
	for _, w := range list(got["warnings"]) {
		all = append(all, fmt.Sprint(w))
	}
	return all
}

// speller returns a function that reports whether a text has a piece, which isn't part of a longer number. A
// piece with an ellipsis has several parts: the text has all of them, in this order.
func speller(piece string) func(text string) bool {
	parts := strings.Split(plain(piece), " … ")
	return func(text string) bool {
		rest := plain(text)
		for _, part := range parts {
			end := spelledUntil(rest, part)
			if end < 0 {
				return false
			}
			rest = rest[end:]
		}
		return true
	}
}

// spelledUntil returns where the first occurrence of a part ends that isn't part of a longer number, or -1.
func spelledUntil(text, part string) int {
	for from := 0; ; {
		at := strings.Index(text[from:], part)
		if at < 0 {
			return -1
		}
		start, end := from+at, from+at+len(part)
		before, after := text[:start], text[end:]
		inNumber := isDigit(part, 0) && (isDigit(before, start-1) || endsInSeparator(before)) ||
			isDigit(part, len(part)-1) && (isDigit(after, 0) || isSeparator(after, 0) && isDigit(after, 1))
		if !inNumber {
			return end
		}
		from = end
	}
}

func isDigit(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }

func isSeparator(s string, i int) bool { return i >= 0 && i < len(s) && (s[i] == '.' || s[i] == ',') }

func endsInSeparator(s string) bool { return isSeparator(s, len(s)-1) && isDigit(s, len(s)-2) }

// hasValue reports whether a field's value is that of the fact.
func (f fact) hasValue(value any) bool {
	if items, isList := value.([]any); isList {
		return slices.ContainsFunc(items, f.hasValue)
	}
	if f.is != "" {
		return same("", value, f.is)
	}
	n, isNumber := number(value)
	if !isNumber {
		return plain(fmt.Sprint(value)) == plain(f.piece)
	}
	return slices.ContainsFunc(spelled(f.piece), func(s float64) bool { return math.Abs(s-n) < 1e-6 })
}

var digits = regexp.MustCompile(`\d(?:[\d.,   ]*\d)?`)

// spelled returns all numbers that the digits of a text can mean: 1.500 is 1,500 or one and a half, 5 is also
// five cents, five thousand (5k, 5 mil), fifty thousand (5万) and five million.
func spelled(text string) []float64 {
	var all []float64
	for _, token := range digits.FindAllString(text, -1) {
		bare := strings.NewReplacer(".", "", ",", "", " ", "", " ", "", " ", "").Replace(token)
		for _, spelling := range []string{bare, strings.ReplaceAll(token, ",", ""), strings.Replace(token, ",", ".", 1)} {
			n, err := strconv.ParseFloat(spelling, 64)
			if err != nil {
				continue
			}
			for _, factor := range []float64{1, 0.01, 1e3, 1e4, 1e5, 1e6} {
				all = append(all, n*factor)
			}
		}
	}
	return all
}

var unread = regexp.MustCompile(`(?i)(not|n't) read|not (in )?English|other than English|English only|only English`)

// reportedUnread reports whether the piece is in a part of the text that is reported as not read. The preview
// of such a part is the part, or its start and an ellipsis; then the part goes on to the end of the text.
func reportedUnread(piece, text string, got object) bool {
	text, spells := plain(text), speller(piece)
	for _, u := range list(got["unmappedFields"]) {
		preview, cut := strings.CutSuffix(plain(str(dig(u, "valuePreview"))), "…")
		start := strings.Index(text, preview)
		if preview == "" || start < 0 || !unread.MatchString(str(dig(u, "reason"))) {
			continue
		}
		part := text[start : start+len(preview)]
		if cut {
			part = text[start:]
		}
		if spells(part) {
			return true
		}
	}
	return false
}
