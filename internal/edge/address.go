package edge

import (
	"net/http"
	"net/netip"
	"strings"
)

// Address names the network that a request comes from: an IPv4 address, or the
// /64 of an IPv6 address, since one caller has a whole one. Behind a proxy it is
// the last hop of X-Forwarded-For, which the proxy wrote; the hops before it are
// the caller's own words.
func Address(r *http.Request, behindProxy bool) string {
	if behindProxy {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if last, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			return network(last)
		}
	}
	if remote, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return network(remote.Addr())
	}
	return r.RemoteAddr
}

func network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return address.String()
	}
	return prefix.String()
}

// Loopback reports whether a network that Address named is this machine.
func Loopback(address string) bool {
	prefix, err := netip.ParsePrefix(address)
	if err == nil {
		return prefix == netip.PrefixFrom(netip.IPv6Unspecified(), 64) // where ::1 is
	}
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.IsLoopback()
}
