package acceptance_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// TestDemoPicture: the README's picture of the demo shows what the demo prints in a terminal.
func TestDemoPicture(t *testing.T) {
	t.Parallel()
	const shown, reset = 56, " \x1b[0m" // columns; the end of a prompt
	screen, code := demoAtTerminal(t, shown, []string{"TERM=xterm-256color"}, "", [][2]string{
		{whichOne + reset, "senior\n"}, {whichOne + reset, "files\n"}, {yesOrNo + reset, "yes\n"},
	})
	before, _, found := strings.Cut(screen, "\n\x1b[1mWhat's next")
	if code != 0 || !found {
		t.Fatalf("exit code %d\n%s", code, screen)
	}
	checkPicture(t, "demo", terminalPicture(t, before, shown))
}

// TestFormPicture: the README's picture of a form shows what the server asks a host to show.
func TestFormPicture(t *testing.T) {
	t.Parallel()
	p := run(t, environment(t), "stdio", "--sandbox")
	p.send(strings.Replace(hello, `"capabilities":{}`, `"capabilities":{"elicitation":{}}`, 1))
	p.receive()
	p.send(rpc(2, "opentrain_create_draft", map[string]any{"description": samplePrompt}))
	line, _ := p.stdout.next(`"elicitation/create"`)
	checkPicture(t, "form", formPicture(t, line, []string{"INTERMEDIATE", "NUMBER_OF_FILES"}))
}

// samplePrompt is the README's first prompt, as an agent passes it on.
const samplePrompt = "We need 10 annotators for bounding boxes on 50,000 dashcam images, $18 an hour, English."

// checkPicture compares a picture with its file.
func checkPicture(t *testing.T, name, svg string) {
	t.Helper()
	const largest = 60_000
	path := "../../docs/images/" + name + ".svg"
	if len(svg) > largest {
		t.Errorf("%s has %d bytes", path, len(svg))
	}
	for parser := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := parser.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if *update {
		write(t, path, svg)
		return
	}
	if data, err := os.ReadFile(path); err != nil || string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))) != svg {
		t.Errorf("%s is not what the program shows: run go test ./internal/acceptance -run Picture -update (%v)", path, err)
	}
}

// question is a field of a form, in the order in which a host gets it.
type question struct {
	key string
	field
}

// questions reads a request for a form: its message, and its fields in their order.
func questions(t *testing.T, line string) (message string, fields []question) {
	t.Helper()
	var request struct {
		Params struct {
			Message         string
			RequestedSchema struct{ Properties json.RawMessage }
		}
	}
	if err := json.Unmarshal([]byte(line), &request); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	properties := json.NewDecoder(bytes.NewReader(request.Params.RequestedSchema.Properties))
	if _, err := properties.Token(); err != nil { // the opening brace
		t.Fatal(err)
	}
	for properties.More() {
		key, err := properties.Token()
		q := question{}
		if err == nil {
			q.key, _ = key.(string)
			err = properties.Decode(&q.field)
		}
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, q)
	}
	return request.Params.Message, fields
}
