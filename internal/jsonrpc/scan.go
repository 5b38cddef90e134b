package jsonrpc

import "encoding/json"

// IDScanner finds the id of a message that is too long to keep. It reads the message in parts and keeps only the id.
// The zero value is ready for use.
type IDScanner struct {
	depth            int
	inString, escape bool
	text             []byte // of the string or value at the top level that is being read, at most maxID
	isName           bool   // a name is expected, not a value
	name             string
	id               json.RawMessage
	method           bool
}

// Write reads the next part of the message.
func (s *IDScanner) Write(part []byte) (int, error) {
	for _, c := range part {
		s.read(c)
	}
	return len(part), nil
}

// ID returns the id that was found, or nil.
func (s *IDScanner) ID() json.RawMessage {
	if len(s.id) == 0 || !json.Valid(s.id) || idProblem(s.id) != "" {
		return nil
	}
	return s.id
}

// IsRequest reports whether the message gets a response: a request does, and what has neither an id nor a method.
func (s *IDScanner) IsRequest() bool { return s.method == (s.id != nil) }

func (s *IDScanner) read(c byte) {
	if s.inString {
		s.keep(c)
		switch {
		case s.escape:
			s.escape = false
		case c == '\\':
			s.escape = true
		case c == '"':
			s.inString = false
		}
		return
	}
	switch c {
	case '"':
		s.inString = true
		s.keep(c)
	case '{', '[':
		s.depth++
		s.isName = s.depth == 1
		s.text = nil
	case '}', ']':
		s.value()
		s.depth--
	case ':':
		if s.depth == 1 {
			s.name, s.isName = stringOf(s.text), false
			s.text = nil
		}
	case ',':
		s.value()
		s.isName = s.depth == 1
	case ' ', '\t', '\r', '\n':
	default:
		s.keep(c)
	}
}

func (s *IDScanner) keep(c byte) {
	if s.depth == 1 && len(s.text) <= maxID {
		s.text = append(s.text, c)
	}
}

// value ends a value at the top level.
func (s *IDScanner) value() {
	if s.depth != 1 {
		return
	}
	if !s.isName && s.name == "id" && s.id == nil {
		s.id = s.text
	}
	s.method = s.method || !s.isName && s.name == "method"
	s.text = nil
}
