package opentrain_test

import (
	"context"
	"strings"

	"opentrain-mcp/opentrain"
)

// Kinds of a call.
const (
	reads = "reads"
	again = "again" // a write that the API makes idempotent
	once  = "once"  // a write that must not be repeated
)

// endpoint is a call that a job's life after publishing needs, with the response that the API's pages show.
type endpoint struct {
	kind    string
	request string // method, path and query; the calls' ID is x
	body    string // "" for none
	answer  string
	call    func(ctx context.Context, c *opentrain.Client, id string) (any, error)
}

// takesID reports whether the ID of the call is in the path.
func (e endpoint) takesID() bool { return strings.Contains(e.request+"/", "/x/") }

func (e endpoint) make(ctx context.Context, c *opentrain.Client) (any, error) {
	return e.call(ctx, c, "x")
}

func result[T any](value *T, err error) (any, error) { return value, err }

// Parts of the responses, from the API's reference.
const (
	proposalFields = `"id":"p","jobId":"j","jobTitle":"T","createdAt":"2026-06-11T15:40:00.000Z","updatedAt":"2026-06-12T09:05:00.000Z",
		"status":{"raw":"UNREVIEWED","label":"Unreviewed"},"bid":{"amountUsd":0.06,"unit":"PER_LABEL","labelerHourlyRateUsd":null},
		"candidate":{"id":"f","profileSlug":"maria-g","displayName":"Maria G.","firstName":"Maria","lastNameInitial":"G",
			"profileTitle":"Specialist","profilePhotoUrl":"https://x.example/p","countryCode":"ES","country":"Spain",
			"talentType":"FREELANCER","highestEarningsUsd":2400,"reviewCount":7},
		"metrics":{"interviewScore":86,"matchScore":0.91}`
	milestoneSample = `{"id":"m","name":"First","description":"5,000 posts","status":"ACTIVE_FUNDED","amountUsd":300,"volume":null,
		"milestoneNumber":1,"dueDate":"2026-07-01T00:00:00.000Z","pendingApproval":true,"needsReview":true,"invoiceId":"i",
		"createdAt":"2026-06-12T09:30:00.000Z"}`
	contractFields = `"id":"c","status":"active","title":"Contract","jobId":"j","proposalId":"p","paymentType":"FIXED_PRICE",
		"rateUsd":300,"estimatedTotalUsd":300,"estimatedVolume":null,"hasActiveMilestone":true,"startDate":"2026-06-12T09:30:00.000Z",
		"endDate":null,"createdAt":"2026-06-12T09:30:00.000Z","updatedAt":"2026-06-12T09:30:00.000Z",
		"freelancer":{"userId":"f","displayName":"Maria G.","country":"Spain","profilePath":"/profile/maria-g"},
		"milestones":[` + milestoneSample + `]`
	approvalSample = `{"id":"a","type":"proposal_hire","status":"pending","contractId":null,"milestoneId":null,"jobId":"j",
		"proposalId":"p","approvalUrl":"https://app.opentrain.ai/approvals/a","expiresAt":"2026-06-15T10:00:00.000Z",
		"resolvedAt":null,"result":null,"createdAt":"2026-06-12T10:00:00.000Z"}`
	requestedSample = `{"approval":` + approvalSample + `,"message":"A human must confirm."}`
	messageSample   = `{"id":"n","createdAt":"2026-06-12T08:30:00.000Z","updatedAt":"2026-06-12T08:31:00.000Z","conversationId":"v",
		"jobId":"j","senderUserId":"f","isFromViewer":true,"content":"Hi","messageType":"TEXT","system":null,"hasUnreadFlag":true,
		"attachmentCount":2,"hasAudio":true,"editedAt":null,"reactionCount":1}`
	entrySample = `{"id":"e","type":"HOLD","amountCents":-2500,"createdAt":"2026-06-12T08:30:00.000Z","holdEntryId":"h",
		"jobofferId":"p","contractId":"c","milestoneId":"m","topUpId":"u","note":"n"}`
	topUpSample = `{"id":"u","status":"PENDING","amountCents":10000,"createdAt":"2026-06-12T08:30:00.000Z","completedAt":null,
		"expiresAt":"2026-06-13T08:30:00.000Z"}`
	webhookFields = `"id":"w","url":"https://x.example/h","eventTypes":["proposal.received"],"status":"DISABLED",
		"createdAt":"2026-06-12T08:30:00.000Z","disabledAt":"2026-06-13T08:30:00.000Z","disabledReason":"Repeated failures"`
	tokenSample = `{"id":"t","name":"CI","preview":"ot_pat_c3f9********bd21","scopes":["jobs:read"],"status":"revoked",
		"organizationId":null,"createdAt":"2026-05-27T18:30:46.565Z","lastUsedAt":"2026-06-01T09:15:00.000Z","expiresAt":null,
		"revokedAt":"2026-06-12T10:00:00.000Z"}`
	teamSample = `{"organization":{"id":"o","name":"Acme","ownerUserId":"u","ownerName":"Dana"},
		"members":[{"userId":"u","role":"OWNER","name":"Dana","email":"d@x.example","joinedAt":"2026-05-01T09:00:00.000Z"}],
		"invites":[{"id":"i","email":"n@x.example","createdAt":"2026-06-12T10:00:00.000Z","expiresAt":"2026-06-19T10:00:00.000Z"}]}`
	freelancerSample = `{"freelancer":{"id":"f","profileSlug":"maria-g","profilePath":"/profile/maria-g","displayName":"Maria G.",
		"firstName":"Maria","lastNameInitial":"G","talentType":"Individual","title":"T","bio":"B","city":"Madrid","countryCode":"ES",
		"country":"Spain","profilePhotoUrl":"https://x.example/p","hourlyRateUsd":14.5,"availability":"FULL_TIME",
		"expertiseLevel":"EXPERT","englishLevel":"FLUENT","memberSince":"2025-01-01","identityVerified":true,
		"skills":{"subjectMatter":["Law"],"tags":["SENTIMENT_ANALYSIS"],"software":["S"],"dataTypes":["TEXT"],"labelTypes":["L"]},
		"languages":[{"language":"Spanish","proficiency":"NATIVE"}],
		"stats":{"totalEarnedUsd":2400,"billedHours":10.5,"jobSuccessScore":97,"reviewCount":7,"averageRating":4.9},"agency":null,
		"labelExperience":[{"id":"l","title":"T","description":"D","fromYear":2020,"toYear":2024,"ongoing":true,"software":"S",
			"dataType":"TEXT","labelTypes":["L"]}],
		"workExperience":[{"odd":1}],"education":["odd"],
		"reviews":[{"id":"r","rating":5,"comment":"C","createdAt":"2026-06-12T10:00:00.000Z"}]}}`
)

