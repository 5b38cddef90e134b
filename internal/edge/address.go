package edge

import (
	"net/http"
	"net/netip"
	"strings"
)

// Address identifies the network that a request comes from: an IPv4 address, or the /64 network of an IPv6
// address, because one caller usually owns a whole /64.
// Behind a proxy, it uses the last entry of X-Forwarded-For: the caller can forge the entries before it. If that
// entry is not an address, the proxy's own address counts.
func Address(r *http.Request, behindProxy bool) string {
	if behindProxy {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if last, ok := parseHop(hops[len(hops)-1]); ok {
			return network(last)
		}
	}
	return peer(r.RemoteAddr)
}

// peer returns the network of the other end of a connection.
func peer(remote string) string {
	if address, ok := parseHop(remote); ok {
		return network(address)
	}
	return remote
}

// parseHop reads an address in the forms that proxies write: with or without a port, brackets and quotes.
func parseHop(hop string) (netip.Addr, bool) {
	hop = strings.TrimSpace(strings.Trim(strings.TrimSpace(hop), `"`))
	if withPort, err := netip.ParseAddrPort(hop); err == nil {
		return withPort.Addr(), true
	}
	if bare, found := strings.CutPrefix(hop, "["); found {
		if hop, found = strings.CutSuffix(bare, "]"); !found || !strings.Contains(hop, ":") {
			return netip.Addr{}, false
		}
	}
	address, err := netip.ParseAddr(hop)
	return address, err == nil
}

func network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is4() || address.IsLoopback() {
		return address.String()
	}
	return netip.PrefixFrom(address, 64).Masked().String()
}

// Loopback reports whether an address, as returned by [Address], or a host name refers to this machine.
func Loopback(name string) bool {
	address, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && address.IsLoopback()
}
