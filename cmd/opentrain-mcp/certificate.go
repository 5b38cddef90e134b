package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"opentrain-mcp/internal/credential"
)

// certificate is a TLS certificate on disk. It is read again when a file changes. If
// the new files can't be read, the old certificate stays in use.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	stamp   string    // identifies the files that were read last
	checked time.Time // when the files were last checked
}

// certificates makes the TLS settings of the listener, nil without TLS.
func (c httpCommand) certificates(log *slog.Logger) (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	files := &certificate{certFile: c.TLSCert, keyFile: c.TLSKey, log: log}
	if err := files.read(); err != nil {
		return nil, wrong(err)
	}
	warn(log, credential.Exposed(c.TLSKey))
	return &tls.Config{GetCertificate: files.get, MinVersion: tls.VersionTLS12}, nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked) >= time.Second {
		c.checked = time.Now()
		if c.stampNow() != c.stamp {
			if err := c.read(); err != nil {
				c.log.Warn("the TLS certificate can't be read; the previous one stays in use", "error", err)
			} else {
				c.log.Info("the TLS certificate was reloaded")
			}
		}
	}
	return c.current, nil
}

func (c *certificate) read() error {
	c.stamp = c.stampNow()
	cert, err := credential.ReadFile(c.certFile, credential.MaxCertificate)
	if err != nil {
		return fmt.Errorf("--tls-cert: %s can't be read: %s", c.certFile, credential.Reason(err))
	}
	key, err := credential.ReadFile(c.keyFile, credential.MaxCertificate)
	if err != nil {
		return fmt.Errorf("--tls-key: %s can't be read: %s", c.keyFile, credential.Reason(err))
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	c.current = &pair
	return nil
}

// stampNow changes with either file.
func (c *certificate) stampNow() string {
	stamp := ""
	for _, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			stamp += fmt.Sprint(info.ModTime().UnixNano(), info.Size(), ";")
		}
	}
	return stamp
}
