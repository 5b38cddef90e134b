package sandbox_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// say makes a clause. In the form, * stands for the piece that must be found again.
func say(kind, form, piece string) clause {
	return clause{kind: kind, truth: truth{
		Text: strings.Replace(form, "*", piece, 1), Facts: []map[string]string{{kind: piece}}, May: map[string][]any{},
	}}
}

// spelled sets what has to be found of the piece: parts of it, for a range or for a number and its noun.
func (c clause) spelled(parts ...string) clause {
	c.Facts = []map[string]string{{c.kind: strings.Join(parts, " … ")}}
	return c
}

// also adds a piece that must be found again.
func (c clause) also(piece string) clause {
	c.Facts = append(c.Facts, map[string]string{c.kind: piece})
	return c
}

func (c clause) must(key string, value any) clause {
	c.Must = map[string]any{key: value}
	return c
}

func (c clause) may(key string, values ...any) clause {
	c.May[key] = append(c.May[key], values...)
	return c
}

func (c clause) guess(key string, value any) clause {
	c.Guess = map[string]any{key: value}
	return c
}

func sayPeople(r *rand.Rand) clause {
	n := 2 + r.IntN(38)
	noun := pick(r, "annotators", "labelers", "people", "translators", "reviewers", "raters", "transcribers")
	who := pick(r, "", "", "experienced ", "part-time ", "careful remote ") + noun
	count := fmt.Sprintf("%d %s", n, who)
	var c clause
	switch r.IntN(5) {
	case 0, 1:
		c = say("headcount", pick(r, "We need *", "Looking for *", "* wanted", "Hiring *", "We're looking for *"), count).must("headcount", n)
	case 2: // a range
		form := pick(r, "%d-%d %s", "%d – %d %s", "%d to %d %s", "between %d and %d %s")
		c = say("headcount", "We need *", fmt.Sprintf(form, n, n+3, who)).guess("headcount", n).
			spelled(strconv.Itoa(n), strconv.Itoa(n+3))
	case 3: // limits that are no counts
		c = say("headcount", pick(r, "No more than *", "At least *", "We don't need *", "Up to *", "Fewer than *", "Not *"), count)
	default:
		c = say("headcount", pick(r, "Each clip is checked by *", "* per image", "* for each batch", "Tier *", "Work in teams of *",
			"Every label is voted on by *", "Level *"), count)
	}
	if c.Guess == nil {
		c = c.spelled(strconv.Itoa(n), noun)
	}
	if c.Must != nil && n < 13 && r.IntN(2) > 0 { // not a plain number
		word := [...]string{"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}[n-2]
		c.Text, c.Must, c.May["headcount"] = strings.Replace(c.Text, strconv.Itoa(n), word, 1), nil, []any{n}
		c.Facts = []map[string]string{{c.kind: word + " … " + noun, "is": strconv.Itoa(n)}}
	}
	switch noun {
	case "transcribers":
		return c.may("labelTypes", "TRANSCRIPTION").may("dataType", "AUDIO")
	case "translators":
		return c.may("labelTypes", "TRANSLATION").may("dataType", "TEXT")
	}
	return c
}

// nouns of data, with the unit and the type that they stand for.
var dataNouns = [][3]string{
	{"images", "NUMBER_OF_FILES", "IMAGE"}, {"dashcam images", "NUMBER_OF_FILES", "IMAGE"}, {"street photos", "NUMBER_OF_FILES", "IMAGE"},
	{"tweets", "NUMBER_OF_FILES", "TEXT"}, {"words", "NUMBER_OF_WORDS", "TEXT"}, {"product reviews", "NUMBER_OF_FILES", "TEXT"},
	{"hours of audio", "HOURS_OF_RECORDING_AUDIO_VIDEO", "AUDIO"}, {"receipts", "NUMBER_OF_FILES", "IMAGE"},
}

func sayData(r *rand.Rand) clause {
	n, spelled := amountOfData(r)
	noun := pick(r, dataNouns...)
	count, last := spelled+" "+noun[0], noun[0][strings.LastIndex(noun[0], " ")+1:]
	var c clause
	switch r.IntN(5) {
	case 0, 1:
		form := pick(r, "We have *", "Volume: *", "Please label *", "There are *")
		c = say("dataVolume", form, count).must("dataVolume", n).spelled(spelled, last)
	case 2:
		form := pick(r, "%d-%d %s", "%d to %d %s", "between %d and %d %s")
		c = say("dataVolume", "We have *", fmt.Sprintf(form, 400, 600, noun[0])).guess("dataVolume", 400).spelled("400", "600")
	case 3:
		c = say("dataVolume", pick(r, "Up to *", "No more than *", "We don't have *", "At least *"), count).spelled(spelled, last)
	default:
		form := pick(r, "* per day", "Batches of *", "* each", "* a week", "Upload * at a time")
		c = say("dataVolume", form, count).spelled(spelled, last)
	}
	return c.may("dataVolumeUnit", noun[1]).may("dataType", noun[2], "TEXT").
		may("subjectMatter", "Autonomous Driving", "Social Media", "E-commerce", "Finance")
}

// amountOfData returns a number and a spelling of it.
func amountOfData(r *rand.Rand) (float64, string) {
	hundreds := 1 + r.IntN(900)
	n := float64(hundreds * 100)
	switch r.IntN(6) {
	case 0:
		return n, grouped(int(n), ",")
	case 1:
		hundreds += 10 // "4k images" can have a resolution of 4K
		return float64(hundreds * 1000), fmt.Sprintf("%dk", hundreds)
	case 2:
		return float64(hundreds) * 1e6, fmt.Sprintf("%d million", hundreds)
	case 3:
		return float64(hundreds) * 1e5, fmt.Sprintf("%gM", float64(hundreds)/10)
	case 4:
		return n, grouped(int(n), " ")
	}
	return n, strconv.Itoa(int(n))
}

// grouped spells a number with a separator between thousands.
func grouped(n int, separator string) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d%s%03d", n/1000, separator, n%1000)
}

