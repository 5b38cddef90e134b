// Package credential finds the API token that a local user has set: in the environment, in a token file, or
// in the file of OpenTrain's own command line tool.
package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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
	Token      string // "" if there is no usable token
	From       Place  // where the token was found
	BaseURL    string // the address of the API, if the shared file has one
	ClaimToken string // of an account that no human has claimed yet, if the shared file has one
	Problem    Fault  // why the token can't be used
	Exposed    string // a sentence that warns about the file, if others can read it
}

// Place is where a token can be set. The zero Place is nowhere.
type Place struct {
	Variable string // the name of an environment variable, "" for a file
	File     string // the path of a file, "" for a variable
	Shared   bool   // it is the file that OpenTrain's own tools share
}

// IsZero says that it is nowhere.
func (p Place) IsZero() bool { return p == Place{} }

// String names the place, "" for nowhere.
func (p Place) String() string {
	switch {
	case p.Variable != "":
		return "the " + p.Variable + " environment variable"
	case p.Shared:
		return "the file " + p.File
	case p.File != "":
		return "the token file " + p.File
	}
	return ""
}

// Fault is the reason that a token or its file can't be used. The zero Fault means no fault.
type Fault struct {
	Text       string // the beginning of a sentence, without the token: "the token file /x is empty"
	Cure       string // a sentence that says what to do; "" if that depends on the reader
	Unreadable bool   // the file is there, but it can't be read
}

// Error implements error, with sentences for people.
func (f Fault) Error() string {
	if f.Text == "" {
		return ""
	}
	return strings.TrimSpace(strings.ToUpper(f.Text[:1]) + f.Text[1:] + ". " + f.Cure)
}

// unreadable is the fault of a file that can't be read.
func unreadable(place Place, err error) Fault {
	return Fault{Text: fmt.Sprintf("%s can't be read: %s", place, Reason(err)), Unreadable: !errors.Is(err, fs.ErrNotExist)}
}

// Find looks for a token in the environment, then in the token file. Without a token file, it looks in the
// file that OpenTrain's command line tool and MCP server share. It reads files on every call, so that a token
// replaced on disk works at once.
func (s Source) Find() Found {
	for name, value := range s.variables() {
		return validate(Found{Token: value, From: Place{Variable: name}})
	}
	if s.TokenFile != "" {
		return s.fromTokenFile()
	}
	return s.fromSharedFile()
}

// All looks in every place, and returns what is set, the place that wins first. A variable that is set to nothing counts
// as not set. The file that OpenTrain's tools share counts even beside a token file, which hides it.
func (s Source) All() []Found {
	var all []Found
	for name, value := range s.variables() {
		all = append(all, validate(Found{Token: value, From: Place{Variable: name}}))
	}
	if s.TokenFile != "" {
		all = append(all, s.fromTokenFile())
	}
	if shared := s.fromSharedFile(); !shared.From.IsZero() {
		all = append(all, shared)
	}
	return all
}

// Elsewhere is the variable or token file that is used instead of the shared file. The zero Place means neither is set.
func (s Source) Elsewhere() Place {
	for name := range s.variables() {
		return Place{Variable: name}
	}
	return Place{File: s.TokenFile}
}

// variables yields the variables that are set, the one that wins first.
func (s Source) variables() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, name := range Variables() {
			value := strings.TrimSpace(s.Getenv(name))
			if value != "" && !FindUnexpanded(value).LeftEmpty && !yield(name, value) {
				return
			}
		}
	}
}

func (s Source) fromTokenFile() Found {
	found := Found{From: Place{File: s.TokenFile}, Exposed: Exposed(s.TokenFile)}
	data, err := ReadFile(s.TokenFile, MaxSecret)
	if err != nil {
		found.Problem = unreadable(found.From, err)
		return found
	}
	if found.Token = strings.TrimSpace(string(data)); found.Token == "" {
		found.Problem.Text = found.From.String() + " is empty"
		return found
	}
	return validate(found)
}

// ConfigHome is the environment variable that names the folder of the shared file's folder.
const ConfigHome = "XDG_CONFIG_HOME"

// Shared is the file that OpenTrain's own tools share, ${XDG_CONFIG_HOME:-~/.config}/opentrain/cli.json
// (developers/mcp/overview). A relative folder doesn't count (XDG Base Directory Specification). If there is no such file, the
// fault says why, and the place is the variable that is wrong, if one is.
func (s Source) Shared() (Place, Fault) {
	folder := strings.TrimSpace(s.Getenv(ConfigHome))
	if placeholder := FindUnexpanded(folder).Name; placeholder != "" {
		return Place{Variable: ConfigHome}, Fault{
			Text: ConfigHome + " contains a placeholder that the host didn't expand: " + placeholder, Cure: "Correct it, or remove it.",
		}
	}
	if strings.HasPrefix(folder, "~/") {
		folder = Absolute(folder)
	}
	if !filepath.IsAbs(folder) {
		home, err := Home()
		if err != nil {
			return Place{}, Fault{Text: err.Error(), Cure: "Set " + ConfigHome + "."}
		}
		folder = filepath.Join(home, ".config")
	}
	return Place{File: filepath.Join(folder, "opentrain", "cli.json"), Shared: true}, Fault{}
}

