package main

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/hosts"
)

// more is what else to know after the installation.
func (c installCommand) more(env hosts.Env, host hosts.Host) (sentences []string) {
	if host.Note != "" {
		sentences = append(sentences, host.Note)
	}
	if c.Scope == string(hosts.Project) && host.Caveat != "" {
		sentences = append(sentences, host.Caveat)
	}
	if account := c.account(env, host); account != "" {
		sentences = append(sentences, account)
	}
	return sentences
}

// account says which account the server uses, if there is something to do about it.
func (c installCommand) account(env hosts.Env, host hosts.Host) string {
	entry, _, _ := host.Find(env, hosts.Scope(c.Scope), c.Name)
	ownToken := slices.ContainsFunc(append(credential.Variables(), tokenFileVariable), func(name string) bool { return entry.Env[name] != "" })
	own := map[string]string{}
	if c.Scope == string(hosts.User) { // anyone may have written a project's
		own, _ = entry.Variables(env.Getenv)
	}
	stored := credential.Source{Getenv: func(name string) string {
		if slices.Contains(credential.Variables(), name) { // hosts don't pass them on
			return ""
		}
		return cmp.Or(own[name], env.Getenv(name))
	}}.Find()
	saved, folder := stored.Token != "", strings.TrimSpace(own[credential.ConfigHome])
	shell := credential.Source{Getenv: env.Getenv}.Elsewhere().Variable
	if shell == "" && env.Getenv(tokenFileVariable) != "" {
		shell = tokenFileVariable
	}
	other := host.Sets(env, hosts.Scope(c.Scope), credential.Variables())
	switch {
	case c.Sandbox:
		return "The server uses the sandbox: nothing is real. To leave it, run: " + c.again(host, c.Toolsets, false)
	case ownToken, entry.Sandbox():
		return ""
	case saved && folder == "" && strings.TrimSpace(env.Getenv(credential.ConfigHome)) != "":
		return "Your OpenTrain account is in " + filepath.Dir(stored.From.File) + ". If the server doesn't find it " +
			"there, the host doesn't pass on your variables: set " + credential.ConfigHome + " in the entry too."
	case saved:
		return ""
	case folder != "": // where login doesn't write
		return "There is no OpenTrain account below " + entry.Env[credential.ConfigHome] + ", which the entry's " + credential.ConfigHome +
			" names. Your agent can set one up."
	case shell != "":
		return "Your token is only in this shell's " + shell + ", and hosts don't pass on a shell's variables. To save it for the server, " +
			"remove the variable, run this command, and paste the token: " + typed("login --token")
	case other != "":
		return "The entry " + other + " has a token that this server doesn't get. To use the same account, run this command and paste the " +
			"token: " + typed("login --token")
	}
	return "There is no OpenTrain account on this machine yet. Your agent can set one up, or run: " + typed("login")
}

// again is the command that installs the same entry with these arguments.
func (c installCommand) again(host hosts.Host, toolsets []string, sandbox bool) string {
	c.DryRun, c.Toolsets, c.Sandbox = false, toolsets, sandbox
	flags, err := c.flags()
	if err != nil { // no such toolsets
		return ""
	}
	return typed(strings.Join(append([]string{"install", host.Name}, flags...), " "))
}

// loses says which arguments of the entry go, and how to keep them.
func (c installCommand) loses(host hosts.Host, change *hosts.Change) string {
	if len(change.Dropped) == 0 {
		return ""
	}
	words := "arguments that the entry loses: " + strings.Join(change.Dropped, ", ")
	var toolsets []string
	for i, arg := range change.Before.Args {
		names, given := strings.CutPrefix(arg, "--toolsets=")
		if arg == "--toolsets" && i+1 < len(change.Before.Args) {
			names, given = change.Before.Args[i+1], true
		}
		if given {
			toolsets = strings.Split(names, ",")
		}
	}
	others := slices.DeleteFunc(slices.Clone(change.Dropped), func(name string) bool { return name == "--toolsets" })
	if len(others) > 0 {
		words += ". Set " + strings.Join(others, ", ") + " with variables in the entry instead: they stay"
	}
	if len(others) == len(change.Dropped) {
		return words
	}
	if keeps := c.again(host, toolsets, c.Sandbox); keeps != "" {
		words += ". To keep --toolsets, run: " + keeps
	}
	return words
}
