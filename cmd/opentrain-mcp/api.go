package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/pflag"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/opentrain"
)

// tokenFileVariable names the file with the API token.
const tokenFileVariable = "OPENTRAIN_API_TOKEN_FILE"

// apiFlags say where OpenTrain is, and whose account to use.
type apiFlags struct {
	BaseURL, TokenFile, CAFile string
}

func (f *apiFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.BaseURL, "base-url", "", "`URL` OpenTrain's URL (default: https://app.opentrain.ai).")
	fromVariables(flags, "base-url", "OPENTRAIN_API_BASE_URL", "OT_API_BASE_URL")
	pathVar(flags, &f.TokenFile, "token-file", "`FILE` File with the API token.")
	fromVariables(flags, "token-file", tokenFileVariable)
	pathVar(flags, &f.CAFile, "ca-file", "`FILE` PEM file with more CA certificates to trust.")
}

// source is where the token of this machine's user is.
func (f apiFlags) source() credential.Source {
	return credential.Source{Getenv: os.Getenv, TokenFile: f.TokenFile}
}

// checkSource returns an error for a setting that decides where the token is, and can't be used. The file that OpenTrain's tools
// share may be missing: no one has named it.
func (f apiFlags) checkSource() error {
	switch elsewhere := f.source().Elsewhere(); {
	case elsewhere.IsZero():
		return checkConfigHome(f.source())
	case elsewhere.File == "":
		return nil
	}
	if _, err := credential.ReadFile(f.TokenFile, credential.MaxSecret); err != nil {
		return usagef("%s: %s can't be read: %s", setting(f.TokenFile, "--token-file", tokenFileVariable), f.TokenFile, credential.Reason(err))
	}
	return nil
}

// checkConfigHome returns an error for a variable with a placeholder instead of the folder of the shared file.
func checkConfigHome(source credential.Source) error {
	if place, fault := source.Shared(); place.Variable != "" {
		return usageError{fault}
	}
	return nil
}

// setting names where a value comes from: a variable that has it, or else the flag.
func setting(value, flag string, variables ...string) string {
	for _, variable := range variables {
		if set := strings.TrimSpace(os.Getenv(variable)); set == value || credential.Absolute(set) == value {
			return variable
		}
	}
	return flag
}

// store opens what replicas share.
func (f apiFlags) store(cfg opentrainmcp.StoreConfig) (shared *opentrainmcp.RedisStore, err error) {
	if cfg.TLS, err = f.certificates(); err != nil {
		return nil, err
	}
	shared, err = opentrainmcp.OpenStore(cfg)
	if err != nil { // it doesn't repeat the URL, which may have a password
		return nil, usagef("%s: %w", setting(cfg.URL, "--store", "OPENTRAIN_MCP_STORE"), wrong(err))
	}
	return shared, nil
}

// baseURLFrom is the setting that BaseURL comes from, "" for none.
func (f apiFlags) baseURLFrom() string {
	if f.BaseURL == "" {
		return ""
	}
	return setting(f.BaseURL, "--base-url", "OPENTRAIN_API_BASE_URL", "OT_API_BASE_URL")
}

// address is the URL of the API, and the setting or the file that it comes from; "" for the default.
func (f apiFlags) address(found credential.Found) (baseURL, from string) {
	if f.BaseURL == "" && found.BaseURL != "" {
		return found.BaseURL, "baseUrl in " + found.From.String()
	}
	return f.BaseURL, f.baseURLFrom()
}

// client makes the client of the API. Without a base URL in cfg, its address is that of what was found; without a
// transport, it calls the network.
func (f apiFlags) client(cfg opentrain.Config, found credential.Found) (*opentrain.Client, error) {
	if cfg.Transport == nil {
		transport, err := f.transport()
		if err != nil {
			return nil, err
		}
		cfg.Transport = transport
	}
	v, _ := build()
	cfg.UserAgent = "opentrain-mcp/" + v
	baseURL, from := f.address(found)
	cfg.BaseURL = cmp.Or(cfg.BaseURL, baseURL)
	api, err := opentrain.New(cfg)
	switch {
	case err != nil && f.BaseURL == "" && found.BaseURL != "": // no flag is wrong
		return nil, fmt.Errorf("%s: %w. %s", from, err, credential.Cure(found.From.File))
	case err != nil && from != "":
		return nil, usagef("%s: %w", from, err)
	}
	return api, wrong(err)
}

// transport makes the connection to the API, with additional CA certificates.
func (f apiFlags) transport() (*http.Transport, error) {
	transport := opentrain.DefaultTransport()
	trusted, err := f.certificates()
	if trusted != nil {
		transport.TLSClientConfig = trusted
	}
	return transport, err
}

// certificates are those to trust with the additional ones, nil without any.
func (f apiFlags) certificates() (*tls.Config, error) {
	if f.CAFile == "" {
		return nil, nil
	}
	const caVariable = "OPENTRAIN_MCP_CA_FILE"
	pem, err := credential.ReadFile(f.CAFile, credential.MaxCertificate)
	if err != nil {
		return nil, usagef("%s: %s can't be read: %s", setting(f.CAFile, "--ca-file", caVariable), f.CAFile, credential.Reason(err))
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usagef("%s: %s contains no PEM certificate", setting(f.CAFile, "--ca-file", caVariable), f.CAFile)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
