package sandbox

import (
	"encoding/json"
	"strings"
)

// readIndeed reads an entry of an Indeed feed: a <job>, alone or as the only one in a <source>.
func readIndeed(_ Variant, raw json.RawMessage, path []any) (imported, *apiError) {
	root, failure := readXML(raw, path)
	if failure != nil {
		return imported{}, failure
	}
	m := imported{fields: values{}}
	job := root
	if root.name == "source" {
		var jobs []*element
		for _, child := range root.children {
			if child.name == "job" {
				jobs = append(jobs, child)
			} else if child.text != "" {
				m.addUnmapped(child.path, "This describes the feed, not the job.", child.text)
			}
		}
		if len(jobs) != 1 {
			return m, badDocument(path, "<source> has %d <job> elements; a draft is made from one.", len(jobs))
		}
		job = jobs[0]
	}
	if job.name != "job" {
		return m, badDocument(path, "The root is <%s>; an entry of an Indeed feed is a <job>.", root.name)
	}
	for _, leaf := range job.leaves() {
		if reason := m.indeed(leaf); reason != "" {
			m.addUnmapped(leaf.path, reason, leaf.text)
		}
	}
	return m, nil
}

// indeed reads one element, or returns why it matches no field.
func (m *imported) indeed(e *element) (reason string) {
	switch e.name {
	case "title":
		m.set("jobTitle", e.text)
	case "description":
		m.description = plainText(e.text)
		m.set("jobDescription", m.description)
	case "referencenumber", "requisitionid":
		if m.externalID != "" {
			return "A draft has one external id."
		}
		m.externalID = e.text
	case "country":
		m.country(e.text)
	case "salary":
		if !m.salaryText(e.text) {
			return "It names no rate in US dollars by the hour, by the label or in total."
		}
	case "experience":
		if !m.setFromText("experienceLevel", e.text) {
			return "It names no experience level."
		}
	case "category":
		if !m.setFromText("labelTypes", strings.ReplaceAll(e.text, ",", ". ")) {
			return "It names no kind of labeling."
		}
	case "jobtype":
		if !strings.Contains(strings.ToLower(e.text), "contract") {
			return "AI trainers are contractors."
		}
	case "city", "state", "postalcode", "streetaddress":
		return "Work is restricted by country only."
	case "date", "url", "expirationdate", "lastactivitydate":
		return "The marketplace sets this itself when the job is published."
	case "company", "sourcename":
		return "The company comes from the account."
	default:
		return "No draft field corresponds to this element."
	}
	return ""
}

// salaryText parses a rate in words, like a description.
func (m *imported) salaryText(text string) bool {
	read := parse("Pay is " + text + ".")
	key := rateKey(read.fields.text("paymentType"))
	if key == "" || !read.fields.has(key) {
		return false
	}
	m.pay(read.fields.text("paymentType"), read.fields.number(key))
	for _, g := range read.guesses {
		if g.Field == key || g.Field == "paymentType" {
			m.guesses = append(m.guesses, g)
		}
	}
	return true
}
