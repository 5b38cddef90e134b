package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// maxSkew is how wrong a clock may be. Certificates and the times in OpenTrain's answers need a clock that is about right.
const maxSkew = 5 * time.Minute

// clock is a transport that remembers what OpenTrain's clock says.
type clock struct {
	next http.RoundTripper

	mu   sync.Mutex
	skew time.Duration // how far this machine is ahead
	seen bool
}

// RoundTrip implements http.RoundTripper.
func (c *clock) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		c.mu.Lock()
		c.skew, c.seen = time.Since(date.Add(age(res))), true
		c.mu.Unlock()
	}
	return res, nil
}

// age is how long a cache has kept a response (RFC 9111, 5.1).
func age(res *http.Response) time.Duration {
	seconds, err := strconv.ParseUint(res.Header.Get("Age"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// network checks the way to each address that servers call, and then asks about the tokens for it.
func (e *examination) network(ctx context.Context) (checks []Check) {
	for _, a := range e.addresses() {
		found := e.reachable(ctx, a)
		for i := range found {
			if !strings.HasPrefix(found[i].Name, "account") { // its own name has the host
				found[i].Name += hostsOf(a.users)
			}
		}
		checks = append(checks, found...)
	}
	return checks
}

// hostsOf says whose check it is. This shell's has no addition.
func hostsOf(users []string) string {
	if len(users) == 0 {
		return ""
	}
	return " of host " + strings.Join(users, ", ")
}

// reachable checks one address.
func (e *examination) reachable(ctx context.Context, a address) (checks []Check) {
	base, from := a.base, a.from
	if base == "" {
		return []Check{{Name: "network", Status: Note, Detail: "not checked, nor its account: this shell has no value for " + from}}
	}
	transport, err := e.Transport(a.caFile)
	if err != nil {
		return []Check{{Name: "network", Status: Fail, Detail: err.Error(), Fix: "Name a readable PEM file, or leave the setting out."}}
	}
	watch := &clock{next: transport}
	api, err := opentrain.New(opentrain.Config{BaseURL: base, Transport: watch, UserAgent: "opentrain-mcp/" + e.Version})
	if err != nil {
		return []Check{{Name: "network", Status: Fail, Detail: err.Error() + " (from " + from + ")", Fix: e.correct(from)}}
	}
	proxy, check := e.proxy(base)
	if check != nil {
		if checks = append(checks, *check); check.Status == Fail {
			return checks
		}
	}
	limited, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	start := time.Now()
	_, err = api.GetJobUncached(limited, "doctor") // OpenTrain says that there is no such job
	where := fmt.Sprintf("%s (%s)", base, cmp.Or(from, "the default"))
	way := ""
	if proxy != "" {
		way = " through the proxy " + proxy
	}
	failure, isFailure := errors.AsType[*opentrain.Error](err)
	if err != nil && (!isFailure || failure.Status == 0 || failure.Code == opentrain.CodeBadResponse) {
		detail := fmt.Sprintf("%s can't be used%s: %s", where, way, message(err))
		return append(checks, Check{Name: "network", Status: Fail, Detail: detail, Fix: e.reach(failure, from, proxy, api.Host())})
	}
	checks = append(checks, Check{
		Name: "network", Status: OK, Detail: fmt.Sprintf("%s answers%s in %d ms", where, way, time.Since(start).Milliseconds()),
	})
	checks = append(checks, watch.check()...)
	for _, token := range a.tokens {
		limited, cancel := context.WithTimeout(ctx, e.Timeout)
		checks = append(checks, e.account(limited, api, token)...)
		cancel()
	}
	return checks
}

// correct says how to get rid of an address that doesn't work. from is the setting that it comes from, "" for the default.
func (e *examination) correct(from string) string {
	switch {
	case slices.Contains(e.Variables, from):
		return "Correct the address, or remove it to use OpenTrain's:\n" + e.unset(from)
	case from == "":
		return "Check this machine's network connection and firewall."
	}
	return "Correct " + from + ", or leave it out to use OpenTrain's."
}

// reach says what to do about a failure to connect.
func (e *examination) reach(failure *opentrain.Error, from, proxy, host string) string {
	switch {
	case failure == nil:
		return e.correct(from)
	case failure.Fault == opentrain.FaultProxy:
		return "Correct the proxy, or leave it out for this address:\n" + e.set("NO_PROXY", host)
	case untrusted(failure):
		return "If this machine's clock is wrong, set it. If a proxy inspects the traffic, or the API has a certificate of your own CA, " +
			"name the CA's certificate:\n" + e.set("OPENTRAIN_MCP_CA_FILE", "/path/to/ca.pem")
	case failure.Code == opentrain.CodeBadResponse && from == "":
		return "Something else answers for OpenTrain, such as the login page of a network. Open https://app.opentrain.ai in a browser."
	case failure.Code == opentrain.CodeTimeout && proxy != "":
		return "Check the proxy " + proxy + "."
	}
	return e.correct(from)
}

// untrusted reports whether a certificate was refused because of who made it or when it is valid. One of another host isn't cured by
// trusting its CA.
func untrusted(failure error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](failure)
	_, otherHost := errors.AsType[x509.HostnameError](failure)
	return certificate && !otherHost
}

// proxy is the proxy for an address, "" for none, and the check of the variables, nil if none is set.
func (e *examination) proxy(base string) (string, *Check) {
	get := func(name string) (string, string) {
		if value := e.Machine.Getenv(name); value != "" {
			return name, value
		}
		return strings.ToLower(name), e.Machine.Getenv(strings.ToLower(name))
	}
	address, err := url.Parse(base)
	if err != nil {
		return "", nil
	}
	https, httpsValue := get("HTTPS_PROXY")
	plain, plainValue := get("HTTP_PROXY")
	no, noValue := get("NO_PROXY")
	variable, value := https, httpsValue
	if address.Scheme == "http" {
		variable, value = plain, plainValue
	}
	if value == "" {
		return "", nil
	}
	proxy := parsedProxy(value)
	if proxy == "" {
		return "", &Check{
			Name: "proxy", Status: Fail, Detail: variable + " isn't the address of a proxy, such as http://proxy.example.com:3128",
			Fix: "Correct it (in a password, write % as %25, # as %23 and / as %2F), or remove it:\n" + e.unset(variable),
		}
	}
	used, err := (&httpproxy.Config{HTTPSProxy: httpsValue, HTTPProxy: plainValue, NoProxy: noValue}).ProxyFunc()(address)
	switch {
	case err == nil && used != nil:
		return proxy, &Check{Name: "proxy", Status: OK, Detail: variable + " sends requests through " + proxy}
	case noValue != "":
		return "", &Check{Name: "proxy", Status: OK, Detail: variable + " is set, but isn't used for " + address.Hostname() + " (" + no + ")"}
	}
	return "", &Check{Name: "proxy", Status: OK, Detail: variable + " is set, but isn't used for " + address.Hostname()}
}

// parsedProxy is the address of a proxy as Go reads a variable, without a user's name and password. It is "" for a value that can't be
// an address. Go ignores some of these, and takes a part of a password for the host in others: so never show them.
func parsedProxy(value string) string {
	// An address outside, because no proxy is used for this machine.
	proxy, err := (&httpproxy.Config{HTTPSProxy: value}).ProxyFunc()(&url.URL{Scheme: "https", Host: "app.opentrain.ai"})
	if err != nil || proxy == nil || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme) ||
		proxy.Opaque != "" || proxy.Path != "" && proxy.Path != "/" || proxy.RawQuery != "" || proxy.Fragment != "" {
		return ""
	}
	_, err = netip.ParseAddr(proxy.Hostname())
	_, portErr := strconv.ParseUint(cmp.Or(proxy.Port(), "0"), 10, 16)
	if portErr != nil || err != nil && !regexp.MustCompile(`^[\pL\pN._-]+$`).MatchString(proxy.Hostname()) {
		return ""
	}
	return proxy.Scheme + "://" + proxy.Host
}

// check compares the clocks.
func (c *clock) check() []Check {
	c.mu.Lock()
	defer c.mu.Unlock()
	skew, way := c.skew, "ahead of"
	if skew < 0 {
		skew, way = -skew, "behind"
	}
	switch {
	case !c.seen:
		return nil
	case skew < maxSkew:
		return []Check{{Name: "clock", Status: OK, Detail: "this machine's clock agrees with OpenTrain's"}}
	}
	command := map[string]string{
		"linux": "sudo timedatectl set-ntp true", "darwin": "sudo sntp -sS time.apple.com", "windows": "w32tm /resync",
	}[runtime.GOOS]
	return []Check{{
		Name: "clock", Status: Fail, Detail: fmt.Sprintf("this machine's clock is %s %s OpenTrain's", skew.Round(time.Minute), way),
		Fix: strings.TrimSuffix("Set the clock, and let the system keep it right:\n"+command, "\n"),
	}}
}

// message is the text of an error of the API.
func message(err error) string {
	if failure, is := errors.AsType[*opentrain.Error](err); is {
		return strings.TrimSuffix(text.Clean(failure.Message, 300), ".")
	}
	return err.Error()
}
