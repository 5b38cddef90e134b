package store_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/redistest"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
)

// TestRedisTLS: with rediss://, the certificate must be trusted.
func TestRedisTLS(t *testing.T) {
	t.Parallel()
	// Its certificate is for 127.0.0.1.
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	defer web.Close()
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(web.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: web.Certificate().Raw}, "key.pem": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	port := redistest.FreePort(t)
	redistest.Start(t, "--tls-port", port, "--tls-cert-file", filepath.Join(dir, "cert.pem"),
		"--tls-key-file", filepath.Join(dir, "key.pem"), "--tls-auth-clients", "no")
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	for want, trusted := range map[bool]*tls.Config{true: {RootCAs: roots, MinVersion: tls.VersionTLS12}, false: nil} {
		var log bytes.Buffer
		r, err := store.Open(store.Config{
			URL: "rediss://127.0.0.1:" + port, TLS: trusted, Box: box, Timeout: patience,
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Connected(); got != want || !want && !strings.Contains(log.String(), "certificate") {
			t.Errorf("connected: %v\n%s", got, &log)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestRedisRefuses: a wrong password is named by its code; nothing of the URL is in the log.
func TestRedisRefuses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--requirepass", "right")
	var log bytes.Buffer
	r := replica(t, "redis://:hunter2@"+server.Address, &log)
	if r.Connected() || !strings.Contains(log.String(), "reason=WRONGPASS") || strings.Contains(log.String(), "hunter2") {
		t.Errorf("connected: %v\n%s", r.Connected(), &log)
	}
	if m := r.Moment(); m.Epoch == 0 || !claim(r, m, store.Key("spent", "x")) {
		t.Errorf("alone at %v", m)
	}
	// Until Redis says how many replicas there are, this is one of three.
	taken := 0
	for range 20 {
		if _, ok := r.Take("calls:x", store.Limit{PerSecond: .01, Burst: 12}); ok {
			taken++
		}
	}
	if taken != 4 {
		t.Errorf("a third of the limit is %d", taken)
	}
}

// TestRedisOfOthers: replicas with another state key or another API share nothing.
func TestRedisOfOthers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	open := func(key byte, api string) *store.Redis {
		box, err := seal.New(bytes.Repeat([]byte{key}, seal.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		r, err := store.Open(store.Config{
			URL: server.URL(), API: api, Box: box, Timeout: patience, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() }) //nolint:errcheck // the test is over
		return r
	}
	first, name := open(1, "https://a.example"), store.Key("addresses", "192.0.2.1")
	asked := first.Moment()
	first.Put(name, []byte("x"), time.Minute)
	for _, other := range []*store.Redis{open(2, "https://a.example"), open(1, "https://b.example")} {
		if _, whole := marked(other, asked, name); whole || other.Get(name) != nil {
			t.Errorf("whole %v, got %q", whole, other.Get(name))
		}
	}
	if same := open(1, "https://a.example"); string(same.Get(name)) != "x" {
		t.Error("replicas of one API don't share")
	}
}
