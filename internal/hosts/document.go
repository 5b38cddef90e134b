package hosts

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"unicode/utf8"

	"opentrain-mcp/internal/text"
)

// Problem is a file that can't be read, or not changed. The file stays as it is.
type Problem struct {
	File         string
	Line, Column int // from 1; 0 if unknown
	What         string

	changed bool // the file isn't what it was when it was read
}

// Error says what is wrong, and where, and what has happened to the file.
func (p *Problem) Error() string {
	if p.Line > 0 {
		return p.Detail() + ". Nothing was changed. Fix the file and run this command again"
	}
	return p.Detail()
}

// Detail says what is wrong, and where.
func (p *Problem) Detail() string {
	where := p.File + " "
	switch {
	case p.Line > 0 && p.Column > 0:
		where = fmt.Sprintf("%s, line %d, column %d: ", p.File, p.Line, p.Column)
	case p.Line > 0:
		where = fmt.Sprintf("%s, line %d: ", p.File, p.Line)
	}
	return text.VisibleLine(where + p.What)
}

// at is a problem at an offset.
func at(data []byte, offset int, what string) *Problem {
	before := data[:min(max(offset, 0), len(data))]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return &Problem{Line: bytes.Count(before, []byte("\n")) + 1, Column: utf8.RuneCount(line) + 1, What: what}
}

// errUneditable is for a file that is fine, but written in a way in which this package can't change it.
var errUneditable = errors.New("is written in a way that this program can't change. Nothing was changed. Add the entry yourself")

// format edits a document in place. Nothing but the value at the path changes.
type format struct {
	decode func(data []byte) (any, error) // the document as maps, lists and values
	set    func(data []byte, path []string, value any) ([]byte, error)
	remove func(data []byte, path []string) ([]byte, error)
}

func (f Format) editor() format {
	switch f {
	case TOML:
		return format{decodeTOML, setTOML, removeTOML}
	case YAML:
		return format{decodeYAML, setYAML, removeYAML}
	case JSONC:
		return format{decodeJSONC, setJSON, removeJSON}
	case JSON:
	}
	return format{decodeJSON, setJSON, removeJSON}
}

// change sets the value at a path of keys, and makes the objects on the way. A result that isn't the old document with
// that value is thrown away.
func (f format) change(data []byte, path []string, value any) ([]byte, error) {
	before, err := f.decode(data)
	if err != nil {
		return nil, err
	}
	changed, err := f.set(data, path, value)
	if err != nil {
		return nil, err
	}
	after, err := f.decode(changed)
	if err != nil {
		return nil, errUneditable
	}
	now, found := lookup(after, path...)
	if !found || !same(now, value) || !equalWithout(before, after, path) {
		return nil, errUneditable
	}
	return changed, nil
}

// drop removes what is at a path, and the objects on the way that are empty then. A result that isn't the old document
// without it is thrown away.
func (f format) drop(data []byte, path []string) ([]byte, error) {
	before, err := f.decode(data)
	if err != nil {
		return nil, err
	}
	changed, err := f.remove(data, path)
	if err != nil {
		return nil, err
	}
	after, err := f.decode(changed)
	if err != nil {
		return nil, errUneditable
	}
	if _, found := lookup(after, path...); found || !equalWithout(before, after, path) {
		return nil, errUneditable
	}
	return changed, nil
}

// equalWithout compares two documents, except for what is at a path and for empty objects on the way there.
func equalWithout(a, b any, path []string) bool {
	return reflect.DeepEqual(without(a, path), without(b, path))
}

// without is a document without what is at a path, and without the objects on the way that are empty then.
func without(tree any, path []string) any {
	kind := reflect.ValueOf(tree).Kind()
	if tree == nil || kind == reflect.Map && reflect.ValueOf(tree).Len() == 0 {
		return nil
	}
	if len(path) == 0 {
		return tree
	}
	switch tree := tree.(type) {
	case map[string]any:
		return withoutKey(tree, path[0], path)
	case map[any]any:
		return withoutKey(tree, any(path[0]), path)
	}
	return tree
}

func withoutKey[K comparable](tree map[K]any, key K, path []string) any {
	rest := maps.Clone(tree)
	if inner, found := rest[key]; found {
		delete(rest, key)
		if inner = without(inner, path[1:]); len(path) > 1 && inner != nil {
			rest[key] = inner
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return rest
}

// newline is the line end of a document.
func newline(data []byte) string {
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// splice replaces a part of a document.
type splice struct {
	from, to int
	text     string
}

// apply makes replacements that don't overlap.
func apply(data []byte, splices ...splice) []byte {
	var out bytes.Buffer
	position := 0
	for len(splices) > 0 {
		next := 0
		for i, s := range splices {
			if s.from < splices[next].from {
				next = i
			}
		}
		s := splices[next]
		splices = append(splices[:next:next], splices[next+1:]...)
		out.Write(data[position:s.from])
		out.WriteString(s.text)
		position = s.to
	}
	out.Write(data[position:])
	return out.Bytes()
}

// lineStart is where the line with an offset begins.
func lineStart(data []byte, offset int) int { return bytes.LastIndexByte(data[:offset], '\n') + 1 }

// lineEnd is where the line with an offset ends, with its line end.
func lineEnd(data []byte, offset int) int {
	if i := bytes.IndexByte(data[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(data)
}

// indentation is the white space at the start of the line with an offset.
func indentation(data []byte, offset int) string {
	line := data[lineStart(data, offset):offset]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// beginsLine says whether only white space is before an offset in its line.
func beginsLine(data []byte, offset int) bool {
	return strings.TrimLeft(string(data[lineStart(data, offset):offset]), " \t") == ""
}

// breakBefore is the length of the line end before an offset, or 0.
func breakBefore(data []byte, offset int) int {
	switch before := data[:offset]; {
	case bytes.HasSuffix(before, []byte("\r\n")):
		return 2
	case bytes.HasSuffix(before, []byte("\n")):
		return 1
	}
	return 0
}
