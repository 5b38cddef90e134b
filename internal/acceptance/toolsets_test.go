package acceptance_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
)

// TestToolsets: a toolset brings its tools and nothing else, and the other settings narrow it further.
func TestToolsets(t *testing.T) {
	t.Parallel()
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	names := func(cfg opentrainmcp.Config) (names []string, err error) {
		cfg.API = api
		server, err := opentrainmcp.New(cfg)
		if err != nil {
			return nil, err
		}
		for _, served := range server.Tools() {
			names = append(names, strings.TrimPrefix(served.Name, "opentrain_"))
		}
		return names, nil
	}
	all, err := names(opentrainmcp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	every, err := names(opentrainmcp.Config{Toolsets: []string{"all"}})
	if err != nil || len(every) <= len(all) || !slices.Equal(every[:len(all)], all) {
		t.Errorf("all are %v, and those that are on by default %v (%v)", every, all, err)
	}
	market := []string{"search_jobs", "get_job", "list_facets", "list_changes"}
	for _, test := range []struct {
		name string
		cfg  opentrainmcp.Config
		want []string
		err  string
	}{
		{"one", opentrainmcp.Config{Toolsets: []string{"market"}}, market, ""},
		{"two", opentrainmcp.Config{Toolsets: []string{"account", " market "}}, append(slices.Clone(market), "get_account"), ""},
		{"in one text", opentrainmcp.Config{Toolsets: []string{"account, market"}}, append(slices.Clone(market), "get_account"), ""},
		{"all", opentrainmcp.Config{Toolsets: []string{" all"}}, every, ""},
		{"all beside one", opentrainmcp.Config{Toolsets: []string{"market", "all"}}, every, ""},
		{"off by default", opentrainmcp.Config{Toolsets: []string{"messages"}},
			[]string{"read_messages", "start_proposal_conversation", "send_message"}, ""},
		{"empty", opentrainmcp.Config{Toolsets: []string{""}, Tools: []string{" "}, ExcludeTools: []string{""}}, all, ""},
		{"narrowed", opentrainmcp.Config{Toolsets: []string{"market"}, ExcludeTools: []string{"opentrain_get_job"}},
			[]string{"search_jobs", "list_facets", "list_changes"}, ""},
		{"a tool of another set", opentrainmcp.Config{Toolsets: []string{"market"}, Tools: []string{"opentrain_get_job", "opentrain_publish"}},
			[]string{"get_job"}, ""},
		{"nothing left", opentrainmcp.Config{Tools: []string{"opentrain_invite_trainer"}, ReadOnly: true}, nil, "exclude every tool"},
		{"misspelled", opentrainmcp.Config{Toolsets: []string{"markt"}}, nil,
			`there is no toolset "markt"; did you mean market?`},
	} {
		got, err := names(test.cfg)
		switch {
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%s: %v", test.name, err)
		case test.err == "" && (err != nil || !slices.Equal(got, test.want)):
			t.Errorf("%s: %v, %v", test.name, got, err)
		}
	}
}

// TestToolsetsOfTheProgram: variables and flags choose, what is empty chooses nothing, and the tools command shows what
// is chosen.
func TestToolsetsOfTheProgram(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		variable string
		args     []string
		served   bool // publish
		failure  string
	}{
		"unset":          {"", nil, true, ""},
		"a variable":     {"OPENTRAIN_MCP_TOOLSETS= market, account", nil, false, ""},
		"empty":          {"OPENTRAIN_MCP_TOOLSETS=", nil, true, ""},
		"a flag":         {"", []string{"--toolsets=market"}, false, ""},
		"an empty flag":  {"", []string{"--toolsets="}, true, ""},
		"the flag wins":  {"OPENTRAIN_MCP_TOOLSETS=market", []string{"--toolsets", "all"}, true, ""},
		"no such set":    {"OPENTRAIN_MCP_TOOLSETS=jobs", nil, false, `there is no toolset "jobs". Toolsets: posting,`},
		"read-only":      {"OPENTRAIN_MCP_READ_ONLY=true", nil, false, ""},
		"nothing at all": {"OPENTRAIN_MCP_TOOLS=opentrain_invite_trainer", []string{"--read-only"}, false, "exclude every tool"},
	} {
		cmd := exec.Command(binary, append([]string{"tools"}, test.args...)...)
		cmd.Env = environment(t, test.variable)
		out, err := cmd.CombinedOutput()
		if got := strings.Contains(string(out), "| `opentrain_publish` |"); got != test.served || (err != nil) != (test.failure != "") ||
			!strings.Contains(string(out), test.failure) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if !test.served && strings.Contains(string(out), "opentrain_publish") {
			t.Errorf("%s names opentrain_publish:\n%s", name, out)
		}
	}
}

// TestTokenHelpFitsTheTransport: the help speaks of the setting that a caller of this transport has.
func TestTokenHelpFitsTheTransport(t *testing.T) {
	t.Parallel()
	p := run(t, environment(t))
	p.send(rpc(1, "opentrain_list_jobs", map[string]any{}))
	stdio := parseResult(t, p.receive().Result).text
	remote := runHTTP(t, environment(t)).call("opentrain_list_jobs", map[string]any{}).text
	const header, variable = "X-OpenTrain-Token", "OPENTRAIN_PERSONAL_API_TOKEN"
	if !strings.Contains(stdio, variable) || strings.Contains(stdio, header) || !strings.Contains(remote, header) || strings.Contains(remote, variable) {
		t.Errorf("stdio: %s\n\nHTTP: %s", stdio, remote)
	}
}
