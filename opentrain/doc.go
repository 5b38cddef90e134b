// Package opentrain is a client for OpenTrain's public API: drafting, publishing and finding jobs for AI-training work,
// choosing and hiring AI trainers, messages, contracts and money.
//
// It does not depend on the rest of this module, so any Go program can use it.
//
//	client, err := opentrain.New(opentrain.Config{})
//	ctx = opentrain.WithToken(ctx, token)
//	draft, err := client.CreateDraft(ctx, opentrain.DraftSource{Text: description})
//	for _, gap := range draft.Missing() {
//		fmt.Println(gap.Question())
//	}
//
// The token travels in the context, so one Client serves many callers. Every failure is an [*Error].
//
// A public read needs no token and sends none. Its result may come from a cache, for as long as the API
// allows: usually five minutes. Callers share the result and must not modify it.
//
// Responses are decoded leniently. Where two pages of the API's documentation disagree, both forms decode to
// the same Go value. A member of an unexpected type leaves its field at the zero value and does not fail the call.
// Results that embed [More] keep such members and unknown ones; other results ignore them.
//
// Calls are repeated after a temporary failure if they are reads, or writes that the API makes idempotent. Other writes
// are only repeated if they were not sent. No call moves money: what would is an [Approval] or a [Checkout], which a human
// confirms in the app.
//
// Responses have limits: 8 MiB, and a number of entries that keeps a decoded response below 16 MiB. Few large ones are
// in memory at once; other calls wait for up to five seconds.
//
// Page names in comments ("developers/api-reference/…") are relative to https://www.opentrain.ai/docs/.
package opentrain
