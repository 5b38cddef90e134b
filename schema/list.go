package schema

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

func (d *decoder) array(path string, node *Node, raw json.RawMessage) json.RawMessage {
	var items []json.RawMessage
	isList := decodes(raw, &items)
	if !isList {
		text, _ := unquote(raw)
		parts := partsIn(text)
		if strings.HasPrefix(strings.TrimSpace(text), "[") {
			parts = valuesIn(text)
		}
		if !d.affords(path, parts) {
			return nil
		}
		var why, instead string
		if !decodes([]byte(text), &items) {
			items, why, instead = d.split(node, text)
		}
		if items == nil {
			d.advise(path, instead, "%s is not a list%s", quote(raw), why)
			return nil
		}
	}
	said, entries := len(d.interpreted), []json.RawMessage{}
	for i, item := range items {
		if len(d.problems) >= maxProblems {
			break
		}
		entries = append(entries, d.entries(path+"["+strconv.Itoa(i)+"]", node, item)...)
	}
	if node.MinItems != nil && uint64(len(entries)) < *node.MinItems {
		d.reject(path, "has too few entries; send at least %d", *node.MinItems)
	}
	list := d.encode(path, entries)
	if !isList {
		d.interpreted = d.interpreted[:said]                 // one sentence is enough
		if len(entries) != 1 || !sameText(entries[0], raw) { // more than brackets
			d.interpret(path, raw, list)
		}
	}
	return list
}

// separators are the marks between entries in a text. In an entry of a list, they belong to a name: "Korea, South".
const separators = ",;\n"

// entries reads an entry of a list, which may name several: "English and Spanish".
func (d *decoder) entries(path string, node *Node, raw json.RawMessage) []json.RawMessage {
	text, isText := unquote(raw)
	items, said := []json.RawMessage{raw}, len(d.interpreted)
	switch {
	case !isText, strings.TrimSpace(text) == "", d.refusal(raw) != "", d.isOne(node, text):
	case !d.affords(path, partsIn(text)):
		return nil
	case d.leavesChoice(node, text):
		d.advise(path, askWhich, "%s leaves a choice", quote(raw))
		return []json.RawMessage{nil}
	case readingOf(node).Split != nil && !strings.ContainsAny(text, separators):
		var why, instead string
		if items, why, instead = d.split(node, text); items == nil {
			d.advise(path, instead, "%s is not one entry of a list%s", quote(raw), why)
			return []json.RawMessage{nil}
		}
	}
	entries := make([]json.RawMessage, len(items))
	for i, item := range items {
		entries[i] = d.value(path, node.Items, item)
	}
	switch {
	case len(items) > 1:
		d.interpreted = d.interpreted[:said] // one sentence is enough
		d.interpret(path, raw, d.encode(path, entries))
	case isText && !sameText(items[0], raw):
		d.interpreted = d.interpreted[:said]
		d.interpret(path, raw, entries[0])
	}
	return entries
}

// askWhich is what to do about a choice.
const askWhich = "ask the human which"

// split makes a list of a text. When its meaning is not plain, it returns why, and what to do instead.
func (d *decoder) split(node *Node, text string) (items []json.RawMessage, why, instead string) {
	instead = `send ["…", "…"]`
	text = strings.TrimSpace(text)
	split := readingOf(node).Split
	switch {
	case text == "", strings.ContainsAny(text, "[{"):
		return nil, "", instead
	case d.isOne(node, text):
	case d.leavesChoice(node, text):
		return nil, ": it leaves a choice", askWhich
	case split != nil:
		for _, entry := range split(text) {
			items = append(items, d.encode("", entry))
		}
		return items, "", instead
	case strings.ContainsAny(text, separators):
		return nil, "", instead
	}
	return []json.RawMessage{d.encode("", text)}, "", ""
}

// isOne reports whether a text is one of the values that entries may have, with all its marks and words.
func (d *decoder) isOne(node *Node, text string) bool {
	return slices.ContainsFunc(enumValues(node.Items), func(value string) bool {
		return strings.EqualFold(text, value) || d.dialect.Label != nil && strings.EqualFold(text, d.dialect.Label(value))
	})
}

func (d *decoder) leavesChoice(node *Node, text string) bool {
	return !readingOf(node).OrIsAnd && isChoice(text)
}