func sayPay(r *rand.Rand) clause {
	n, spelled := amountOfMoney(r)
	hour := pick(r, "/hour", " per hour", "/hr", " an hour", " / hour", "/h")
	other := pick(r, "1,000 words", "audio minute", "day", "week", "month", "person", "hour of audio", "shift", "kilometer")
	dollars := strings.Replace(pick(r, "$*", "$ *", "US$*", "USD *", "* USD", "USD*"), "*", spelled, 1)
	lead := pick(r, "Pay is *", "*", "Rate: *", "We pay *", "Pay: *", "You earn *")
	hourly := func(c clause) clause { return c.may("paymentType", "PAY_PER_HOUR") }
	var c clause
	switch r.IntN(9) {
	case 0, 1:
		c = hourly(say("pay", lead, dollars+hour)).must("pricePerHour", n).spelled(dollars)
	case 2:
		form := pick(r, "$%s-$%g", "$%s - %g", "$%s–%g", "between $%s and $%g", "$%s to $%g")
		c = hourly(say("pay", lead, fmt.Sprintf(form, spelled, n+5)+hour)).guess("pricePerHour", n).spelled(spelled, fmt.Sprint(n+5))
	case 3:
		form := pick(r, "Up to *", "At least *", "Starting at *", "No less than *", "We don't pay *", "Not *", "More than *")
		c = hourly(say("pay", form, dollars+hour)).spelled(dollars)
	case 4:
		c = hourly(say("pay", lead, dollars+pick(r, "+", " or $99", "–?")+hour)).spelled(dollars)
		c.usd = []float64{99}
	case 5:
		c = say("pay", lead, dollars+pick(r, " per ", " a ", "/", " for each ")+other).spelled(dollars, other)
	case 6:
		unit := pick(r, " per image", " per label", "/box", " each", " a photo", " per task", "")
		c = say("pay", lead, dollars+unit).spelled(dollars)
		if unit != "" {
			c = c.may("pricePerLabel", n)
		}
	case 7:
		c = say("pay", pick(r, "Fixed price: *", "* in total", "Budget: *", "A total of *"), dollars).may("fixedPrice", n)
	default:
		amount := foreignAmount(r, spelled)
		c = say("pay", lead, amount+pick(r, hour, hour, " per "+other, " per image", " in total")).spelled(amount)
		return c.may("paymentType", "PAY_PER_HOUR", "PAY_PER_LABEL", "FIXED_PRICE")
	}
	c.usd = append(c.usd, n)
	return c
}

// amountOfMoney returns an amount and a spelling of it.
func amountOfMoney(r *rand.Rand) (float64, string) {
	n := float64(6 + r.IntN(80))
	switch r.IntN(4) {
	case 0:
		return n + 0.5, fmt.Sprintf("%.2f", n+0.5)
	case 1:
		return n + 0.25, fmt.Sprint(n + 0.25)
	}
	return n, fmt.Sprint(n)
}

var foreignForms = []string{
	"€*", "* €", "EUR *", "*EUR", "* euros", "£*", "GBP *", "* pounds", "₹*", "Rs. *", "INR *", "* rupees", "R$ *", "C$*", "A$*", "CAD *",
	"* CAD", "* Canadian dollars", "¥*", "* yen", "CHF *", "AED *", "* dirhams", "* rubles", "₽*", "* zł", "PLN *", "KES *", "₦*", "₱*",
	"PHP *", "* pesos", "MXN *", "MX$*", "* SEK", "₩*", "₺*", "HK$*",
}

