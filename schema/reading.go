package schema

import "maps"

// Reading says how the values of a node are read, beyond what its published schema says.
type Reading struct {
	// Split makes a list of one text, or of an entry without commas, nil when it is neither. Without it, a text without commas,
	// semicolons and lines is the only entry.
	Split func(text string) []string
	// OrIsAnd says that "A or B" in a list names both. In other lists it leaves a choice, which only a human can make.
	OrIsAnd bool
	// Text returns what a text means, or why it can't be used.
	Text func(text string) (string, error)
	// Dollars says that a number is an amount of US dollars.
	Dollars bool
	// Units are words after a number that say what is already known, in small letters, with spaces between them: "people",
	// "/ hour". Other units are refused.
	Units []string
	// Complete says that an enum has no other values, also inside an object that accepts unknown members.
	Complete bool
	// Members are the names that an open object may have, if all are known. Noun says what they name: "a draft field".
	Members []string
	Noun    string
	// Instead says what to do in place of setting a member that an object doesn't have, by the folded name: letters and digits, in capitals.
	Instead map[string]string
	// Empty says what to do when an object has no members, which is a problem then.
	Empty string
}

// Dialect is what the arguments of all tools have in common.
type Dialect struct {
	// Label is how people read a value of an enum. Arguments may have the label's words.
	Label func(value string) string
	// Refuse says why a text can't be the value of any argument, "" if it can.
	Refuse func(text string) string
	// Ignored are arguments that hosts add on their own. They are dropped unless the schema has them.
	Ignored []string
	// Readings are those of arguments by name, for arguments that many tools have. A tool's own reading goes first.
	Readings map[string]Reading
}

const readingKey = "reading"

// Read says how the values of a node are read. Clients don't see it.
func Read(node *Node, reading Reading) *Node {
	if node.Extras == nil {
		node.Extras = map[string]any{}
	}
	node.Extras[readingKey] = reading
	return node
}

// ReadProperty says how the values of a property are read. It panics if there is no such property.
func ReadProperty(object *Node, name string, reading Reading) { Read(property(object, name), reading) }

// ReadEntries is ReadProperty for the entries of a list.
func ReadEntries(object *Node, name string, reading Reading) {
	Read(property(object, name).Items, reading)
}

func readingOf(node *Node) Reading {
	reading, _ := node.Extras[readingKey].(Reading)
	return reading
}

// published is the node as clients see it: without readings.
func published(node *Node) *Node {
	if node == nil {
		return nil
	}
	bare := *node
	bare.Extras, bare.Items = maps.Clone(node.Extras), published(node.Items)
	delete(bare.Extras, readingKey)
	if node.Properties != nil {
		bare.Properties = NewObject().Properties
		for name, property := range node.Properties.FromOldest() {
			bare.Properties.Set(name, published(property))
		}
	}
	return &bare
}
