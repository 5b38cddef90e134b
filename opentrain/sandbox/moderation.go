package sandbox

// moderationRule blocks jobs whose title or description matches it.
type moderationRule struct {
	pattern pattern
	reason  string
}

// moderationRules simulate the content moderation of the real service. They are simple, so that a test can
// trigger each of them: "send us your password", "bank login", "crypto giveaway", "guaranteed income", "pay a
// registration fee", "scam test phrase".
var moderationRules = []moderationRule{
	{compile(`(?i)\b(?:send|share|give|provide|enter)\b[^.\n]{0,40}\b(?:passwords?|pin codes?|one-time codes?)\b`),
		"Asks for passwords or one-time codes."},
	{compile(`(?i)\bbank(?:ing)?[ -](?:logins?|credentials|passwords?)\b`), "Asks for bank credentials."},
	{compile(`(?i)\b(?:crypto|bitcoin|nft)[ -]giveaway\b`), "Advertises a crypto giveaway."},
	{compile(`(?i)\bguaranteed (?:income|earnings|profits?)\b`), "Promises guaranteed earnings."},
	{compile(`(?i)\bpay (?:a|an|the|us)\b[^.\n]{0,20}\b(?:registration|training|joining|upfront) fee\b`),
		"Asks trainers to pay a fee."},
	{compile(`(?i)\bscam test phrase\b`), "Contains the phrase that tests moderation."},
}

// moderate returns why a job must not be published, or nil if it may be.
func moderate(title, description string) []string {
	var reasons []string
	folded := fold(title + "\n" + description)
	for _, rule := range moderationRules {
		if !rule.pattern.mayMatch(folded) {
			continue
		}
		if rule.pattern.MatchString(title) || rule.pattern.MatchString(description) {
			reasons = append(reasons, rule.reason)
		}
	}
	return reasons
}
