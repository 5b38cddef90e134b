package hosts

import (
	"bytes"

	"go.yaml.in/yaml/v4"
)

// removeYAML removes a key. Mappings that are empty then go as well, unless a comment is in them.
func removeYAML(data []byte, path []string) ([]byte, error) {
	f, err := parseYAML(data)
	if err != nil || f.root == nil {
		return data, err
	}
	type step struct{ mapping, key, value *yaml.Node }
	var steps []step
	here := f.root
	for _, name := range path {
		m := -1
		if here.Kind == yaml.MappingNode {
			m = member(here, name)
		}
		if m < 0 {
			return data, nil
		}
		steps = append(steps, step{here, here.Content[m], here.Content[m+1]})
		here = here.Content[m+1]
	}
	last := len(steps) - 1
	at := last
	for at > 0 && len(steps[at].mapping.Content) == 2 && !f.commented(steps[at-1].key, steps[at].key) {
		at--
	}
	if isFlow(steps[at].mapping) {
		return f.cutFlow(steps[at].key, steps[at].value)
	}
	from, to := f.pair(steps[at].key, steps[at].value)
	if to == len(data) && !bytes.HasSuffix(data, []byte("\n")) {
		from -= breakBefore(data, from)
	}
	cuts := []splice{{from, to, ""}}
	if at > 0 && len(steps[at].mapping.Content) == 2 { // nothing is left but comments
		parent := steps[at-1].key
		if end := f.offset(parent) + len(parent.Value); parent.Style == 0 && end < len(data) && data[end] == ':' {
			cuts = append(cuts, splice{end + 1, end + 1, " {}"})
		}
	}
	return apply(data, cuts...), nil
}

// commented says whether there is a comment between a key and the first key below it.
func (f yamlFile) commented(key, below *yaml.Node) bool {
	if below.Line <= key.Line {
		return false
	}
	return bytes.ContainsRune(f.data[f.line(key.Line+1):f.line(below.Line)], '#')
}

// cutFlow cuts a key and its value out of braces, with one comma.
func (f yamlFile) cutFlow(key, value *yaml.Node) ([]byte, error) {
	from, start := f.offset(key), f.offset(value)
	end := f.flowEnd(value, start)
	if end <= start {
		return nil, errUneditable
	}
	rest := bytes.TrimLeft(f.data[end:], " \t\r\n")
	if to := len(f.data) - len(rest); len(rest) > 0 && rest[0] == ',' {
		to++
		if to < len(f.data) && f.data[to] == ' ' {
			to++
		}
		return apply(f.data, splice{from, to, ""}), nil
	}
	if before := bytes.TrimRight(f.data[:from], " \t\r\n"); bytes.HasSuffix(before, []byte(",")) {
		from = len(before) - 1
	}
	return apply(f.data, splice{from, end, ""}), nil
}
