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
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// SampleDescription is the job of the posting guide (developers/guides/post-a-job).
const SampleDescription = "We need 10 experienced annotators for bounding boxes on 50,000 dashcam images. Pay is " +
	"$18/hour. English required. Work runs about six weeks."

// check begins a remark on a guess.
const check = "Please check the"

// maxSteps ends a loop that goes on forever.
const maxSteps = 50

// Config sets up a run.
type Config struct {
	Description string // "" means SampleDescription
	Variant     sandbox.Variant
	Hire        bool // go on to a hire that waits for approval
	Version     string
	Screen      screen.Screen
	// Answers are a person's, one in each line. Nil means sample answers.
	Answers io.Reader
	// Program is how a person starts this program, "" if it was built for this run alone.
	Program string
	// Host is the host to connect next; "" lists the hosts instead.
	Host string
}

// Run posts a job and finds it again. It also returns nil when the person doesn't want the job published. The person
// has read about ErrCanceled, ErrNoInput and ErrStopped.
func Run(ctx context.Context, cfg Config) error {
	cfg.Description = cmp.Or(cfg.Description, SampleDescription)
	r := run{Config: cfg, told: map[string]bool{}}
	host, stop, err := connect(ctx, cfg, r.now)
	if err != nil {
		return err
	}
	defer stop()
	ctx, end := context.WithCancel(ctx)
	defer end()
	r.person, r.host = person{screen: cfg.Screen, lines: lines(ctx, cfg.Answers)}, host
	err = r.loop(ctx)
	switch {
	case ctx.Err() != nil:
		err = ErrCanceled
		r.Screen.Show("", screen.Plain, "Canceled. "+r.outcome())
	case errors.Is(err, ErrNoInput):
		r.Screen.Show("", screen.Plain, "The input ended before you answered. "+r.outcome())
	}
	return err
}

