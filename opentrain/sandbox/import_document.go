package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// rules give roles to the parts of a document: to those whose path ends with one of these, which are in lower case,
// without namespaces, and begin with the job. The pages don't document how the API reads documents, so this is our
// assumption. All other parts are reported.
var rules = []struct{ role, paths string }{
	{"title", "job/title job/positiontitle positionprofile/positiontitle positiondetail/positiontitle " +
		"jobpositioninformation/jobpositiontitle"},
	{"name", "job/name"},
	{"description", "job/description"},
	{"section", "positionformatteddescription/content jobpositiondescription/jobpositionpurpose value/description value/jobdescription " +
		"value/jobofferdescription value/tasks value/responsibilities value/qualifications value/requirements value/benefits"},
	{"id", "job/identifier identifier/value job/referencenumber job/requisitionid job/documentid recordinfo/id/idvalue postingid/idvalue"},
	{"languages", "job/knowslanguage knowslanguage/name positionprofile/languagecode positionprofile/workinglanguagecode"},
	{"countries", "job/country applicantlocationrequirements applicantlocationrequirements/name positionlocation/address/countrycode " +
		"applicantlocationrequirements/addresscountry physicallocation/postaladdress/countrycode locationsummary/countrycode"},
	{"location", "job/joblocation joblocation/address/addresscountry joblocation/address/addresscountry/name"},
	{"amount", "job/basesalary basesalary/value basesalary/value/value basesalary/price job/salary compensation/payrate"},
	{"least", "basesalary/minvalue basesalary/value/minvalue remunerationrange/minimumamount basepay/basepayamountmin"},
	{"most", "basesalary/maxvalue basesalary/value/maxvalue remunerationrange/maximumamount basepay/basepayamountmax"},
	{"currency", "job/salarycurrency basesalary/currency basesalary/pricecurrency salary/@currency payrate/@currency " +
		"basepay/@currencycode minimumamount/@currencyid maximumamount/@currencyid"},
	{"unit", "basesalary/unittext basesalary/unitcode basesalary/value/unittext basesalary/value/unitcode salary/@period " +
		"payrate/@interval basepay/@baseinterval remunerationrange/remunerationintervalcode"},
	{"structure", "@schemalocation @version @majorversionid @minorversionid"},
}

func roleOf(key string) string {
	for _, rule := range rules {
		for end := range strings.FieldsSeq(rule.paths) {
			if strings.HasSuffix("/"+key, "/"+end) {
				return rule.role
			}
		}
	}
	return ""
}

// fact is a text in a document.
type fact struct{ path, text string }

// reading is a document that is being read: its facts by their roles.
type reading struct {
	imported
	names string // of the elements, or the type of the object, that describe a job
	jobs  int
	size  int    // of XML in tokens
	open  string // the path of the element of XML that is being read
	facts map[string][]fact
}

// add adds a fact, or reports it if it has no role.
func (d *reading) add(path, key, text string) {
	f := fact{path, strings.TrimSpace(text)}
	switch role := roleOf(key); {
	case f.text == "" || role == "structure":
	case role == "" || key == "":
		d.report(notRead, f)
	default:
		d.facts[role] = append(d.facts[role], f)
	}
}

// readDocument reads a document that describes one job under one of the names.
func readDocument(names string) func(Variant, json.RawMessage, []any) (imported, *apiError) {
	return func(_ Variant, raw json.RawMessage, path []any) (imported, *apiError) {
		d := reading{imported: imported{parsed: parsed{fields: values{}}}, names: names, facts: map[string][]fact{}}
		failure := (*apiError)(nil)
		if path[len(path)-1] == "xml" {
			failure = d.readXML(raw, path)
		} else {
			d.addJSON(raw, "jsonLd")
		}
		if failure == nil && d.jobs != 1 {
			failure = badDocument(path, "A draft is made from one %s; there are %d.", strings.ReplaceAll(names, " ", " or "), d.jobs)
		}
		if failure == nil {
			d.setTexts()
			if d.facts["countries"] == nil {
				d.facts["countries"], d.facts["location"] = d.facts["location"], nil
			}
			d.report(notUsed, d.facts["location"]...) // applicants needn't be where the office is
			d.setPlaces("languages", kindLanguages)
			d.setPlaces("countries", kindCountries)
			d.setPay()
		}
		return d.imported, failure
	}
}

