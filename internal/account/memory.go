package account

import (
	"context"
	"os"
	"sync"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/credential"
)

// memory keeps the token in this process.
type memory struct {
	first caller.Token // until an agent has registered

	changing sync.Mutex // held by the one that has opened the memory

	mu      sync.Mutex
	content credential.Shared
}

func (*memory) place() string { return "this process" }

// folder isn't that of the shared file: nothing here is real.
func (*memory) folder() (string, error) { return os.TempDir(), nil }

func (*memory) elsewhere() string { return "" }

func (m *memory) token() caller.Token {
	kept := m.saved()
	if kept.Token == "" {
		first := m.first
		first.Registers = first.Value == ""
		return first
	}
	return caller.Token{Value: kept.Token, From: m.first.From, Claims: kept.ClaimToken != ""}
}

func (m *memory) open(context.Context) (entry, error) {
	m.changing.Lock()
	return m, nil
}

func (m *memory) kept() credential.Shared { return m.saved() }

func (m *memory) saved() credential.Shared {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.content
}

func (m *memory) save(content credential.Shared) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.content = content
	return nil
}

func (m *memory) close() { m.changing.Unlock() }
