package sandbox

import (
	"slices"
)

// task is a kind of labeling work: a value of labelTypes and what it implies. The pages do not list the
// values, so they are our assumption.
type task struct {
	value    string
	title    string // the work in a job title
	label    string // display label
	category string // "" if it follows from the data
	data     string // dataType if the task implies it
	language bool   // the work needs a language
	dataset  bool   // the work has a given amount of data
	pattern  pattern
}

// taskTable is in order of precedence: specific tasks first. It is read only.
var taskTable = []task{
	{value: "BOUNDING_BOX", title: "Bounding Box Annotation", label: "Bounding Box", dataset: true,
		pattern: compile(`(?i)\bbounding[ -]?box(?:es|ing)?\b|\bbbox(?:es)?\b|\b(?:draw|put)(?:ing)? (?:tight )?boxes\b|\b2d box(?:es)?\b`)},
	{value: "CUBOID_3D", title: "3D Cuboid Annotation", label: "3D Cuboid", data: "LIDAR", dataset: true,
		pattern: compile(`(?i)\bcuboids?\b|\blidar\b|\bpoint clouds?\b|\b3d box(?:es)?\b`)},
	{value: "SEGMENTATION", title: "Segmentation", label: "Segmentation", dataset: true,
		pattern: compile(`(?i)\bsegmentation\b|\bpixel[ -](?:level|wise|perfect)\b|\bsegment(?:ing)? (?:the |every |all )?(?:\w+ )?(?:images|photos|frames|scans|slides)\b`)},
	{value: "POLYGON", title: "Polygon Annotation", label: "Polygon", dataset: true,
		pattern: compile(`(?i)\bpolygons?\b`)},
	{value: "KEYPOINT", title: "Keypoint Annotation", label: "Keypoint", dataset: true,
		pattern: compile(`(?i)\bkey[ -]?points?\b|\bfacial landmarks?\b|\bpose (?:estimation|annotation)\b`)},
	{value: "OBJECT_TRACKING", title: "Object Tracking", label: "Object Tracking", data: "VIDEO", dataset: true,
		pattern: compile(`(?i)\bobject tracking\b|\btrack(?:ing)? (?:the |all )?(?:objects|vehicles|cars|people|players|animals)\b`)},
	{value: "TRANSCRIPTION", title: "Transcription", label: "Transcription", category: "Audio Annotation", data: "AUDIO", language: true, dataset: true,
		pattern: compile(`(?i)\btranscri(?:be|bes|bing|ption|ptions|bers?|ptionists?)\b|\bsubtitl(?:e|es|ing)\b`)},
	{value: "TRANSLATION", title: "Translation", label: "Translation", category: "Text Annotation", data: "TEXT", language: true, dataset: true,
		pattern: compile(`(?i)\btranslat(?:e|es|ing|ion|ions|ors?)\b|\blocali[sz](?:e|ing|ation)\b`)},
	{value: "SENTIMENT_ANALYSIS", title: "Sentiment Labeling", label: "Sentiment Analysis", category: "Text Annotation", data: "TEXT", language: true, dataset: true,
		pattern: compile(`(?i)\bsentiments?\b`)},
	{value: "NAMED_ENTITY_RECOGNITION", title: "Named Entity Annotation", label: "Named Entity Recognition", category: "Text Annotation", data: "TEXT", language: true, dataset: true,
		pattern: compile(`(?i)\bnamed[ -]entit(?:y|ies)\b|\bNER\b|\bentity (?:tagging|extraction|recognition|annotation|labell?ing)\b`)},
	{value: "CONTENT_MODERATION", title: "Content Moderation", label: "Content Moderation", category: "Content Moderation", language: true, dataset: true,
		pattern: compile(`(?i)\bcontent moderat(?:ion|ors?)\b|\bmoderat(?:e|ing) (?:\w+ ){0,3}(?:posts|comments|images|videos|content|chats?)\b|\bhate speech\b|\btoxic(?:ity)?\b`)},
	{value: "SEARCH_RELEVANCE", title: "Search Relevance Rating", label: "Search Relevance", category: "Search Evaluation", data: "TEXT", language: true, dataset: true,
		pattern: compile(`(?i)\bsearch (?:relevance|quality|results?|evaluat(?:ion|ors?))\b|\brelevance (?:rat|judg)\w*`)},
	{value: "PRODUCT_CATEGORIZATION", title: "Product Categorization", label: "Product Categorization", category: "E-commerce Annotation", dataset: true,
		pattern: compile(`(?i)\bproducts? (?:categori[sz]ation|classification|tagging|matching)\b|\b(?:categori[sz]e|classify|tag)(?:ing)? (?:\w+ ){0,3}products\b`)},
	{value: "FACT_CHECKING", title: "Fact Checking", label: "Fact Checking", category: "LLM Evaluation", data: "TEXT", language: true,
		pattern: compile(`(?i)\bfact[ -]?check(?:ing|ers?|s)?\b`)},
	{value: "PROMPT_WRITING", title: "Prompt and Response Writing", label: "Prompt Writing", category: "LLM Training", data: "TEXT", language: true,
		pattern: compile(`(?i)\bwrit(?:e|es|ing) (?:[\w-]+ ){0,4}(?:prompts|answers|responses|dialogues?|conversations|articles|essays|stories|questions)\b|\bprompt (?:writ|creat|engineer)\w*|\bred[ -]team(?:ing|ers?)?\b`)},
	{value: "RESPONSE_RATING", title: "Response Rating", label: "Response Rating", category: "LLM Evaluation", data: "TEXT", language: true,
		pattern: compile(`(?i)\b(?:rat|rank|compar|evaluat|scor|grad|judg)(?:e|es|ing)? (?:[\w-]+ ){0,4}(?:answers|responses|outputs|chatbots?|conversations|completions|models?|LLMs?|replies|text)\b|\bRLHF\b|\bpreference (?:rank|rat|data|label)\w*`)},
	{value: "CODE_REVIEW", title: "Code Review", label: "Code Review", category: "LLM Evaluation", data: "CODE",
		pattern: compile(`(?i)\bcode (?:review(?:s|ing)?|evaluation|annotation)\b|\breview(?:ing)? (?:\w+ ){0,3}code\b`)},
	{value: "AUDIO_CLASSIFICATION", title: "Audio Classification", label: "Audio Classification", category: "Audio Annotation", data: "AUDIO", dataset: true,
		pattern: compile(`(?i)\b(?:audio|sound|speaker|speech) (?:classification|tagging|diari[sz]ation|event labell?ing)\b|\bdiari[sz]ation\b`)},
	{value: "DATA_COLLECTION", title: "Data Collection", label: "Data Collection", category: "Data Collection", dataset: true,
		pattern: compile(`(?i)\bdata collection\b|\b(?:collect|take|shoot|film|record)(?:ing)? (?:[\w-]+ ){0,4}(?:photos|pictures|selfies|videos|clips|voices?|sentences|phrases|utterances|yourself|samples|speech)\b|\bvoice recordings?\b`)},
	{value: "CAPTIONING", title: "Captioning", label: "Captioning", language: true, dataset: true,
		pattern: compile(`(?i)\bcaption(?:s|ing)?\b|\bdescrib(?:e|ing) (?:[\w-]+ ){0,3}(?:images|photos|pictures|videos|clips)\b`)},
	{value: "CLASSIFICATION", title: "Classification", label: "Classification", dataset: true,
		pattern: compile(`(?i)\bclassif(?:y|ies|ying|ication)\b|\bcategori[sz](?:e|es|ing|ation)\b`)},
	{value: "OTHER", title: "Data Work", label: "Other"},
}

// labelTypes returns the values of labelTypes.
func labelTypes() []string {
	list := make([]string, len(taskTable))
	for i, t := range taskTable {
		list[i] = t.value
	}
	return list
}

func taskOf(value string) (task, bool) {
	i := slices.IndexFunc(taskTable, func(t task) bool { return t.value == value })
	if i < 0 {
		return task{}, false
	}
	return taskTable[i], true
}

func needsLanguage(types []string) bool {
	return slices.ContainsFunc(types, func(value string) bool {
		t, _ := taskOf(value)
		return t.language
	})
}

func worksOnDataset(types []string) bool {
	return slices.ContainsFunc(types, func(value string) bool {
		t, _ := taskOf(value)
		return t.dataset
	})
}

// labelOf returns the display label of a value of labelTypes.
func labelOf(value string) string {
	if t, ok := taskOf(value); ok {
		return t.label
	}
	return value
}

// category returns the marketplace category of a job, "Data Annotation" by default.
func category(types []string, dataType string) string {
	for _, value := range types {
		if t, _ := taskOf(value); t.category != "" {
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