func (d *reading) setTexts() {
	title := strings.ReplaceAll(d.only("title", "name"), "\n", " ")
	texts := []string{d.only("description")}
	for _, f := range d.facts["section"] {
		if text := plainText(f.text); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	d.externalID, d.description = d.only("id"), strings.TrimSpace(strings.Join(texts, "\n\n"))
	for key, text := range map[string]string{"jobTitle": title, "jobDescription": d.description} {
		if text != "" {
			d.fields[key] = text
		}
	}
	if len(d.facts["title"]) > 1 {
		d.doubt("jobTitle", "The document has more than one title.")
	}
}

// only returns the first text with one of the roles, and reports the others.
func (d *reading) only(roles ...string) string {
	only := ""
	for _, role := range roles {
		for _, f := range d.facts[role] {
			switch text := plainText(f.text); {
			case text == "":
				d.report("Nothing is left of it without its markup.", f)
			case only == "":
				only = text
			case text != only:
				d.report(notUsed, f)
			}
		}
	}
	return only
}

// setPlaces sets languages or countries by their names or codes.
func (d *reading) setPlaces(key string, kind kind) {
	for _, f := range d.facts[key] {
		name, issues := decodePlace(kind, encode(plainText(f.text)), nil)
		if places := d.fields.list(key); issues != nil {
			d.report(fmt.Sprint(issues[0]["message"]), f)
		} else if !slices.Contains(places, fmt.Sprint(name)) {
			d.fields[key] = append(places, fmt.Sprint(name))
		}
	}
}

// setPay sets a rate that is plainly in US dollars per hour, or in words. Other pay is reported.
func (d *reading) setPay() {
	said, all := map[string]string{}, []fact(nil)
	for _, role := range []string{"amount", "least", "most", "currency", "unit"} {
		for _, f := range d.facts[role] {
			if !strings.EqualFold(said[role], f.text) {
				said[role] = strings.TrimSpace(said[role] + " " + f.text)
			}
		}
		all = append(all, d.facts[role]...)
	}
	amount, least, most, currency := said["amount"], said["least"], said["most"], said["currency"]
	rate, isRate := plainNumber(cmp.Or(amount, least))
	read, reason := parsed{fields: values{"paymentType": payPerHour, "pricePerHour": rate}}, ""
	switch {
	case amount+least+most == "":
		reason = notRead
	case amount != "" && !isRate && len(all) == 1:
		if read = parse(amount); !read.fields.has(rateKey(read.fields.text("paymentType"))) {
			reason = "This sandbox reads no rate in US dollars here; OpenTrain may."
		}
	case currency == "":
		reason = "It has no currency, so it wasn't taken as US dollars."
	case currency != "USD":
		reason = "Rates are in US dollars; this one is in " + currency + "."
	case !isRate || amount != "" && least+most != "":
		reason = "This isn't one plain rate."
	case !oneOf(strings.ToLower(said["unit"]), "hour hourly hr hur"):
		reason = "Here, this sandbox reads only rates per hour; OpenTrain may read more."
	case least != "":
		read.doubt("pricePerHour", fmt.Sprintf("The document gives a range from %s to %s; this is its lower end.", least, most))
	}
	if reason != "" {
		d.otherPay = reason != notRead
		d.report(reason, all...)
		return
	}
	for _, key := range []string{"paymentType", rateKey(read.fields.text("paymentType"))} {
		d.fields[key] = read.fields[key]
	}
	d.guesses, d.unmapped = append(d.guesses, read.guesses...), append(d.unmapped, read.unmapped...)
}

// plainNumber reads a number above zero that is written with digits and a point only.
func plainNumber(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && n > 0 && strings.Trim(text, "0123456789.") == ""
}
