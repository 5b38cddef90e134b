package sandbox

import (
	"slices"
	"strings"
)

// isPerson reports whether a plural noun means the workers.
func isPerson(low string) bool {
	switch low {
	case "people", "persons", "workers", "freelancers", "trainers", "experts", "speakers", "natives", "linguists",
		"radiologists", "doctors", "physicians", "nurses", "lawyers", "engineers", "developers", "programmers",
		"contributors", "specialists", "contractors", "testers", "students", "participants", "professionals",
		"transcriptionists", "scientists", "teachers", "members", "phds", "pathologists", "biologists", "individuals":
		return true
	}
	for _, stem := range []string{"annotat", "label", "transcrib", "translat", "rat", "review", "writ", "evaluat", "tagg",
		"moderat", "check", "grad", "cod", "edit", "analy", "record"} {
		rest, ok := strings.CutPrefix(low, stem)
		if ok && slices.Contains([]string{"ors", "ers", "lers", "sts", "rs"}, rest) {
			return true
		}
	}
	return false
}

// item is the meaning of a noun for pieces of data.
type item struct {
	data      string // dataType, "" if the noun does not tell
	recording bool   // counted in files or in hours
	generic   bool   // not used in a title
}

// itemOf returns the meaning of a noun.
func itemOf(low string) (item, bool) {
	if i := strings.LastIndexByte(low, '-'); i > 0 && low != "x-rays" && low != "e-mails" {
		low = low[i+1:]
	}
	switch low {
	case "images", "photos", "pictures", "photographs", "frames", "x-rays", "xrays", "scans", "mris", "selfies", "screenshots",
		"slides", "drawings", "radiographs", "thumbnails", "signs", "paintings", "maps":
		return item{data: "IMAGE"}, true
	case "videos", "clips", "footage", "films", "movies", "livestreams":
		return item{data: "VIDEO", recording: true}, true
	case "recordings", "calls", "podcasts", "interviews", "lectures", "audio", "audios", "speech", "meetings", "voicemails",
		"conversations-recordings", "episodes":
		return item{data: "AUDIO", recording: true}, true
	case "posts", "tweets", "reviews", "comments", "articles", "documents", "messages", "emails", "e-mails", "sentences",
		"paragraphs", "texts", "prompts", "questions", "queries", "answers", "responses", "conversations", "dialogues",
		"chats", "tickets", "contracts", "essays", "stories", "headlines", "transcripts", "abstracts", "resumes", "cvs",
		"utterances", "pages", "reports", "lyrics", "snippets", "completions", "invoices", "receipts", "forms":
		return item{data: "TEXT"}, true
	case "products", "listings", "pairs", "ads", "scenes":
		return item{}, true
	case "items", "files", "records", "rows", "samples", "tasks", "datapoints", "examples", "entries", "units", "cases", "labels", "annotations":
		return item{generic: true}, true
	}
	return item{}, false
}

// meansRecordings reports whether a word before a noun means recordings.
func meansRecordings(low string) bool {
	return slices.Contains([]string{"dashcam", "dash-cam", "cctv", "bodycam", "video", "audio", "footage", "voice", "recorded", "call", "podcast"}, low)
}

// timeUnit returns "minute", "hour", "day", "week", "month" or "year".
func timeUnit(low string) string {
	switch low {
	case "min", "mins", "minute", "minutes":
		return "minute"
	case "h", "hr", "hrs", "hour", "hours":
		return "hour"
	case "day", "days", "week", "weeks", "month", "months", "year", "years":
		return strings.TrimSuffix(low, "s")
	case "wk", "wks":
		return "week"
	case "yrs", "yr":
		return "year"
	}
	return ""
}

// endsPhrase reports whether a word cannot be between a number or an adjective and its noun.
func endsPhrase(low string) bool {
	switch low {
	case "a", "an", "the", "of", "to", "for", "on", "in", "at", "by", "with", "from", "into", "per", "who", "which", "that",
		"is", "are", "will", "be", "must", "should", "can", "and", "or", "but", "as", "our", "your", "their", "his", "its",
		"these", "those", "this", "all", "some", "any", "each", "every", "we", "you", "they", "i", "it", "need", "needs",
		"needed", "want", "have", "has", "than", "about", "over", "only", "paid", "pay", "between", "required", "if", "when",
		"label", "labels", "annotate", "tag", "rate", "rank", "score", "grade", "judge", "compare", "evaluate", "transcribe",
		"translate", "classify", "categorize", "categorise", "segment", "draw", "review", "moderate", "collect", "record",
		"write", "check", "describe", "caption", "labeling", "labelling", "annotating", "tagging", "rating", "ranking",
		"transcribing", "translating", "classifying", "reviewing", "comparing", "evaluating", "writing", "looking", "using",
		"processing", "process", "within", "up", "not", "no", "more", "new", "many", "several", "various":
		return true
	}
	return false
}
