package sandbox_test

import (
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestWhatIsClear: what a text says plainly is read, and what only looks like it is reported.
func TestWhatIsClear(t *testing.T) {
	t.Parallel()
	const unclear = "this may not be the amount of data."
	for _, test := range []struct {
		text, key string
		want      any    // nil: the field isn't set
		says      string // a part of the remarks; "" if there are none
	}{
		// A number for each task is no amount of data.
		{"Compare two answers of a chatbot, say which is better and why.", "dataVolume", nil, `"two answers": ` + unclear},
		{"Compare two or three answers", "dataVolume", nil, `"two or three answers": ` + unclear},
		{"Rank the four responses", "dataVolume", nil, `"four responses": ` + unclear},
		{"Look at one image at a time.", "dataVolume", nil, `"one image"`},
		{"Label 500 images at a time.", "dataVolume", nil, `"500 images": ` + unclear},
		{"Pick the best of 3 responses", "dataVolume", nil, `"3 responses": ` + unclear},
		{"Write 2-3 sentences", "dataVolume", nil, `"2-3 sentences": ` + unclear},
		{"Write 50-100 words", "dataVolume", nil, `"50-100"`},
		{"Each item has two photos.", "dataVolume", nil, `"two photos": ` + unclear},
		{"We have two photos of each chair.", "dataVolume", nil, `"two photos": ` + unclear},
		{"I have 2 questions", "dataVolume", nil, `"2 questions": ` + unclear},
		{"We have 8 videos.", "dataVolume", 8, ""},
		{"Review 20 contracts", "dataVolume", 20, ""},
		{"Label 5-10k images", "dataVolume", 5000, "5000 is the lower end of the range."},
		{"Transcribe 5 hours of calls", "dataVolume", 5, ""},
		{"Label 500 images at $9 per hour", "dataVolume", 500, ""},
		{"Write 2,000 prompts", "dataVolume", 2000, ""},
		// Amounts in the words of people who don't write specifications.
		{"3000 photos of furniture need labels", "dataVolume", 3000, ""},
		{"We sell sofas and 3000 photos of furniture need labels", "dataVolume", 3000, ""},
		{"We sell sofas and the first 500 photos need labels", "dataVolume", nil, `"500 photos": ` + unclear},
		{"We rate chats. Roughly 5000 conversations.", "dataVolume", 5000, "5000 is an estimate."},
		{"hey, we have 12k audio files to transcribe", "dataVolume", 12000, ""},
		{"I have 3000 photos of chairs", "dataVolume", 3000, ""},
		{"We've got 800 contracts", "dataVolume", 800, ""},
		{"we 800 contracts", "dataVolume", nil, `"800 contracts": ` + unclear},
		{"Total: 5000 conversations", "dataVolume", 5000, ""},
		{"5000+ conversations", "dataVolume", 5000, "5000 is the lower limit."},
		{"Roughly 50 questions", "dataVolume", nil, `"50 questions": ` + unclear},
		// The pay in few words.
		{"Label 2,000 images. Pay $20/hour.", "pricePerHour", 20, ""},
		{"Label 2,000 images. Pay $20/hour.", "paymentType", "PAY_PER_HOUR", ""},
		{"Label photos, pay rate $20 an hour", "pricePerHour", 20, ""},
		{"Label photos. Our hourly rate $20.", "pricePerHour", 20, ""},
		{"Label photos. Pay $0.05 per label.", "pricePerLabel", 0.05, ""},
		{"Label photos. Price $500 total.", "fixedPrice", 500, ""},
		{"Label photos. Pay 20 dollars.", "pricePerHour", nil, `"20 dollars"`},
		// Where people are from, and where other things are from.
		{"People from the UK, US or Ireland.", "countries", []string{"United Kingdom", "United States", "Ireland"}, ""},
		{"Rate ads. Only native English speakers from Canada.", "countries", []string{"Canada"}, ""},
		{"We need freelancers from Kenya and Uganda.", "countries", []string{"Kenya", "Uganda"}, ""},
		{"Anyone from Deutschland, Österreich, Schweiz", "countries", []string{"Germany", "Austria", "Switzerland"}, ""},
		{"UK based", "countries", []string{"United Kingdom"}, ""},
		{"Annotators in the Netherlands and 日本.", "countries", []string{"Netherlands", "Japan"}, ""},
		{"Label photos of people from Kenya.", "countries", nil, `"Kenya"`},
		{"Label cars, people from Kenya, bikes.", "countries", nil, `"Kenya"`},
		{"People from Kenya are in the photos.", "countries", nil, `"Kenya"`},
		{"No people from Kenya.", "countries", nil, `"Kenya"`},
		{"Looking for people in the UK & Ireland", "countries", []string{"United Kingdom", "Ireland"}, ""},
		{"I want people from Kenya", "countries", []string{"Kenya"}, ""},
		{"Rate ads. Must be from Kenya or Uganda.", "countries", []string{"Kenya", "Uganda"}, ""},
		{"The photos must be from Kenya.", "countries", nil, `"Kenya"`},
		{"brazil/mexico pls", "countries", nil, `"brazil": this sandbox reads names of countries only with capital letters. "mexico"`},
		{"annotators in south africa", "countries", nil, `"south africa": this sandbox reads names`},
		{"people from the uk, us or ireland", "countries", nil, `"uk": this sandbox reads names of countries only with capital letters. "ireland"`},
		{"us/uk only", "countries", nil, `"uk"`},
		{"Label turkey only", "countries", nil, `"turkey"`},
		{"Send the work to us only. Us only.", "countries", nil, ""},
		{"Segmentation of jersey colors", "countries", nil, ""},
		// Two languages side by side are one, unless a mark or a word is between them.
		{"Transcribe Irish English call audio", "languages", []string{"English"}, `"Irish": it seems to say which kind of`},
		{"Fluent Irish English speakers", "languages", []string{"English"}, `"Irish": it seems to say which kind of`},
		{"Fluent in Irish English", "languages", nil, `"Irish": it seems to say which kind of`},
		{"Languages: Irish, English", "languages", []string{"Irish", "English"}, ""},
		{"Fluent Irish and English speakers", "languages", []string{"Irish", "English"}, ""},
		{"Translate Spanish-English contracts", "languages", []string{"Spanish", "English"}, "must know it"},
		{"Fluent Swiss German speakers", "languages", []string{"Swiss German"}, ""},
		{"Fluent Persian Farsi speakers", "languages", []string{"Persian"}, ""},
	} {
		got := newAPI(t, sandbox.Config{}).create(test.text)
		equal(t, test.text, dig(got, "normalizedFields", test.key), test.want)
		said := ""
		for _, reason := range append(list(got["lowConfidenceFields"]), list(got["unmappedFields"])...) {
			if dig(reason, "field") != "jobTitle" {
				said += str(dig(reason, "reason")) + "\n"
			}
		}
		if !strings.Contains(said, test.says) || test.says == "" && said != "" {
			t.Errorf("%s: said %q, want %q", test.text, said, test.says)
		}
	}
}

// TestTitlesAreOneSentence: what comes after the first sentence, such as the pay, isn't part of a title.
func TestTitlesAreOneSentence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"We need 5 annotators for 2,000 images. Pay $20/hour.":     "We need 5 annotators for 2,000 images",
		"Label street photos. Pay is $18/hour":                     "Label street photos",
		"label street photos! pay is $18/hour":                     "label street photos",
		"Label 2.5 million photos. Pay is $18/hour":                "Label 2.5 million photos",
		"Label approx. 500 photos for Dr. Lee. Pay $18/hour":       "Label approx. 500 photos for Dr. Lee",
		"Acme Inc. needs help with photos. Pay $18/hour":           "Acme Inc. needs help with photos",
		"Sort U.S. street photos, e.g. of signs. Pay is $18/hour":  "Sort U.S. street photos, e.g. of signs",
		"Label photos for Acme Inc. Pay is $18/hour":               "Label photos for Acme Inc",
		"Hiring! Label street photos. Pay is $18/hour":             "Hiring! Label street photos",
		"Photos need labels\n\nPay is $18/hour":                    "Photos need labels",
		"Label photos of cats and dogs in many houses, thoroughly": "Label photos of cats and dogs in many",
	} {
		got := newAPI(t, sandbox.Config{}).create(text)
		equal(t, text, dig(got, "normalizedFields", "jobTitle"), want)
		if isGuess(got, "paymentType") || isGuess(got, "pricePerHour") {
			t.Errorf("%s: the pay is a guess: %v", text, got["lowConfidenceFields"])
		}
	}
}

