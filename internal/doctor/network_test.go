package doctor_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/opentrain/sandbox"
)

// TestProxyVariables: what is set is named, and no user name, password or token in it is shown, whatever its form. The harness looks
// for the word secret in every check.
func TestProxyVariables(t *testing.T) {
	t.Parallel()
	malformed := "HTTPS_PROXY isn't the address of a proxy"
	for value, want := range map[string]string{
		"http://proxy.corp:3128": "HTTPS_PROXY sends requests through http://proxy.corp:3128", "proxy.corp:3128": "through http://proxy.corp:3128",
		"http://me:secret@proxy.corp:3128/": "through http://proxy.corp:3128", "http://secret@proxy:8080": "through http://proxy:8080",
		"me:secret@proxy:8080": "through http://proxy:8080", "socks5://me:secret@[::1]:1080": "through socks5://[::1]:1080",
		"http://me:sec@secret@proxy": "through http://proxy", "http://me:p%23secret@höst.corp": "through http://",

		"me:p%wsecret@proxy:8080": malformed, "me:secretp#ss@proxy:8080": malformed, "me:secret/x@proxy:8080": malformed,
		"me:secret?x@proxy:8080": malformed, "http:/me:secret@proxy:8080": malformed, "http//me:secret@proxy:80": malformed,
		"me:secret%40@proxy:80a": malformed, "me:secret@pro xy:80": malformed, "http://secret#x@proxy:80": malformed, "http://secret/x@proxy": malformed,
		"http://secret?x@proxy": malformed, "http://me:12345secret": malformed, "http://me:secret:8080": malformed, "http://secret$word": malformed,
		"me:secret": malformed, "http:secret@": malformed, `http:\\me:secret@proxy`: malformed, "ftp://me:secret@proxy": malformed,
		"::::bad%zz": malformed, "proxy.corp:abc": malformed, "http//proxy:8080": malformed, "http://proxy:123456789": malformed, "http://": malformed,
	} {
		m := newMachine(t)
		m.cfg.BaseURL, m.env["HTTPS_PROXY"], m.cfg.Timeout = "https://opentrain.test", value, time.Second
		m.cfg.Transport = func(string) (*http.Transport, error) {
			return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}, nil
		}
		found := false
		for _, check := range m.examine() {
			status := map[bool]doctor.Status{true: doctor.Fail, false: doctor.OK}[want == malformed]
			found = found || check.Name == "proxy" && check.Status == status && strings.Contains(check.Detail, want)
		}
		if !found {
			t.Errorf("%s: no check says %q", value, want)
		}
	}
}

// TestClockAndCaches: a cached answer tells an old time, and how long ago that was.
func TestClockAndCaches(t *testing.T) {
	t.Parallel()
	for age, status := range map[int]doctor.Status{1200: doctor.OK, 0: doctor.Fail, -1200: doctor.Fail} {
		m, box := newMachine(t), sandbox.New(sandbox.Config{})
		m.api(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-20*time.Minute).UTC().Format(http.TimeFormat))
			w.Header().Set("Age", strconv.Itoa(age))
			box.ServeHTTP(w, r)
		}))
		found := false
		for _, check := range m.examine() {
			found = found || check.Name == "clock" && check.Status == status
		}
		if !found {
			t.Errorf("age %d: no check of the clock is %s", age, status)
		}
	}
}
