// Package doctor finds out why the server doesn't work on a machine, and says what to do about it.
package doctor

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/text"
)

// Status is how a check ended.
type Status string

// The statuses. Only Fail means that something doesn't work.
const (
	OK   Status = "ok"
	Note Status = "note" // nothing is wrong, but there is something to know
	Warn Status = "warn"
	Fail Status = "fail"
)

// Check is the result of one check.
type Check struct {
	Name   string `json:"check"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	// Fix says what to do. Lines after the first are commands.
	Fix string `json:"fix,omitempty"`
}

// Config is the machine that is examined, and what the person asked for.
type Config struct {
	Version   string // of this program
	Command   string // how a person starts this program
	Temporary string // why this program's file won't last, with what to do in the second line; "" if it does
	Installs  string // the command that install writes, "" if it doesn't
	Machine   hosts.Env
	Host      string // the name of the only host to check, "" for all
	Entry     string // the name of the entry in a host's file
	Sandbox   bool   // leave out the account and the network: the sandbox needs neither

	Environ   []string // as os.Environ
	Variables []string // the variables that this program reads
	Unusable  string   // what is wrong with this shell's settings, "" if a server starts with them
	Source    credential.Source
	BaseURL   string // "" for the token's or the default one
	// BaseURLFrom is the setting that BaseURL comes from.
	BaseURLFrom string
	// Transport makes the connection to an address. caFile is a file with more certificates, "" for this shell's.
	Transport func(caFile string) (*http.Transport, error)
	Timeout   time.Duration // for each server that is started, and for each request
}

// examination is one run.
type examination struct {
	Config
	found []entry
}

// Run makes the checks, and hands over each result as soon as those before it are there.
func Run(ctx context.Context, cfg Config, show func(Check)) {
	e := &examination{Config: cfg, found: find(cfg)}
	groups := []func(context.Context) []Check{e.program, e.settings}
	for _, found := range e.found {
		groups = append(groups, func(ctx context.Context) []Check { return e.entry(ctx, found) })
	}
	online := e.network
	switch {
	case e.Sandbox: // as the person asked
		online = nil
	case e.onlySandboxes() && len(e.Source.All()) == 0:
		e.Sandbox, online = true, unneeded
	}
	groups = append(groups, e.others, e.tokens)
	if online != nil {
		groups = append(groups, online)
	}
	results := make([]chan []Check, len(groups))
	var running sync.WaitGroup
	defer running.Wait() // no server outlives this program
	for i, group := range groups {
		results[i] = make(chan []Check, 1)
		running.Go(func() { results[i] <- group(ctx) })
	}
	for _, result := range results {
		select {
		case checks := <-result:
			for _, check := range checks {
				check.Detail, check.Fix = clean(check.Detail), clean(check.Fix)
				show(check)
			}
		case <-ctx.Done():
			return
		}
	}
}

// onlySandboxes reports whether every host's server uses the sandbox, which needs no account.
func (e *examination) onlySandboxes() bool {
	ours := slices.DeleteFunc(slices.Clone(e.found), func(f entry) bool { return !f.Ours || f.foreign })
	return len(ours) > 0 && !slices.ContainsFunc(ours, func(f entry) bool { return !f.Sandbox() })
}

// unneeded says why neither the network nor an account was checked.
func unneeded(context.Context) []Check {
	return []Check{{Name: "network", Status: Note, Detail: "the network and the account weren't checked, because every host uses the sandbox"}}
}

// clean makes a text safe to show. What others have written into a file or a log may hold a token.
func clean(words string) string {
	return credential.Hide(text.Paragraphs(words, 1500))
}

// program says which program this is.
func (e *examination) program(context.Context) []Check {
	check := Check{Name: "program", Status: OK, Detail: "opentrain-mcp " + e.Version + ", " + e.Machine.Program}
	if e.Temporary != "" {
		check.Status, check.Fix = Warn, e.Temporary
		check.Detail += ", which won't last: no host can start it later"
	}
	return []Check{check}
}

// unset is the command that removes a variable.
func (e *examination) unset(name string) string {
	if e.Machine.GOOS == "windows" {
		return "Remove-Item Env:" + name
	}
	return "unset " + name
}

// set is the command that sets a variable.
func (e *examination) set(name, value string) string {
	if e.Machine.GOOS == "windows" {
		return "$env:" + name + ` = "` + value + `"`
	}
	return "export " + name + "=" + value
}

// run is a fix that is a command of this program.
func (e *examination) run(why string, args ...string) string {
	return cmp.Or(why, "Run this:") + "\n" + e.Command + " " + strings.Join(args, " ")
}