// TestListsOfPlaces: a value that is a list of names is split where every part is a name.
func TestListsOfPlaces(t *testing.T) {
	t.Parallel()
	for given, want := range map[string][]string{
		"Germany, Austria and Switzerland":       {"Germany", "Austria", "Switzerland"},
		"Germany, Austria, and Switzerland":      {"Germany", "Austria", "Switzerland"},
		"Germany & Austria":                      {"Germany", "Austria"},
		"US or UK":                               {"United States", "United Kingdom"},
		"brazil/mexico":                          {"Brazil", "Mexico"},
		"Georgia":                                {"Georgia"},
		"Georgia, USA":                           nil,
		"CA, US":                                 nil,
		"Kenya and Kenya":                        {"Kenya"},
		"Trinidad and Tobago":                    {"Trinidad and Tobago"},
		"Trinidad & Tobago":                      {"Trinidad and Tobago"},
		"Antigua and Barbuda and Kenya":          {"Antigua and Barbuda", "Kenya"},
		"Trinidad and Kenya":                     {"Trinidad and Tobago", "Kenya"},
		"Kenya, Bosnia and Herzegovina or Spain": {"Kenya", "Bosnia and Herzegovina", "Spain"},
		"Schweiz":                                {"Switzerland"},
		"Germany and Narnia":                     nil,
		"Kenya, not Uganda":                      nil,
		"Kenya and":                              nil,
		"and Kenya":                              nil,
		", ":                                     nil,
		"Herzegovina":                            nil,
	} {
		a := newAPI(t, sandbox.Config{})
		got := a.want(200, "POST", "/job-drafts", object{"format": "opentrain_canonical", "job": object{"title": "T", "countries": given}})
		equal(t, given, dig(got, "normalizedFields", "countries"), want)
		if want == nil && !strings.Contains(remarksOf(got), "isn't a country") {
			t.Errorf("%q isn't reported: %s", given, remarksOf(got))
		}
		if want == nil {
			a.want(400, "PATCH", "/job-drafts/job_1", object{"countries": []string{given}})
			continue
		}
		got = a.want(200, "PATCH", "/job-drafts/job_1", object{"countries": []string{"Japan", given}})
		equal(t, "in a list: "+given, dig(got, "normalizedFields", "countries"), append([]string{"Japan"}, want...))
	}
}

