package updates

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// eventScopes lists the types of events, and the scope that each needs.
func eventScopes() []struct{ event, scope string } {
	return []struct{ event, scope string }{
		{opentrain.EventProposalReceived, opentrain.ScopeProposalsRead},
		{opentrain.EventProposalStatusChanged, opentrain.ScopeProposalsRead},
		{opentrain.EventMessageReceived, opentrain.ScopeMessagesRead},
		{opentrain.EventContractCreated, opentrain.ScopePaymentsRead},
		{opentrain.EventMilestoneStatusChanged, opentrain.ScopePaymentsRead},
		{opentrain.EventPaymentPending, opentrain.ScopePaymentsRead},
		{opentrain.EventApprovalConfirmed, opentrain.ScopePaymentsRead},
		{opentrain.EventContractBudgetChanged, opentrain.ScopePaymentsRead},
	}
}

// enumerateEvents allows the types of events in a list, and no others.
func enumerateEvents(s *schema.Node, list string) {
	types, _ := s.Properties.Get(list)
	for _, one := range eventScopes() {
		types.Items.Enum = append(types.Items.Enum, one.event)
	}
	schema.ReadProperty(s, list, schema.Reading{Split: func(list string) []string {
		return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",;\n", r) })
	}})
}

// possible finds out before the question whether the webhook can be created, and what a human should be warned of.
func (u updates) possible(ctx context.Context, call tool.Call, address string, types []string) (warnings []string, err error) {
	for _, one := range eventScopes() {
		if slices.Contains(types, one.event) {
			if err := u.Accounts.RequireScope(ctx, call.Caller, one.scope); err != nil {
				return nil, err
			}
		}
	}
	page, err := u.API.ListWebhooks(ctx)
	if err != nil {
		return nil, draft.Unsent(err)
	}
	active := 0
	for _, w := range page.Items {
		if w.Status != opentrain.WebhookDisabled {
			active++
		}
	}
	warnings = tool.Already(page.Items, func(w opentrain.Webhook) bool { return w.URL == address }, func(w opentrain.Webhook) string {
		same := shown(w)
		return fmt.Sprintf("There is already a webhook with this address: %s (%s), for %s.", same.ID, same.state(), same.events())
	}, "A yes creates another one.")
	warnings = append(warnings, u.unreachable(address)...)
	switch {
	case len(page.Items) < opentrain.MaxWebhooks:
		return warnings, nil
	case active < opentrain.MaxWebhooks: // no page says whether disabled ones count
		const full = "This account has %d webhooks, some of them disabled. OpenTrain may refuse another."
		return append(warnings, fmt.Sprintf(full, len(page.Items))), nil
	}
	problem := fmt.Sprintf("This account already has %d active webhooks, and %d is the limit.", active, opentrain.MaxWebhooks)
	next := findWebhook()
	next.Note = "The human decides which one to delete."
	return nil, &tool.Refusal{Code: opentrain.CodeConflict, Lines: []string{problem + " Nothing was changed."}, Next: next}
}

// noFile is the refusal for a secret that couldn't be kept.
func noFile(err error) error {
	problem := text.Capitalize(err.Error())
	return &tool.Refusal{
		Code: opentrain.CodeForbidden, Lines: []string{"The webhook's secret needs a file. " + problem + " Nothing was changed."},
		Next: tool.Next{Action: tool.Fix, By: "human", Problem: problem},
	}
}

// readAddress returns an address that OpenTrain can send to, or why it can't.
func readAddress(address string) (string, error) {
	parsed, err := url.Parse(address)
	switch {
	case err == nil && parsed.User != nil: // it can look like another host
		return "", errors.New("must not have a user name or a password before the host")
	case err != nil, cmp.Or(parsed.Hostname(), parsed.Opaque) == "",
		strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("is not a web address, such as https://example.com/opentrain")
	case parsed.Scheme == "https" && parsed.Opaque == "":
		return address, nil
	case parsed.Scheme == "http" && text.Loopback(parsed.Hostname()):
		return address, nil
	}
	return "", errors.New("must start with https://; http:// is only for this machine, such as http://localhost:8000/hook")
}

// unreachable warns of an address that OpenTrain can't reach. An API on this machine can.
func (u updates) unreachable(address string) []string {
	parsed, err := url.Parse(address)
	base, errBase := url.Parse(u.API.BaseURL())
	if err != nil || errBase != nil || !tool.IsLocal(parsed.Hostname()) || tool.IsLocal(base.Hostname()) || !tool.HasPages(u.API.BaseURL()) {
		return nil
	}
	return []string{"Only this machine or its network can reach this address, so OpenTrain's events can't arrive there."}
}
