package acceptance_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"opentrain-mcp/internal/redistest"
)

// manifest is the part of compose.yaml and kubernetes.yaml that these tests read.
type manifest struct {
	Services map[string]struct {
		Command     []string
		Environment map[string]string
	}
	Kind string
	Spec struct {
		Template struct {
			Spec struct {
				Containers []struct {
					Name string
					Args []string
					Env  []struct{ Name, Value string }
				}
			}
		}
	}
}

// manifests reads every document of a file.
func manifests[T any](t *testing.T, path string) []T {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	var all []T
	for decoder := yaml.NewDecoder(file); ; {
		var one T
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, one)
	}
}

// TestDeployManifests: the program accepts every flag and variable in the files and
// serves with them.
func TestDeployManifests(t *testing.T) {
	t.Parallel()
	var kinds []string
	started := 0
	for _, path := range []string{"../../deploy/compose.yaml", "../../deploy/kubernetes.yaml"} {
		for _, m := range manifests[manifest](t, path) {
			kinds = append(kinds, m.Kind)
			for name, service := range m.Services {
				switch {
				case name == "redis":
					redistest.Start(t, service.Command[1:]...)
				case len(service.Command) > 0:
					started++
					checkFlags(t, path+" "+name, service.Command, service.Environment)
				}
			}
			for _, container := range m.Spec.Template.Spec.Containers {
				if container.Name == "redis" {
					redistest.Start(t, container.Args[1:]...)
					continue
				}
				started++
				env := map[string]string{}
				for _, variable := range container.Env {
					if variable.Name != "GOMEMLIMIT" && variable.Name != "POD_NAME" {
						env[variable.Name] = variable.Value
					}
				}
				checkFlags(t, path, container.Args, env)
			}
		}
	}
	want := []string{"", "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Deployment", "Service", "NetworkPolicy", "NetworkPolicy"}
	if !slices.Equal(kinds, want) {
		t.Errorf("kinds: %q", kinds)
	}
	if started != 4 {
		t.Errorf("%d containers run the program", started)
	}
}

func checkFlags(t *testing.T, name string, args []string, env map[string]string) {
	t.Helper()
	help, err := exec.Command(binary, "http", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	settings := environment(t)
	for key, value := range env {
		if key == "OPENTRAIN_MCP_STATE_KEY" { // compose wants it of its caller
			value = strings.Repeat("A", 43) + "="
		}
		settings = append(settings, key+"="+value)
		if strings.HasPrefix(key, "OPENTRAIN") && !strings.Contains(string(help), key) {
			t.Errorf("%s: there is no variable %s", name, key)
		}
	}
	variable := regexp.MustCompile(`\$\{\w+:-(\w+)\}|\$\((\w+)\)`) // what Compose or Kubernetes replaces
	args = slices.Clone(args)
	for i, arg := range args {
		flag, value, _ := strings.Cut(arg, "=")
		switch {
		case i == 0 && arg == "http":
		case !regexp.MustCompile(`(?m)^ +` + regexp.QuoteMeta(flag) + `[ =\n]`).Match(help):
			t.Errorf("%s: there is no flag %s", name, flag)
		case strings.HasSuffix(flag, "listen"):
			args[i] = flag + "=127.0.0.1:0" + strings.TrimLeft(value, ":0123456789")
		default:
			args[i] = variable.ReplaceAllString(arg, "$1$2")
			args[i] = strings.ReplaceAll(args[i], "_", "-")
		}
	}
	listening(run(t, settings, args...), `"tls":`)
}