// TestListsOfLanguages: all languages of a job are required, so alternatives are no list.
func TestListsOfLanguages(t *testing.T) {
	t.Parallel()
	for given, want := range map[string][]string{
		"English and Spanish":           {"English", "Spanish"},
		"English, Spanish, and French":  {"English", "Spanish", "French"},
		"French & German; Dutch":        {"French", "German", "Dutch"},
		"French or German":              nil,
		"French OR German":              nil,
		"French, German or Dutch":       nil,
		"French, or German":             nil,
		"French and German, or Spanish": nil,
		"French and/or German":          nil,
		"French/German":                 nil,
	} {
		a := newAPI(t, sandbox.Config{})
		got := a.want(200, "POST", "/job-drafts", canonical(`"languages":[`+jsonOf(t, given)+`]`))
		equal(t, given, dig(got, "normalizedFields", "languages"), want)
		if want != nil {
			continue
		}
		if !strings.Contains(remarksOf(got), "isn't a language") {
			t.Errorf("%q isn't reported: %s", given, remarksOf(got))
		}
		a.want(400, "PATCH", "/job-drafts/job_1", object{"languages": []string{given}})
	}
}

// TestGivenFieldsAreNoNews: what a description says of a field that the document sets isn't reported.
func TestGivenFieldsAreNoNews(t *testing.T) {
	t.Parallel()
	const text = `"description":"Draw polygons. See the 900 shop photos in part 1, with German signs. 2 people check each. Support is there 24/7."`
	for given, want := range map[string][2]string{ // what is reported, and what isn't
		``: {`900 shop photos|part 1|German|2 people|24/7`, ``},
		`,"dataVolume":900,"headcount":3,"languages":["German"]`: {`24/7`, `900 shop photos|part 1|German|2 people`},
		`,"dataVolume":900`: {`German|2 people|24/7`, `900 shop photos|part 1`},
		`,"headcount":3`:    {`900 shop photos|part 1|24/7`, `2 people`},
	} {
		got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", canonical(text+given))
		said := ""
		for _, reason := range append(list(got["lowConfidenceFields"]), list(got["unmappedFields"])...) {
			said += str(dig(reason, "reason")) + "\n"
		}
		for i, parts := range want {
			for part := range strings.SplitSeq(parts, "|") {
				if part != "" && strings.Contains(said, part) == (i == 1) {
					t.Errorf("with %s, %q is reported: %v\n%s", given, part, i == 1, said)
				}
			}
		}
	}
	for description, guessed := range map[string]bool{
		"Label 900 photos. Each listing has 2 photos.": false, "Label 900 photos. Label 300 photos.": false, "Label 300 photos.": true,
	} {
		got := newAPI(t, sandbox.Config{}).want(200, "POST", "/job-drafts", canonical(`"dataVolume":900,"description":`+jsonOf(t, description)))
		if isGuess(got, "dataVolume") != guessed || remarksOf(got) != "" {
			t.Errorf("%s: %v %s", description, got["lowConfidenceFields"], remarksOf(got))
		}
	}
	part := newAPI(t, sandbox.Config{}).create("We have 3000 photos. Start with part 1.")
	if isGuess(part, "dataVolume") || !strings.Contains(remarksOf(part), `"part 1": no field`) {
		t.Errorf("The number of a part is an amount: %v", part)
	}
}
