package tool

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/schema"
)

// AllToolsets stands for every toolset, in a list of their names.
const AllToolsets = "all"

// Selection says what an operator serves. Its lists are read by Names.
type Selection struct {
	ReadOnly bool     // leaves out every tool that changes something
	Local    bool     // the server acts for the person at this machine, and keeps their token
	Toolsets []string // empty means those that are on by default
	Tools    []string // the only tools served, unless empty
	Exclude  []string // tools that are not served
	TurnOn   string   // how a human has another toolset served, in words for a model
	NoPages  bool     // the API has no app in which a human can act; see HasPages
}

// Of selects from all the toolsets of the server. It fails on an unknown name, and if nothing is left.
func (s Selection) Of(all []Set) (Served, error) {
	chosen, only, excluded := Names(s.Toolsets...), Names(s.Tools...), Names(s.Exclude...)
	if err := errors.Join(unknownToolset(all, chosen), unknownTool(all, slices.Concat(only, excluded))); err != nil {
		return Served{}, err
	}
	served := Served{hidden: map[string]hidden{}, noPages: s.NoPages}
	for _, set := range all {
		off := set.OffByDefault
		if len(chosen) > 0 {
			off = !inToolsets(set, chosen)
		}
		kept := set
		kept.Tools = nil
		for _, t := range set.Tools {
			why, remedy := "", ""
			reading, reads := t.Reading()
			if s.ReadOnly {
				t = reading
			}
			switch {
			case s.ReadOnly && !reads:
				why = "this server is read-only"
			case t.Local && !s.Local:
				why = "it works only over stdio, on the human's own machine"
			case off:
				why, remedy = "this server doesn't serve the "+set.Name+" toolset", s.TurnOn
			case len(only) > 0 && !slices.Contains(only, t.Name), slices.Contains(excluded, t.Name):
				why = "this server's settings exclude it"
			}
			if why == "" {
				kept.Tools = append(kept.Tools, t)
			} else {
				served.hidden[t.Name] = hidden{why, remedy, t.Kind.ReadOnly()}
			}
		}
		if !off {
			served.Sets = append(served.Sets, kept)
		}
	}
	if len(served.Tools()) == 0 {
		return Served{}, served.nothing(only)
	}
	for _, set := range served.Sets {
		for i := range set.Tools {
			set.Tools[i] = served.Describe(set.Tools[i])
		}
	}
	return served, nil
}

// nothing is the error of settings that leave no tool, with the reason for one that was chosen.
func (s Served) nothing(chosen []string) error {
	problem := "the settings exclude every tool"
	if len(chosen) > 0 {
		problem += ": " + chosen[0] + " is not available, because " + s.hidden[chosen[0]].why
	}
	return errors.New(problem)
}

// Names reads lists of names as people write them: separated by commas or spaces. Empty entries don't count.
func Names(lists ...string) []string {
	return strings.FieldsFunc(strings.Join(lists, ","), func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
}

// InToolsets returns the names of the tools in some toolsets. It fails on an unknown name.
func InToolsets(sets []Set, chosen []string) ([]string, error) {
	var names []string
	for _, set := range sets {
		if inToolsets(set, chosen) {
			names = append(names, toolNames([]Set{set})...)
		}
	}
	return names, unknownToolset(sets, chosen)
}

// InTools returns the tools that were chosen, each once. It fails if a name isn't a tool.
func InTools(sets []Set, chosen []string) ([]string, error) {
	names := slices.DeleteFunc(toolNames(sets), func(name string) bool { return !slices.Contains(chosen, name) })
	return names, unknownTool(sets, chosen)
}

func inToolsets(set Set, chosen []string) bool {
	return slices.Contains(chosen, set.Name) || slices.Contains(chosen, AllToolsets)
}

func toolNames(sets []Set) (names []string) {
	for _, set := range sets {
		names = append(names, Map(set.Tools, func(t Tool) string { return t.Name })...)
	}
	return names
}

func unknownToolset(sets []Set, names []string) error {
	return unknown("toolset", names, append(Map(sets, func(set Set) string { return set.Name }), AllToolsets))
}

func unknownTool(sets []Set, names []string) error { return unknown("tool", names, toolNames(sets)) }

// sameDeed reports whether two names begin with verbs for the same: to reject a proposal isn't to get it.
func sameDeed(name, other string) bool {
	verb, _, _ := strings.Cut(strings.TrimPrefix(name, "opentrain_"), "_")
	known, _, _ := strings.Cut(strings.TrimPrefix(other, "opentrain_"), "_")
	reading := []string{"get", "list", "read", "search", "show", "view", "find", "fetch"}
	return schema.Nearest(verb, []string{known}) != "" || slices.Contains(reading, verb) && slices.Contains(reading, known)
}

// unknown returns an error about the first name that isn't known: what may have been meant, or else all that there is.
func unknown(kind string, names, known []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			what := fmt.Sprintf("there is no %s %q", kind, text.Clip(name, 64))
			if nearest := schema.Nearest(name, known); nearest != "" && sameDeed(name, nearest) {
				return errors.New(what + "; did you mean " + nearest + "?")
			}
			return fmt.Errorf("%s. %ss: %s", what, text.Capitalize(kind), strings.Join(known, ", "))
		}
	}
	return nil
}