// connect starts the server on the sandbox, which has a clock of its own, and a client on the server.
func connect(ctx context.Context, cfg Config, now func() time.Time) (*client.Client, func(), error) {
	box := sandbox.New(sandbox.Config{Variant: cfg.Variant, AppURL: sandbox.PlaceholderURL, Now: now})
	api, err := opentrain.New(opentrain.Config{BaseURL: sandbox.PlaceholderURL, Transport: box.Transport()})
	if err != nil {
		return nil, nil, err
	}
	var toolsets []string
	if cfg.Hire {
		toolsets = []string{"all"}
	}
	server, err := opentrainmcp.New(opentrainmcp.Config{
		Toolsets: toolsets,
		API:      api, Version: cfg.Version, Logger: slog.New(slog.DiscardHandler),
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
	person person
	host   *client.Client

	jobID, jobURL string          // once published
	publishing    bool            // the job may be live
	position      int             // of the job in the search, from 1
	told          map[string]bool // remarks that the person has read
	last          output          // of the last call
	ahead         atomic.Int64    // nanoseconds that the sandbox's time is ahead
}

// now is the sandbox's time.
func (r *run) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// loop does what each result says comes next, until nothing is left to do.
func (r *run) loop(ctx context.Context) error {
	r.introduce()
	next, err := r.call(ctx, tool.CreateDraft, map[string]any{"description": r.Description})
	for step := 0; err == nil && next.Action != tool.Done; step++ {
		if step == maxSteps {
			return fmt.Errorf("the loop didn't end after %d steps", maxSteps)
		}
		next, err = r.step(ctx, next)
	}
	if err != nil {
		return err
	}
	if err = r.finish(); err == nil && r.Hire && r.jobID != "" {
		err = r.hire(ctx)
	}
	if err == nil {
		r.whatNext()
	}
	return err
}

// step does what a result said comes next.
func (r *run) step(ctx context.Context, next tool.Next) (tool.Next, error) {
	switch next.Action {
	case tool.AskHuman:
		answers, err := r.person.answers(ctx, next)
		if err != nil {
			return next, err
		}
		after, err := r.call(ctx, next.Tool, withAnswers(next, answers))
		if refused, ok := errors.AsType[refusal](err); ok && r.Answers != nil {
			r.Screen.Show("  ", screen.Plain, refused.words)
			return next, nil // and ask again
		}
		return after, err
	case tool.ConfirmWithHuman:
		r.review(next)
		yes, err := r.person.confirm(ctx, next.Question)
		if err != nil {
			return next, err
		}
		if !yes {
			r.Screen.Blank()
			r.Screen.Show("", screen.Plain, "OK. The job stays a draft. "+r.outcome())
			return tool.Next{Action: tool.Done}, nil
		}
		r.publishing = true
		return r.call(ctx, next.Tool, next.Arguments)
	case tool.CallTool:
		return r.call(ctx, next.Tool, next.Arguments)
	default: // what is wrong with the job was shown
		r.Screen.Blank()
		r.Screen.Show("", screen.Plain, "The demo ends here. "+r.outcome()+" Change the description and run it again.")
		return next, ErrStopped
	}
}

// refusal is what a tool said about a call that failed.
type refusal struct{ tool, words string }

// Error implements error.
func (r refusal) Error() string { return r.tool + ": " + r.words }

// refusalOf puts a failed call into words for a person. Its text tells a model what to do, which a person can't.
func refusalOf(name string, result *mcp.CallToolResult) refusal {
	type problem struct {
		Message string `json:"message"`
	}
	var failure struct {
		Error struct {
			Details struct{ Problems, Issues []problem }
		} `json:"opentrain/error"`
	}
	if json.Unmarshal([]byte(text.JSON(result.Meta)), &failure) == nil {
		details := failure.Error.Details
		for _, found := range slices.Concat(details.Problems, details.Issues) {
			what, _, _ := strings.Cut(found.Message, ";")
			what, _, _ = strings.Cut(what, ". ")
			return refusal{name, "OpenTrain can't use that: " + text.Sentence(what)}
		}
	}
	headline, _, _ := strings.Cut(textOf(result), "\n")
	return refusal{name, headline}
}

func textOf(result *mcp.CallToolResult) string {
	if len(result.Content) > 0 {
		if content, ok := result.Content[0].(mcp.TextContent); ok {
			return content.Text
		}
	}
	return ""
}

// call makes one MCP call, shows what it sends and what comes back, and returns what comes next.
func (r *run) call(ctx context.Context, name string, arguments map[string]any) (tool.Next, error) {
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = name, arguments
	r.Screen.Blank()
	r.Screen.Show("» ", screen.Accent, name)
	r.showArguments(arguments)
	result, err := r.host.CallTool(ctx, request)
	if err != nil {
		return tool.Next{}, fmt.Errorf("%s: %w", name, err)
	}
	if result.IsError {
		return tool.Next{}, refusalOf(name, result)
	}
	var out output
	if err := json.Unmarshal([]byte(text.JSON(result.StructuredContent)), &out); err != nil {
		return tool.Next{}, fmt.Errorf("%s: the result can't be read: %w", name, err)
	}
	headline, _, _ := strings.Cut(textOf(result), "\n")
	headline, _, _ = strings.Cut(headline, " Lines starting with > ")      // the demo draws quotes in its own way
	if out.Next.Action == tool.ConfirmWithHuman && out.Next.Tool == name { // the human is the reader here
		headline = "The agent asks you first."
	}
	r.last = out
	r.read(out, headline)
	return out.Next, nil
}

// output is what the demo needs of any tool's result.
type output struct {
	JobID     string `json:"jobId"`
	JobURL    string `json:"jobUrl"`
	Published bool   `json:"published"`
	Jobs      []struct {
		ID string `json:"id"`
	} `json:"jobs"`
	Proposals        []proposal `json:"proposals"`
	InterviewSummary string     `json:"interviewSummary"`
	Bio              string     `json:"bio"`
	ConversationID   string     `json:"conversationId"`
	Messages         any        `json:"messages"` // in words, or those of a conversation
	Approval         struct {
		URL string `json:"url"`
	} `json:"approval"`

	Reasons             []string      `json:"reasons"`
	Issues              []tool.Remark `json:"issues"`
	Warnings            []tool.Remark `json:"warnings"`
	UnmappedFields      []tool.Remark `json:"unmappedFields"`
	LowConfidenceFields []tool.Remark `json:"lowConfidenceFields"`
	Next                tool.Next     `json:"next"`
}

// read takes out of a result what the demo needs, and shows it.
func (r *run) read(out output, headline string) {
	if out.Published {
		r.jobID, r.jobURL = out.JobID, out.JobURL
	}
	if out.Jobs != nil {
		headline = "The search found " + text.Count(len(out.Jobs), "job") + "."
	}
	for i, job := range out.Jobs {
		if job.ID == r.jobID {
			r.position = i + 1
			headline += fmt.Sprintf(" Yours is number %d.", r.position)
		}
	}
	r.Screen.Show("  ", screen.Plain, headline)
	r.tell("", slices.Concat(sentences(out.Reasons), out.Issues, out.Warnings))
	r.tell("Not used:", out.UnmappedFields)
	r.tell(check, out.LowConfidenceFields)
}

// finish says how it ended, and what to do next.
func (r *run) finish() error {
	switch {
	case !r.publishing:
	case r.jobID == "":
		return errors.New("the loop ended without a live job")
	case r.position == 0:
		return fmt.Errorf("job %s is live, but search didn't find it", r.jobID)
	default:
		r.Screen.Blank()
		r.Screen.Show("", screen.Bold, "Done. Your job is live in the sandbox, and search finds it.")
		if r.jobURL != "" {
			r.Screen.Show("", screen.Plain, "Its page in the sandbox (the link doesn't open):")
			r.Screen.Line(r.jobURL)
		}
	}
	return nil
}

// outcome says what has become of the job when the demo ends early.
func (r *run) outcome() string {
	if r.publishing {
		return "Nothing outside the sandbox was changed."
	}
	return "Nothing was published."
}
