package sandbox

import (
	"slices"
	"strings"
)

// task is a kind of labeling work: a value of labelTypes, its title in the title of a job, its label, its category in the
// marketplace, "" if that follows from the data, and what it needs: a language, a given amount of data.
type task struct{ value, title, label, category, demands string }

func (t task) needs(what string) bool { return strings.Contains(t.demands, what) }

// labelTypes returns the values of labelTypes.
func labelTypes() []string {
	var list []string
	for _, t := range theGrammar().tasks {
		list = append(list, t.value)
	}
	return list
}

func taskOf(value string) task {
	tasks := theGrammar().tasks
	if i := slices.IndexFunc(tasks, func(t task) bool { return t.value == value }); i >= 0 {
		return tasks[i]
	}
	return task{label: value}
}

func needsLanguage(types []string) bool {
	return slices.ContainsFunc(types, func(value string) bool { return taskOf(value).needs("language") })
}

func worksOnDataset(types []string) bool {
	return slices.ContainsFunc(types, func(value string) bool { return taskOf(value).needs("dataset") })
}

// labelOf returns the display label of a value of labelTypes.
func labelOf(value string) string { return taskOf(value).label }

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
