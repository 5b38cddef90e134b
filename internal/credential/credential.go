// Package credential finds the API token that a local user has set: in the environment, in a token file, or
// in the file of OpenTrain's own command line tool.
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

// maxLength is the maximum length of a token, in bytes.
const maxLength = 512

// Variables returns the environment variables that may hold a token. The first one that is set wins.
// OpenTrain's own MCP server reads the first variable, and its command line tool reads the others.
func Variables() []string {
	return []string{"OPENTRAIN_PERSONAL_API_TOKEN", "OT_API_TOKEN", "OPENTRAIN_API_TOKEN"}
}

// Source configures where to look for a token.
type Source struct {
	Getenv    func(string) string // like os.Getenv
	TokenFile string              // the path of a file that contains only a token; "" for none
}

// Found is the result of a search.
type Found struct {
	Token   string // "" if there is no usable token
	From    string // the place where the token was found; "" if no token is set
	BaseURL string // the address of the API, if the shared file has one
	Problem string // a sentence that says why the token cannot be used
	Exposed string // a sentence that warns about the file, if others can read it
}

// Find looks for a token in the environment, then in the token file. Without a token file, it looks in the
// file that OpenTrain's command line tool and MCP server share. It reads files on every call, so that a token
// replaced on disk works at once.
func (s Source) Find() Found {
	for _, name := range Variables() {
		if value := strings.TrimSpace(s.Getenv(name)); value != "" {
			return validate(Found{Token: value, From: "the " + name + " environment variable"})
		}
	}
	if s.TokenFile != "" {
		return s.fromTokenFile()
	}
	return s.fromSharedFile()
}

func (s Source) fromTokenFile() Found {
	found := Found{From: "the token file " + s.TokenFile, Exposed: Exposed(s.TokenFile)}
	data, err := ReadFile(s.TokenFile, MaxSecret)
	if err != nil {
		found.Problem = fmt.Sprintf("The token file %s can't be read: %s.", s.TokenFile, reason(err))
		return found
	}
	if found.Token = strings.TrimSpace(string(data)); found.Token == "" {
		found.Problem = fmt.Sprintf("The token file %s is empty.", s.TokenFile)
		return found
	}
	return validate(found)
}

// fromSharedFile reads ${XDG_CONFIG_HOME:-~/.config}/opentrain/cli.json (developers/mcp/overview).
func (s Source) fromSharedFile() Found {
	dir := strings.TrimSpace(s.Getenv("XDG_CONFIG_HOME"))
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return Found{}
		}
		dir = filepath.Join(home, ".config")
	}
	path := filepath.Join(dir, "opentrain", "cli.json")
	data, err := ReadFile(path, MaxSecret)
	if errors.Is(err, fs.ErrNotExist) {
		return Found{}
	}
	found := Found{From: "the file " + path, Exposed: Exposed(path)}
	var file struct {
		APIToken string `json:"apiToken"`
		BaseURL  string `json:"baseUrl"`
	}
	switch {
	case err != nil:
		found.Problem = fmt.Sprintf("The file %s can't be read: %s.", path, reason(err))
	case json.Unmarshal(data, &file) != nil:
		found.Problem = fmt.Sprintf("The file %s is not valid JSON.", path)
	case strings.TrimSpace(file.APIToken) == "":
		return Found{}
	default:
		found.Token, found.BaseURL = strings.TrimSpace(file.APIToken), strings.TrimSpace(file.BaseURL)
		return validate(found)
	}
	return found
}

// reason returns the text of a file error without the path.
func reason(err error) string {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err.Error()
	}
	return err.Error()
}

// validate clears an invalid token and sets Problem, which does not show the token.
func validate(found Found) Found {
	if problem := Problem(found.Token); problem != "" {
		found.Token, found.Problem = "", fmt.Sprintf("The API token from %s %s.", found.From, problem)
	}
	return found
}

// Problem says why a text cannot be a token, without showing the text. It returns "" for a possible token.
func Problem(token string) string {
	switch {
	case token == "":
		return "is empty"
	case strings.HasPrefix(token, "$") || strings.HasPrefix(token, "%") || strings.HasPrefix(token, "{"):
		return "contains a variable name instead of its value: the host didn't expand it"
	case strings.ContainsAny(token, `"'`+"`"):
		return "has quotes in it; write the token without them"
	case strings.ContainsFunc(token, unicode.IsSpace):
		return "has a space or a line break in it"
	case strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r > '~' }):
		return "has invalid characters"
	case len(token) > maxLength:
		return fmt.Sprintf("is longer than %d characters", maxLength)
	}
	return ""
}
