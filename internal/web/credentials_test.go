package web

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
)

const one, two = "ot_pat_one", "ot_pat_two"

func TestCallerTokens(t *testing.T) {
	s := start(t, nil)
	for name, test := range map[string]struct {
		headers []string
		status  int
		says    string // the refusal, or where the token came from
	}{
		"own header":             {[]string{"X-OpenTrain-Token", one}, 200, "the X-OpenTrain-Token header"},
		"own scheme":             {[]string{"Authorization", "OpenTrain-Token " + one}, 200, "the Authorization: OpenTrain-Token header"},
		"bearer":                 {[]string{"Authorization", "Bearer " + one}, 200, "the Authorization: Bearer header"},
		"other case":             {[]string{"Authorization", "bearer  " + one}, 200, "the Authorization: bearer header"},
		"the same twice":         {[]string{"Authorization", "Bearer " + one, "X-OpenTrain-Token", one}, 200, "the X-OpenTrain-Token header"},
		"beside a proxy's":       {[]string{tokenHeader, one, "Authorization", "Basic dXNlcjpwYXNz"}, 200, "the X-OpenTrain-Token header"},
		"anonymous":              {nil, 200, ""},
		"two tokens":             {[]string{"X-OpenTrain-Token", one, "Authorization", "Bearer " + two}, 400, "two different tokens"},
		"two of one header":      {[]string{"X-OpenTrain-Token", one, "X-OpenTrain-Token", two}, 400, "two different tokens"},
		"empty":                  {[]string{"X-OpenTrain-Token", ""}, 401, "is empty"},
		"no token after Bearer":  {[]string{"Authorization", "Bearer"}, 401, "is empty"},
		"a space":                {[]string{"X-OpenTrain-Token", "ot_pat_a b"}, 401, "has a space"},
		"too long":               {[]string{"X-OpenTrain-Token", "ot_pat_" + strings.Repeat("x", 600)}, 401, "longer than 512"},
		"another service's":      {[]string{"Authorization", "Bearer eyJhbGciOi.x.y"}, 401, "It was not forwarded."},
		"a token as scheme":      {[]string{"X-OpenTrain-Token", one, "Authorization", two}, 401, "unknown scheme"},
		"another scheme":         {[]string{"Authorization", "Basic dXNlcjpwYXNz"}, 401, "unknown scheme"},
		"another scheme, though": {[]string{"Authorization", "Basic dXNlcjpwYXNz", "Authorization", "Bearer " + one}, 401, "unknown scheme"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.post(call(1, "whoami"), test.headers...)
			if got.status != test.status || !strings.Contains(got.body, test.says) {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if wants := got.header.Get("WWW-Authenticate"); (wants != "") != (test.status == 401) || strings.Contains(wants, "resource_metadata") {
				t.Errorf("WWW-Authenticate: %q", wants)
			}
			if test.status != 200 {
				for _, secret := range []string{one, two, "eyJhbGciOi", "dXNlcjpwYXNz"} {
					if strings.Contains(got.body+s.log.String(), secret) {
						t.Errorf("%s is shown", secret)
					}
				}
				return
			}
			who := whoami(t, got.body)
			if token := (caller.Token{Value: one, From: test.says}); test.headers != nil && (who.Token != token || who.Owner != caller.Hash(one)) ||
				test.headers == nil && (who.Token != caller.Token{} || who.Owner != "") {
				t.Errorf("%+v", who)
			}
		})
	}
}

func TestRequiredToken(t *testing.T) {
	s := start(t, func(c *Config) { c.RequireToken = true })
	for _, route := range [][2]string{{"POST", "/mcp"}, {"GET", "/sse"}, {"POST", "/message?sessionId=x"}} {
		if got := s.do(route[0], route[1], ping); got.status != http.StatusUnauthorized {
			t.Errorf("%v: %d", route, got.status)
		}
	}
	if got := s.post(ping, tokenHeader, one); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := s.do("GET", "/healthz", ""); got.status != http.StatusOK {
		t.Errorf("health needs a token: %d", got.status)
	}
}

func TestAnonymousAccount(t *testing.T) {
	demo := caller.Token{Value: "ot_pat_demo", From: "the sandbox"}
	s := start(t, func(c *Config) { c.Anonymous = func(context.Context) caller.Token { return demo } })
	if who := whoami(t, s.post(call(1, "whoami")).body); who.Token != demo || who.Owner != "" {
		t.Errorf("%+v", who)
	}
	if who := whoami(t, s.post(call(1, "whoami"), tokenHeader, one).body); who.Token.Value != one {
		t.Errorf("%+v", who)
	}
}

func TestSharedSecret(t *testing.T) {
	const secret = "operators-secret-1234"
	own := caller.Token{Value: "ot_pat_own", From: "the setting"}
	s := start(t, func(c *Config) {
		c.Auth, c.ServerToken, c.OwnToken = AuthShared, secret, func(context.Context) caller.Token { return own }
	})
	shared := s.post(call(1, "whoami"), "Authorization", "Bearer "+secret)
	if who := whoami(t, shared.body); who.Token != own || who.Owner != caller.Hash(secret) {
		t.Errorf("%+v", who)
	}
	for name, test := range map[string]struct {
		status  int
		headers []string
	}{
		"none":             {401, nil},
		"wrong":            {401, []string{"Authorization", "Bearer " + secret + "x"}},
		"an OpenTrain one": {401, []string{"Authorization", "Bearer " + one}},
		"two":              {401, []string{"Authorization", "Bearer " + secret, "Authorization", "Bearer x"}},
		"a second account": {400, []string{"Authorization", "Bearer " + secret, "X-OpenTrain-Token", one}},
		"in another form":  {400, []string{"X-OpenTrain-Token", secret}},
	} {
		if got := s.post(call(1, "whoami"), test.headers...); got.status != test.status || strings.Contains(got.body+s.log.String(), secret) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestInvalidConfig(t *testing.T) {
	own := func(context.Context) caller.Token { return caller.Token{} }
	for name, cfg := range map[string]Config{
		"auth":              {Auth: "open"},
		"no server token":   {Auth: AuthShared, OwnToken: own},
		"no own account":    {Auth: AuthShared, ServerToken: "x"},
		"dot in replica id": {ReplicaID: "a.b"},
		"long replica id":   {ReplicaID: strings.Repeat("a", 65)},
		"relative path":     {BasePath: "opentrain"},
		"query in path":     {BasePath: "/a?b"},
		"another host":      {BasePath: "//other.example"},
		"a browser's host":  {BasePath: `/\other.example`},
		"dots in path":      {BasePath: "/a/../b"},
		"short session":     {Sessions: true, SessionIdle: 1, FormTimeout: 1},
		"any host":          {AllowedHosts: []string{"*"}},
		"no scheme":         {AllowedOrigins: []string{"app.example.com"}},
	} {
		cfg.Server, cfg.Auth = newFakeServer(), cmp.Or(cfg.Auth, AuthCallers)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := New(Config{Server: newFakeServer()}); err == nil {
		t.Error("no auth is accepted")
	}
}
