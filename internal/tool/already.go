package tool

// maxAlready is how many things that are there already a question names.
const maxAlready = 3

// Already warns before a yes to a call that makes something new each time: one warning for each thing that is there and is the
// same, and what a yes does then.
func Already[Thing any](things []Thing, same func(Thing) bool, words func(Thing) string, again string) (warnings []string) {
	for _, thing := range things {
		if len(warnings) < maxAlready && same(thing) {
			warnings = append(warnings, words(thing)+" "+again)
		}
	}
	return warnings
}
