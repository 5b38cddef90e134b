package sandbox

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nouns of data, of recordings, and of people.
const (
	images     = "images photos pictures photographs selfies screenshots rays mris thumbnails"
	videos     = "videos films movies footage"
	recordings = videos + " video clips clip recordings recording recorded calls podcast podcasts interviews lectures meetings speech audio voice " +
		"dashcam cctv bodycam"
	texts      = "tweets paragraphs articles essays emails"
	otherItems = "clips recordings calls podcasts interviews lectures meetings scans frames drawings slides posts documents files reviews " +
		"comments products listings items pairs scenes records rows samples examples entries prompts questions answers responses " +
		"conversations dialogues chats tickets contracts transcripts resumes pages reports invoices receipts forms messages results sentences"
	vague       = "items files records rows samples examples entries"
	otherPeople = "people persons individuals freelancers speakers participants contributors contractors students members experts natives"
	endWords    = "a an the of to for on in at by with from into per who which that is are will be must should can and or but as our your " +
		"their its this all each every we you they i it need only paid between required if when than not no up"
)

// isItem reports whether a word is the plural of a piece of data.
func isItem(low string) bool {
	return oneOf(low, images) || oneOf(low, videos) || oneOf(low, texts) || oneOf(low, otherItems)
}

// isPerson reports whether a word means people.
func isPerson(low string) bool { return isWorker(low) || oneOf(low, otherPeople) }

// isWorker reports whether a word means people who do such work.
func isWorker(low string) bool {
	return strings.HasSuffix(low, "ologists") || strings.HasSuffix(low, "icians") || oneOf(low, "annotators labelers labellers labeler "+
		"transcribers transcriptionists translators raters reviewers writers evaluators taggers moderators checkers graders coders editors "+
		"analysts linguists doctors nurses lawyers engineers developers programmers testers specialists scientists teachers workers trainers")
}

// findDataType sets dataType if the text names one type only, and as what the work is on.
func (r *reader) findDataType(volume *counted) {
	found, certain := "", false
	for i, t := range r.tokens {
		kind := ""
		switch low := t.low; {
		case t.rate:
		case oneOf(low, "lidar cuboids cuboid"):
			kind = "LIDAR"
		case oneOf(low, images):
			kind = "IMAGE"
		case oneOf(low, videos), low == "clips" && r.at(i-1).low == "video":
			kind = "VIDEO"
		case oneOf(low, texts):
			kind = "TEXT"
		case oneOf(low, "audio podcasts"):
			kind = "AUDIO"
		}
		if kind == "" {
			continue
		}
		if found != "" && found != kind {
			return
		}
		found = kind
		certain = certain || volume != nil && t.clause == r.at(volume.noun).clause
		for j := i - 6; j < i; j++ {
			certain = certain || r.at(j).work && r.at(j).clause == t.clause
		}
	}
	if certain {
		r.fields["dataType"] = found
	}
	r.demands.language = r.demands.language || found == "TEXT"
}

// findTitle makes a title from the task and its items, or else from the first words of the text.
func (r *reader) findTitle() {
	first := strings.TrimSpace(r.text)
	first, _, _ = strings.Cut(first, "\n")
	for _, label := range []string{"# ", "Title:", "Job title:"} {
		if title, titled := strings.CutPrefix(first, label); titled && strings.TrimSpace(title) != "" && len(title) < 120 {
			r.fields["jobTitle"] = strings.TrimSpace(title)
			return
		}
	}
	if len(r.tasks) == 0 {
		if title := firstWords(r.text); title != "" {
			r.set("jobTitle", title, "Taken from the first words of the text.")
		}
		return
	}
	t, languages := r.tasks[0], r.fields.list("languages")
	title, joint := t.title, " for "
	if t.language {
		joint = " — "
		if len(languages) > 0 && len(languages) < 3 && !r.guessed("languages") {
			title = strings.Join(languages, " and ") + " " + title
		}
	}
	if r.items != "" {
		title += joint + r.items
	}
	r.set("jobTitle", title, unless(len(r.tasks) == 1, "The text names several kinds of work."))
}

func (r *reader) guessed(key string) bool {
	for _, g := range r.guesses {
		if g.Field == key {
			return true
		}
	}
	return false
}

// title returns tokens in title case, without what doesn't belong in a title.
func (r *reader) title(first, end int) string {
	var b strings.Builder
	for i := first; i < end; i++ {
		t := r.at(i)
		name, _ := r.languageAt(i)
		if !t.word || name != "" || oneOf(t.low, "of and hours minutes new short long "+vague) {
			continue
		}
		switch {
		case b.Len() == 0:
		case t.joined:
			b.WriteByte('-')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(capitalize(r.text[t.start:t.end]))
	}
	return b.String()
}

// firstWords returns up to eight words of the first line that has letters.
func firstWords(text string) string {
	for line := range strings.Lines(text) {
		if !strings.ContainsFunc(line, unicode.IsLetter) {
			continue
		}
		words := strings.Fields(line)
		title := strings.Trim(strings.Join(words[:min(len(words), 8)], " "), " .,;:!?-*#")
		if utf8.RuneCountInString(title) > 80 {
			title = string([]rune(title)[:80])
		}
		return strings.ToValidUTF8(title, "")
	}
	return ""
}
