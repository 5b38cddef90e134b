// Package demo runs the whole posting loop for a person to watch: an MCP client
// talks to this server over the stdio protocol, the server to the sandbox.
package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// SampleDescription is the job of the posting guide (developers/guides/post-a-job).
const SampleDescription = "We need 10 experienced annotators for bounding boxes on 50,000 dashcam images. Pay is " +
	"$18/hour. English required. Work runs about six weeks."

// maxSteps ends a loop that goes on forever.
const maxSteps = 50

// Config sets up a run.
type Config struct {
	Description string // "" means SampleDescription
	Variant     sandbox.Variant
	Version     string
	Out         io.Writer
	// Human answers the questions.
	Human Human
}

// ErrNotPublished means that the human didn't want the job published.
var ErrNotPublished = errors.New("the job was not published")

// Run posts a job and finds it again.
func Run(ctx context.Context, cfg Config) error {
	cfg.Description = cmp.Or(cfg.Description, SampleDescription)
	host, stop, err := connect(ctx, cfg)
	if err != nil {
		return err
	}
	defer stop()
	r := run{Config: cfg, host: host}
	r.print("A job description becomes a live job, in the sandbox: nothing is real, no account is needed.\n"+
		"Each line with » is one call that an AI agent makes over MCP; ? is a question for its human.\n\nDescription:\n  "+
		"%s\n\n", cfg.Description)
	next, err := r.call(ctx, tool.CreateDraft, map[string]any{"description": cfg.Description})
	for step := 0; err == nil && next.Action != tool.Done; step++ {
		if step == maxSteps {
			return fmt.Errorf("the loop didn't end after %d steps", maxSteps)
		}
		next, err = r.step(ctx, next)
	}
	if err != nil {
		return err
	}
	return r.finish()
}

// connect starts the server on the sandbox and a client on the server.
func connect(ctx context.Context, cfg Config) (*client.Client, func(), error) {
	box := sandbox.New(sandbox.Config{Variant: cfg.Variant})
	api, err := opentrain.New(opentrain.Config{Transport: box.Transport()})
	if err != nil {
		return nil, nil, err
	}
	server, err := opentrainmcp.New(opentrainmcp.Config{
		API: api, Version: cfg.Version, Logger: slog.New(slog.DiscardHandler),
		Token: func(context.Context) opentrainmcp.Token { return opentrainmcp.Token{Value: sandbox.DemoToken} },
	})
	if err != nil {
		return nil, nil, err
	}
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		// The pipes end together: an error here reaches the client as a broken call.
		fromServer.CloseWithError(server.ServeStdio(ctx, toServer, fromServer))
	}()
	host := client.NewClient(transport.NewIO(toClient, fromClient, io.NopCloser(strings.NewReader(""))))
	stop := func() {
		_ = host.Close() // nothing is left to do about it
		<-served
	}
	if err = host.Start(ctx); err == nil {
		var hello mcp.InitializeRequest
		hello.Params.ProtocolVersion = mcp.LATEST_LEGACY_PROTOCOL_VERSION
		hello.Params.ClientInfo = mcp.Implementation{Name: "opentrain-mcp demo", Version: cfg.Version}
		_, err = host.Initialize(ctx, hello)
	}
	if err != nil {
		stop()
	}
	return host, stop, err
}

// run is one posting loop.
type run struct {
	Config
	host *client.Client

	jobID, jobURL string // once published
	found         bool   // the job was found by search
}

// step does what a result said comes next.
func (r *run) step(ctx context.Context, next tool.Next) (tool.Next, error) {
	switch next.Action {
	case tool.AskHuman:
		r.print("\n? %s\n", next.Question)
		if next.Note != "" {
			r.print("  %s\n", next.Note)
		}
		arguments, err := r.answers(ctx, next)
		if err != nil {
			return next, err
		}
		return r.call(ctx, next.Tool, arguments)
	case tool.ConfirmWithHuman:
		r.show(next)
		yes, err := r.Human.Confirm(ctx, "Publish this job?")
		if err != nil {
			return next, err
		}
		if !yes {
			r.print("\nThe job stays a draft; nothing was published.\n")
			return next, ErrNotPublished
		}
		return r.call(ctx, next.Tool, next.Arguments)
	case tool.CallTool:
		return r.call(ctx, next.Tool, next.Arguments)
	default:
		return next, fmt.Errorf("the server says %s: %s", next.Action, next.Problem)
	}
}

