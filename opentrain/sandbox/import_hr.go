package sandbox

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// readHR reads an HR-XML JobPositionPosting or an HR Open PositionOpening, in any namespace. Versions of the
// standards nest the same data differently, so elements are recognized by name at any depth.
func readHR(_ Variant, raw json.RawMessage, path []any) (imported, *apiError) {
	root, failure := readXML(raw, path)
	if failure != nil {
		return imported{}, failure
	}
	opening := root.find("PositionOpening", "JobPositionPosting")
	if opening == nil {
		return imported{}, badDocument(path, "The root is <%s>; there is no <PositionOpening> or <JobPositionPosting> in it.", root.name)
	}
	h := hrReader{imported: imported{fields: values{}}, root: opening}
	for _, leaf := range opening.leaves() {
		if reason := h.readElement(leaf); reason != "" {
			h.addUnmapped(leaf.path, reason, leaf.text)
		}
	}
	h.description = strings.Join(h.paragraphs, "\n\n")
	if h.description != "" {
		h.set("jobDescription", h.description)
	}
	return h.imported, nil
}

type hrReader struct {
	imported
	root       *element
	paragraphs []string
}

// readElement reads one element, or returns why it matches no field.
func (h *hrReader) readElement(e *element) (reason string) {
	switch e.name {
	case "PositionTitle", "JobPositionTitle", "Title":
		if h.fields.has("jobTitle") {
			return "A job has one title."
		}
		h.set("jobTitle", e.text)
	case "JobPositionPurpose", "PositionDescription", "FormattedPositionDescription", "PositionFormattedDescription", "Content", "Value", "Summary", "JobPositionDescription", "SummaryText":
		h.paragraphs = append(h.paragraphs, plainText(e.text))
	case "CountryCode", "Country":
		h.country(e.text)
	case "Municipality", "Region", "PostalCode", "CityName", "CountrySubDivisionCode", "AddressLine", "DeliveryAddress", "LocationName":
		return "Work is restricted by country only."
	case "NumberToFill", "OpenQuantity", "PositionOpenings", "OpenPositionQuantity":
		n, err := strconv.Atoi(e.text)
		if err != nil || n < 1 {
			return "This is not a number of people."
		}
		h.set("headcount", float64(n))
	case "Language", "LanguageCode", "LanguageName":
		return h.language(e.text)
	case "IdValue", "DocumentID", "JobPositionPostingId", "ID", "PositionID":
		if h.externalID != "" {
			return "A draft has one external id."
		}
		h.externalID = e.text
	case "ExperienceLevel", "YearsOfExperience", "ExperienceCategory", "CareerLevelCode", "RequiredExperience":
		if !h.setFromText("experienceLevel", e.text) {
			return "It names no experience level."
		}
	case "PayRate", "RatePerHour", "BasePay", "Amount", "BasePayAmount", "RemunerationAmount", "MinimumAmount", "MinimumRate", "HourlyRate":
		return h.rate(e)
	case "MaximumAmount", "MaximumRate":
		return "A job has one rate."
	case "RemunerationIntervalCode", "BasePayInterval", "RemunerationBasisCode", "PaymentInterval":
		return "" // read with the rate
	case "JobCategory", "JobCategoryCode", "CategoryCode", "Industry":
		if h.fields.has("labelTypes") || !h.setFromText("labelTypes", e.text) {
			return "It names no kind of labeling."
		}
	default:
		return "No draft field corresponds to this element."
	}
	return ""
}

// language adds a language by its name or a common ISO 639 code.
func (h *hrReader) language(text string) (reason string) {
	name, known := namedLanguage(text)
	if !known {
		name, _ = codedLanguage(text)
	}
	if name == "" {
		return "This language is unknown."
	}
	if list := h.fields.list("languages"); !slices.Contains(list, name) {
		h.set("languages", append(list, name))
	}
	return ""
}

// rate reads an amount whose unit is in an attribute or in a sibling element.
func (h *hrReader) rate(e *element) (reason string) {
	amount, isNumber := numberOf(e.text)
	unit := e.name
	for _, attr := range []string{"interval", "period", "type", "payUnit", "baseInterval", "unitCode"} {
		unit += " " + e.attrs[attr]
	}
	if beside := h.root.find("RemunerationIntervalCode", "BasePayInterval", "RemunerationBasisCode", "PaymentInterval"); beside != nil {
		unit += " " + beside.text
	}
	currency := strings.ToUpper(e.attrs["currency"] + e.attrs["currencyID"] + e.attrs["currencyCode"])
	switch unit = strings.ToLower(unit); {
	case !isNumber || amount <= 0:
		return "It has no amount above zero."
	case h.fields.has("paymentType"):
		return "A job has one rate."
	case currency != "" && currency != "USD":
		return "Rates are in US dollars; this one is in " + currency + "."
	case strings.Contains(unit, "hour"):
		h.pay(payPerHour, amount)
	case strings.Contains(unit, "fixed") || strings.Contains(unit, "lump"):
		h.pay(fixedPrice, amount)
	default:
		return "It doesn't say whether it is by the hour, by the label or in total."
	}
	return ""
}
