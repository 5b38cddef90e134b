package hosts

import "io/fs"

// With and Without are Install and Uninstall without files.
func (h Host) With(data []byte, s Server) ([]byte, Outcome, error) { return h.with(data, s, s.Command) }

func (h Host) Without(data []byte, name string) ([]byte, Outcome, error) {
	return h.without(data, name, Program)
}

// Decode decodes a file's content.
func (h Host) Decode(data []byte) (any, error) { return h.Format.editor().decode(unmarked(data)) }

// Same says whether a decoded entry is that of a server.
func (h Host) Same(decoded any, s Server) bool { return same(decoded, h.entry(s)) }

// Equal compares two documents without what is at a path.
func (h Host) Equal(a, b any, name string) bool {
	_, path, _ := h.find(b, name)
	return equalWithout(a, b, path)
}

// At is the entry, and the path to it.
func (h Host) At(tree any, name string) (entry any, path []string, found bool) {
	return h.find(tree, name)
}

// Lookup goes down a path.
func Lookup(tree any, path ...string) (any, bool) { return lookup(tree, path...) }

// Members are the members of an object.
func Members(value any) map[string]any { return members(value) }

// HideSecrets hides what looks like a secret in a diff.
func HideSecrets(diff string) string { return hideSecrets(diff) }

// Write replaces a file, if it still may at the end.
func Write(path string, data []byte, mode fs.FileMode, may func() error) error {
	return write(path, data, mode, may)
}
