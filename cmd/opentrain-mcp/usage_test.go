package main

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
)

// TestWrongFieldsAreNamed: programs that embed the handler read the name of the field, people at a terminal that of the flag or
// variable. What they have set may say anything.
func TestWrongFieldsAreNamed(t *testing.T) {
	t.Parallel()
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	type config = opentrainmcp.HTTPConfig
	_, all := testProgram()
	for name, test := range map[string]struct {
		set                 func(c *config)
		field, here, remark string
	}{
		"host": {func(c *config) { c.AllowedHosts = []string{"a base path *"} }, "AllowedHosts", "--allowed-hosts",
			`"a base path *": must be a name `},
		"origin": {func(c *config) { c.AllowedOrigins = []string{"*"} }, "AllowedOrigins", "--allowed-origins",
			`"*": must be a scheme `},
		"path":    {func(c *config) { c.BasePath = "replica id x" }, "BasePath", "--base-path", `"replica id x": must be a path `},
		"replica": {func(c *config) { c.ReplicaID = "a.b" }, "ReplicaID", "--replica-id", `"a.b": must be at most 64 `},
		"session": {func(c *config) { c.Sessions, c.SessionIdle = true, time.Minute }, "SessionIdle", "--session-idle",
			"of 1m0s is too short: a session must last longer than a form waits for its answer, 5m0s"},
		"timeout":     {func(c *config) { c.Timeout = -1 }, "Timeout", "--timeout", "must be above zero"},
		"form":        {func(c *config) { c.ElicitationTimeout = -1 }, "ElicitationTimeout", "--elicitation-timeout", "must be above zero"},
		"idle":        {func(c *config) { c.SessionIdle = -1 }, "SessionIdle", "--session-idle", "must be above zero"},
		"rate":        {func(c *config) { c.CallsPerSecond = -1 }, "CallsPerSecond", "--rate", "must be above zero"},
		"no rate":     {func(c *config) { c.CallsPerSecond = math.NaN() }, "CallsPerSecond", "--rate", "must be above zero"},
		"burst":       {func(c *config) { c.Burst = -1 }, "Burst", "--burst", "must be above zero"},
		"streams":     {func(c *config) { c.MaxStreams = -1 }, "MaxStreams", "--max-streams", "must be above zero"},
		"sessions":    {func(c *config) { c.MaxSessions = -1 }, "MaxSessions", "--max-sessions", "must be above zero"},
		"requests":    {func(c *config) { c.MaxRequests = -1 }, "MaxRequests", "--max-requests", "must be above zero"},
		"two slashes": {func(c *config) { c.BasePath = "//other.example" }, "BasePath", "--base-path", `"//other.example": must be a path `},
		"no key":      {func(c *config) { c.Replicated = true }, "StateKeys", stateKeyVariable, "is missing: "},
		"key":         {func(c *config) { c.StateKeys = [][]byte{{1}} }, "StateKeys", stateKeyVariable, "can't be used: a key has "},
		"auth":        {func(c *config) { c.Auth = "open" }, "Auth", "Auth", `"open" is not one of: `},
		"no secret":   {func(c *config) { c.Auth = opentrainmcp.AuthShared }, "Auth", "Auth", "shared needs a ServerToken "},
		"no API":      {func(c *config) { c.API = nil }, "API", "API", "is required"},
		"confirm":     {func(c *config) { c.Confirm = "on" }, "Confirm", "Confirm", `has an unknown mode "on": `},
		"elicitation": {func(c *config) { c.Elicitation = "on" }, "Elicitation", "Elicitation", `has an unknown mode "on": `},
	} {
		cfg := config{Config: opentrainmcp.Config{API: api}}
		test.set(&cfg)
		_, err := opentrainmcp.NewHTTPHandler(cfg)
		wrongField, is := errors.AsType[*opentrainmcp.ConfigError](err)
		if !is || wrongField.Field != test.field || !strings.HasPrefix(err.Error(), test.field+" "+test.remark) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, exists := reflect.TypeFor[config]().FieldByName(test.field); !exists {
			t.Errorf("%s: there is no field %s", name, test.field)
		}
		said := wrong(err)
		if _, usage := errors.AsType[usageError](said); !usage || !strings.HasPrefix(said.Error(), test.here+" "+test.remark) {
			t.Errorf("%s: %v", name, said)
		}
		for _, command := range all {
			if flag, is := strings.CutPrefix(test.here, "--"); is && command.Name() == "http" && command.Flags().Lookup(flag) == nil {
				t.Errorf("%s: there is no flag %s", name, test.here)
			}
		}
	}
	if err := wrong(nil); err != nil {
		t.Error(err)
	}
}
