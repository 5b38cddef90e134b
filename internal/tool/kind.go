package tool

import (
	"slices"

	"opentrain-mcp/opentrain"
)

// Kind is what a tool reads or changes. Annotations, read-only mode and documentation depend on it.
type Kind string

// The kinds of tools.
const (
	// KindPublicRead reads what everyone may see. It needs no token.
	KindPublicRead Kind = "public read"
	// KindRead reads what belongs to the caller.
	KindRead Kind = "read"
	// KindReadOthers reads what other people wrote.
	KindReadOthers Kind = "read of others"
	// KindCreate makes something new. Repeating it does no harm.
	KindCreate Kind = "create"
	// KindInvite reaches another person. Repeating it does no harm.
	KindInvite Kind = "invite"
	// KindRegister makes an account for the caller.
	KindRegister Kind = "register"
	// KindClaim asks another person to claim the caller's account.
	KindClaim Kind = "claim"
	// KindRenew replaces the caller's token once OpenTrain has a new one.
	KindRenew Kind = "renew"
	// KindShow reads by saving something unchanged.
	KindShow Kind = "show"
	// KindUpdate changes something that only the caller sees.
	KindUpdate Kind = "update"
	// KindPublish changes what everyone sees.
	KindPublish Kind = "publish"
	// KindClose removes something from everyone's view.
	KindClose Kind = "close"
	// KindSend reaches another person. Repeating it reaches them again.
	KindSend Kind = "send"
	// KindAdd makes something new that others see. Repeating it makes another.
	KindAdd Kind = "add"
	// KindRequest asks a human to decide in OpenTrain's app about a hire or money. Repeating it may ask again.
	KindRequest Kind = "request"
	// KindEnd ends something for good.
	KindEnd Kind = "end"
)

// Meaning says in a sentence what tools of this kind do, and whether a human approves each call: "yes", "no", or more words.
func (k Kind) Meaning() (does, approval string) {
	meaning := map[Kind][2]string{
		KindPublicRead: {"Reads what everyone can see.", "no"},
		KindRead:       {"Reads what belongs to your account.", "no"},
		KindReadOthers: {"Reads what other people wrote to you or about themselves.", "no"},
		KindShow:       {"Reads a draft by saving its title unchanged, because OpenTrain has no call that reads one.", "no"},
		KindCreate:     {"Creates a draft or opens a conversation. A repeated call returns the same one.", "no"},
		KindUpdate:     {"Changes what only you see.", "no"},
		KindRegister:   {"Registers an account for you.", "yes"},
		KindClaim:      {"Has OpenTrain email you a link to claim the account.", "no"},
		KindRenew:      {"Asks OpenTrain whether you have claimed the account, and saves its new token.", "no"},
		KindPublish:    {"Changes what everyone can see.", "yes"},
		KindClose:      {"Closes a job.", "yes"},
		KindInvite:     {"Invites a person. A repeated call doesn't invite them again.", "yes"},
		KindSend:       {"Writes to a person. A repeated call writes again.", "yes"},
		KindAdd:        {"Adds something. A repeated call adds another.", "yes; a checkout page needs none, because you pay on it"},
		KindRequest:    {"Requests a hire or a payment.", "yes, and again in OpenTrain's app"},
		KindEnd:        {"Ends or deletes something for good.", "yes"},
	}[k]
	return meaning[0], meaning[1]
}

// StatusWords is how people read a job's status.
func StatusWords(status string) string {
	switch status {
	case opentrain.StatusDraft:
		return "a draft"
	case opentrain.StatusOpen:
		return "live"
	case opentrain.StatusArchived:
		return "closed"
	case opentrain.StatusPendingApproval:
		return "waiting for OpenTrain's approval"
	}
	return "marked " + status
}

// Hints are MCP's tool annotations.
type Hints struct {
	ReadOnly    bool // changes nothing
	Destructive bool // hosts ask their human first
	Idempotent  bool // a repeated call changes nothing more
	OpenWorld   bool // touches what strangers write or see
}

// Hints returns the annotations of a kind. Almost every write is idempotent: creates carry a key, updates set values.
func (k Kind) Hints() Hints {
	return Hints{
		ReadOnly:    k.ReadOnly(),
		Destructive: k == KindPublish || k == KindClose || k == KindEnd,
		Idempotent:  !slices.Contains([]Kind{KindRegister, KindClaim, KindSend, KindAdd, KindRequest}, k),
		OpenWorld: slices.Contains([]Kind{KindPublicRead, KindReadOthers, KindPublish, KindClose, KindInvite, KindClaim, KindSend, KindAdd,
			KindRequest, KindEnd}, k),
	}
}

// ReadOnly reports whether tools of this kind change nothing.
func (k Kind) ReadOnly() bool { return k == KindRead || k == KindReadOthers || k == KindPublicRead }

// NeedsToken reports whether tools of this kind need an API token.
func (k Kind) NeedsToken() bool { return k != KindPublicRead && k != KindRegister && !k.claims() }

// claims reports whether tools of this kind need an account that a human can claim.
func (k Kind) claims() bool { return k == KindClaim || k == KindRenew }

// spends reports whether a lost answer of a tool of this kind uses up the human's yes, and calling again doesn't find what it did.
func (k Kind) spends() bool { return k.AsksFirst() && k != KindShow && k != KindRequest }

// AsksFirst reports whether tools of this kind ask the human, or read the job, before the call that needs their scope.
func (k Kind) AsksFirst() bool {
	return slices.Contains([]Kind{KindPublish, KindClose, KindInvite, KindShow, KindSend, KindAdd, KindRequest, KindEnd}, k)
}
