package acceptance_test

import (
	"net"
	"slices"
	"testing"
)

// labels are the labels of a pod or namespace, or those that a selector wants.
type labels = map[string]string

// peer is the other side of a rule of a NetworkPolicy.
type peer struct {
	NamespaceSelector struct {
		MatchLabels labels `yaml:"matchLabels"`
	} `yaml:"namespaceSelector"`
	PodSelector struct {
		MatchLabels labels `yaml:"matchLabels"`
	} `yaml:"podSelector"`
	IPBlock struct {
		CIDR   string   `yaml:"cidr"`
		Except []string `yaml:"except"`
	} `yaml:"ipBlock"`
}

type rule struct {
	From  []peer `yaml:"from"`
	To    []peer `yaml:"to"`
	Ports []struct {
		Port string `yaml:"port"`
	} `yaml:"ports"`
}

// policed is the part of a Deployment and of a NetworkPolicy that TestDeployNetworkPolicy reads.
type policed struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Spec struct {
		Template struct {
			Metadata struct {
				Labels labels `yaml:"labels"`
			} `yaml:"metadata"`
			Spec struct {
				Containers []struct {
					Ports []struct {
						Name string `yaml:"name"`
					} `yaml:"ports"`
				} `yaml:"containers"`
			} `yaml:"spec"`
		} `yaml:"template"`
		PodSelector struct {
			MatchLabels labels `yaml:"matchLabels"`
		} `yaml:"podSelector"`
		PolicyTypes []string `yaml:"policyTypes"`
		Ingress     []rule   `yaml:"ingress"`
		Egress      []rule   `yaml:"egress"`
	} `yaml:"spec"`
}

// TestDeployNetworkPolicy: a policy selects the pods. Each of their ports is open to one
// namespace, and they reach only Redis, DNS and public addresses at port 443. Redis is open to the pods and reaches no one.
func TestDeployNetworkPolicy(t *testing.T) {
	t.Parallel()
	var pods, policy policed
	for _, m := range manifests[policed](t, "../../deploy/kubernetes.yaml") {
		if m.Metadata.Name == "opentrain-mcp-redis" {
			if in := m.Spec.Ingress; m.Kind == "NetworkPolicy" && (len(m.Spec.Egress) > 0 || len(m.Spec.PolicyTypes) != 2 || len(in) != 1 ||
				len(in[0].From) != 1 || in[0].From[0].PodSelector.MatchLabels["app.kubernetes.io/name"] != "opentrain-mcp") {
				t.Errorf("the policy of Redis is %+v", m.Spec)
			}
			continue
		}
		switch m.Kind {
		case "Deployment":
			pods = m
		case "NetworkPolicy":
			policy = m
		}
	}
	if !slices.Equal(policy.Spec.PolicyTypes, []string{"Ingress", "Egress"}) {
		t.Fatalf("the policy is for %q", policy.Spec.PolicyTypes)
	}
	for name, value := range policy.Spec.PodSelector.MatchLabels {
		if pods.Spec.Template.Metadata.Labels[name] != value {
			t.Errorf("the pods have no label %s: %s", name, value)
		}
	}
	var opened, declared []string
	for _, in := range policy.Spec.Ingress {
		if len(in.From) != 1 || len(in.From[0].NamespaceSelector.MatchLabels) == 0 {
			t.Errorf("a rule lets in %+v", in.From)
		}
		for _, port := range in.Ports {
			opened = append(opened, port.Port)
		}
	}
	for _, port := range pods.Spec.Template.Spec.Containers[0].Ports {
		declared = append(declared, port.Name)
	}
	if !slices.Equal(opened, declared) {
		t.Errorf("the policy opens %q, the pods have %q", opened, declared)
	}
	checkEgress(t, policy.Spec.Egress)
}

func checkEgress(t *testing.T, rules []rule) {
	t.Helper()
	var reached []string
	addresses := []string{"8.8.8.8", "2606:4700::1", // public
		"169.254.169.254", "fd00:ec2::254", "100.100.100.200", // metadata services
		"10.1.2.3", "172.20.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "fe80::1", "127.0.0.1", "::1", "64:ff9b::a9fe:a9fe"}
	for _, out := range rules {
		for _, to := range out.To {
			if to.PodSelector.MatchLabels["app.kubernetes.io/name"] == "opentrain-mcp-redis" && out.Ports[0].Port == "6379" {
				continue
			}
			if to.IPBlock.CIDR == "" {
				if to.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] != "kube-system" || out.Ports[0].Port != "53" {
					t.Errorf("a rule lets out to %+v", to)
				}
				continue
			}
			if len(out.Ports) != 1 || out.Ports[0].Port != "443" {
				t.Errorf("the ports of %s are %+v", to.IPBlock.CIDR, out.Ports)
			}
			for _, address := range addresses {
				if reaches(t, to, net.ParseIP(address)) {
					reached = append(reached, address)
				}
			}
		}
	}
	if !slices.Equal(reached, addresses[:2]) {
		t.Errorf("the pods reach %q", reached)
	}
}

// reaches says whether a peer has an address. It checks its blocks as Kubernetes does.
func reaches(t *testing.T, to peer, address net.IP) bool {
	t.Helper()
	_, all, err := net.ParseCIDR(to.IPBlock.CIDR)
	if err != nil {
		t.Fatal(err)
	}
	found := all.Contains(address)
	for _, except := range to.IPBlock.Except {
		first, block, err := net.ParseCIDR(except)
		if err != nil || !all.Contains(first) || !block.IP.Equal(first) {
			t.Fatalf("%s is no part of %s: %v", except, all, err)
		}
		found = found && !block.Contains(address)
	}
	return found
}
