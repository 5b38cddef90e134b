package sandbox

import (
	"slices"
	"strings"
)

// task is a kind of labeling work: a value of labelTypes and what it implies. The pages do not list the
// values, so they are our assumption.
type task struct {
	value, title, category string // category is "" if it follows from the data
	language, dataset      bool   // the work needs a language, or a given amount of data
	words                  string // phrases that name it: "*" is the rest of a word, "~" up to three words
}

// taskTable is in order of precedence.
var taskTable = []task{
	{"BOUNDING_BOX", "Bounding Box Annotation", "", false, true, "bounding box*|bbox*|2d box*"},
	{"CUBOID_3D", "3D Cuboid Annotation", "", false, true, "cuboid*|3d box*"},
	{"SEGMENTATION", "Segmentation", "", false, true, "segmentation|pixel level|pixel wise"},
	{"POLYGON", "Polygon Annotation", "", false, true, "polygon*"},
	{"KEYPOINT", "Keypoint Annotation", "", false, true, "keypoint*|key point*|facial landmark*"},
	{"OBJECT_TRACKING", "Object Tracking", "", false, true, "object tracking|track* objects|track* vehicles"},
	{"TRANSCRIPTION", "Transcription", "Audio Annotation", true, true, "transcrib*|transcription*"},
	{"TRANSLATION", "Translation", "Text Annotation", true, true, "translate|translating|translation*|translator*|localization"},
	{"SENTIMENT_ANALYSIS", "Sentiment Labeling", "Text Annotation", true, true, "sentiment*"},
	{"NAMED_ENTITY_RECOGNITION", "Named Entity Annotation", "Text Annotation", true, true, "named entit*|entity tagging|entity recognition"},
	{"CONTENT_MODERATION", "Content Moderation", "Content Moderation", true, true, "content moderat*|moderate ~ comments|moderate ~ posts|hate speech"},
	{"SEARCH_RELEVANCE", "Search Relevance Rating", "Search Evaluation", true, true, "search relevance|search evaluat*|rate ~ search results"},
	{"PRODUCT_CATEGORIZATION", "Product Categorization", "E-commerce Annotation", false, true, "product categori*|product classification"},
	{"FACT_CHECKING", "Fact Checking", "LLM Evaluation", true, false, "fact check*"},
	{"PROMPT_WRITING", "Prompt and Response Writing", "LLM Training", true, false, "prompt writing|write ~ prompts|write ~ answers|write ~ questions"},
	{"RESPONSE_RATING", "Response Rating", "LLM Evaluation", true, false,
		"rate ~ answers|rate ~ responses|rank ~ answers|rank ~ responses|compare ~ answers|compare ~ responses|evaluat* ~ answers|evaluat* ~ responses"},
	{"CODE_REVIEW", "Code Review", "LLM Evaluation", false, false, "code review*|review ~ code"},
	{"AUDIO_CLASSIFICATION", "Audio Classification", "Audio Annotation", false, true, "audio classification|sound classification|diarization"},
	{"DATA_COLLECTION", "Data Collection", "Data Collection", false, true, "data collection|collect ~ photos|take ~ photos|record ~ speech|record ~ sentences"},
	{"CAPTIONING", "Captioning", "", true, true, "captioning|caption ~ images|caption ~ photos|caption ~ videos|caption writers"},
	{"CLASSIFICATION", "Classification", "", false, true, "classify|classifying|classification|categorize|categorise"},
	{"OTHER", "Data Work", "", false, false, ""},
}

// findTasks sets labelTypes to the tasks that the text names, and marks the words for work.
func (r *reader) findTasks() {
	type found struct {
		task
		at int
	}
	var all []found
	for _, t := range taskTable {
		if at := r.findPhrases(t.words); at >= 0 {
			all = append(all, found{t, at})
		}
	}
	if len(all) > 1 { // a plain "classify" adds nothing to a named task
		all = slices.DeleteFunc(all, func(f found) bool { return f.value == "CLASSIFICATION" })
	}
	slices.SortStableFunc(all, func(a, b found) int { return a.at - b.at })
	types := make([]string, 0, len(all))
	for _, f := range all[:min(len(all), 4)] {
		r.tasks = append(r.tasks, f.task)
		types = append(types, f.value)
	}
	if len(types) > 0 {
		r.fields["labelTypes"] = types
	}
	r.findPhrases("label|labeling|annotat*|tag|tags|tagging|classif*|segment*|draw|rate|rating|rank|grade|review|moderate|record|write|" +
		"check|scan|caption|describe|evaluate|compare|score|collect|process|redact|transcribe|translate|edit")
}

// findPhrases marks the tokens of phrases, and returns the first token of the first one, or -1.
func (r *reader) findPhrases(phrases string) int {
	first := -1
	for phrase := range strings.SplitSeq(phrases, "|") {
		words := strings.Fields(phrase)
		for i := range r.tokens {
			if len(words) == 0 || !matches(r.tokens[i].low, words[0]) {
				continue
			}
			end := r.phraseEnd(i, words)
			for j := i; j < end; j++ {
				r.tokens[j].work = !isPerson(r.tokens[j].low)
			}
			if end > 0 && (first < 0 || i < first) && !r.clauses[r.tokens[i].clause].negated {
				first = i
			}
		}
	}
	return first
}

// phraseEnd returns where a phrase ends that starts at a token, or 0 if it doesn't.
func (r *reader) phraseEnd(i int, words []string) int {
	gap := 0
	for _, word := range words {
		if word == "~" {
			gap = 3
			continue
		}
		for !matches(r.at(i).low, word) {
			if gap == 0 || r.at(i).stop {
				return 0
			}
			gap--
			i++
		}
		gap = 0
		i++
	}
	return i
}

func matches(low, word string) bool {
	if stem, open := strings.CutSuffix(word, "*"); open {
		return strings.HasPrefix(low, stem)
	}
	return low == word
}

// labelTypes returns the values of labelTypes.
func labelTypes() []string {
	list := make([]string, len(taskTable))
	for i, t := range taskTable {
		list[i] = t.value
	}
	return list
}

func taskOf(value string) task {
	if i := slices.IndexFunc(taskTable, func(t task) bool { return t.value == value }); i >= 0 {
		return taskTable[i]
	}
	return task{}
}

func needsLanguage(types []string) bool {
	return slices.ContainsFunc(types, func(value string) bool { return taskOf(value).language })
}

func worksOnDataset(types []string) bool {
	return slices.ContainsFunc(types, func(value string) bool { return taskOf(value).dataset })
}

// labelOf returns the display label of a value of labelTypes.
func labelOf(value string) string {
	if taskOf(value).value == "" {
		return value
	}
	return *displayLabel(value)
}

// category returns the marketplace category of a job, "Data Annotation" by default.
func category(types []string, dataType string) string {
	for _, value := range types {
		if t := taskOf(value); t.category != "" {
			return t.category
		}
	}
	switch dataType {
	case "IMAGE", "VIDEO", "AUDIO", "TEXT":
		return *displayLabel(dataType) + " Annotation"
	case "LIDAR":
		return "LiDAR Annotation"
	case "":
		return "Data Annotation"
	}
	return *displayLabel(dataType)
}