// foreignAmount spells an amount in another currency than US dollars.
func foreignAmount(r *rand.Rand, amount string) string {
	return strings.Replace(pick(r, foreignForms...), "*", amount, 1)
}

var languageNames = []string{
	"English", "Spanish", "French", "German", "Portuguese", "Italian", "Polish", "Japanese", "Hindi", "Arabic", "Swahili", "Tagalog",
	"Vietnamese", "Korean", "Turkish", "Dutch", "Ukrainian", "Bengali", "Urdu", "Thai", "Zulu", "Yoruba", "Tamil",
}

func sayLanguage(r *rand.Rand) clause {
	name, other := pick(r, languageNames...), pick(r, languageNames...)
	switch r.IntN(5) {
	case 0, 1:
		form := pick(r, "Fluent *", "Native *", "* required", "Speakers of *", "Fluent * speakers", "Native speakers of *", "You are fluent in *")
		return say("languages", form, name).must("languages", []any{name})
	case 2:
		form := pick(r, "* is a plus", "The work is in *", "Languages: *", "Must have: laptop, headset, *", "* C1", "Good command of *",
			"You write * well")
		return say("languages", form, name).may("languages", name)
	case 3:
		return say("languages", "*"+pick(r, " and ", ", ", " or ", "/", " to ", " -> ")+other, name).also(other).may("languages", name, other)
	}
	form := pick(r, "No * needed", "* isn't required", "Not for speakers of *", "We don't ask for fluent *", "* not required")
	return say("languages", form, name)
}

var countryNames = []string{
	"Kenya", "India", "Brazil", "Germany", "Poland", "Mexico", "Vietnam", "Nigeria", "Egypt", "Spain", "South Africa", "New Zealand",
	"Sri Lanka", "Philippines", "Canada", "Indonesia", "Peru", "Morocco", "Japan", "Ukraine", "Bangladesh", "Colombia",
}

func sayCountry(r *rand.Rand) clause {
	name, other := pick(r, countryNames...), pick(r, countryNames...)
	switch r.IntN(4) {
	case 0, 1:
		form := pick(r, "Based in *", "* only", "Applicants from *", "You live in *", "Countries: *", "Remote (*)", "Residents of *")
		return say("countries", form, name).may("countries", name)
	case 2:
		form := pick(r, "Applicants from *", "Based in *", "Countries: *") + pick(r, " and ", ", ", " or ", "/") + other
		return say("countries", form, name).also(other).may("countries", name, other)
	}
	form := pick(r, "Not in *", "Anywhere except *", "Our office is in *", "The photos were taken in *", "No applicants from *")
	return say("countries", form, name)
}

func sayLevel(r *rand.Rand) clause {
	switch r.IntN(5) {
	case 0:
		return known("experienceLevel", "ENTRY_LEVEL", pick(r, "Entry-level", "Entry level work"))
	case 1:
		return known("experienceLevel", "EXPERT", pick(r, "Experts only", "Expert level", "For experts"))
	case 2:
		return known("experienceLevel", "INTERMEDIATE", "Intermediate level")
	case 3:
		return known("experienceLevel", "ANY_EXPERIENCE_LEVEL", pick(r, "Any experience level", "All experience levels"))
	}
	vague := pick(r, "Experience helps", "No need to be an expert", "Not for beginners", "Experienced people preferred")
	return clause{kind: "experienceLevel", truth: truth{Text: vague}}
}

func sayTask(r *rand.Rand) clause {
	task := pick(r, [2]string{"BOUNDING_BOX", "Draw bounding boxes"}, [2]string{"POLYGON", "Draw polygons"},
		[2]string{"KEYPOINT", "Place keypoints"}, [2]string{"SEGMENTATION", "Semantic segmentation"}, [2]string{"SENTIMENT_ANALYSIS", "Sentiment analysis"},
		[2]string{"TRANSCRIPTION", "Transcription"})
	return known("labelTypes", []any{task[0]}, task[1]).may("dataType", "IMAGE", "TEXT", "AUDIO")
}

// known makes a clause about a field whose words are no facts of this test.
func known(key string, value any, text string) clause {
	return clause{kind: key, truth: truth{Text: text, May: map[string][]any{}, Must: map[string]any{key: value}}}
}

// sayNoise makes a clause that says nothing about any field, with numbers in it.
func sayNoise(r *rand.Rand) clause {
	return clause{truth: truth{Text: pick(r, "Start ASAP", "Some of it was written by GPT-4", "ISO 9001 applies", "Call +1 555 0100",
		"We meet at 10:30 on 2026-01-05", "Support is there 24/7", "We expect 95% accuracy", "See version 2.1 of the guidelines",
		"It's about COVID-19", "You are 18-35 years old")}}
}
