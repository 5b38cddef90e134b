package sandbox

import (
	"regexp"
	"sync"
)

// moderationRule blocks jobs whose title or description matches it.
type moderationRule struct {
	pattern *regexp.Regexp
	reason  string
}

// moderationRules simulate the content moderation of the real service. They are simple, so that a test can
// trigger each of them: "send us your password", "bank login", "crypto giveaway", "guaranteed income", "pay a
// registration fee", "scam test phrase".
var moderationRules = sync.OnceValue(func() []moderationRule {
	rule := func(pattern, reason string) moderationRule {
		return moderationRule{regexp.MustCompile(`(?i)\b(?:` + pattern + `)\b`), reason}
	}
	return []moderationRule{
		rule(`(?:send|share|give|provide|enter)\b[^.\n]{0,40}\b(?:passwords?|pin codes?|one-time codes?)`,
			"Asks for passwords or one-time codes."),
		rule(`bank(?:ing)?[ -](?:logins?|credentials|passwords?)`, "Asks for bank credentials."),
		rule(`(?:crypto|bitcoin|nft)[ -]giveaway`, "Advertises a crypto giveaway."),
		rule(`guaranteed (?:income|earnings|profits?)`, "Promises guaranteed earnings."),
		rule(`pay (?:a|an|the|us)\b[^.\n]{0,20}\b(?:registration|training|joining|upfront) fee`, "Asks trainers to pay a fee."),
		rule(`scam test phrase`, "Contains the phrase that tests moderation."),
	}
})

// moderate returns why a job must not be published, or nil if it may be.
func moderate(title, description string) []string {
	var reasons []string
	for _, rule := range moderationRules() {
		if rule.pattern.MatchString(title) || rule.pattern.MatchString(description) {
			reasons = append(reasons, rule.reason)
		}
	}
	return reasons
}
