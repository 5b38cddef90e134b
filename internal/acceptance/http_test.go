package acceptance_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// TestHTTPRefusesToStart: settings that would expose tokens or lock out every caller
// end the program with an explanation.
func TestHTTPRefusesToStart(t *testing.T) {
	t.Parallel()
	cert, key, _ := certificate(t, t.TempDir(), 1, "localhost")
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close() //nolint:errcheck // it only holds a port
	for name, test := range map[string]struct {
		args []string
		env  []string
		says string
	}{
		"all interfaces":          {[]string{"--listen", ":0"}, nil, "tokens would travel unencrypted"},
		"another interface":       {[]string{"--listen", "192.0.2.1:80", "--allowed-hosts", "x"}, nil, "tokens would travel unencrypted"},
		"TLS, but no name":        {[]string{"--listen", ":0", "--tls-cert", cert, "--tls-key", key}, nil, "--allowed-hosts"},
		"proxy, but no name":      {[]string{"--listen", ":0", "--behind-proxy"}, nil, "--allowed-hosts"},
		"half of TLS":             {[]string{"--tls-cert", cert}, nil, "go together"},
		"no such certificate":     {[]string{"--tls-cert", "/nowhere", "--tls-key", key}, nil, "--tls-cert"},
		"wrong pair":              {[]string{"--tls-cert", key, "--tls-key", cert}, nil, "--tls-cert"},
		"shared without a secret": {[]string{"--auth", "shared"}, nil, "OPENTRAIN_MCP_SERVER_TOKEN"},
		"shared, no such file": {[]string{"--auth", "shared"}, []string{"OPENTRAIN_MCP_SERVER_TOKEN_FILE=/nowhere"},
			"OPENTRAIN_MCP_SERVER_TOKEN_FILE"},
		"shared with spaces":    {[]string{"--auth", "shared"}, []string{"OPENTRAIN_MCP_SERVER_TOKEN=a secret with spaces"}, "spaces"},
		"a short secret":        {[]string{"--auth", "shared"}, []string{"OPENTRAIN_MCP_SERVER_TOKEN=short"}, "use at least 16"},
		"a port in use":         {[]string{"--listen", busy.Addr().String()}, nil, "is in use by another program"},
		"replicas, but no key":  {[]string{"--replicated"}, []string{"OPENTRAIN_MCP_STATE_KEY= "}, "state key"},
		"a short key":           {nil, []string{"OPENTRAIN_MCP_STATE_KEY=c2hvcnQ="}, "32 bytes in base64"},
		"two places for a key":  {nil, []string{"OPENTRAIN_MCP_STATE_KEY=a", "OPENTRAIN_MCP_STATE_KEY_FILE=b"}, "set one"},
		"form outlasts session": {[]string{"--sessions", "--session-idle", "1m"}, nil, "a session must last longer"},
		"every host":            {[]string{"--allowed-hosts", "*"}, nil, "--allowed-hosts "},
		"every origin":          {[]string{"--allowed-origins", "*"}, nil, "--allowed-origins "},
		"a path as origin":      {[]string{"--allowed-origins", "https://a.example/x"}, nil, "--allowed-origins "},
		"a bad replica id":      {[]string{"--replica-id", "a.b"}, nil, "--replica-id "},
		"no port":               {[]string{"--listen", "localhost"}, nil, "--listen"},
		"no time":               {[]string{"--drain-timeout", "0s"}, nil, "--drain-timeout"},
		"no calls":              {[]string{"--burst", "0"}, nil, "--burst"},
		"no reads":              {[]string{"--public-read-budget", "0"}, nil, "--public-read-budget"},
		"no such tool":          {[]string{"--tools", "opentrain_serch_jobs"}, nil, "did you mean opentrain_search_jobs"},
	} {
		cmd := exec.Command(binary, append([]string{"http"}, test.args...)...)
		cmd.Env = environment(t, test.env...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.says) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestHTTPOverTLS: the program speaks HTTP/1.1 over TLS and takes a new certificate while
// it runs. A broken one leaves the old one in use.
func TestHTTPOverTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, _ := certificate(t, dir, 1, "localhost")
	p := runHTTP(t, environment(t), "--sandbox", "--tls-cert", cert, "--tls-key", key)
	serial := func() int64 {
		conn, err := tls.Dial("tcp", p.address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // only the handshake was wanted
		if conn.ConnectionState().NegotiatedProtocol != "http/1.1" {
			t.Errorf("it speaks %q", conn.ConnectionState().NegotiatedProtocol)
		}
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("certificate %d", n)
	}
	write(t, cert, "broken")
	eventually(t, "the log reports the broken certificate", func() bool {
		if n := serial(); n != 1 {
			t.Fatalf("certificate %d", n)
		}
		return strings.Contains(p.program.stderr.String(), "the previous one stays in use")
	})
	certificate(t, dir, 2, "localhost")
	eventually(t, "the new certificate is used", func() bool { return serial() == 2 })
	_, port, _ := strings.Cut(p.address, ":")
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	secure := &endpoint{t, "https://localhost:" + port, &http.Client{Transport: transport}}
	if got := secure.do("POST", "/mcp", hello); got.status != http.StatusOK || got.ProtoMajor != 1 {
		t.Errorf("%s over %s: %s", got.Status, got.Proto, got.body)
	}
	if got, err := p.try("GET", "/healthz", ""); err == nil && got.status == http.StatusOK {
		t.Error("it answers without TLS")
	}
}
