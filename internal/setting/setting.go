// Package setting has the error of a setting that can't be served.
package setting

import "fmt"

// Error says what is wrong with a field of the server's configuration.
type Error struct {
	Field   string // its name, as programs that embed the server write it
	Problem string // the words that follow the name: "is required"
}

// Wrong returns the error of a field.
func Wrong(field, format string, args ...any) error {
	return &Error{field, fmt.Sprintf(format, args...)}
}

// Error implements error.
func (e *Error) Error() string { return e.Field + " " + e.Problem }