// answers asks the human for every value that a question wants, and puts them in the place of their placeholders.
func (r *run) answers(ctx context.Context, next tool.Next) (arguments map[string]any, err error) {
	inputs := tool.Map(next.Inputs, func(i tool.Input) Input { return Input{i, true} })
	if len(inputs) == 0 {
		inputs = []Input{{Input: tool.Input{Key: next.Field, Type: next.Type, Options: next.Options}}}
	}
	filled := text.JSON(next.Arguments)
	for _, input := range inputs {
		placeholder := tool.Answer
		if input.Named {
			placeholder = tool.AnswerTo(input.Key)
		}
		value, err := r.Human.Answer(ctx, input)
		if err != nil {
			return nil, err
		}
		filled = strings.ReplaceAll(filled, text.JSON(placeholder), text.JSON(value))
	}
	err = json.Unmarshal([]byte(filled), &arguments)
	return arguments, err
}

// call makes one MCP call, shows it in one line, and returns what comes next.
func (r *run) call(ctx context.Context, name string, arguments map[string]any) (tool.Next, error) {
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = name, arguments
	start := time.Now()
	result, err := r.host.CallTool(ctx, request)
	if err != nil {
		return tool.Next{}, fmt.Errorf("%s: %w", name, err)
	}
	words := ""
	if len(result.Content) > 0 {
		if content, ok := result.Content[0].(mcp.TextContent); ok {
			words = content.Text
		}
	}
	headline, _, _ := strings.Cut(words, "\n")
	r.print("» %s %s  →  %s (%.1f ms)\n", name, oneLine(arguments, 70), headline, float64(time.Since(start).Microseconds())/1000)
	if result.IsError {
		return tool.Next{}, fmt.Errorf("%s failed: %s", name, words)
	}
	return r.read([]byte(text.JSON(result.StructuredContent)))
}

// read takes out of a result what the demo needs.
func (r *run) read(structured []byte) (tool.Next, error) {
	var out struct {
		JobID     string `json:"jobId"`
		JobURL    string `json:"jobUrl"`
		Published bool   `json:"published"`
		Jobs      []struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"jobs"`
		Next tool.Next `json:"next"`
	}
	if err := json.Unmarshal(structured, &out); err != nil {
		return tool.Next{}, fmt.Errorf("the result can't be read: %w", err)
	}
	if out.Published {
		r.jobID, r.jobURL = out.JobID, out.JobURL
	}
	for i, job := range out.Jobs {
		if job.ID == r.jobID {
			r.found = true
			r.print("  Found at position %d: %s\n", i+1, job.Title)
		}
	}
	return out.Next, nil
}

// show prints the finished draft for the human's yes or no.
func (r *run) show(next tool.Next) {
	r.print("\nThe draft is complete:\n")
	if next.Show != nil {
		for _, key := range slices.Sorted(maps.Keys(next.Show.Fields)) {
			r.print("  %-18s %s\n", key, oneLine(next.Show.Fields[key], 100))
		}
		for _, guess := range next.Show.Guesses {
			r.print("  Guess to check:    %s\n", oneLine(guess, 100))
		}
	}
	if next.Note != "" {
		r.print("  %s\n", next.Note)
	}
}

func (r *run) finish() error {
	switch {
	case r.jobID == "":
		return errors.New("the loop ended without a live job")
	case !r.found:
		return fmt.Errorf("job %s is live, but search didn't find it", r.jobID)
	}
	r.print("\nDone: job %s is live and search finds it.\n%s\n", r.jobID, r.jobURL)
	return nil
}

func (r *run) print(format string, args ...any) { show(r.Out, format, args...) }
