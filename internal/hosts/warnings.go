package hosts

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strings"
)

// judge says what stays of an entry when Install updates it (its variables and the settings that Install doesn't write), and what a
// person should know about it. A token that others can read is apart: there is a remedy for it.
func (h Host) judge(f file, data []byte, scope Scope, name, program string) (kept, warnings []string, exposed string) {
	tree, err := h.Format.editor().decode(unmarked(data))
	if err != nil {
		return nil, nil, ""
	}
	value, _, _ := h.find(tree, name)
	entry := h.read(value, name, program)
	kept = slices.Sorted(maps.Keys(entry.Env))
	written := h.entry(entry.Server)
	for _, key := range slices.Sorted(maps.Keys(members(value))) {
		if !slices.Contains(variableKeys(), key) && !slices.ContainsFunc(written, func(own field) bool { return own.key == key }) {
			kept = append(kept, key)
		}
	}
	if scope == Project {
		warnings = entry.warnings()
	}
	return kept, warnings, exposure(f, value, scope)
}

// warnings are sentences about what a project's entry can do to the person who starts it.
func (e Entry) warnings() (all []string) {
	add := func(name, value string) {
		switch upper := strings.ToUpper(name); {
		case slices.Contains([]string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"}, upper):
			all = append(all, name+" decides through which machine every call goes.")
			return
		case slices.Contains([]string{"OPENTRAIN_MCP_CA_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR"}, upper), name == "--ca-file":
			all = append(all, name+" trusts certificates that the project names, so whoever has them can read your token.")
			return
		case strings.HasPrefix(upper, "OPENTRAIN_MCP_STATE_KEY"):
			all = append(all, name+" is the key of approvals: whoever knows it can make one.")
			return
		}
		switch name {
		case "OPENTRAIN_API_BASE_URL", "OT_API_BASE_URL", "--base-url":
			all = append(all, name+" sends every call, and your token with it, to the address that the project names.")
		case "OPENTRAIN_MCP_CONFIRM", "OPENTRAIN_MCP_PUBLISH_CONFIRM", "--confirm", "--publish-confirm":
			all = append(all, name+" can turn off the question before something is published or changed.")
		case "OPENTRAIN_API_TOKEN_FILE", "--token-file":
			all = append(all, name+" sends what is in a file that the project names as the token.")
		case "OPENTRAIN_PERSONAL_API_TOKEN", "OT_API_TOKEN", "OPENTRAIN_API_TOKEN":
			if refers(value) {
				all = append(all, name+" sends the value of a variable that the project names as the token.")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		said := len(all)
		add(name, e.Env[name])
		if own := strings.HasPrefix(name, "OPENTRAIN_") || strings.HasPrefix(name, "OT_"); !own && len(all) == said {
			all = append(all, name+" isn't a setting of this server. It can change what the program does.")
		}
	}
	for _, arg := range e.Args {
		name, _, _ := strings.Cut(arg, "=")
		add(name, "")
	}
	return all
}

// variableKeys are the members that hold an entry's variables, one for each kind of host.
func variableKeys() []string { return []string{"env", "envs", "environment"} }

// refers says that a host fills in something for a value.
func refers(value string) bool {
	return strings.Contains(value, "$") || strings.Contains(value, "{env:")
}

// exposure warns about a token that a person has put into the entry, if others can read it there.
func exposure(f file, value any, scope Scope) string {
	switch {
	case !token(value):
		return ""
	case scope == Project:
		return "The entry has a token in it, and the file belongs to the project. Everyone who gets the project can read the token."
	case f.exists && f.mode&0o044 != 0:
		return "Other users of this machine can read the token in this entry."
	}
	return ""
}

// token says whether an entry holds an OpenTrain token, which it may since a person put it there.
func token(entry any) bool {
	for _, key := range variableKeys() {
		variables, _ := lookup(entry, key)
		for name, value := range members(variables) {
			text, _ := value.(string)
			if strings.Contains(strings.ToUpper(name), "TOKEN") && text != "" && !refers(text) {
				return true
			}
		}
	}
	return false
}

// Variables are the entry's own, with the references to this shell's that most hosts fill in. open are the references that this shell
// has no value for.
func (e Entry) Variables(getenv func(string) string) (all map[string]string, open []string) {
	all = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		value := strings.NewReplacer("${env:", "${", "{env:", "${").Replace(e.Env[name])
		all[name] = os.Expand(value, func(reference string) string {
			variable, standard, _ := strings.Cut(reference, ":-")
			filled := cmp.Or(getenv(variable), standard)
			// Any other $ may belong to a secret.
			if filled == "" && (value == "$"+variable || strings.Contains(value, "${"+variable+"}")) && !slices.Contains(open, variable) {
				open = append(open, variable)
			}
			return filled
		})
	}
	return all, open
}
