package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// rules give roles to the parts of documents whose path ends so: in lower case, without namespaces, from the job on. The pages
// don't document how the API reads documents, so this is our assumption. Parts without a role are reported.
var rules = []struct{ role, paths string }{
	{"title", "job/title job/jobtitle job/positiontitle positionprofile/positiontitle positiondetail/positiontitle " +
		"jobpositioninformation/jobpositiontitle"},
	{"name", "job/name"},
	{"description", "job/description job/jobdescription"},
	{"section", "positionformatteddescription/content jobpositiondescription/jobpositionpurpose formattedpositiondescription/value"},
	{"heading", "formattedpositiondescription/name"},
	{"id", "job/identifier identifier/value job/referencenumber job/requisitionid job/documentid recordinfo/id/idvalue postingid/idvalue"},
	{"languages", "job/languages job/knowslanguage knowslanguage/name positionprofile/languagecode positionprofile/workinglanguagecode"},
	{"countries", "job/countries job/country job/applicantlocationrequirements applicantlocationrequirements/name " +
		"positionlocation/address/countrycode physicallocation/postaladdress/countrycode locationsummary/countrycode"},
	{"location", "job/joblocation joblocation/address/addresscountry joblocation/address/addresscountry/name"},
	{"amount", "job/rateamount job/basesalary basesalary/value basesalary/value/value basesalary/price job/salary compensation/payrate"},
	{"least", "basesalary/minvalue basesalary/value/minvalue remunerationrange/minimumamount basepay/basepayamountmin"},
	{"most", "basesalary/maxvalue basesalary/value/maxvalue remunerationrange/maximumamount basepay/basepayamountmax"},
	{"currency", "job/currency job/salarycurrency basesalary/currency basesalary/pricecurrency salary/@currency payrate/@currency " +
		"basepay/@currencycode minimumamount/@currencyid maximumamount/@currencyid"},
	{"unit", "job/paymenttype basesalary/unittext basesalary/unitcode basesalary/value/unittext basesalary/value/unitcode salary/@period " +
		"payrate/@interval basepay/@baseinterval remunerationrange/remunerationintervalcode"},
	{"tools", "job/tools"},
	{"", "@schemalocation @version @majorversionid @minorversionid"}, // without a fact
}

func roleOf(key string) string {
	for _, rule := range rules {
		for end := range strings.FieldsSeq(rule.paths) {
			if strings.HasSuffix("/"+key, "/"+end) {
				return rule.role
			}
		}
	}
	return "unknown"
}

// fact is a text of a document.
type fact struct{ path, text string }

// reading is a document that is being read.
type reading struct {
	imported
	names         string // of the elements, or the type of the object, that describe a job
	jobs, tokens  int
	open, heading string // of XML: the path of the open element, and the title of the next section
	currency      string // that of amounts without one
	facts         map[string][]fact
}

const sections = "description jobdescription jobofferdescription summary tasks duties responsibilities requirements qualifications benefits"

// add adds a fact under its role, or reports it.
func (d *reading) add(path, key, text string) {
	f := fact{path, strings.TrimSpace(text)}
	role := roleOf(key)
	switch {
	case f.text == "" || role == "":
	case role == "heading":
		d.heading = f.text
	case role == "section" && d.heading != "" && !oneOf(strings.ToLower(d.heading), sections): // a setting of the layout
		d.report(notRead, fact{path, d.heading + ": " + f.text})
	case role == "unknown":
		d.report(notRead, f)
	default:
		d.facts[role] = append(d.facts[role], f)
	}
}