func (s Source) fromSharedFile() Found {
	place, fault := s.Shared()
	switch {
	case place.IsZero(): // no one has set anything
		return Found{}
	case fault.Text != "":
		return Found{From: place, Problem: fault}
	}
	file, err := ReadShared(place.File)
	found := Found{From: place, Exposed: Exposed(place.File)}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Found{}
	case err != nil:
		found.Problem, _ = errors.AsType[Fault](err)
		return found
	case file.Token == "":
		return Found{}
	}
	found.Token, found.BaseURL, found.ClaimToken = file.Token, file.BaseURL, file.ClaimToken
	return validate(found)
}

// Shared is the content of the shared file.
type Shared struct {
	Token      string
	BaseURL    string // that the token is for
	ClaimToken string // until a human has claimed the account
	// Others are the members that this program doesn't know.
	Others map[string]json.RawMessage
}

// The members of the shared file.
const (
	tokenMember   = "apiToken"
	baseURLMember = "baseUrl"
	claimMember   = "claimToken"
)

// Cure is a sentence that says what to do about a shared file that can't be used.
func Cure(path string) string {
	return "Correct it, or run `" + MoveAway(path) + "` and get a token again."
}

// MoveAway is the command that moves a shared file away and keeps it.
func MoveAway(path string) string { return "mv " + ShellPath(path) + " " + ShellPath(path+".broken") }

// Hide leaves only the beginning of each token in a text.
func Hide(words string) string {
	return regexp.MustCompile(`\b(ot_[a-z]{3}_)[\w-]+`).ReplaceAllString(words, "${1}…")
}

// ShellPath writes a path as a shell reads it.
func ShellPath(path string) string {
	isSpecial := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+@%:,", r)
	}
	if strings.ContainsFunc(path, isSpecial) && os.PathSeparator == '/' {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	if strings.Contains(path, " ") {
		return `"` + path + `"`
	}
	return path
}

// ReadShared reads the shared file. The error is fs.ErrNotExist or a Fault.
func ReadShared(path string) (Shared, error) {
	place := Place{File: path, Shared: true}
	data, err := ReadFile(path, MaxSecret)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Shared{}, err
	case err != nil:
		fault := unreadable(place, err)
		fault.Cure = Cure(path)
		return Shared{}, fault
	}
	var file Shared
	err = json.Unmarshal(data, &file.Others)
	for name, value := range map[string]*string{tokenMember: &file.Token, baseURLMember: &file.BaseURL, claimMember: &file.ClaimToken} {
		if member, found := file.Others[name]; found && err == nil {
			err = json.Unmarshal(member, value)
		}
		*value = strings.TrimSpace(*value)
		delete(file.Others, name)
	}
	if err != nil {
		return Shared{}, Fault{Text: place.String() + " is not valid JSON", Cure: Cure(path)}
	}
	return file, nil
}

// JSON writes the content of the shared file.
func (s Shared) JSON() []byte {
	members := maps.Clone(s.Others)
	if members == nil {
		members = map[string]json.RawMessage{}
	}
	for name, value := range map[string]string{tokenMember: s.Token, baseURLMember: s.BaseURL, claimMember: s.ClaimToken} {
		if value != "" {
			members[name] = quote(value)
		}
	}
	data, err := json.MarshalIndent(members, "", "  ")
	if err != nil { // the members were read as JSON
		panic(err)
	}
	return append(data, '\n')
}

func quote(s string) json.RawMessage {
	data, err := json.Marshal(s)
	if err != nil { // a string can be marshaled
		panic(err)
	}
	return data
}

// Reason returns the text of a file error without the path.
func Reason(err error) string {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err.Error()
	}
	return err.Error()
}

// validate clears an invalid token and sets Problem, which does not show the token.
func validate(found Found) Found {
	if problem := Problem(found.Token); problem != "" {
		found.Token, found.Problem.Text = "", fmt.Sprintf("the API token from %s %s", found.From, problem)
	}
	return found
}

// Problem says why a text cannot be a token, without showing the text. It returns "" for a possible token.
func Problem(token string) string {
	switch {
	case token == "":
		return "is empty"
	case FindUnexpanded(token).Name != "":
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
