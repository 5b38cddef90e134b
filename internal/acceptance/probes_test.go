package acceptance_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHostsThatLookForOAuth: a host that registers or looks for metadata gets JSON that it can show, and learns the
// header to send.
func TestHostsThatLookForOAuth(t *testing.T) {
	t.Parallel()
	p := runHTTP(t, environment(t))
	for _, path := range []string{
		"/register", "/authorize", "/token", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource",
		"/.well-known/openid-configuration", "/anything",
	} {
		for _, suffix := range []string{"", "/mcp", "/sse"} {
			for _, method := range []string{"GET", "POST"} {
				got := p.do(method, path+suffix, `{"client_name":"host"}`)
				var oauth struct {
					Error       string `json:"error"`
					Description string `json:"error_description"`
				}
				if err := json.Unmarshal([]byte(got.body), &oauth); err != nil {
					t.Fatalf("%s %s: %v in %s", method, path+suffix, err, got.body)
				}
				if got.status != http.StatusNotFound || oauth.Error != "not_found" || got.header.Get("Cache-Control") != "no-store" ||
					!strings.Contains(oauth.Description, "no OAuth") || !strings.Contains(oauth.Description, "X-OpenTrain-Token") ||
					!strings.Contains(oauth.Description, "/mcp") {
					t.Errorf("%s %s: %d %s", method, path+suffix, got.status, got.body)
				}
			}
		}
	}
}

// TestSandboxNeedsNoToken: a made-up token, the page and a wrong path all say so.
func TestSandboxNeedsNoToken(t *testing.T) {
	t.Parallel()
	p := runHTTP(t, environment(t), "--sandbox")
	texts := map[string]string{
		"a made-up token": p.call("opentrain_list_jobs", map[string]any{}, tokenHeader, "ot_pat_made_up").text,
		"a wrong path":    p.do("POST", "/register", "{}").body,
		"the page":        p.do("GET", "/", "", "Accept", "text/html").body,
		"the text":        p.do("GET", "/", "").body,
	}
	for name, text := range texts {
		if !strings.Contains(text, "no token is needed") || strings.Contains(text, "ot_pat_...") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	if got := p.call("opentrain_list_jobs", map[string]any{}); got.isError {
		t.Errorf("without a token: %s", got.text)
	}
}

// TestRawRequestsGetTheRightAnswer: requests that proxies and scanners send, as they are on the wire.
func TestRawRequestsGetTheRightAnswer(t *testing.T) {
	t.Parallel()
	p := runHTTP(t, environment(t), "--sandbox", "--require-token")
	host := "Host: " + p.address + "\r\n"
	post := "POST /mcp HTTP/1.1\r\n" + host + "Content-Type: application/json\r\n"
	for name, test := range map[string]struct {
		raw    string
		status []int // of the answers; the connection may end after them
	}{
		"a pod's probe":            {"GET /healthz HTTP/1.1\r\nHost: 10.1.2.3:8080\r\n\r\n", []int{200}},
		"a probe of 1.0":           {"GET /readyz HTTP/1.0\r\n\r\n", []int{200}},
		"a loopback host, no port": {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", []int{200}},
		"a page at a probe":        {"GET /healthz HTTP/1.1\r\nHost: 10.1.2.3\r\nOrigin: http://10.1.2.3\r\n\r\n", []int{403}},
		"absolute, another host":   {"GET http://evil.example/mcp HTTP/1.1\r\n" + host + "\r\n", []int{403}},
		"absolute, this host":      {"GET http://" + p.address + "/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", []int{200}},
		"CONNECT":                  {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", []int{403}},
		"CONNECT here":             {"CONNECT " + p.address + " HTTP/1.1\r\n" + host + "\r\n", []int{404}},
		"TRACE":                    {"TRACE /mcp HTTP/1.1\r\n" + host + "X-OpenTrain-Token: ot_pat_secret\r\n\r\n", []int{405}},
		"a browser":                {"GET /mcp HTTP/1.1\r\n" + host + "Accept: text/html\r\n\r\n", []int{405}},
		"pipelined":                {strings.Repeat("GET /healthz HTTP/1.1\r\n"+host+"\r\n", 3), []int{200, 200, 200}},
		"two lengths":              {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", []int{400}},
		"a list of lengths":        {post + "Content-Length: 1, 2\r\n\r\n{}", []int{400}},
		"a signed length":          {post + "Content-Length: +2\r\n\r\n{}", []int{400}},
		"an unknown coding":        {post + "Transfer-Encoding: identity\r\n\r\n", []int{501}},
		"a coding twice":           {post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", []int{501}},
		"a space before the colon": {post + "Content-Length : 2\r\n\r\n{}", []int{400}},
		"a folded header":          {"GET / HTTP/1.1\r\n" + host + " Content-Length: 2\r\n\r\n", []int{400}},
		"two hosts":                {"GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n", []int{400}},
		"a header too many":        {"GET / HTTP/1.1\r\n" + host + strings.Repeat("X-Header: 0123456789\r\n", 5000) + "\r\n", []int{431}},
		"refused before its body":  {post + "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n", []int{401}},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", p.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // no longer needed
			if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, test.raw) //nolint:errcheck // the server may answer before the end
			answers := bufio.NewReader(conn)
			for _, status := range test.status {
				answer, err := http.ReadResponse(answers, nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if answer.StatusCode != status || strings.Contains(string(body), "secret") || strings.Contains(fmt.Sprint(answer.Header), "secret") {
					t.Errorf("%d, want %d: %s (%v)", answer.StatusCode, status, body, err)
				}
			}
		})
	}
	if log := p.program.stderr.String(); strings.Contains(log, "evil.example") || strings.Contains(log, "secret") {
		t.Errorf("the log has what strangers sent:\n%s", log)
	}
}