// addJSON adds the facts of a JSON value.
func (d *reading) addJSON(path, key string, value any) {
	switch value := value.(type) {
	case map[string]any:
		types := strings.Fields(strings.NewReplacer("[", "", "]", "", "/", " ", "#", " ", ":", " ").Replace(fmt.Sprint(value["@type"])))
		if key == "" && slices.Contains(types, d.names) {
			d.jobs++
			key = "job"
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			local, inner := strings.ToLower(name[strings.LastIndexAny(name, "/#:")+1:]), key
			if key != "" && local != "@value" {
				inner += "/" + local
			}
			if local == "name" && slices.ContainsFunc(types, func(t string) bool { return oneOf(t, "State City AdministrativeArea") }) {
				inner += " of a region" // Georgia, the state
			}
			if !oneOf(local, "@context @type position") {
				d.addJSON(path+"."+preview(name), inner, value[name])
			}
		}
	case []any:
		for i, entry := range value {
			d.addJSON(fmt.Sprintf("%s[%d]", path, i), key, entry)
		}
	case nil:
	default:
		d.add(path, key, fmt.Sprint(value))
	}
}

// settle sets the fields from the facts.
func (d *reading) settle() {
	texts := []string{d.only("description")}
	for _, f := range d.facts["section"] {
		if text := plainText(f.text); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	d.description, d.externalID = strings.TrimSpace(strings.Join(texts, "\n\n")), d.only("id")
	d.set("jobDescription", d.description)
	d.set("jobTitle", strings.ReplaceAll(d.only("title", "name"), "\n", " "))
	if len(d.facts["title"]) > 1 {
		d.doubt("jobTitle", "The document has more than one title.")
	}
	if d.facts["countries"] == nil {
		d.facts["countries"], d.facts["location"] = d.facts["location"], nil
	}
	d.report(notUsed, d.facts["location"]...) // applicants needn't be where the office is
	var tools []string
	for _, f := range d.facts["tools"] {
		tools = append(tools, f.text)
	}
	d.set("labelingSoftware", strings.Join(tools, ", "))
	d.setPlaces("languages", kindLanguages)
	d.setPlaces("countries", kindCountries)
	d.setPay()
}

func (d *reading) set(key, text string) {
	if text != "" {
		d.fields[key] = text
	}
}

// only returns the first text with one of the roles, and reports the others.
func (d *reading) only(roles ...string) string {
	only := ""
	for _, role := range roles {
		for _, f := range d.facts[role] {
			switch text := plainText(f.text); {
			case text == "":
				d.report(noText, f)
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
		if list := d.fields.list(key); issues != nil {
			d.report(fmt.Sprint(issues[0]["message"]), f)
		} else if !slices.Contains(list, fmt.Sprint(name)) {
			d.fields[key] = append(list, fmt.Sprint(name))
		}
	}
}

// setPay sets a rate that is plainly in US dollars, or in words. It reports other pay.
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
	amount, least, most := said["amount"], said["least"], said["most"]
	currency, paymentType := cmp.Or(said["currency"], d.currency), d.fields.text("paymentType")
	if oneOf(strings.ToLower(said["unit"]), "hour hourly hr hur") {
		paymentType = payPerHour
	}
	rate, isRate := plainNumber(cmp.Or(amount, least))
	read, reason := parsed{fields: values{"paymentType": paymentType, rateKey(paymentType): rate}}, ""
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
	case paymentType == "":
		reason = "It isn't plain what this is paid for. This sandbox knows pay per hour; OpenTrain may know more."
	case least != "":
		read.doubt(rateKey(paymentType), fmt.Sprintf("The document gives a range from %s to %s; this is its lower end.", least, most))
	}
	if reason != "" {
		d.otherPay = reason != notRead
		d.report(reason, all...)
		return
	}
	for _, key := range []string{"paymentType", rateKey(read.fields.text("paymentType"))} {
		d.fields[key] = read.fields[key]
	}
	for _, g := range read.guesses {
		if oneOf(g.Field, "paymentType pricePerHour pricePerLabel fixedPrice") {
			d.guesses = append(d.guesses, g)
		}
	}
	d.unmapped = append(d.unmapped, read.unmapped...)
}

// plainNumber reads a number above zero that is written with digits and a point only.
func plainNumber(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && n > 0 && strings.Trim(text, "0123456789.") == ""
}
