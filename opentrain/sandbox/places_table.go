package sandbox

import "strings"

// languageNames are the languages that the parser knows, by lowercase name.
func languageNames() map[string]string {
	names := strings.Fields(`English Spanish Portuguese French German Italian Dutch Polish Russian Ukrainian Czech Slovak
		Hungarian Romanian Bulgarian Greek Turkish Arabic Hebrew Persian Farsi Urdu Hindi Bengali Punjabi Gujarati
		Marathi Tamil Telugu Kannada Malayalam Sinhala Nepali Thai Vietnamese Indonesian Malay Tagalog Filipino Khmer
		Burmese Chinese Mandarin Cantonese Japanese Korean Mongolian Kazakh Uzbek Azerbaijani Armenian Georgian
		Swahili Amharic Yoruba Igbo Hausa Zulu Xhosa Afrikaans Somali Swedish Norwegian Danish Finnish Icelandic
		Estonian Latvian Lithuanian Croatian Serbian Bosnian Slovenian Albanian Macedonian Catalan Basque Galician
		Welsh Irish`)
	byLow := make(map[string]string, len(names))
	for _, name := range names {
		byLow[strings.ToLower(name)] = name
	}
	return byLow
}

// countryTable is what the parser and the imports know.
func countryTable() []country {
	return []country{
		{"United States", "US"}, {"United Kingdom", "GB"}, {"Canada", "CA"}, {"Australia", "AU"}, {"New Zealand", "NZ"},
		{"Ireland", "IE"}, {"India", "IN"}, {"Pakistan", "PK"}, {"Bangladesh", "BD"}, {"Sri Lanka", "LK"}, {"Nepal", "NP"},
		{"Philippines", "PH"}, {"Indonesia", "ID"}, {"Malaysia", "MY"}, {"Singapore", "SG"}, {"Thailand", "TH"},
		{"Vietnam", "VN"}, {"Cambodia", "KH"}, {"China", "CN"}, {"Taiwan", "TW"}, {"Japan", "JP"}, {"South Korea", "KR"},
		{"Mongolia", "MN"}, {"Kazakhstan", "KZ"}, {"Kenya", "KE"}, {"Nigeria", "NG"}, {"Ghana", "GH"}, {"Uganda", "UG"},
		{"Tanzania", "TZ"}, {"Rwanda", "RW"}, {"Ethiopia", "ET"}, {"South Africa", "ZA"}, {"Egypt", "EG"},
		{"Morocco", "MA"}, {"Tunisia", "TN"}, {"Algeria", "DZ"}, {"Senegal", "SN"}, {"Cameroon", "CM"},
		{"Madagascar", "MG"}, {"Brazil", "BR"}, {"Argentina", "AR"}, {"Chile", "CL"}, {"Colombia", "CO"}, {"Peru", "PE"},
		{"Mexico", "MX"}, {"Venezuela", "VE"}, {"Ecuador", "EC"}, {"Bolivia", "BO"}, {"Uruguay", "UY"},
		{"Paraguay", "PY"}, {"Costa Rica", "CR"}, {"Guatemala", "GT"}, {"Spain", "ES"}, {"Portugal", "PT"},
		{"France", "FR"}, {"Germany", "DE"}, {"Austria", "AT"}, {"Switzerland", "CH"}, {"Italy", "IT"},
		{"Netherlands", "NL"}, {"Belgium", "BE"}, {"Luxembourg", "LU"}, {"Denmark", "DK"}, {"Sweden", "SE"},
		{"Norway", "NO"}, {"Finland", "FI"}, {"Iceland", "IS"}, {"Poland", "PL"}, {"Czech Republic", "CZ"},
		{"Slovakia", "SK"}, {"Hungary", "HU"}, {"Romania", "RO"}, {"Bulgaria", "BG"}, {"Greece", "GR"},
		{"Croatia", "HR"}, {"Serbia", "RS"}, {"Slovenia", "SI"}, {"Albania", "AL"}, {"Estonia", "EE"},
		{"Latvia", "LV"}, {"Lithuania", "LT"}, {"Ukraine", "UA"}, {"Turkey", "TR"}, {"Israel", "IL"},
		{"Jordan", "JO"}, {"Lebanon", "LB"}, {"Saudi Arabia", "SA"}, {"United Arab Emirates", "AE"}, {"Qatar", "QA"},
		{"Georgia", "GE"}, {"Armenia", "AM"},
	}
}

// countryAliases are other names of countries. Their case matters.
func countryAliases() map[string]string {
	return map[string]string{
		"US": "United States", "USA": "United States", "U.S": "United States", "America": "United States",
		"UK": "United Kingdom", "U.K": "United Kingdom", "Britain": "United Kingdom", "England": "United Kingdom",
		"UAE": "United Arab Emirates", "Korea": "South Korea", "Czechia": "Czech Republic", "Türkiye": "Turkey",
		"Holland": "Netherlands",
	}
}
