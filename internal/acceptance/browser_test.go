package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/mark3labs/mcp-go/client"
)

// browserTab is a tab of headless Chromium.
type browserTab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// newTab opens a tab. Without a tab that is open, it starts Chromium. At the end, nothing may have gone wrong in it, except what
// expected says.
func newTab(t *testing.T, beside *browserTab, expected ...string) *browserTab {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	i := slices.IndexFunc(names, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if i < 0 {
		t.Skip("no Chromium here to drive the sandbox's pages; .ci/run has it")
	}
	b := &browserTab{t: t}
	listening := chromedp.WithListener(b.note)
	if beside != nil {
		b.ctx, _ = chromedp.NewContext(beside.ctx, listening)
	} else {
		// The test's own context ends before the browser can be closed. Chromium's own sandbox needs rights that a container may lack.
		limited, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*patience)
		t.Cleanup(cancel)
		b.ctx, _ = chromedp.NewContext(limited, listening,
			chromedp.WithAllocatorOptions(chromedp.ExecPath(names[i]), chromedp.NoSandbox, chromedp.Env("HOME="+t.TempDir())))
	}
	do(b, chromedp.Evaluate[int]("1"))
	t.Cleanup(func() {
		err := chromedp.Cancel(b.ctx)
		b.mu.Lock()
		defer b.mu.Unlock()
		if err != nil || fmt.Sprint(b.problems) != fmt.Sprint(expected) {
			t.Errorf("in the browser: %q, want %q; it ended with %v", b.problems, expected, err)
		}
	})
	return b
}

// note notes the events that are problems: errors, dialogs, and requests to others than this machine.
func (b *browserTab) note(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		problem = fmt.Sprint("console: ", e.Type)
	case *log.EventEntryAdded:
		problem = e.Entry.Text
	case *page.EventJavascriptDialogOpening:
		problem = "dialog: " + e.Message
	case *network.EventRequestWillBeSent:
		if address, err := url.Parse(e.Request.URL); err != nil || address.Hostname() != "127.0.0.1" {
			problem = "request: " + e.Request.URL
		}
	}
	if problem != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, problem)
	}
}

