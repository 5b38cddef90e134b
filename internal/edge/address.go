package edge

import (
	"net/http"
	"net/netip"
	"strings"
)

// Address identifies the network that a request comes from: an IPv4 address, or the /64 network of an IPv6
// address, because one caller usually owns a whole /64.
// Behind a proxy, it uses the last entry of X-Forwarded-For: the caller can forge the entries before it.
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
	if address.Is4() || address.IsLoopback() {
		return address.String()
	}
	return netip.PrefixFrom(address, 64).Masked().String()
}

// Loopback reports whether an address, as returned by [Address], or a host name refers to this machine.
func Loopback(name string) bool {
	address, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && address.IsLoopback()
}
