package account

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"time"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/text"
)

// attemptMember is the member of the shared file that has the open claim, so that every program on this machine shows the same
// page and code. OpenTrain's own tools keep it as they keep whatever they don't know.
const attemptMember = "openClaim"

// Attempt is what a human needs to claim the account.
type Attempt struct {
	Email     string    `json:"email"`
	URL       string    `json:"url,omitempty"` // "" if OpenTrain's is not safe to open
	Code      string    `json:"code,omitempty"`
	EmailSent bool      `json:"emailSent,omitempty"`
	Expires   time.Time `json:"expiresAt"`
}

// Open says that the page and the code still work.
func (a *Attempt) Open() bool { return a != nil && time.Now().Before(a.Expires) }

// keptAttempt is an attempt in the file. Another tool may replace the account and keep what it doesn't know.
type keptAttempt struct {
	Attempt
	Account string `json:"account"`
}

// accountOf tells accounts apart without showing the claim token.
func accountOf(claimToken string) string {
	sum := sha256.Sum256([]byte(claimToken))
	return hex.EncodeToString(sum[:8])
}

// attemptOf is the last attempt to claim the account, nil for none.
func attemptOf(saved credential.Shared) *Attempt {
	var kept keptAttempt
	if saved.ClaimToken == "" || json.Unmarshal(saved.Others[attemptMember], &kept) != nil || kept.Account != accountOf(saved.ClaimToken) {
		return nil
	}
	kept.URL = text.SecureURL(kept.URL)
	return &kept.Attempt
}

// withAttempt puts an attempt, nil for none, into what is saved.
func withAttempt(saved credential.Shared, attempt *Attempt) credential.Shared {
	saved.Others = maps.Clone(saved.Others)
	delete(saved.Others, attemptMember)
	if attempt == nil || saved.ClaimToken == "" {
		return saved
	}
	data, err := json.Marshal(keptAttempt{*attempt, accountOf(saved.ClaimToken)})
	if err != nil { // a time that JSON can't have
		return saved
	}
	if saved.Others == nil {
		saved.Others = map[string]json.RawMessage{}
	}
	saved.Others[attemptMember] = data
	return saved
}