// do runs an action in a tab.
func do[T any](b *browserTab, action chromedp.Action[T]) T {
	b.t.Helper()
	result, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// leads does what leads to another page, and waits for that page.
func leads[T any](b *browserTab, action chromedp.Action[T]) {
	b.t.Helper()
	do(b, chromedp.WaitEvent(page.LoadEventFired, nil, action))
}

// open opens a page and looks at it: it fits into screens of all widths, and it has no elements but its own.
func (b *browserTab) open(address string) {
	b.t.Helper()
	leads(b, chromedp.Navigate(address))
	for _, width := range []int64{1280, 800, 320} {
		do(b, chromedp.EmulateViewport(width, 640))
		if widest := do(b, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); widest > width {
			b.t.Errorf("%s: it is %d pixels wide on a screen of %d", address, widest, width)
		}
	}
	if n := do(b, chromedp.Evaluate[int](`document.querySelectorAll("script, img, iframe, main b, [onerror]").length`)); n > 0 {
		b.t.Errorf("%s: markup in a name became %d elements", address, n)
	}
}

// shows checks what a person can read on the page.
func (b *browserTab) shows(words ...string) {
	b.t.Helper()
	text := do(b, chromedp.Evaluate[string]("document.body.innerText"))
	for _, each := range words {
		if !strings.Contains(text, each) {
			b.t.Errorf("the page doesn't show %q: %s", each, text)
		}
	}
}

// over loads the page again: nothing is left to press.
func (b *browserTab) over(words string) {
	b.t.Helper()
	leads(b, chromedp.Reload())
	b.shows(words)
	if n := do(b, chromedp.Evaluate[int](`document.querySelectorAll("button").length`)); n > 0 {
		b.t.Errorf("the page of what is decided has %d buttons", n)
	}
}

// press goes to a button with the Tab key, and presses it with Enter.
func (b *browserTab) press(label string) {
	b.t.Helper()
	for range 10 {
		do(b, chromedp.KeyEvent("\t"))
		if focused := do(b, chromedp.Evaluate[string](`document.activeElement.matches("button:focus-visible") ? document.activeElement.innerText : ""`)); focused == label {
			leads(b, chromedp.KeyEvent("\r"))
			return
		}
	}
	b.t.Fatalf("Tab doesn't lead to %q", label)
}

const markup = `<script>alert(1)</script><img src=x onerror=alert(2)><b>`

// hire asks for a hire with the real server, and returns the approval's page, its id and who it is about.
func hire(t *testing.T, host *client.Client, proposal string) (link, id, trainer string) {
	t.Helper()
	got := call(t, host, "opentrain_hire_proposal", map[string]any{"proposalId": proposal, "amountUsd": 1200.5, "dueDate": "2031-07-01",
		"name": "Pilot " + markup, "description": "The first 1,000 chats.\n" + strings.Repeat("wide", 60)})
	var asked struct {
		Trainer  string
		Approval struct{ ID, URL string }
	}
	if err := json.Unmarshal(got.structured, &asked); err != nil || asked.Approval.URL == "" || asked.Trainer == "" {
		t.Fatal(err, got.text)
	}
	_, trainer, _ = strings.Cut(asked.Trainer, "“")
	trainer, _, _ = strings.Cut(trainer, "”")
	return asked.Approval.URL, asked.Approval.ID, trainer
}

// says checks a tool's words.
func says(t *testing.T, host *client.Client, tool string, arguments map[string]any, words string) {
	t.Helper()
	if got := call(t, host, tool, arguments); got.isError || !strings.Contains(got.text, words) {
		t.Errorf("%s doesn't say %q: %s", tool, words, got.text)
	}
}

// TestSandboxPagesInChromium: a human sees in a browser what an agent asks for, and decides there. The tools report it.
func TestSandboxPagesInChromium(t *testing.T) {
	t.Parallel()
	browser := newTab(t, nil)
	t.Run("approvals and checkouts", func(t *testing.T) { decides(t, browser) })
	t.Run("a claim", func(t *testing.T) { claims(t, browser) })
}

// decides confirms one hire, declines another, and pays for credits. Pressing a button twice does nothing more.
func decides(t *testing.T, browser *browserTab) {
	tab := newTab(t, browser)
	base, token := runSandbox(t, "--seed", "history")
	host := connect(t, environment(t, "OPENTRAIN_API_BASE_URL="+base, "OT_API_TOKEN="+token), "--toolsets", "all")
	link, id, trainer := hire(t, host, "proposal_job_2_1")
	tab.open(base + "/")
	tab.shows("Waiting for you", "Hire an AI trainer", "$1,330.50", trainer)
	tab.open(link)
	tab.shows("Pending", id, "Hire an AI trainer", "Customer Chat Rating in Portuguese", trainer, "Pilot "+markup, "The first 1,000 chats.\nwide",
		"$1,200.50", "$130", "You pay", "$1,330.50", "Nothing happens until you confirm it.", "Nothing here is real")
	other := newTab(t, tab)
	other.open(link)
	tab.press("Confirm and pay $1,330.50")
	tab.shows("Confirmed on ", "You paid", trainer)
	leads(other, chromedp.Click(chromedp.CSS("button[value=declined]"))) // it's too late
	other.over("Confirmed on ")
	tab.over("Confirmed on ")
	says(t, host, "opentrain_get_approval", map[string]any{"approvalId": id}, " is confirmed. ")

	link, id, trainer = hire(t, host, "proposal_job_2_2")
	tab.open(link)
	tab.shows(trainer)
	tab.press("Decline")
	tab.shows("Declined on ", "nothing is charged")
	says(t, host, "opentrain_get_approval", map[string]any{"approvalId": id}, " is declined. ")
	says(t, host, "opentrain_list_contracts", map[string]any{}, "1 contract")

	next := call(t, host, "opentrain_create_credit_top_up", map[string]any{"amountUsd": 250}).next(t)
	tab.open(next.URL)
	tab.shows("Add credits", "Sandbox Demo", "You pay", "$250", "nothing is charged")
	other.open(next.URL)
	for _, each := range []*browserTab{tab, other} {
		each.press("Pay $250")
		each.shows("Paid on ", "The credits are in your account.")
	}
	says(t, host, next.Tool, next.Arguments, " is paid.")
	says(t, host, "opentrain_get_credits", map[string]any{}, "The account has $250.00 in credits.")
}

// claims claims the account that an agent has registered, with the code that the agent shows.
func claims(t *testing.T, browser *browserTab) {
	tab := newTab(t, browser, "Failed to load resource: the server responded with a status of 403 (Forbidden)") // of the wrong code
	base, _ := runSandbox(t)
	host := connect(t, environment(t, "OPENTRAIN_API_BASE_URL="+base))
	says(t, host, "opentrain_register_agent", map[string]any{"agentName": "Ada " + markup, "organizationName": "Acme " + markup}, "is registered")
	got := call(t, host, "opentrain_claim_account", map[string]any{"email": "ada@example.org"})
	var claim struct{ URL, Code string }
	if err := json.Unmarshal(got.structured, &claim); err != nil || claim.URL == "" || claim.Code == "" {
		t.Fatal(err, got.text)
	}
	tab.open(claim.URL)
	tab.shows("Claim an agent's account", "Ada "+markup, "Acme "+markup, "ada@example.org", "enter the code that the agent shows")
	do(tab, chromedp.KeyEvent("nope")) // the cursor is in the field
	leads(tab, chromedp.KeyEvent("\r"))
	tab.shows("That's not the code.")
	do(tab, chromedp.KeyEvent(claim.Code))
	tab.press("Claim the account")
	tab.shows("The account is claimed.", "Ada "+markup)
	tab.over("The account is claimed.")
	says(t, host, "opentrain_claim_status", map[string]any{}, "A human has claimed the account")
}