// endpoints are all of them.
func endpoints() map[string]endpoint {
	all := hiringEndpoints()
	for name, e := range accountEndpoints() {
		all[name] = e
	}
	return all
}

func hiringEndpoints() map[string]endpoint {
	type (
		ctx    = context.Context
		client = *opentrain.Client
	)
	return map[string]endpoint{
		"list proposals": {
			reads, "GET /jobs/x/proposals?cursor=c&limit=5&status=UNREVIEWED", "", `{"proposals":[{` + proposalFields + `}],"nextCursor":"n"}`,
			func(ctx ctx, c client, id string) (any, error) {
				query := opentrain.ProposalQuery{Status: opentrain.ProposalUnreviewed, Limit: 5, Cursor: "c"}
				return result(c.ListProposals(ctx, id, query))
			},
		},
		"get proposal": {
			reads, "GET /proposals/x", "", `{"proposal":{` + proposalFields + `,
				"aiInterview":{"score":86,"summary":"Strong","transcriptAvailable":true},
				"verification":{"location":{"status":"PASSED","method":"GPS","checkedAt":"2026-06-11T15:38:00.000Z"},"identity":{"verified":true}},
				"openLabel":null,"contract":null}}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.GetProposal(ctx, id)) },
		},
		"get interview": {
			reads, "GET /proposals/x/interview", "", `{"interview":{"proposalId":"p","interviewId":"i","score":86,"summary":"Strong",
				"messages":[{"id":"1","role":"interviewer","content":"Why?","sentAt":"2026-06-11T15:00:00.000Z"}]}}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.GetInterview(ctx, id)) },
		},
		"hire": {
			again, "POST /proposals/x/hire", `{"milestone":{"name":"Batch <1>","description":"D","amount":300.5,"dueDate":"2026-07-01"}}`,
			requestedSample,
			func(ctx ctx, c client, id string) (any, error) {
				milestone := opentrain.HireMilestone{Name: "Batch <1>", Description: "D", AmountUSD: 300.5, DueDate: "2026-07-01"}
				return result(c.HireProposal(ctx, id, opentrain.HireRequest{Milestone: milestone}))
			},
		},
		"start conversation": {
			again, "POST /proposals/x/conversation", "", `{"ok":true,"conversationId":"v","proposalId":"p","jobId":"j","created":true}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.StartConversation(ctx, id)) },
		},
		"get freelancer": {
			reads, "GET /freelancers/x", "", freelancerSample,
			func(ctx ctx, c client, id string) (any, error) { return result(c.GetFreelancer(ctx, id)) },
		},
		"list conversations": {
			reads, "GET /messages?cursor=c&filter=proposal&limit=5&unreadOnly=true", "",
			`{"conversations":[{"id":"v","type":"DIRECT_MESSAGE","bucket":"proposal","jobId":null,"proposalId":"p","channelName":"C",
				"updatedAt":"2026-06-12T08:30:00.000Z","lastMessage":{"id":"n","content":"Thanks","senderUserId":"f","isFromViewer":true,
				"createdAt":"2026-06-12T08:30:00.000Z"},"unreadCount":1,"needsReplyCount":2}],"nextCursor":null}`,
			func(ctx ctx, c client, _ string) (any, error) {
				return result(c.ListConversations(ctx, opentrain.ConversationQuery{Filter: "proposal", UnreadOnly: true, Limit: 5, Cursor: "c"}))
			},
		},
		"list messages": {
			reads, "GET /messages?conversationId=x&cursor=c&direction=newer&limit=5", "", `{"messages":[` + messageSample + `],"nextCursor":"n"}`,
			func(ctx ctx, c client, id string) (any, error) {
				return result(c.ListMessages(ctx, id, opentrain.MessageQuery{Direction: "newer", Limit: 5, Cursor: "c"}))
			},
		},
		"send message": {
			once, "POST /messages", `{"content":"a <b>\n\"c\"","conversationId":"x"}`, `{"ok":true,"message":` + messageSample + `}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.SendMessage(ctx, id, "a <b>\n\"c\"")) },
		},
		"list contracts": {
			reads, "GET /contracts?jobId=x&status=active", "", `{"contracts":[{` + contractFields + `}]}`,
			func(ctx ctx, c client, id string) (any, error) {
				return result(c.ListContracts(ctx, opentrain.ContractQuery{JobID: id, Status: opentrain.ContractActive}))
			},
		},
		"get contract": {
			reads, "GET /contracts/x", "", `{"contract":{` + contractFields + `,"jobDmConversationId":"v","budget":{"contractId":"c",
				"paymentType":"FIXED_PRICE","state":"OK","fundedVolume":1,"fundedAmountUsd":300,
				"consumed":{"seconds":3600,"hours":1,"labels":2,"tasks":3},"consumedVolume":1,"remainingVolume":2,"consumedFraction":0.25,
				"activeMilestone":{"id":"m","name":"First","amountUsd":300,"volume":null,"status":"ACTIVE_FUNDED"},"lastUsageAt":null}}}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.GetContract(ctx, id)) },
		},
		"create milestone": {
			once, "POST /contracts/x/milestones",
			`{"name":"N","description":"D","amountUsd":300,"volume":25,"dueDate":"2026-07-15"}`, `{"milestone":` + milestoneSample + `}`,
			func(ctx ctx, c client, id string) (any, error) {
				milestone := opentrain.NewMilestone{Name: "N", Description: "D", AmountUSD: 300, Volume: 25, DueDate: "2026-07-15"}
				return result(c.CreateMilestone(ctx, id, milestone))
			},
		},
		"fund milestone": {
			once, "POST /milestones/x/fund", "", requestedSample,
			func(ctx ctx, c client, id string) (any, error) { return result(c.RequestMilestoneFunding(ctx, id)) },
		},
		"approve milestone": {
			once, "POST /milestones/x/approve", "", requestedSample,
			func(ctx ctx, c client, id string) (any, error) { return result(c.RequestMilestoneApproval(ctx, id)) },
		},
		"end contract": {
			once, "POST /contracts/x/end", "", `{"ok":true,"contractId":"c","status":"ended"}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.EndContract(ctx, id)) },
		},
		"end funded contract": {
			once, "POST /contracts/x/end", "", requestedSample,
			func(ctx ctx, c client, id string) (any, error) { return result(c.EndContract(ctx, id)) },
		},
		"get approval": {
			reads, "GET /approvals/x", "", `{"approval":{"id":"a","type":"milestone_fund","status":"confirmed","contractId":"c","milestoneId":"m",
				"jobId":"j","proposalId":null,"approvalUrl":"https://app.opentrain.ai/approvals/a","expiresAt":"2026-06-15T10:00:00.000Z",
				"resolvedAt":"2026-06-12T14:30:00.000Z","result":{"hired":true,"contractId":"c","jobId":"j","freelancerUserId":"f",
				"invoiceId":"i","paymentIntentId":"pi","payoutTransactionId":"po","contractEnded":true},"createdAt":"2026-06-12T10:00:00.000Z"}}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.GetApproval(ctx, id)) },
		},
	}
}

func accountEndpoints() map[string]endpoint {
	type (
		ctx    = context.Context
		client = *opentrain.Client
	)
	return map[string]endpoint{
		"get credits": {
			reads, "GET /credits", "",
			`{"credits":{"availableCents":5000,"reservedCents":2500,"currency":"usd","recentEntries":[` + entrySample + `]}}`,
			func(ctx ctx, c client, _ string) (any, error) { return result(c.Credits(ctx)) },
		},
		"list ledger": {
			reads, "GET /credits/ledger?cursor=c&limit=5", "", `{"entries":[` + entrySample + `],"nextCursor":"n"}`,
			func(ctx ctx, c client, _ string) (any, error) {
				return result(c.ListLedger(ctx, opentrain.PageQuery{Limit: 5, Cursor: "c"}))
			},
		},
		"create top-up": {
			once, "POST /credits/top-ups", `{"amountUsd":100}`, `{"topUpId":"u","checkoutUrl":"https://checkout.example/u",
				"expiresAt":"2026-06-13T08:30:00.000Z","topUp":` + topUpSample + `,"message":"Open the page."}`,
			func(ctx ctx, c client, _ string) (any, error) { return result(c.CreateTopUp(ctx, 100)) },
		},
		"get top-up": {
			reads, "GET /credits/top-ups/x", "", `{"topUp":` + topUpSample + `}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.GetTopUp(ctx, id)) },
		},
		"list pending payments": {
			reads, "GET /payments/pending", "", `{"payments":[{"id":"i","status":"PENDING_FUNDING","invoiceKind":"FUNDING","viewerRole":"EMPLOYER",
				"amountUsd":300,"createdAt":"2026-06-12T08:30:00.000Z","invoiceNumber":1042,"job":{"id":"j","title":"T"},
				"milestone":{"id":"m","name":"First"}}]}`,
			func(ctx ctx, c client, _ string) (any, error) { return result(c.ListPendingPayments(ctx)) },
		},
		"poll updates": {
			reads, "GET /updates?cursor=1041&limit=5", "", `{"events":[{"id":"1042","type":"proposal.received","apiVersion":"v1",
				"createdAt":"2026-06-12T08:30:00.000Z","resourceId":"p","jobId":"j","data":{"proposalId":"p","jobId":"j"}}],
				"nextCursor":"1043","hasMore":true}`,
			func(ctx ctx, c client, _ string) (any, error) {
				return result(c.PollUpdates(ctx, opentrain.PageQuery{Limit: 5, Cursor: "1041"}))
			},
		},
		"create webhook": {
			once, "POST /webhooks", `{"url":"https://x.example/h?a=1&b=2","eventTypes":["proposal.received","message.received"]}`,
			`{"webhook":{` + webhookFields + `},"secret":"whsec_1","message":"Store it."}`,
			func(ctx ctx, c client, _ string) (any, error) {
				types := []string{opentrain.EventProposalReceived, opentrain.EventMessageReceived}
				return result(c.CreateWebhook(ctx, "https://x.example/h?a=1&b=2", types))
			},
		},
		"list webhooks": {
			reads, "GET /webhooks", "", `{"webhooks":[{` + webhookFields + `}]}`,
			func(ctx ctx, c client, _ string) (any, error) { return result(c.ListWebhooks(ctx)) },
		},
		"get webhook": {
			reads, "GET /webhooks/x", "", `{"webhook":{` + webhookFields + `}}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.GetWebhook(ctx, id)) },
		},
		"delete webhook": {
			once, "DELETE /webhooks/x", "", `{"webhook":{` + webhookFields + `},"deleted":true}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.DeleteWebhook(ctx, id)) },
		},
		"list tokens": {
			reads, "GET /tokens", "", `{"tokens":[` + tokenSample + `]}`,
			func(ctx ctx, c client, _ string) (any, error) { return result(c.ListTokens(ctx)) },
		},
		"create token": {
			once, "POST /tokens", `{"name":"CI","scopes":["jobs:read"],"expiresAt":"2027-01-01T00:00:00Z"}`,
			`{"token":"ot_pat_new_1","tokenType":"bearer","metadata":` + tokenSample + `}`,
			func(ctx ctx, c client, _ string) (any, error) {
				token := opentrain.TokenRequest{Name: "CI", Scopes: []string{opentrain.ScopeJobsRead}, ExpiresAt: "2027-01-01T00:00:00Z"}
				return result(c.CreateToken(ctx, token))
			},
		},
		"revoke token": {
			once, "DELETE /tokens/x", "", `{"token":` + tokenSample + `}`,
			func(ctx ctx, c client, id string) (any, error) { return result(c.RevokeTokenByID(ctx, id)) },
		},
		"get team": {
			reads, "GET /team", "", `{"team":` + teamSample + `}`,
			func(ctx ctx, c client, _ string) (any, error) { return result(c.GetTeam(ctx)) },
		},
		"invite team member": {
			once, "POST /team/invites", `{"email":"n@x.example"}`,
			`{"ok":true,"status":"invite_created","email":"n@x.example","team":` + teamSample + `}`,
			func(ctx ctx, c client, _ string) (any, error) { return result(c.InviteTeamMember(ctx, "n@x.example")) },
		},
	}
}
