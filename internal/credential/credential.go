// Package credential finds the API token that a local user has set: in the
// environment, in a file, or where OpenTrain's own command line tool keeps it.
package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// maxToken is the longest token that is taken, in bytes.
const maxToken = 512

// Variables are the environment variables that may hold a token, the first one
// that is set wins. The official MCP server reads the first, the official
// command line tool the others.
func Variables() []string {
	return []string{"OPENTRAIN_PERSONAL_API_TOKEN", "OT_API_TOKEN", "OPENTRAIN_API_TOKEN"}
}

// Source says where to look for a token.
type Source struct {
	// Getenv looks up an environment variable; it is os.Getenv outside tests.
	Getenv func(string) string
	// TokenFile is a file that holds nothing but a token; "" for none.
	TokenFile string
}

// Found is what a Source found.
type Found struct {
	Token string // "" when there is none, or none that can be used
	// From names the place that it was read from, "" when nothing was set.
	From string
	// BaseURL is the API's address kept beside the token, usually "".
	BaseURL string
	// Problem says, in a sentence, why what was found cannot be used.
	Problem string
}

// Find looks for a token, first match wins: the environment, the token file,
// the file that OpenTrain's command line tool and its MCP server share. Files
// are read on every call, so that a token replaced on disk is used at once.
func (s Source) Find() Found {
	for _, name := range Variables() {
		if value := s.Getenv(name); value != "" {
			return checked(Found{Token: value, From: "the environment variable " + name})
		}
	}
	if s.TokenFile != "" {
		return s.fromTokenFile()
	}
	return s.fromSharedFile()
}

func (s Source) fromTokenFile() Found {
	found := Found{From: "the token file " + s.TokenFile}
	data, err := os.ReadFile(s.TokenFile)
	if err != nil {
		found.Problem = fmt.Sprintf("The token file %s cannot be read: %s.", s.TokenFile, reason(err))
		return found
	}
	found.Token = strings.TrimSpace(string(data))
	if found.Token == "" {
		found.Problem = fmt.Sprintf("The token file %s is empty.", s.TokenFile)
		return found
	}
	return checked(found)
}

// fromSharedFile reads ${XDG_CONFIG_HOME:-~/.config}/opentrain/cli.json
// (developers/mcp/overview).
func (s Source) fromSharedFile() Found {
	dir := s.Getenv("XDG_CONFIG_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return Found{}
		}
		dir = filepath.Join(home, ".config")
	}
	path := filepath.Join(dir, "opentrain", "cli.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Found{}
	}
	found := Found{From: "the file " + path}
	var file struct {
		APIToken string `json:"apiToken"`
		BaseURL  string `json:"baseUrl"`
	}
	switch {
	case err != nil:
		found.Problem = fmt.Sprintf("The file %s cannot be read: %s.", path, reason(err))
	case json.Unmarshal(data, &file) != nil:
		found.Problem = fmt.Sprintf("The file %s is not valid JSON.", path)
	case file.APIToken == "":
		return Found{}
	default:
		found.Token, found.BaseURL = file.APIToken, file.BaseURL
		return checked(found)
	}
	return found
}

// reason words a file error without the path, which the sentence has already.
func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// checked takes a token away that cannot be one, and says why without showing it.
func checked(found Found) Found {
	if problem := Problem(found.Token); problem != "" {
		found.Token, found.Problem = "", fmt.Sprintf("The API token from %s %s.", found.From, problem)
	}
	return found
}

// Problem says why a text cannot be a token, without showing it: "has a space
// in it". It is "" for one that can be.
func Problem(token string) string {
	switch {
	case token == "":
		return "is empty"
	case strings.HasPrefix(token, "${") || strings.HasPrefix(token, "$") || strings.HasPrefix(token, "%"):
		return "holds a variable's name instead of its value: the host did not replace it"
	case strings.ContainsAny(token, `"'`+"`"):
		return "has quotes in it; write the token without them"
	case strings.ContainsFunc(token, unicode.IsSpace):
		return "has a space or a line break in it"
	case strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r > '~' }):
		return "has characters that no token has"
	case len(token) > maxToken:
		return fmt.Sprintf("is longer than %d characters", maxToken)
	}
	return ""
}
