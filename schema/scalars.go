package schema

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (d *decoder) text(path string, node *Node, raw json.RawMessage) json.RawMessage {
	text, ok := unquote(raw)
	read := readingOf(node).Text
	switch {
	case len(node.Enum) > 0:
		return d.enum(path, node, raw)
	case !ok && !isNumber(raw):
		d.reject(path, "%s is not a string", quote(raw))
		return nil
	case !ok:
		text = string(raw)
	}
	meant := text
	if read != nil && len(text) > longest {
		limit := longest
		if node.MaxLength != nil {
			limit = int(min(*node.MaxLength, longest))
		}
		d.reject(path, "has %d characters; the limit is %d", utf8.RuneCountInString(text), limit)
		return nil
	}
	if read != nil && strings.TrimSpace(text) != "" {
		var err error
		if meant, err = read(text); err != nil {
			d.reject(path, "%v", err)
			return nil
		}
	}
	if !ok || meant != text {
		raw = d.interpret(path, raw, d.encode(path, meant))
	}
	text = meant
	length := utf8.RuneCountInString(text)
	switch {
	case node.MinLength != nil && *node.MinLength > 0 && strings.TrimSpace(text) == "":
		d.reject(path, "must not be empty")
	case node.MaxLength != nil && length > int(min(*node.MaxLength, math.MaxInt32)):
		d.reject(path, "has %d characters; the limit is %d", length, *node.MaxLength)
	}
	return raw
}

func (d *decoder) enum(path string, node *Node, raw json.RawMessage) json.RawMessage {
	allowed := enumValues(node)
	text, ok := unquote(raw)
	if !ok {
		d.add(func() Problem { return notAText(path, quote(raw), allowed) })
		return nil
	}
	value, found := matchFor(path, text, allowed, d.dialect.Label)
	switch {
	case found && value != text:
		return d.interpret(path, raw, d.encode(path, value))
	case !found && (!d.open || readingOf(node).Complete):
		d.add(func() Problem {
			problem := NotAllowed(path, text, allowed, d.dialect.Label)
			if d.open && problem.after == "" { // a human's word, and no slip
				problem.Advice = askWhich
			}
			return problem
		})
	}
	return raw
}

// unclear is the advice for a value that isn't clear: in an open object, where people's words arrive, they are asked.
func (d *decoder) unclear() string {
	if d.open {
		return "ask the human if it isn't clear"
	}
	return ""
}

func (d *decoder) number(path string, node *Node, raw json.RawMessage) json.RawMessage {
	reading := readingOf(node)
	dollars := reading.Dollars
	if !isNumber(raw) {
		text, negative := strings.CutPrefix(withoutUnit(short(raw), reading.Units), "-")
		number, ok := ParseNumber(text, dollars)
		_, otherwise := ParseNumber(strings.ReplaceAll(text, ".", ","), dollars)
		switch {
		case !ok && otherwise:
			d.advise(path, "ask the human, and send digits without a separator", "%s can be read in two ways", quote(raw))
			return nil
		case !ok && dollars:
			amount := strings.Join(append([]string{"one amount in dollars"}, reading.Units[:min(1, len(reading.Units))]...), " ")
			d.advise(path, "ask the human for "+amount, "%s is not a number of US dollars", quote(raw))
			return nil
		case !ok && hasNumbers(text):
			d.advise(path, askWhich, "%s is not a number: it leaves a choice", quote(raw))
			return nil
		case !ok:
			d.advise(path, d.unclear(), "%s is not a number; send digits only, without a unit", quote(raw))
			return nil
		}
		if negative { // the bounds refuse it
			number = "-" + number
		}
		if figures(text) == figures(number) {
			raw = json.RawMessage(number)
		} else {
			raw = d.interpret(path, raw, json.RawMessage(number))
		}
	}
	value, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		d.reject(path, "%s is out of range", quote(raw))
		return nil
	}
	if node.Type == "integer" {
		whole, err := strconv.ParseInt(strings.TrimSuffix(string(raw), ".0"), 10, 64)
		switch {
		case err == nil:
		case value != math.Trunc(value):
			d.reject(path, "%s is not a whole number", quote(raw))
			return nil
		case math.Abs(value) >= 1<<63:
			d.reject(path, "%s is out of range", quote(raw))
			return nil
		default: // such as 1e3 or 3.00, which must go through a float64 with its 53 bits
			whole = int64(value)
		}
		raw = strconv.AppendInt(nil, whole, 10)
	}
	if bound, err := node.Minimum.Float64(); err == nil && value < bound {
		d.reject(path, "%s is too small; it must be at least %s", quote(raw), node.Minimum)
	}
	if bound, err := node.ExclusiveMinimum.Float64(); err == nil && value <= bound {
		d.reject(path, "%s is too small; it must be above %s", quote(raw), node.ExclusiveMinimum)
	}
	if bound, err := node.Maximum.Float64(); err == nil && value > bound {
		d.reject(path, "%s is too large; it must be at most %s", quote(raw), node.Maximum)
	}
	return raw
}

func (d *decoder) boolean(path string, raw json.RawMessage) json.RawMessage {
	if text := string(raw); text == "true" || text == "false" {
		return raw
	}
	switch fold(short(raw)) {
	case "TRUE", "YES":
		return json.RawMessage("true")
	case "FALSE", "NO":
		return json.RawMessage("false")
	}
	d.reject(path, "%s is not a boolean; send true or false", quote(raw))
	return nil
}

// figures are the digits of a number as it is written, with its point.
func figures(number string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		if r == '.' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number), "0")
}

// short is a text that may have another form, "" for one that is too long.
func short(raw json.RawMessage) string {
	text, _ := unquote(raw)
	if len(text) > longest {
		return ""
	}
	return text
}

// hasNumbers reports whether a text has several numbers: "10-15", but not "1e3".
func hasNumbers(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != ',' })
	return len(slices.DeleteFunc(words, func(word string) bool { return !strings.ContainsFunc(word, unicode.IsDigit) })) > 1
}
