//go:build race

package acceptance_test

// raced says that the race detector is on.
const raced = true
