// Package opentrain is a client for OpenTrain's public API: drafting, publishing
// and finding jobs for AI-training work.
//
// It stands alone: any Go program can use it.
//
//	client, err := opentrain.New(opentrain.Config{})
//	ctx = opentrain.WithToken(ctx, token)
//	draft, err := client.CreateDraft(ctx, opentrain.DraftSource{Text: description})
//	for _, gap := range draft.Missing() {
//		fmt.Println(gap.Question())
//	}
//
// The token travels in the context, so one Client serves many callers. Every
// failure is an [*Error]. Where two pages of the API's documentation disagree,
// both forms decode to the same Go value; members that this package does not
// know are kept in the Extra field of the value they came with.
//
// Page names in comments ("developers/api-reference/…") are relative to
// https://www.opentrain.ai/docs/.
package opentrain
